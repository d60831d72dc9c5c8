"""The outbox: a message is put once, in the transaction of what it tells of, and sent until it is taken.

A message is put under a key; one of the same key is put once, ever. Any number of processes send: each takes
a message for a while (a lease), records the try, sends, and records the answer. One that is killed leaves a
try without an end, and the message is sent again when its lease is over. A receiver that had taken it just
before the kill then gets it a second time: nobody can rule that out, so it comes with the same ``Message-ID``
(by mail), the same ``webhook-id``, or under the same file name, by which receivers leave out the second.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cxreports.delivery.carriers import Carriers
from cxreports.delivery.parcel import Parcel
from cxreports.errors import NotDelivered, Refusal
from cxreports.portal.database import Database
from cxreports.portal.database import now as present
from cxreports.portal.post.mail import Attachment
from cxreports.portal.post.outgoing import Channel, OutgoingMessage, SendingTry, State

__all__ = ["Attachment", "Channel", "Message", "Sent", "put", "put_anew", "retry", "send_due", "stop"]

LEASE: Final = timedelta(minutes=10)
"""So long a process may take for one message; then another one tries."""

PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 480))
"""Pauses between tries, longer each time."""

MOST_TRIES: Final = len(PAUSES) + 1

_LONGEST_ANSWER: Final = 500


@dataclass(frozen=True)
class Message:
    """A message to be sent.

    Attributes
    ----------
    key
        Names what it is about, such as ``alert 17 2026-11-29T12:00Z ana@acme.example``: a message of the same
        key is put once, ever.
    target
        Address or URL; a password in it is sealed (`cxreports.portal.post.targets`).
    text
        Plain text, or a webhook's JSON.
    company_id
        The company that may see it; None for operators alone.
    attachments
        Finished files, with absolute paths or paths in the home folder; they must stay until it is sent.
    headers
        Further headers of a mail or webhook.
    """

    key: str
    channel: Channel
    target: str
    subject: str
    text: str
    company_id: str | None
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """What became of the messages that were due."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0

    @property
    def all(self) -> int:
        """Messages that were tried."""
        return self.sent + self.postponed + self.failed

    def with_one(self, state: State) -> "Sent":
        """The same and one more."""
        return Sent(
            self.sent + (state is State.SENT),
            self.postponed + (state is State.WAITING),
            self.failed + (state is State.FAILED),
        )


def put(db: Session, message: Message, *, now: datetime | None = None) -> bool:
    """Put a message into the outbox, in the caller's transaction; False where its key was put before."""
    now = now or present()
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {
        "key": message.key,
        "channel": message.channel.value,
        "target": message.target,
        "company_id": message.company_id,
        **_content(message),
        "state": State.WAITING.value,
        "created_at": now,
        "due_at": now,
        "tries": 0,
        "answer": "",
        "refusal": Refusal.NOTHING.value,
    }
    added = insert(OutgoingMessage).values(values).on_conflict_do_nothing(index_elements=["key"])
    return db.scalar(added.returning(OutgoingMessage.id)) is not None


def put_anew(db: Session, message: Message, *, now: datetime | None = None) -> None:
    """Let other content be sent at once under the key of a message that was given up."""
    db.execute(
        update(OutgoingMessage)
        .where(OutgoingMessage.key == message.key, OutgoingMessage.state == State.FAILED.value)
        .values(
            **_content(message),
            state=State.WAITING.value,
            due_at=now or present(),
            tries=0,
            answer="",
            refusal=Refusal.NOTHING.value,
            ended_at=None,
        )
    )


def send_due(
    database: Database,
    home: Path,
    *,
    now: datetime | None = None,
    channels: Collection[Channel] = tuple(Channel),
) -> Sent:
    """Send every message that is due and that no other process is sending.

    Parameters
    ----------
    now
        Time by which messages are due and leases end; by default this moment's, read anew for each message.
    channels
        Ways to serve; the others are left to other processes.
    """
    done = Sent()
    with Carriers(home) as carriers:
        while (parcel := _take(database, now or present(), channels)) is not None:
            done = done.with_one(_send(database, carriers, parcel, now))
    return done


def retry(db: Session, message_id: int, *, now: datetime | None = None) -> None:
    """Let a message that waits, or was given up, be tried at once; one that was sent stays."""
    db.execute(
        update(OutgoingMessage)
        .where(
            OutgoingMessage.id == message_id,
            OutgoingMessage.state.in_([State.WAITING.value, State.FAILED.value]),
        )
        .values(
            state=State.WAITING.value,
            due_at=now or present(),
            tries=0,
            refusal=Refusal.NOTHING.value,
            ended_at=None,
        )
    )


def stop(db: Session, message_ids: Collection[int], answer: str, *, now: datetime | None = None) -> None:
    """Send messages no more that wait; one that is just being sent may still leave."""
    db.execute(
        update(OutgoingMessage)
        .where(OutgoingMessage.id.in_(message_ids), OutgoingMessage.state == State.WAITING.value)
        .values(state=State.STOPPED.value, answer=answer, ended_at=now or present())
    )


def _content(message: Message) -> dict[str, Any]:
    """Columns of what the receiver gets."""
    return {
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "headers": dict(message.headers),
        "attachments": [asdict(each) for each in message.attachments],
    }


def _take(database: Database, now: datetime, channels: Collection[Channel]) -> Parcel | None:
    """Lease the message that has been due longest; record the try before anything leaves."""
    due = (
        select(OutgoingMessage)
        .where(
            OutgoingMessage.state == State.WAITING.value,
            OutgoingMessage.due_at <= now,
            OutgoingMessage.channel.in_([channel.value for channel in channels]),
            or_(OutgoingMessage.leased_until.is_(None), OutgoingMessage.leased_until <= now),
        )
        .order_by(OutgoingMessage.due_at, OutgoingMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with database.taking() as db:
        row = db.scalar(due)
        if row is None:
            return None
        last = db.scalar(
            select(SendingTry.number)
            .where(SendingTry.message_id == row.id)
            .order_by(SendingTry.number.desc())
            .limit(1)
        )
        number = (last or 0) + 1
        row.tries += 1
        row.lease, row.leased_until = token_hex(16), now + LEASE
        db.add(SendingTry(message_id=row.id, number=number, began_at=now, answer=""))
        return Parcel.of(row, number)


def _send(database: Database, carriers: Carriers, parcel: Parcel, now: datetime | None) -> State:
    try:
        answer = carriers.send(parcel)
    except NotDelivered as error:
        return _refused(database, parcel, error, now or present())
    _end(database, parcel, answer, now or present(), state=State.SENT)
    return State.SENT


def _refused(database: Database, parcel: Parcel, error: NotDelivered, now: datetime) -> State:
    answer = str(error)
    if error.refusal or parcel.tries >= MOST_TRIES:
        _end(database, parcel, answer, now, state=State.FAILED, refusal=error.refusal)
        return State.FAILED
    pause = PAUSES[parcel.tries - 1]
    _end(database, parcel, answer, now, state=State.WAITING, due_at=now + pause)
    return State.WAITING


def _end(
    database: Database,
    parcel: Parcel,
    answer: str,
    now: datetime,
    *,
    state: State,
    due_at: datetime | None = None,
    refusal: Refusal = Refusal.NOTHING,
) -> None:
    """Record how a try ended; the message itself is another process's if the lease has run out meanwhile."""
    answer = " ".join(answer.split())[:_LONGEST_ANSWER]
    with database.taking() as db:
        tried = db.get(SendingTry, (parcel.message_id, parcel.number))
        if tried is not None:
            tried.ended_at, tried.answer = now, answer
        held = (
            update(OutgoingMessage)
            .where(OutgoingMessage.id == parcel.message_id)
            .where(OutgoingMessage.state != State.SENT.value)
        )
        if state is not State.SENT:  # what was taken is taken, whoever sends or stops it meanwhile
            held = held.where(
                OutgoingMessage.lease == parcel.lease, OutgoingMessage.state == State.WAITING.value
            )
        db.execute(
            held.values(
                state=state.value,
                answer=answer,
                refusal=refusal.value,
                lease=None,
                leased_until=None,
                ended_at=None if state is State.WAITING else now,
                **({} if due_at is None else {"due_at": due_at}),
            )
        )
