"""What requests carry: numbers, JSON and fields that no browser would send."""

from __future__ import annotations

import json

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from cxreports.web.sent import LONGEST_FIELD, MOST_FIELDS, is_sound, json_object, whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", None),
        ("9" * 5000, None),
        ("", None),
        ("-1", None),
        ("+1", None),
        ("1.0", None),
        ("1_0", None),
        ("٣", None),
        ("²", None),
    ],
)
def test_a_whole_number_is_the_number_of_a_row_or_none(text: str, number: int | None) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"a":' * 60 + b"1" + b"}" * 61,
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\u0000"}',
        b'{"a":{"\\u0000":1}}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        json.dumps({"a": "x" * 2**16}).encode(),
        json.dumps({"a": [[]] * 64}).encode(),
    ],
)
def test_json_that_is_no_passkeys_answer_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whichever; the page says the same)
        json_object(body)


def test_json_of_a_passkey_is_read() -> None:
    sent = {"challenge": "c", "credential": {"id": "é", "response": {"transports": ["usb", "nfc"]}}}
    assert json_object(json.dumps(sent).encode()) == sent


@pytest.mark.parametrize(
    ("uri", "sound"),
    [
        ("/cdr?customer=acme&name=Zo%C3%AB", True),
        ("/cdr?customer=%00", False),
        ("/cdr?%00=1", False),
        ("/%00", False),
        ("/a%2500", True),
        ("/cdr?customer=%FF", False),
        ("/%FF", False),
        ("/?a=" + "x" * LONGEST_FIELD, True),
        ("/?a=" + "x" * (LONGEST_FIELD + 1), False),
        ("/?" + "&".join(["a=1"] * MOST_FIELDS), True),
        ("/?" + "&".join(["a=1"] * (MOST_FIELDS + 1)), False),
    ],
)
def test_addresses_are_text_of_bounded_size(uri: str, sound: bool) -> None:
    start, headers = RequestStartLine("GET", uri, "HTTP/1.1"), HTTPHeaders({"Host": "localhost"})
    request = HTTPServerRequest(start_line=start, headers=headers)
    assert is_sound(request) is sound
