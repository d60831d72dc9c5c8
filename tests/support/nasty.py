"""What no form expects: values that break readers of numbers, dates, names and JSON, route by route."""

from __future__ import annotations

import json
import random
import re
import sys
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_from_bytes

from cxreports.web.routes import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

DIGITS = "9" * 5000
"""More than Python's `int` reads."""

TEXTS = (
    DIGITS,
    f"-{DIGITS}",
    "9223372036854775808",
    "9223372036854775807",
    "2147483648",
    "0" * 5000 + "1",
    "1e999999",
    "1e-999999",
    "NaN",
    "sNaN",
    "-Infinity",
    "٣",
    "²",
    "-1",
    "1_000",
    "\x00",
    "a\x00b",
    "a\r\nSet-Cookie: x=y",
    "\x1b[2J",
    "\u202e",
    "\ufffe",
    "x" * 100_000,
    "é" * 3000,
    "😀" * 300,
    "%s%n{0}{x}",
    "{{7*7}}",
    "'; DROP TABLE users; --",
    "%",
    "_",
    "../../etc/passwd",
    "/" + "a" * 300,
    "0001-01-01",
    "9999-12-31",
    "2199-12-31",
    "9999-12-31T23:59:59.999999-14:00",
    "2026-02-30",
    "2026-W99-9",
    "x@" + "y." * 2000 + "z",
    "xn--\uffff@xn--a.xn--b",
    "+" + "4" * 3000,
    "[]",
    "",
)
NASTY = (*(text.encode() for text in TEXTS), b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\x80")

BODIES = (
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{",
    b"\xff",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"challenge":' + b"9" * 5000 + b"}",
    b'{"challenge":1e999999,"credential":NaN}',
    b'{"challenge":"\\u0000","credential":{}}',
    b'{"challenge":"\\ud800","credential":{"id":"\\ud800"},"name":"\\ud800","password":"\\ud800"}',
    json.dumps({"challenge": [], "credential": [], "name": [], "password": []}).encode(),
    json.dumps({"challenge": "x" * 100_000, "credential": "x" * 100_000, "password": "x" * 100_000}).encode(),
    json.dumps(
        {"challenge": "x", "credential": {"id": "x", "rawId": 1, "response": [], "type": {}}}
    ).encode(),
    b'{"challenge":"x","credential":' + b'{"response":' * 200 + b"1" + b"}" * 200 + b"}",
)
HEADERS = (
    {"Accept-Language": DIGITS},
    {"Accept-Language": "es;q=" + DIGITS},
    {"Accept-Language": "es;q=nan,\xff;q=-inf"},
    {"User-Agent": "\xff" * 5000},
    {"X-Forwarded-For": "\xff," * 500, "X-Forwarded-Proto": "\xff"},
    {"Cookie": "cx-session=\xff; cx-language=\xff; cx-zone=%00"},
    {"Cookie": "cx-zone=" + "%41" * 3000},
    {"Cookie": "cx-zone=..%2F..%2Fetc%2Fpasswd"},
    {"Cookie": '=; ;;"; cx-session="\\777"'},
    {"Content-Type": "multipart/form-data; boundary=" + "x" * 2000},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "application/x-www-form-urlencoded; charset=x"},
    {"Content-Encoding": "gzip"},
    {"Range": "bytes=" + DIGITS + "-"},
    {"If-Modified-Since": "\xff"},
    {"If-None-Match": "\xff" * 500},
    {"Origin": "\xff"},
    {"Referer": "//\xff[::"},
    {"Host": "[::1"},
    {"Sec-Fetch-Site": "\xff"},
)

USUAL = {
    "act": "add",
    "company": "acme",
    "amount": "10.00",
    "kind": "payment",
    "status": "completed",
    "reference": "R-1",
    "made_at": "2026-03-01",
    "payment": "1",
    "number": "7001",
    "first": "1000",
    "size": "100",
    "id": "newco",
    "name": "New",
    "email": "new@acme.example",
    "role": "customer",
    "user": "1",
    "currency": "USD",
    "zone": "UTC",
    "code": "123456",
    "password": "eleven purple walruses",
    "new": "twelve yellow walruses",
    "again": "twelve yellow walruses",
    "phone": "+442079460000",
    "mobile": "+447700900123",
    "language": "en",
    "page": "1",
    "done": "add",
    "added": "1",
    "known": "1",
}
"""What the other fields have while one is nasty, where a form has them."""

_LONGEST_ADDRESS = 20_000


@dataclass(frozen=True)
class Attempt:
    """A request that is none that a browser would send."""

    method: str
    path: str
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@cache
def names_of(handler: type) -> list[str]:
    """Fields that a handler's module and its neighbours read, or that the templates have."""
    sources = [Path(module).read_text("utf-8") for module in _modules_of(handler)]
    found = {
        name
        for source in sources
        for name in re.findall(r'(?:argument|self\.day|typed\.get)\(\s*"(\w+)"', source)
    }
    listed = re.findall(
        r"^(?:_TYPED|FIELDS): Final = \((.*?)\)", "\n".join(sources), re.DOTALL | re.MULTILINE
    )
    return sorted(found | {name for names in listed for name in re.findall(r'"(\w+)"', names)} | {"page"})


def _modules_of(handler: type) -> list[str]:
    modules = {each.__module__ for each in handler.__mro__ if each.__module__.startswith("cxreports.")}
    return sorted(str(sys.modules[name].__file__) for name in modules)


def paths() -> Iterator[tuple[str, type]]:
    """Give a path of every route that answers without a kernel, with its handler."""
    for pattern, handler, *_ in routes("/"):
        path = re.sub(r"\(\?P<token>[^)]*\)", "x" * 43, pattern)
        if "kernel_id" in path or handler.__name__ in {"PageHandler", "OperatorPageHandler"}:
            continue
        parts = re.split(r"\(\?P<\w+>([\w|-]+)\)", path.replace("(.*)", "x").replace("/.*", "/nothing"))
        for chosen in product(*(part.split("|") for part in parts)):
            yield "".join(chosen), handler


def attempts(share: float, seed: int) -> Iterator[Attempt]:
    """Give a random share of all attempts: each field of each route, its JSON, its headers."""
    chance = random.Random(seed)
    for path, handler in paths():
        acts = list(getattr(handler, "acts", {})) or [""]
        names = names_of(handler)
        for value, name in product(NASTY, names):
            if chance.random() < share:
                yield _get(path, name, value)
            for act in acts:
                if chance.random() < share:
                    yield _post(path, name, value, act, names)
        yield from (each for each in _others(path) if chance.random() < share)


def _get(path: str, name: str, value: bytes) -> Attempt:
    text = quote_from_bytes(value)[:_LONGEST_ADDRESS]
    if path.startswith(("/static", "/nothing")):
        return Attempt("GET", f"{path}/{text}")
    return Attempt("GET", f"{path}?{name}={text}")


def _post(path: str, name: str, value: bytes, act: str, names: list[str]) -> Attempt:
    usual = {key: quote(USUAL[key]) for key in names if key in USUAL}
    sent = usual | {"act": act, name: quote_from_bytes(value)}
    return Attempt("POST", path, "&".join(f"{key}={typed}" for key, typed in sent.items()))


def _others(path: str) -> Iterator[Attempt]:
    for body in BODIES:
        yield Attempt("POST", path, body.decode("latin-1"), {"Content-Type": "application/json"})
    for headers in HEADERS:
        yield Attempt("GET", path, "", dict(headers))
        yield Attempt("POST", path, "act=add", dict(headers))
    for method in ("PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"):
        yield Attempt(method, path)
