"""A mail server (aiosmtpd) that keeps what it takes, and answers some receivers as a test wants."""

from __future__ import annotations

from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiosmtpd.smtp import Envelope


class MailServer:
    """What it took, and what it answers whom.

    Attributes
    ----------
    most_bytes
        Letters that are larger it refuses when it has them.
    taken
        Called for each letter before the sender hears that it was taken.
    """

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], EmailMessage]] = []
        self.answers: dict[str, str] = {}
        self.most_bytes = 0
        self.taken: Callable[[], object] = lambda: None
        self.port = 0

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        if 0 < self.most_bytes < len(envelope.content):
            return "552 5.3.4 message size exceeds fixed limit"
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.letters.append((envelope.rcpt_tos, message))
        self.taken()
        return "250 2.0.0 accepted"


class _Anywhere(Controller):
    """Port 0 lets the system choose; the controller would ask itself for it."""

    def _trigger_server(self) -> None:
        assert self.server
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def serving_mail(**options: Any) -> Iterator[MailServer]:
    server = MailServer()
    controller = _Anywhere(server, hostname="127.0.0.1", port=0, **options)
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        controller.stop()
