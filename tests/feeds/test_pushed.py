"""Bodies that switches push, as they send them."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest

from cxreports.errors import BadFeed
from cxreports.feeds.pushed import MOST_RECORDS, records_of

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def test_an_object_a_list_and_lines_are_the_same_records() -> None:
    one, two = '{"id": "a", "n": 1}', '{"id": "b"}'
    expected = [one.encode(), two.encode()]
    assert records_of(one.encode(), JSON) == expected[:1]
    assert records_of(f"[{one}, {two}]".encode(), JSON) == expected
    assert records_of(f"{one}\n{two}\n".encode(), "application/x-ndjson; charset=utf-8") == expected
    assert records_of(f"\ufeff  {one}\r\n\r\n{two}".encode(), "") == expected


def test_numbers_keep_their_text() -> None:
    (record,) = records_of(b'{"charge":\n 0.10000000000000000001}', JSON)
    assert record == b'{"charge":  0.10000000000000000001}'


def test_a_freeswitch_form_holds_the_record_in_one_field() -> None:
    record = {"variables": {"uuid": "1", "sip_from": "a&b=c +%"}}
    body = b"cdr=" + quote(json.dumps(record)).encode()
    assert [json.loads(each) for each in records_of(body, FORM)] == [record]


def test_a_freeswitch_that_does_not_encode_says_form_and_sends_json() -> None:
    assert records_of(b'{"variables": {"uuid": "1=2&3"}}', FORM) == [b'{"variables": {"uuid": "1=2&3"}}']


def test_an_asterisk_form_is_the_record() -> None:
    fields = {"src": "100", "dst": "200", "clid": '"Ana" <100>', "answer": ""}
    (record,) = records_of(urlencode(fields).encode(), FORM)
    assert json.loads(record) == fields


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "no JSON object"),
        (b"[]", "no JSON object"),
        (b'{"a": 1', "from character 1 on"),
        (b'{"a": 1} nonsense', "from character 10 on"),
        (b"[1]", "character 2 of the body is no JSON object"),
        (b'{"a": "\xff"}', "no UTF-8 at byte 7"),
        (b"[" * 300_000, "nested too deep"),
        (b"{}\n" * (MOST_RECORDS + 1), "10,000 at most"),
    ],
)
def test_what_cannot_be_taken_says_where(body: bytes, message: str) -> None:
    with pytest.raises(BadFeed, match=message):
        records_of(body, JSON)


def test_a_body_that_is_nested_deep_is_refused_without_harm() -> None:
    with pytest.raises(BadFeed, match="from character 1 on"):
        records_of(b'{"a":' * 50_000 + b"1" + b"}" * 50_000, JSON)
