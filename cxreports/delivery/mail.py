"""Mail, with the server's own answer to each letter: over one connection, as long as the server keeps it.

A letter's ``Message-ID`` and date come from the message, not from the try: sent twice it is the same letter.
"""

import re
import smtplib
from contextlib import ExitStack
from email.policy import SMTP
from email.utils import parseaddr
from typing import TYPE_CHECKING, Final

from cxreports.delivery.parcel import Parcel
from cxreports.errors import NotDelivered, NotSent, Refusal
from cxreports.portal.post import mail
from cxreports.portal.post.mail import Letter
from cxreports.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

_PERMANENT: Final = range(500, 600)
_TAKEN: Final = range(200, 300)

_ENHANCED: Final = re.compile(r"(?<![\w.])5\.(\d{1,3})\.(\d{1,3})(?![\w.]*\d)")
"""Code of RFC 3463, before the text or, as some servers have it, in brackets behind."""

_TOO_LARGE: Final = frozenset({(2, 3), (3, 4)})
_ADDRESS: Final = 1
_SENDERS: Final = frozenset({7, 8})
_UNDEFINED: Final = 0
_NO_MAILBOX: Final = frozenset({550, 551, 553})
_EXCEEDED: Final = 552


class MailCarrier:
    """Hands letters to the SMTP server of the settings; without one they become files in ``mail/``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened = ExitStack()
        self._connection: smtplib.SMTP | None = None

    def close(self) -> None:
        """Say goodbye to the server."""
        self._connection = None
        self._opened.close()

    def send(self, parcel: Parcel) -> str:
        """Hand a letter over; give the server's answer.

        Raises
        ------
        NotDelivered
            The server cannot be reached or does not take it.
        """
        sender = self._settings.mail_from
        try:
            letter = mail.written(self._letter(parcel), sender, parcel.created_at, home=self._settings.home)
            if not self._settings.smtp_url:
                mail.keep(
                    letter, self._settings.home, name=f"{parcel.created_at:%Y%m%dT%H%M%S}-{parcel.name}"
                )
                return "written to mail/"
        except (NotSent, OSError) as error:
            refusal = Refusal.LETTER if isinstance(error, NotSent) else Refusal.NOTHING
            raise NotDelivered(str(error), refusal) from error
        is_foreign = not (parcel.target + sender).isascii()
        content = letter.as_bytes(policy=SMTP.clone(utf8=True) if is_foreign else SMTP)
        options = ["SMTPUTF8", "BODY=8BITMIME"] if is_foreign else []
        try:
            return self._hand_over(parseaddr(sender)[1], parcel.target, content, options)
        except NotDelivered as error:
            if error.refusal is Refusal.SIZE and not parcel.attachments:
                raise NotDelivered(str(error), Refusal.LETTER) from error
            raise
        except (NotSent, OSError, smtplib.SMTPException, ValueError) as error:
            self.close()
            raise NotDelivered(mail.answer_of(error)) from error

    def _letter(self, parcel: Parcel) -> Letter:
        domain = parseaddr(self._settings.mail_from)[1].rpartition("@")[2] or "localhost"
        return Letter(
            parcel.target,
            parcel.subject,
            parcel.text,
            parcel.html,
            headers=parcel.headers,
            attachments=parcel.attachments,
            message_id=f"<{parcel.name}@{domain}>",
        )

    def _hand_over(self, sender: str, to: str, content: bytes, options: list[str]) -> str:
        connection = self._alive()
        limit = connection.esmtp_features.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < len(content):
            raise NotDelivered(f"the server takes {limit} bytes, the letter has {len(content)}", Refusal.SIZE)
        if connection.has_extn("size"):
            options = [*options, f"SIZE={len(content)}"]
        _check(connection.mail(sender, options), of_sender)
        _check(connection.rcpt(to), of_receiver)
        try:
            return _check(connection.data(content), of_content)
        except smtplib.SMTPDataError as error:
            refusal = of_content(error.smtp_code, _text(error.smtp_error))
            raise NotDelivered(mail.answer_of(error), refusal) from error

    def _alive(self) -> smtplib.SMTP:
        """Connection that answers; a server that closed the last one is called again."""
        if self._connection is not None:
            try:
                if self._connection.rset()[0] in _TAKEN:
                    return self._connection
            except (OSError, smtplib.SMTPException):
                pass
            self.close()
        self._connection = self._opened.enter_context(mail.connected(mail.server_of(self._settings.smtp_url)))
        return self._connection


def of_sender(code: int, text: str) -> Refusal:
    """What an answer to ``MAIL FROM`` refuses: the size alone, for the sender is our own affair."""
    return Refusal.SIZE if _is_too_large(code, text) else Refusal.NOTHING


def of_receiver(code: int, text: str) -> Refusal:
    """What an answer to ``RCPT TO`` refuses (RFC 5321, 4.2.3; RFC 3463).

    A relay that does not know us says nothing of the mailbox, by whatever code.
    """
    found = of_content(code, text)
    enhanced = _enhanced(text)
    has_reason = enhanced is not None and enhanced[0] != _UNDEFINED
    if found is not Refusal.LETTER or has_reason or "relay" in text.lower():
        return found
    return Refusal.RECEIVER if code in _NO_MAILBOX else Refusal.LETTER


def of_content(code: int, text: str) -> Refusal:
    """What an answer to ``DATA`` refuses: the letter, unless it names the address (``5.1.x``) or the size."""
    if code not in _PERMANENT:
        return Refusal.NOTHING
    if _is_too_large(code, text):
        return Refusal.SIZE
    subject, detail = _enhanced(text) or (_UNDEFINED, _UNDEFINED)
    return Refusal.RECEIVER if subject == _ADDRESS and detail not in _SENDERS else Refusal.LETTER


def _is_too_large(code: int, text: str) -> bool:
    return code in _PERMANENT and (code == _EXCEEDED or _enhanced(text) in _TOO_LARGE)


def _enhanced(text: str) -> tuple[int, int] | None:
    """Subject and detail of an enhanced status code; None without one."""
    found = _ENHANCED.search(text)
    return (int(found[1]), int(found[2])) if found else None


def _text(answer: bytes | str) -> str:
    return answer if isinstance(answer, str) else answer.decode(errors="replace")


def _check(answer: tuple[int, bytes], refusal_of: "Callable[[int, str], Refusal]") -> str:
    """A server's answer as text.

    Raises
    ------
    NotDelivered
        It was no.
    """
    code, text = answer[0], _text(answer[1])
    if code not in _TAKEN:
        raise NotDelivered(f"{code} {text}", refusal_of(code, text))
    return f"{code} {text}"
