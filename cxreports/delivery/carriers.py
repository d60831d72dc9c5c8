"""The carrier of each channel, opened when the first message takes it and closed with the round."""

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from cxreports.delivery.mail import MailCarrier
from cxreports.delivery.parcel import Parcel
from cxreports.delivery.webhook import WebhookCarrier
from cxreports.errors import NotDelivered
from cxreports.portal.post.outgoing import Channel
from cxreports.settings import Settings


class Carrier(Protocol):
    """What hands messages of one channel over."""

    def send(self, parcel: Parcel) -> str:
        """Hand a message over; give the receiver's answer.

        Raises
        ------
        NotDelivered
            It was not taken, or the receiver was not reached.
        """

    def close(self) -> None:
        """Close what is open."""


def _opened(channel: Channel, settings: Settings) -> Carrier:
    """Carrier of a channel; what takes time to import is imported when a message needs it."""
    match channel:
        case Channel.MAIL:
            return MailCarrier(settings)
        case Channel.WEBHOOK:
            return WebhookCarrier(settings)
        case Channel.SFTP:
            from cxreports.delivery.sftp import SftpCarrier  # noqa: PLC0415

            return SftpCarrier(settings)
        case Channel.S3:
            from cxreports.delivery.s3 import S3Carrier  # noqa: PLC0415

            return S3Carrier(settings)


class Carriers:
    """Carriers of one round of sending."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._open: dict[Channel, Carrier] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for carrier in self._open.values():
            carrier.close()

    def send(self, parcel: Parcel) -> str:
        """Hand a message over by its channel; give the receiver's answer.

        Raises
        ------
        NotDelivered
            It was not taken.
        """
        if parcel.channel not in self._open:
            self._open[parcel.channel] = _opened(parcel.channel, Settings.of(self._home))
        for attachment in parcel.attachments:
            if not (self._home / attachment.path).is_file():
                raise NotDelivered(f"{attachment.name} is not kept any more")
        return self._open[parcel.channel].send(parcel)
