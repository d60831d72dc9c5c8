"""Frames from a browser: what no honest page sends is turned away by looking at it."""

from __future__ import annotations

import json
import os
import struct
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from callers import comm_message, message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxreports.web.kernels.frames import LARGEST_FRAME, BadFrame, check

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAMES = int(os.environ.get("CXREPORTS_FUZZ_FRAMES", "1500"))
"""`make fuzz-frames` looks at 100,000."""

HEADER = {"msg_id": "1", "msg_type": "comm_msg", "session": "s"}
CONTENT = {"comm_id": "a", "data": {"method": "custom"}}


OUTCOMES: Counter[str] = Counter()
LONGEST = [0.0]
"""Seconds of processor time that the slowest frame took."""


@pytest.fixture(scope="module", autouse=True)
def _figures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Say at the end what became of the frames."""
    yield
    frames = sum(OUTCOMES.values())
    if frames:
        assert frames < 1000 or OUTCOMES["passed whole"], "nothing but refusals shows nothing of what passes"
        said = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(OUTCOMES.items()))
        capture = request.config.pluginmanager.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled():
            sys.stdout.write(f"\n{frames:,} frames: {said}; at most {1000 * LONGEST[0]:.1f} ms each\n")


def framed(parts: list[bytes], *, count: int | None = None, offsets: list[int] | None = None) -> bytes:
    """Frame parts as the protocol says, or with another count or other offsets."""
    places = [8 * (len(parts) + 2)]
    for part in parts:
        places.append(places[-1] + len(part))
    places = places if offsets is None else offsets
    number = len(places) if count is None else count
    return struct.pack(
        f"<{len(places) + 1}Q", number % 2**64, *(place % 2**64 for place in places)
    ) + b"".join(parts)


def parts(header: object = HEADER, content: object = CONTENT, channel: bytes = b"shell") -> list[bytes]:
    return [channel, *(json.dumps(value).encode() for value in (header, {}, {}, content))]


def refused(frame: bytes | str) -> int:
    with pytest.raises(BadFrame) as caught:
        check(frame)
    return caught.value.code


def test_what_pages_send_passes() -> None:
    check(comm_message("0123456789abcdef", {"method": "update", "state": {"zone": "UTC"}}))
    check(framed([*parts(), b"\x01\x00\x00\x00" * 100_000]))
    check(framed([*parts()[:4], b'{"comm_id": "a", "data":' + b'{"x":' * 31 + b"1" + b"}" * 32]))


def test_a_count_that_would_never_be_read_to_its_end_is_refused() -> None:
    assert refused(struct.pack("<Q", 2**63)) == 1002
    assert refused(struct.pack("!I", 0x20000000)) == 1002
    assert refused(struct.pack("<Q", 2**63) + bytes(1000)) == 1002


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{}", 1002),
        (b"", 1002),
        (bytes(LARGEST_FRAME + 1), 1009),
        (framed(parts()[:4]), 1002),
        (framed([*parts(), *[b""] * 4]), 1002),
        (framed(parts(), count=7), 1002),
        (framed(parts()) + b"x", 1002),
        (framed(parts(), offsets=[56, 61, 50, 70, 80, 90]), 1002),
        (framed(parts(), offsets=[0, 5, 6, 7, 8, 9]), 1002),
        (framed(parts(channel=b"control")), 1008),
        (framed(parts(channel=b"stdin")), 1008),
        (message("shell", "execute_request", {"code": "1"}), 1008),
        (message("shell", "comm_open", {"comm_id": "a", "data": {}}), 1008),
        (framed(parts(header=[])), 1007),
        (framed(parts(header={**HEADER, "msg_id": "x" * 129})), 1007),
        (framed(parts(header={**HEADER, "msg_type": ["comm_msg"]})), 1007),
        (framed(parts(content={"comm_id": "a"})), 1007),
        (framed(parts(content={"comm_id": {}, "data": {}})), 1007),
        (framed([*parts()[:4], b"[" * 200_000]), 1007),
        (framed([*parts()[:4], b'{"comm_id": "a", "data": {"x": NaN}}']), 1007),
        (framed([*parts()[:4], b'{"comm_id": "a", "data": {"x": ' + b"9" * 5000 + b"}}"]), 1007),
        (framed([*parts()[:4], b"\xff\xfe"]), 1007),
        (framed([*parts()[:4], b'{"comm_id": "a", "data": {"x": ' + b"9" * 41 + b"}}"]), 1007),
        (framed([*parts()[:4], b'{"comm_id": "a", "data": {"x": 1e999}}']), 1007),
        (framed([*parts()[:4], b'{"comm_id": "a", "data":' + b'{"x":' * 32 + b"1" + b"}" * 33]), 1007),
        (framed(parts(header={**HEADER, "msg_id": "1\n2026-11-28 a forged line"})), 1007),
        (framed(parts(content={"comm_id": "a\x00", "data": {}})), 1007),
    ],
)
def test_each_fault_has_its_close_code(frame: bytes | str, code: int) -> None:
    assert refused(frame) == code


@settings(max_examples=FRAMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.binary(max_size=300),
        st.builds(
            framed,
            st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(parts())), max_size=10),
            count=st.one_of(st.none(), st.integers(-(2**63), 2**63)),
            offsets=st.one_of(st.none(), st.lists(st.integers(0, 2**64 - 1), max_size=10)),
        ),
        st.builds(
            lambda at, byte: (
                (frame := bytearray(comm_message("a", {"n": 1}))).__setitem__(at % len(frame), byte)
                or bytes(frame)
            ),
            st.integers(0, 1000),
            st.integers(0, 255),
        ),
    )
)
def test_whatever_comes_is_passed_whole_or_refused(frame: bytes) -> None:
    begun = time.process_time()
    try:
        check(frame)
        outcome = "passed whole"
    except BadFrame as error:
        outcome = f"closed with {error.code}"
    LONGEST[0] = max(LONGEST[0], time.process_time() - begun)
    OUTCOMES[outcome] += 1
    if outcome != "passed whole":
        return
    # What passed says, read by its own offsets, that it is a widget's message.
    (count,) = struct.unpack_from("<Q", frame)
    offsets = struct.unpack_from(f"<{count}Q", frame, 8)
    held = [frame[offsets[i] : offsets[i + 1]] for i in range(count - 1)]
    assert held[0] == b"shell"
    assert json.loads(held[1])["msg_type"] == "comm_msg"
    assert 8 * (count + 1) + sum(map(len, held)) == len(frame)
