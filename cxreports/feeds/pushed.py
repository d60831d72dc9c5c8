"""Bodies that switches push, taken apart into records: JSON in the shapes that they send it in.

An object, a list of them, one a line, an object in the form field ``cdr`` (FreeSWITCH's ``mod_json_cdr``),
or a form whose fields are the record (Asterisk's ``CURL`` with its CDR variables). Records keep the text that
they came in: an amount never passes through a float.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from cxreports.errors import BadFeed

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_RECORDS: Final = 10_000
MOST_BRACKETS: Final = 200_000

_GAP: Final = re.compile(r"[\s,]*")
_DECODER: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
_MOST_FIELDS: Final = 200


def records_of(body: bytes, content_type: str) -> list[bytes]:
    """Records of a body, each as one line of JSON.

    Raises
    ------
    BadFeed
        There is none in it, or it cannot be read; says where.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFeed(f"the body is no UTF-8 at byte {error.start}") from error
    if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        text = _of_form(text)
    if text.count("{") + text.count("[") > MOST_BRACKETS:
        raise BadFeed("the body is nested too deep or holds too much: send fewer records at once")
    records = [_one_line(each) for each in _objects(text)]
    if not records:
        raise BadFeed("the body holds no JSON object: send a record, a list of them, or one a line")
    if len(records) > MOST_RECORDS:
        raise BadFeed(f"the body holds {len(records):,} records: send {MOST_RECORDS:,} at most at once")
    return records


def _of_form(text: str) -> str:
    """Record or records of a form."""
    # mod_json_cdr without encoding says that it sends a form, and sends JSON.
    if text.lstrip()[:1] in {"{", "["}:
        return text
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, strict_parsing=True)
    except ValueError as error:
        raise BadFeed(f"the body is no form: {error}") from error
    fields = dict(pairs)
    return fields["cdr"] if set(fields) == {"cdr"} else json.dumps(fields, ensure_ascii=False)


def _objects(text: str) -> Iterator[str]:
    """Texts of the objects, out of a list where they stand in one."""
    at = _GAP.match(text).end()  # type: ignore[union-attr]
    is_list = text.startswith("[", at)
    at = _GAP.match(text, at + is_list).end()  # type: ignore[union-attr]
    while at < len(text):
        if is_list and text[at] == "]" and not text[at + 1 :].strip():
            return
        try:
            found, end = _DECODER.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError) as error:
            raise BadFeed(f"the body cannot be read as JSON from character {at + 1} on") from error
        if not isinstance(found, dict):
            raise BadFeed(f"at character {at + 1} of the body is no JSON object")
        yield text[at:end]
        at = _GAP.match(text, end).end()  # type: ignore[union-attr]


def _one_line(record: str) -> bytes:
    # Within texts JSON has no line ends of its own.
    return record.replace("\r", " ").replace("\n", " ").encode()
