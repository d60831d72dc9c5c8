"""Mail, with the server's own answer to each letter: over one connection, as long as the server keeps it.

A letter's ``Message-ID`` and date come from the message, not from the try: sent twice it is the same letter.
"""

import smtplib
from contextlib import ExitStack
from email.policy import SMTP
from email.utils import parseaddr
from typing import Final

from cxreports.delivery.parcel import Parcel
from cxreports.errors import NotDelivered, NotSent
from cxreports.portal.post import mail
from cxreports.portal.post.mail import Letter
from cxreports.settings import Settings

_PERMANENT: Final = range(500, 600)
_TAKEN: Final = range(200, 300)


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
            The server cannot be reached or does not take it; permanent where it refused the receiver.
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
            raise NotDelivered(str(error), is_permanent=isinstance(error, NotSent)) from error
        is_foreign = not (parcel.target + sender).isascii()
        content = letter.as_bytes(policy=SMTP.clone(utf8=True) if is_foreign else SMTP)
        options = ["SMTPUTF8", "BODY=8BITMIME"] if is_foreign else []
        try:
            return self._hand_over(parseaddr(sender)[1], parcel.target, content, options)
        except (NotSent, OSError, smtplib.SMTPException, ValueError) as error:
            self.close()
            raise NotDelivered(mail.answer_of(error), is_permanent=False) from error

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
            raise NotDelivered(
                f"the server takes {limit} bytes, the letter has {len(content)}", is_permanent=True
            )
        _check(connection.mail(sender, options), is_ours=True)
        _check(connection.rcpt(to))
        try:
            return _check(connection.data(content))
        except smtplib.SMTPDataError as error:
            raise NotDelivered(mail.answer_of(error), is_permanent=error.smtp_code in _PERMANENT) from error

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


def _check(answer: tuple[int, bytes], *, is_ours: bool = False) -> str:
    """A server's answer as text.

    Raises
    ------
    NotDelivered
        It was no. Whom we send as, and that we may, is the installation's affair, never the receiver's fault.
    """
    code, text = answer
    worded = f"{code} {text.decode(errors='replace')}"
    if code not in _TAKEN:
        raise NotDelivered(worded, is_permanent=code in _PERMANENT and not is_ours)
    return worded
