"""Literals mean to DuckDB what they were made of."""

from datetime import UTC, datetime

import duckdb
import pytest

from cxreports.sql import literal


@pytest.mark.parametrize(
    "text", ["", "acme", "O'Hara", "''", "'; DROP TABLE cdr; --", "a\\'b", "line\nbreak", "%s"]
)
def test_a_text_comes_back_as_it_was(text: str) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {literal(text)}").fetchall() == [(text,)]


def test_what_is_no_text_is_written_as_one() -> None:
    assert literal(7) == "'7'"
    assert literal(datetime(2026, 3, 1, tzinfo=UTC).date()) == "'2026-03-01'"
