"""Mail: handed over to an SMTP server, or written into files where there is none.

Sending waits for the network: whoever serves others meanwhile does it in a thread.
"""

import smtplib
import ssl
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, unquote, urlsplit

from cxreports.errors import NotSent
from cxreports.language import _
from cxreports.private_file import private_folder, write_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cxreports.settings import Settings

FOLDER: Final = "mail"
"""Where mail lies in the home while no server is set."""

PATIENCE_S: Final = 30.0
"""So long the server may take for an answer."""

_LINE: Final = 57
_ENCODED_LINE: Final = 78
_HEADERS: Final = 1_000

_PORTS: Final = {"smtp": 587, "smtps": 465}
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Attachment:
    """A finished file that goes along.

    Attributes
    ----------
    name
        Name that the receiver sees.
    media_type
        Such as ``application/pdf``.
    path
        Of the file, absolute or in the home folder.
    """

    name: str
    media_type: str
    path: str


@dataclass(frozen=True)
class Letter:
    """What is sent.

    Attributes
    ----------
    to
        One address.
    text
        The letter as plain text.
    html
        The same as HTML; empty for none.
    headers
        Further headers, such as ``List-Unsubscribe``.
    message_id
        Made up where it is empty.
    """

    to: str
    subject: str
    text: str
    html: str = ""
    headers: "Mapping[str, str]" = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    message_id: str = ""


def send(letter: Letter, settings: "Settings", *, now: datetime | None = None) -> None:
    """Hand a letter over, or write it into ``mail/`` of the home where no server is set.

    Raises
    ------
    NotSent
        The server cannot be reached, does not take it, or would be told a password in the clear.
    """
    message = written(letter, settings.mail_from, now or datetime.now(UTC))
    if not settings.smtp_url:
        keep(message, settings.home)
        return
    server = server_of(settings.smtp_url)
    try:
        with connected(server) as connection:
            connection.send_message(message)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotSent(
            _("The mail to {to} could not be handed over to {server}: {error}").format(
                to=letter.to, server=f"{server.hostname}:{_port(server)}", error=answer_of(error)
            )
        ) from error


def check(settings: "Settings") -> None:
    """Refuse an address of a server that no letter could be handed over to.

    Raises
    ------
    NotSent
        ``CXREPORTS_SMTP_URL`` is no such address.
    """
    if settings.smtp_url:
        server_of(settings.smtp_url)


def written(letter: Letter, sender: str, now: datetime, *, home: Path | None = None) -> EmailMessage:
    """A letter as it is handed over.

    Parameters
    ----------
    home
        Folder that paths of attachments start from.

    Raises
    ------
    NotSent
        It cannot be written: a line end in a header, say.
    """
    message = EmailMessage()
    made_up = partial(make_msgid, domain=parseaddr(sender)[1].rpartition("@")[2] or "localhost")
    try:
        message["From"] = sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(now)
        message["Message-ID"] = letter.message_id or made_up()
        # RFC 3834: no vacation notice answers it.
        message["Auto-Submitted"] = "auto-generated"
        for name, text in letter.headers.items():
            message[name] = text
        message.set_content(letter.text)
        if letter.html:
            message.add_alternative(letter.html, subtype="html")
    except (ValueError, MessageError) as error:
        raise NotSent(
            _("The mail to {to} cannot be written: {error}").format(to=letter.to, error=error)
        ) from error
    for attachment in letter.attachments:
        path = Path(attachment.path) if home is None else home / attachment.path
        main, _slash, sub = attachment.media_type.partition("/")
        message.add_attachment(path.read_bytes(), maintype=main, subtype=sub, filename=attachment.name)
    return message


def size_at_most(letter: Letter, sizes: "Iterable[int]") -> int:
    """Bytes that a letter has at most when it is handed over, each of its files encoded (base64).

    Parameters
    ----------
    sizes
        Bytes of its files.
    """
    texts = [len(part.encode()) for part in (letter.text, letter.html)]
    headers = sum(len(name) + len(text) for name, text in letter.headers.items())
    parts = [*texts, *sizes]
    lines = sum(-(-size // _LINE) for size in parts)
    return lines * _ENCODED_LINE + headers + (len(parts) + 1) * _HEADERS


def keep(message: EmailMessage, home: Path, *, name: str = "") -> None:
    """Write a letter into ``mail/`` of the home; one of the same name is written over."""
    name = name or f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{token_hex(4)}"
    write_private(private_folder(home / FOLDER) / f"{name}.eml", message.as_bytes())


def server_of(url: str) -> SplitResult:
    """Address of an SMTP server, taken apart.

    Raises
    ------
    NotSent
        It is none.
    """
    try:
        server = urlsplit(url)
        good = server.scheme in _PORTS and bool(server.hostname) and server.port != 0
    except ValueError:
        good = False
    if not good:
        raise NotSent(
            _("CXREPORTS_SMTP_URL cannot be used: write such as {example}.").format(
                example="smtp://USER:PASSWORD@HOST:587, smtps://HOST:465"
            )
        )
    return server


def _port(server: SplitResult) -> int:
    return server.port or _PORTS[server.scheme]


@contextmanager
def connected(server: SplitResult) -> "Iterator[smtplib.SMTP]":
    """Connect, in private where the server offers it, and log in where the address says so."""
    host, port = server.hostname or "", _port(server)
    # Only where it is needed: reading every authority that is trusted takes 50 ms of the processor.
    connection = (
        smtplib.SMTP_SSL(host, port, timeout=PATIENCE_S, context=ssl.create_default_context())
        if server.scheme == "smtps"
        else smtplib.SMTP(host, port, timeout=PATIENCE_S)
    )
    with connection:
        is_private = server.scheme == "smtps"
        connection.ehlo_or_helo_if_needed()
        if not is_private and connection.has_extn("starttls"):
            connection.starttls(context=ssl.create_default_context())
            connection.ehlo()
            is_private = True
        if server.username:
            if not is_private and host not in _HERE:
                raise smtplib.SMTPException(
                    _("it offers no STARTTLS, and a password is not sent in the clear")
                )
            connection.login(unquote(server.username), unquote(server.password or ""))
        yield connection


def answer_of(error: Exception) -> str:
    """Word what went wrong; what the server answered stands for itself."""
    code: int
    answer: bytes | str
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, answer = next(iter(error.recipients.values()))
        case smtplib.SMTPResponseException():
            code, answer = error.smtp_code, error.smtp_error
        case _:
            return str(error) or type(error).__name__
    return f"{code} {answer if isinstance(answer, str) else answer.decode(errors='replace')}"
