r"""Log records that cannot be forged: whatever text stands in one, no other line looks like a record.

What people and browsers send reaches the log in messages and tracebacks. Every line after a record's first
begins with `CONTINUED`, and characters that move the cursor, end a line or turn the order of writing round
are written as Python writes them (``\x1b``).

Nor can a log be used to get in: the token of a mailed link is masked in all that is written.
"""

import logging
import re
from traceback import format_exception
from typing import Any, Final

CONTINUED: Final = "  | "

MASK: Final = "[token]"

_LINK: Final = re.compile(
    r"((?:/|%2F)(?:reset|invitation|unsubscribe)(?:/|%2F)+)[^\s\"'<>?#&,;()\[\]]+", re.IGNORECASE
)
"""Path of a link that lets in whoever has it, plain or as a part of another address's query."""

_HARMFUL: Final = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls but tab and line feed, other ends of lines, what reverses writing, halves of surrogate pairs."""


class SafeRecord(logging.LogRecord):
    """A log record whose message and traceback are safe to write, whichever handler does so."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.name = plain(self.name)
        if self.exc_info and self.exc_info[0]:
            # Where it is set, formatters take it instead of writing the traceback themselves.
            self.exc_text = CONTINUED + plain("".join(format_exception(*self.exc_info)).rstrip("\n"))
        if self.stack_info:
            self.stack_info = CONTINUED + plain(self.stack_info)

    def getMessage(self) -> str:  # noqa: N802 (logging's name)
        """Give the message, on lines of which only the first can be taken for a record's."""
        return plain(super().getMessage())


def plain(text: str) -> str:
    """Text without harmful characters and tokens; its lines after the first are marked as continued."""
    return masked(_HARMFUL.sub(_written, text)).replace("\n", f"\n{CONTINUED}")


def masked(text: str) -> str:
    """Text in which the tokens of mailed links are replaced by `MASK`."""
    return _LINK.sub(rf"\g<1>{MASK}", text)


def _written(found: re.Match[str]) -> str:
    return ascii(found[0])[1:-1]


def keep_records_apart() -> None:
    """Make every log record of this process from now on a `SafeRecord`."""
    logging.setLogRecordFactory(SafeRecord)
