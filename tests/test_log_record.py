"""Lines of the log: one record cannot look like two, whatever text it carries."""

from __future__ import annotations

import io
import logging
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxreports.log_record import CONTINUED, SafeRecord
from cxreports.portal.post.letters import PATHS

FORGED = "2026-01-01 00:00:00 page 1 ERROR olga logged in"
FORMAT = "%(asctime)s page %(process)d %(levelname)s %(message)s"
ENDS = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]


def written(message: str, *arguments: object, error: BaseException | None = None) -> str:
    """Write a record as a handler with a format of its own does."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter(FORMAT))
    info = None if error is None else (type(error), error, error.__traceback__)
    handler.emit(SafeRecord("cxreports", logging.ERROR, __file__, 1, message, arguments, info))
    return out.getvalue()


def fail(text: str) -> None:
    raise ValueError(text)


def records(text: str) -> list[str]:
    """Give the lines that a reader, or a program that splits as Python does, would take for records."""
    return [line for line in text.splitlines() if not line.startswith(CONTINUED)]


@pytest.mark.parametrize("end", ENDS)
def test_no_end_of_a_line_begins_another_record(end: str) -> None:
    for text in (written("sent %s", f"x{end}{FORGED}"), written(f"sent x{end}{FORGED}")):
        assert len(records(text)) == 1
        assert FORGED in text, "what was sent can still be read"


@pytest.mark.parametrize("end", ENDS)
def test_nor_does_one_in_an_exception(end: str) -> None:
    with pytest.raises(ValueError, match="bad") as raised:
        fail(f"bad{end}{FORGED}")
    text = written("it failed", error=raised.value)
    assert len(records(text)) == 1
    assert "Traceback (most recent call last)" in text
    assert "ValueError: bad" in text


def test_a_terminal_is_told_nothing() -> None:
    text = written("user %s", "\x1b[2J\x1b]0;owned\x07\x9b31m\u202eevil\x00\x7f")
    assert "\\x1b[2J\\x1b]0;owned\\x07\\x9b31m\\u202eevil\\x00\\x7f" in text
    assert text.rstrip("\n").isprintable()


def test_honest_text_stays_as_it_is() -> None:
    assert written("%d calls of %s", 3, "Zoë Ünal 東京 عربي").endswith(
        " ERROR 3 calls of Zoë Ünal 東京 عربي\n"
    )


@given(st.text())
def test_every_text_is_one_record(text: str) -> None:
    assert len(records(written("%s", text))) == 1


def test_a_process_writes_such_records_whoever_handles_them() -> None:
    code = (
        "import logging; from cxreports.log_record import keep_records_apart; keep_records_apart();"
        "logging.getLogger('some.library').warning('%s', 'x\\nforged');"
        "logging.basicConfig(); logging.getLogger().warning('%s', 'y\\rforged')"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert [line.split("|")[0] for line in done.stderr.splitlines()] == ["x", "  ", "WARNING:root:y\\rforged"]


TOKEN = "q8Zr_3vT-0dJmLkP5sWxYb7NcEaUgHfi2oR4tV6uX1y"


@pytest.mark.parametrize("path", [*PATHS.values(), "/unsubscribe", "/reports/reset", "/RESET"])
def test_no_token_of_a_link_is_written(path: str) -> None:
    link = f"{path}/{TOKEN}"
    with pytest.raises(ValueError, match="cannot answer") as raised:
        fail(f"cannot answer {link}")
    texts = (
        written("410 GET %s (@192.0.2.1) 1.00ms referer=https://reports.example.org%s", link, link),
        written("302 GET /login?next=%s", link.replace("/", "%2F")),
        written("HTTPServerRequest(protocol='http', uri='%s', method='GET')", link),
        written('{"Referer": "https://reports.example.org' + link + '?a=1"}'),
        written("Uncaught exception", error=raised.value),
    )
    for text in texts:
        assert TOKEN not in text
        assert "[token]" in text
    assert "method='GET'" in texts[2], "what stands after the link stays"
