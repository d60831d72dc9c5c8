"""A first definition of an unknown file: which columns there are, and what they seem to be, to be edited."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from cxreports.cdr.content import content_of
from cxreports.cdr.detect import sample_of, split
from cxreports.cdr.source_format import DELIMITERS, column_key
from cxreports.errors import NotACdrFile

_ROWS: Final = 50
_ENOUGH: Final = 0.8
"""Share of a column's values that must look alike."""

_LONG: Final = 5
"""Digits that make a number one that was dialled rather than a duration."""

_NAMES: Final = {
    "call_time": r"^(call|setup|invite)?(start|begin|date|time|stamp)|^created|^dt$",
    "answer_time": r"answer|connect(ed)?(time|at|stamp)|^connect$|pickup",
    "end_time": r"end|stop|hangup|disconnect|release(d)?(time|at)",
    "duration_s": r"billsec|talk|conversation|duration|seconds|^dur|^secs?$|length",
    "ring_s": r"ring|alert(ing)?(dur|time|sec)",
    "pdd_ms": r"pdd|postdial",
    "source": r"^(src|from|ani|cli|clid|caller|calling|source|anumber|a$)|callerid|origin(ating)?number",
    "destination": r"^(dst|to|dnis|called|callee|dialed|dialled|dest|bnumber|b$)|destination|termin.*number",
    "call_id": r"callid|uniqueid|uuid|sessionid|^sid$|^id$|guid|confid",
    "sip_code": r"sipcode|responsecode|statuscode|^code$",
    "release_reason": r"disposition|status|result|cause|reason|outcome|state",
    "charge": r"price|cost|charge|amount|fee",
    "currency": r"currency|priceunit",
    "direction": r"direction|^dir$|calltype",
    "source_ip": r"(source|src|remote|caller)ip|ipaddress|^ip$",
}
"""Headings, without blanks and case, that a field goes by in files of many switches, the likeliest first."""

_MONTHS: Final = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_ISO: Final = re.compile(r"^\d{4}[-/]\d\d?[-/]\d\d?([ T]\d\d?:\d\d(:\d\d(\.\d+)?)?)?")
_NUMERIC: Final = re.compile(r"^\d\d?[-/.]\d\d?[-/.](\d{4}|\d\d)\b.*\d:\d\d")
_EPOCH: Final = re.compile(r"^1\d{9}(\.\d+)?$")
_EPOCH_MS: Final = re.compile(r"^1\d{12}$")
_NUMBER: Final = re.compile(r"^[+-]?\d*[.,]?\d+$")
_CLOCK: Final = re.compile(r"^\d{1,3}:\d\d:\d\d$")
_MINUTES: Final = re.compile(r"^\d{1,4}:\d\d$")
_PHONE: Final = re.compile(r"^(sip:)?\+?[\d*#]{2,18}(@.*)?$")
_CODE: Final = re.compile(r"^[1-6]\d\d$")
_WORD: Final = re.compile(r"^[A-Za-z][A-Za-z _-]*$")
_ANSWERED: Final = re.compile(
    r"^(answer(ed)?|completed?|connected|ok|success(ful)?|normal.*|yes|true)$", re.IGNORECASE
)

_SHAPES: Final[dict[str, Callable[[str], bool]]] = {
    **dict.fromkeys(("call_time", "answer_time", "end_time"), lambda value: _time_key(value) is not None),
    **dict.fromkeys(
        ("duration_s", "ring_s", "pdd_ms"),
        lambda value: bool(_NUMBER.match(value) or _CLOCK.match(value) or _MINUTES.match(value)),
    ),
    "charge": lambda value: bool(_NUMBER.match(value)),
    "sip_code": lambda value: bool(_CODE.match(value)),
    "release_reason": lambda value: bool(_WORD.match(value)),
}
"""What a field's values must look like, where that can be told."""


@dataclass(frozen=True)
class Guess:
    """A column that seems to be a field of the record."""

    field: str
    column: str
    values: tuple[str, ...]


def draft(path: Path, name: str) -> str:
    """Write a first definition of a file's format as TOML.

    Parameters
    ----------
    name
        What the format shall be called.

    Raises
    ------
    NotACdrFile
        No column of the file looks like a time, so that it holds no calls that can be told.
    """
    with content_of(path) as content:
        lines = [line for line in sample_of(content) if line.strip()]
    if not lines:
        raise NotACdrFile(f"{path}: is empty; expected a few records to guess from")
    delimiter = max(DELIMITERS, key=lambda each: _evenness(lines, each))
    rows = [split(line, delimiter, '"') for line in islice(lines, _ROWS)]
    headed = not any(_time_key(value) or _EPOCH.match(value) for value in rows[0])
    names = (
        [value.strip() for value in rows[0]] if headed else [f"column_{i + 1}" for i in range(len(rows[0]))]
    )
    columns = {
        column: tuple(row[i].strip() for row in rows[headed:] if i < len(row) and row[i].strip())
        for i, column in enumerate(names)
    }
    guesses = list(_guesses(columns, headed=headed))
    if not any(guess.field == "call_time" for guess in guesses):
        raise NotACdrFile(
            f"{path}: no column looks like the time of a call; it begins {lines[0][:120]!r}, and its columns "
            f"would be {', '.join(names)}"
        )
    return "\n".join(_toml(name, path, delimiter, names, guesses, headed=headed)) + "\n"


def _evenness(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    counts = [len(split(line, delimiter, '"')) for line in lines[:_ROWS]]
    usual = max(set(counts), key=counts.count)
    return (counts.count(usual) / len(counts) if usual > 1 else 0.0, usual)


def _guesses(columns: dict[str, tuple[str, ...]], *, headed: bool) -> Iterator[Guess]:
    left = dict(columns)
    if not headed:
        yield from _by_values(left)
        return
    for field, expression in _NAMES.items():
        named = [
            each for each in left if re.search(expression, column_key(each)) and _fits(field, left[each])
        ]
        for column in named[:1]:
            yield Guess(field, column, left.pop(column))


def _by_values(left: dict[str, tuple[str, ...]]) -> Iterator[Guess]:
    """Columns without headings, told by their values, in the order in which most switches write them."""
    told = {
        "call_time": _SHAPES["call_time"],
        "source": _is_long_number,
        "destination": _is_long_number,
        "duration_s": _SHAPES["duration_s"],
        "release_reason": _SHAPES["release_reason"],
    }
    for field, shape in told.items():
        fits = [each for each, values in left.items() if values and _share(values, shape)]
        for column in fits[:1]:
            yield Guess(field, column, left.pop(column))


def _is_long_number(value: str) -> bool:
    return _PHONE.match(value) is not None and len(value) >= _LONG and _time_key(value) is None


def _fits(field: str, values: Sequence[str]) -> bool:
    shape = _SHAPES.get(field)
    return bool(values) and (shape is None or _share(values, shape))


def _share(values: Sequence[str], shape: Callable[[str], bool]) -> bool:
    return sum(map(shape, values)) >= _ENOUGH * len(values)


def _time_key(value: str) -> str | None:
    """Key of a rule that reads a time written like this."""
    keys = (
        (_ISO, 'formats = ["iso"]'),
        (_NUMERIC, 'formats = ["dmy"]'),
        (_EPOCH_MS, 'epoch = "ms"'),
        (_EPOCH, 'epoch = "s"'),
    )
    return next((key for expression, key in keys if expression.match(value)), None)


def _toml(
    name: str, path: Path, delimiter: str, names: Sequence[str], guesses: Sequence[Guess], *, headed: bool
) -> Iterator[str]:
    yield f"# A first definition, guessed from {path.name}: look at each line."
    yield "# docs/formats.md says what may stand here."
    yield f"name = {json.dumps(name)}"
    yield f"title = {json.dumps(f'Calls as in {path.name}')}"
    yield '# zone = "Europe/Madrid"    # of times that say none, if it is always the same'
    yield ""
    yield "[[layout]]"
    yield f"delimiter = {json.dumps(delimiter)}"
    if headed:
        needs = [guess.column for guess in guesses if guess.field in {"call_time", "source", "destination"}]
        yield f"needs = {json.dumps(needs, ensure_ascii=False)}"
    else:
        yield "header = false"
        yield f"columns = {json.dumps(list(names), ensure_ascii=False)}"
    yield ""
    yield from _connected(guesses)
    for guess in guesses:
        yield ""
        yield f"[fields.{guess.field}]"
        yield f"column = {json.dumps(guess.column, ensure_ascii=False)}"
        yield from _keys(guess)
        shown = ", ".join(dict.fromkeys(guess.values[:3]))
        yield f"# such as {shown[:100]}"
    used = {guess.column for guess in guesses}
    yield ""
    yield f"# Columns without a field: {', '.join(each for each in names if each not in used) or 'none'}"


def _keys(guess: Guess) -> Iterator[str]:
    first = guess.values[0]
    if guess.field.endswith("_time"):
        yield _time_key(first) or 'formats = ["iso"]'
    elif guess.field in {"duration_s", "ring_s"} and _CLOCK.match(first):
        yield 'unit = "clock"'
    elif guess.field in {"duration_s", "ring_s"} and _MINUTES.match(first):
        yield 'unit = "mm:ss"'
    elif guess.field == "charge" and all(
        value.startswith("-") or not value.strip("0.,") for value in guess.values
    ):
        yield "negate = true"


def _connected(guesses: Sequence[Guess]) -> Iterator[str]:
    """When a call counts as answered: by a word, a code, a time, or else its duration."""
    by_field = {guess.field: guess for guess in guesses}
    words = by_field["release_reason"].values if "release_reason" in by_field else ()
    yes = sorted({word for word in words if _ANSWERED.match(word)})
    yield "# When was a call answered?"
    yield "[[connected]]"
    if yes:
        yield f"column = {json.dumps(by_field['release_reason'].column, ensure_ascii=False)}"
        yield f"in = {json.dumps(yes, ensure_ascii=False)}"
    elif "sip_code" in by_field:
        yield 'field = "sip_code"'
        yield "between = [200, 299]"
    elif "answer_time" in by_field:
        yield 'field = "answer_time"'
        yield "present = true"
    else:
        yield 'field = "duration_s"' if "duration_s" in by_field else 'field = "call_time"'
        yield "positive = true" if "duration_s" in by_field else "present = true"
