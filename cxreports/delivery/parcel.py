"""A message as it is handed over: what carriers see of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from cxreports.portal.post.mail import Attachment
from cxreports.portal.post.outgoing import Channel, OutgoingMessage


@dataclass(frozen=True)
class Parcel:
    """A message that this process has leased.

    Attributes
    ----------
    name
        The same for every try, and for no other message: a digest of the key.
    tries, number
        Which try this is, since it was put or retried by hand, and of all.
    lease
        By which the process knows that the message is still its own.
    """

    message_id: int
    name: str
    channel: Channel
    target: str
    subject: str
    text: str
    html: str
    company_id: str | None
    headers: Mapping[str, str]
    attachments: tuple[Attachment, ...]
    created_at: datetime
    tries: int
    number: int
    lease: str

    @classmethod
    def of(cls, row: OutgoingMessage, number: int) -> Self:
        """Parcel of a leased row."""
        return cls(
            message_id=row.id,
            name=hashlib.sha256(row.key.encode("utf-8", "surrogatepass")).hexdigest()[:32],
            channel=Channel(row.channel),
            target=row.target,
            subject=row.subject,
            text=row.text,
            html=row.html,
            company_id=row.company_id,
            headers=row.headers,
            attachments=tuple(Attachment(**each) for each in row.attachments),
            created_at=row.created_at,
            tries=row.tries,
            number=number,
            lease=row.lease or "",
        )
