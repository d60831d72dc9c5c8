"""The outbox: put once, sent once, tried again as long as that helps; against a real SMTP server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.policy import SMTP
from typing import TYPE_CHECKING, Any

import pytest
from mail_server import MailServer, serving_mail
from sqlalchemy import select

from cxreports.delivery import outbox
from cxreports.delivery.outbox import Attachment, Channel, Message
from cxreports.portal.post import mail
from cxreports.portal.post.mail import Letter
from cxreports.portal.post.outgoing import OutgoingMessage, SendingTry, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cxreports.portal.database import Database

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(name="server")
def _server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[MailServer]:
    with serving_mail() as server:
        monkeypatch.setenv("CXREPORTS_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
        monkeypatch.setenv("CXREPORTS_MAIL_FROM", "Reports <reports@op.example>")
        yield server


def letter(
    key: str = "run 1 ana", to: str = "ana@acme.example", text: str = "See the file.\n", **more: object
) -> Message:
    return Message(key, Channel.MAIL, to, "Weekly quality", text, None, **more)  # type: ignore[arg-type]


def put(database: Database, *messages: Message, now: datetime = NOON) -> list[bool]:
    with database.writing() as db:
        return [outbox.put(db, message, now=now) for message in messages]


def row(database: Database) -> OutgoingMessage:
    with database.reading() as db:
        return db.scalars(select(OutgoingMessage)).one()


def tries(database: Database) -> list[tuple[int, datetime | None, str]]:
    with database.reading() as db:
        found = db.scalars(select(SendingTry).order_by(SendingTry.number))
        return [(each.number, each.ended_at, each.answer) for each in found]


def send_and_be_killed(database: Database, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Die between the server's "250" and the commit that keeps it."""

    def killed(*_arguments: object, **_more: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "_end", killed)
        with pytest.raises(SystemExit):
            outbox.send_due(database, home, now=NOON)


def test_a_message_is_put_once_ever(database: Database, server: MailServer, tmp_path: Path) -> None:
    assert put(database, letter(), letter()) == [True, False]
    assert outbox.send_due(database, tmp_path, now=NOON).sent == 1
    assert put(database, letter()) == [False]
    assert outbox.send_due(database, tmp_path, now=NOON).all == 0
    assert len(server.letters) == 1


def test_it_is_put_with_what_it_tells_of_or_not_at_all(database: Database) -> None:
    def put_and_break() -> None:
        with database.writing() as db:
            outbox.put(db, letter(), now=NOON)
            raise KeyError

    with pytest.raises(KeyError):
        put_and_break()
    assert put(database, letter()) == [True]


def test_a_mail_carries_its_files_headers_and_a_name_of_its_own(
    database: Database, server: MailServer, tmp_path: Path
) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "w.csv").write_bytes(b"a,b\r\n1,2\r\n")
    message = letter(
        html="<p>See the file.</p>",
        attachments=(Attachment("Weekly quality.csv", "text/csv", "reports/w.csv"),),
        headers={"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )
    put(database, message)
    outbox.send_due(database, tmp_path, now=NOON + MINUTE)
    ((to, mail),) = server.letters
    (file,) = mail.iter_attachments()
    assert (to, mail["Subject"]) == (["ana@acme.example"], "Weekly quality")
    assert (file.get_filename(), file.get_content_type()) == ("Weekly quality.csv", "text/csv")
    assert file.get_payload(decode=True) == b"a,b\r\n1,2\r\n"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Message-ID"].endswith("@op.example>")
    assert mail["Date"].datetime == NOON
    assert (row(database).state, row(database).answer) == (State.SENT, "250 2.0.0 accepted")


def test_greylisting_is_waited_for_longer_each_time(
    database: Database, server: MailServer, tmp_path: Path
) -> None:
    server.answers["ana@acme.example"] = "451 4.7.1 Greylisting"
    put(database, letter())
    pauses = []
    now = NOON
    while row(database).state == State.WAITING:
        outbox.send_due(database, tmp_path, now=now)
        assert outbox.send_due(database, tmp_path, now=now).all == 0
        pauses.append((row(database).due_at - now) // MINUTE)
        now = row(database).due_at
    assert pauses == [1, 5, 15, 60, 120, 240, 480, 0]
    assert (row(database).state, row(database).refusal) == (State.FAILED, "")
    assert [answer for _, _, answer in tries(database)] == ["451 4.7.1 Greylisting"] * 8


def test_no_such_mailbox_is_asked_once(database: Database, server: MailServer, tmp_path: Path) -> None:
    server.answers["old-desk@acme.example"] = "550 5.1.1 no such mailbox"
    put(database, letter("1", "old-desk@acme.example"), letter("2"))
    done = outbox.send_due(database, tmp_path, now=NOON)
    assert (done.sent, done.failed) == (1, 1)
    with database.reading() as db:
        failed = db.scalars(select(OutgoingMessage).where(OutgoingMessage.state == State.FAILED)).one()
    assert (failed.key, failed.answer, failed.refusal) == ("1", "550 5.1.1 no such mailbox", "receiver")


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        ("550 5.1.1 no such mailbox", "receiver"),
        ("553 5.1.3 bad address syntax", "receiver"),
        ("554 5.1.2 no such domain", "receiver"),
        ("550 no such user here", "receiver"),
        ("551 user not local", "receiver"),
        ("553 sorry, no mailbox here by that name (#5.1.1)", "receiver"),
        ("554 5.7.1 relay access denied", "letter"),
        ("550 5.7.1 client host blocked", "letter"),
        ("550 5.7.1 10.5.1.1 is listed, see 5.1.1.1", "letter"),
        ("550 relay not permitted", "letter"),
        ("554 no", "letter"),
        ("553 5.1.8 sender's domain does not exist", "letter"),
        ("550 5.2.1 mailbox gets too much mail", "letter"),
        ("552 5.2.2 mailbox full", "letter"),
    ],
)
def test_a_refusal_is_of_the_receiver_only_where_the_mailbox_is_the_reason(
    answer: str, refusal: str, database: Database, server: MailServer, tmp_path: Path
) -> None:
    """Codes of RFC 5321 and RFC 3463, texts as Postfix, Exim, qmail and others have them."""
    server.answers["ana@acme.example"] = answer
    put(database, letter())
    assert outbox.send_due(database, tmp_path, now=NOON).failed == 1
    assert (row(database).answer, row(database).refusal) == (answer, refusal)
    assert outbox.send_due(database, tmp_path, now=NOON + timedelta(days=1)).all == 0


def test_a_letter_is_no_larger_than_it_is_counted(
    database: Database, server: MailServer, tmp_path: Path
) -> None:
    for size in (1, 57, 100_000):
        (tmp_path / f"{size}.csv").write_bytes(b"\xff" * size)
    files = tuple(Attachment(f"Ü {size}.csv", "text/csv", f"{size}.csv") for size in (1, 57, 100_000))
    text, headers = "Größe\n" * 50, {"List-Unsubscribe": f"<https://op.example/{'x' * 300}>"}
    put(database, letter(text=text, html=f"<p>{'é' * 2_000}</p>", attachments=files, headers=headers))
    outbox.send_due(database, tmp_path, now=NOON)
    ((_, taken),) = server.letters
    counted = mail.size_at_most(
        Letter("ana@acme.example", "", text, f"<p>{'é' * 2_000}</p>", headers), [1, 57, 100_000]
    )
    size = len(taken.as_bytes(policy=SMTP))
    assert 100_000 * 4 / 3 < size < counted < size + 10_000


def test_who_is_killed_while_sending_leaves_it_to_another_under_the_same_name(
    database: Database, server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(database, letter())

    send_and_be_killed(database, tmp_path, monkeypatch)
    assert tries(database) == [(1, None, "")]
    assert outbox.send_due(database, tmp_path, now=NOON + outbox.LEASE - MINUTE).all == 0
    assert outbox.send_due(database, tmp_path, now=NOON + outbox.LEASE).sent == 1
    first, second = (mail for _to, mail in server.letters)
    assert first["Message-ID"] == second["Message-ID"]
    assert [(number, bool(ended)) for number, ended, _ in tries(database)] == [(1, False), (2, True)]


def test_who_comes_too_late_changes_nothing(
    database: Database, server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease ran out while the server thought, and another process has sent the message meanwhile."""
    put(database, letter())
    parcel = outbox._take(database, NOON, list(Channel))
    assert parcel
    assert outbox.send_due(database, tmp_path, now=NOON + outbox.LEASE).sent == 1
    outbox._end(database, parcel, "451 try later", NOON + outbox.LEASE, state=State.WAITING, due_at=NOON)
    assert row(database).state == State.SENT
    assert outbox.send_due(database, tmp_path, now=NOON + 2 * outbox.LEASE).all == 0


def test_what_was_given_up_can_be_tried_again_by_hand(
    database: Database, server: MailServer, tmp_path: Path
) -> None:
    server.answers["ana@acme.example"] = "550 5.1.1 no such mailbox"
    put(database, letter())
    outbox.send_due(database, tmp_path, now=NOON)
    del server.answers["ana@acme.example"]
    with database.writing() as db:
        outbox.retry(db, row(database).id, now=NOON)
    assert outbox.send_due(database, tmp_path, now=NOON).sent == 1
    with database.writing() as db:
        outbox.retry(db, row(database).id, now=NOON)
    assert outbox.send_due(database, tmp_path, now=NOON).all == 0


def test_without_a_server_a_mail_becomes_a_file_and_a_second_try_the_same_file(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CXREPORTS_SMTP_URL", raising=False)
    put(database, letter())
    send_and_be_killed(database, tmp_path, monkeypatch)
    outbox.send_due(database, tmp_path, now=NOON + outbox.LEASE)
    assert len(list((tmp_path / "mail").iterdir())) == 1


def test_a_server_that_is_not_there_is_called_again(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving_mail() as server:
        monkeypatch.setenv("CXREPORTS_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
    put(database, letter())
    assert outbox.send_due(database, tmp_path, now=NOON).postponed == 1
    assert "refused" in row(database).answer


def test_what_is_stopped_while_it_is_sent_is_not_tried_again(
    database: Database, server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["ana@acme.example"] = "451 4.7.1 Greylisting"
    put(database, letter())
    refused = outbox._refused

    def stopped_meanwhile(*arguments: Any) -> State:
        with database.writing() as db:
            outbox.stop(db, [row(database).id], "paused", now=NOON)
        return refused(*arguments)

    monkeypatch.setattr(outbox, "_refused", stopped_meanwhile)
    outbox.send_due(database, tmp_path, now=NOON)
    assert (row(database).state, row(database).answer) == (State.STOPPED, "paused")
    assert outbox.send_due(database, tmp_path, now=NOON + timedelta(days=1)).all == 0
