"""Frames that a browser sends to its kernel: looked at whole before anything is done with them.

Jupyter's own reader trusts the count of parts and the offsets that stand in a frame, so that one frame of
eight bytes keeps the server busy without end. What does not pass here never reaches it.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import struct
from typing import Any, Final, NoReturn

PROTOCOL: Final = "v1.kernel.websocket.jupyter.org"
"""The one framing that is spoken: a count, offsets, then the parts, all integers 64 bits little-endian."""

LARGEST_FRAME: Final = 2**20
"""Bytes. The largest honest one is an export of a selection over 100,000 rows, whose numbers take 400 kB."""

MOST_PARTS: Final = 8
"""Channel, four parts of JSON, and up to three buffers; widgets send one at the most."""

MESSAGES: Final = frozenset({"comm_msg"})
"""Types that a browser may send: a widget's messages. Code is never among them."""

LONGEST_ID: Final = 128

LONGEST_NUMBER: Final = 40
"""Characters; the longest that a browser writes has 25."""

DEEPEST: Final = 32
"""Levels of lists and objects in each other; pages send seven."""

NOT_UNDERSTOOD: Final = 1002
BAD_TEXT: Final = 1007
NOT_ALLOWED: Final = 1008
TOO_LARGE: Final = 1009
"""Close codes of RFC 6455, section 7.4.1."""

_ID: Final = re.compile(r"[\w.:+-]+", re.ASCII)
_FIXED_PARTS: Final = 5
_OFFSET: Final = struct.Struct("<Q")


class BadFrame(Exception):
    """A frame that is not passed on.

    Parameters
    ----------
    code
        Close code for its connection.
    reason
        What is wrong, in a few words for the log; nothing of the frame's contents.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def check(frame: bytes | str) -> None:
    """Pass a frame that holds one message of a widget, of modest size.

    Raises
    ------
    BadFrame
        It is text, too large, cut wrongly, no JSON of the expected shape, or of a type that is not allowed.
    """
    if isinstance(frame, str):
        raise BadFrame(NOT_UNDERSTOOD, "a text frame")
    if len(frame) > LARGEST_FRAME:
        raise BadFrame(TOO_LARGE, f"{len(frame)} bytes")
    channel, header, parent, metadata, content, *_buffers = _parts(frame)
    if channel != b"shell":
        raise BadFrame(NOT_ALLOWED, "another channel than shell")
    _check_header(_object(header, "header"))
    _object(parent, "parent header")
    _object(metadata, "metadata")
    _check_content(_object(content, "content"))


def _parts(frame: bytes) -> list[bytes]:
    """Cut a frame at its offsets, which must begin behind themselves, ascend, and end with the frame."""
    if len(frame) < _OFFSET.size:
        raise BadFrame(NOT_UNDERSTOOD, "shorter than its count")
    (count,) = _OFFSET.unpack_from(frame)
    if not _FIXED_PARTS < count <= MOST_PARTS + 1:
        raise BadFrame(NOT_UNDERSTOOD, "too few or too many parts")
    first = _OFFSET.size * (count + 1)
    if len(frame) < first:
        raise BadFrame(NOT_UNDERSTOOD, "shorter than its offsets")
    offsets = struct.unpack_from(f"<{count}Q", frame, _OFFSET.size)
    if offsets[0] != first or offsets[-1] != len(frame):
        raise BadFrame(NOT_UNDERSTOOD, "offsets that do not span the frame")
    if any(begin > end for begin, end in itertools.pairwise(offsets)):
        raise BadFrame(NOT_UNDERSTOOD, "offsets that descend")
    return [frame[begin:end] for begin, end in itertools.pairwise(offsets)]


def _object(part: bytes, name: str) -> dict[str, Any]:
    try:
        value = json.loads(
            part.decode("utf-8"), parse_constant=_refused, parse_int=_integer, parse_float=_float
        )
    except (ValueError, RecursionError):  # not UTF-8, not JSON, a number or nesting beyond reason
        raise BadFrame(BAD_TEXT, f"a {name} that is not JSON") from None
    if not isinstance(value, dict):
        raise BadFrame(BAD_TEXT, f"a {name} that is no object")
    if _depth(value) > DEEPEST:
        raise BadFrame(BAD_TEXT, f"a {name} of too many levels")
    return value


def _refused(number: str) -> NoReturn:
    raise ValueError(number[:LONGEST_NUMBER])


def _integer(number: str) -> int:
    return int(number) if len(number) <= LONGEST_NUMBER else _refused(number)


def _float(number: str) -> float:
    value = float(number)
    return value if len(number) <= LONGEST_NUMBER and math.isfinite(value) else _refused(number)


def _depth(value: Any) -> int:
    """Levels of lists and objects, counted without descending by calls."""
    depth, level = 0, [value]
    while level:
        depth += 1
        inner = (item for held in level for item in (held.values() if isinstance(held, dict) else held))
        level = [item for item in inner if isinstance(item, (dict, list))]
    return depth


def _check_header(header: dict[str, Any]) -> None:
    for name in ("msg_id", "msg_type", "session"):
        if not _is_id(header.get(name)):
            raise BadFrame(BAD_TEXT, f"a header without a {name}")
    if header["msg_type"] not in MESSAGES:
        raise BadFrame(NOT_ALLOWED, "a type of message that is not allowed")


def _check_content(content: dict[str, Any]) -> None:
    if not _is_id(content.get("comm_id")) or not isinstance(content.get("data"), dict):
        raise BadFrame(BAD_TEXT, "a content that is no widget's message")


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_ID and _ID.fullmatch(value) is not None
