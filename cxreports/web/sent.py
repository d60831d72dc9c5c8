"""What a request carries, looked at before anything is done with it: characters, sizes, numbers, JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

LARGEST_ID: Final = 2**63 - 1
"""More than this is the number of no row."""

LONGEST_FIELD: Final = 10_000
"""Bytes of a field, in an address or a form."""

MOST_FIELDS: Final = 200

LARGEST_JSON: Final = 2**16
_MOST_BRACKETS: Final = 64
"""Objects and lists of a JSON body; a passkey's answer has eight."""


def is_sound(request: HTTPServerRequest) -> bool:
    """Whether path, query and form are UTF-8 without NUL, of no more fields and bytes than pages ask for."""
    fields = [
        (name.encode("utf-8", "surrogateescape"), value)
        for arguments in (request.query_arguments, request.body_arguments)
        for name, values in arguments.items()
        for value in values
    ]
    if len(fields) > MOST_FIELDS or any(len(text) > LONGEST_FIELD for pair in fields for text in pair):
        return False
    return _is_text(unquote_to_bytes(request.path), *(text for pair in fields for text in pair))


def _is_text(*texts: bytes) -> bool:
    try:
        return not any("\0" in text.decode() for text in texts)
    except UnicodeDecodeError:
        return False


def whole_number(text: str, *, most: int = LARGEST_ID) -> int | None:
    """Whole number from 0 to a largest one, in the digits 0 to 9; None for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most))):
        return None
    number = int(text)
    return number if number <= most else None


def json_object(body: bytes) -> dict[str, Any]:
    """Object that a script sent as JSON.

    Raises
    ------
    ValueError
        It is none, is too large or too deep, or has characters that a database cannot keep.
    """
    if len(body) > LARGEST_JSON or body.count(b"{") + body.count(b"[") > _MOST_BRACKETS:
        raise ValueError("a JSON body is too large or too deep")
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError("a JSON body is no object")  # noqa: TRY004 (of what was sent, not of an argument)
    text = json.dumps(found, ensure_ascii=False)
    # Halves of surrogate pairs raise UnicodeEncodeError, which is a ValueError.
    if b"\\u0000" in text.encode():
        raise ValueError("a JSON body has a NUL")
    return found
