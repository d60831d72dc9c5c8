"""Runs: each due time once, what is missed, what is waited for, what fails, who gets what."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from workshop import Bench, Clock, company, moment, person, schedule, worker

from cxreports.delivery import outbox
from cxreports.errors import LoginRefused
from cxreports.figures.bucket_sums import MIXED
from cxreports.language import speaking
from cxreports.portal.actor import Actor
from cxreports.portal.post.outgoing import OutgoingMessage
from cxreports.portal.schedules import library, recipients, schedules
from cxreports.portal.schedules.due import Timing
from cxreports.portal.schedules.tables import Missed, Part, Recipient, Run, Schedule
from cxreports.portal.tables import Role
from cxreports.schedules import failures, running
from cxreports.schedules.planning import split

if TYPE_CHECKING:
    from pathlib import Path

    from cxreports.portal.database import Database
    from cxreports.portal.people.vault import Vault
    from cxreports.schedules.worker import Worker


@pytest.fixture(name="bench")
def _bench() -> Bench:
    return Bench()


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock("2026-11-29 11:41")


@pytest.fixture(name="at_work")
def _at_work(
    database: Database, tmp_path: Path, bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Worker:
    monkeypatch.delenv("CXREPORTS_SMTP_URL", raising=False)
    company(database, "acme", "Acme Telecom")
    company(database, "hartmann", "Hartmann & Partner")
    return worker(database, tmp_path, bench, clock)


def messages(database: Database) -> list[OutgoingMessage]:
    with database.reading() as db:
        return list(db.scalars(select(OutgoingMessage).order_by(OutgoingMessage.id)))


def runs(database: Database) -> list[tuple[str, str]]:
    with database.reading() as db:
        return [
            (f"{run.due_at:%m-%d %H:%M}", run.state) for run in db.scalars(select(Run).order_by(Run.due_at))
        ]


def test_a_schedule_runs_when_it_is_due_and_once(
    database: Database, at_work: Worker, bench: Bench, clock: Clock
) -> None:
    schedule(database, clock.now)
    assert at_work.reports() == 0
    clock.set("2026-11-30 05:59")
    assert at_work.reports() == 0
    clock.set("2026-11-30 06:00")
    assert at_work.reports() == 1
    assert at_work.reports() == 0
    assert runs(database) == [("11-30 06:00", "done")]
    (task,) = bench.tasks
    assert (task.customers, str(task.period)) == (["acme"], "2026-11-23 00:00:00 to 2026-11-30 00:00:00 UTC")
    (message,) = messages(database)
    assert (message.target, message.subject) == ("ben@acme.example", "Weekly quality, 23 Nov – 29 Nov 2026")  # noqa: RUF001
    assert message.company_id == "acme"
    assert [each["name"] for each in message.attachments] == ["Weekly-quality_acme_2026-11-23_2026-11-29.csv"]


def test_the_sentence_of_the_next_time_holds(database: Database, clock: Clock, at_work: Worker) -> None:
    made = schedule(database, clock.now)
    assert made.next_due_at == moment("2026-11-30 06:00")
    clock.set("2026-11-30 06:00")
    at_work.reports()
    with database.reading() as db:
        assert db.get_one(Schedule, made.id).next_due_at == moment("2026-12-07 06:00")


@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        (Missed.ONCE, {"11-30 06:00": "skipped", "12-01 06:00": "skipped", "12-02 06:00": "done"}),
        (Missed.ALL, {"11-30 06:00": "done", "12-01 06:00": "done", "12-02 06:00": "done"}),
        (Missed.SKIP, {"11-30 06:00": "skipped", "12-01 06:00": "skipped", "12-02 06:00": "skipped"}),
    ],
)
def test_a_machine_that_was_off_catches_up_as_chosen(
    missed: str, expected: dict[str, str], database: Database, at_work: Worker, clock: Clock
) -> None:
    schedule(
        database, clock.now, timing=Timing("0 7 * * *", "Europe/Madrid"), period="yesterday", missed=missed
    )
    clock.set("2026-12-02 15:00")
    at_work.reports()
    assert dict(runs(database)) == expected
    clock.set("2026-12-03 06:00")
    at_work.reports()
    assert dict(runs(database)) == expected | {"12-03 06:00": "done"}


def test_what_is_an_hour_late_was_missed() -> None:
    now = moment("2026-11-30 12:00")
    times = [now - timedelta(minutes=minutes) for minutes in (180, 120, 60, 30)]
    assert split(times, Missed.ONCE, now) == (times[1:], times[:1])
    assert split(times, Missed.SKIP, now) == (times[2:], times[:2])
    assert split(times, Missed.ALL, now) == (times, [])


def test_a_run_waits_for_its_calls_and_then_says_that_they_are_not_there(
    database: Database, at_work: Worker, bench: Bench, clock: Clock
) -> None:
    schedule(database, clock.now, wait_h=2)
    bench.reached = moment("2026-11-29 23:40")
    for time in ("06:00", "06:05", "07:59"):
        clock.set(f"2026-11-30 {time}")
        at_work.reports()
        assert (runs(database), bench.tasks) == ([("11-30 06:00", "waiting")], [])
    clock.set("2026-11-30 08:00")
    at_work.reports()
    assert runs(database) == [("11-30 06:00", "done")]
    (message,) = messages(database)
    assert "reach up to 30 Nov 2026, 00:40 (Europe/Madrid): the report is incomplete." in message.text
    with database.reading() as db:
        assert [part.is_complete for part in db.scalars(select(Part))] == [False]


def test_a_run_goes_as_soon_as_the_calls_are_there(
    database: Database, at_work: Worker, bench: Bench, clock: Clock
) -> None:
    schedule(database, clock.now)
    bench.reached = moment("2026-11-29 23:40")
    clock.set("2026-11-30 06:00")
    at_work.reports()
    bench.reached = moment("2026-11-30 00:00")
    clock.set("2026-11-30 06:05")
    at_work.reports()
    assert runs(database) == [("11-30 06:00", "done")]
    assert "incomplete" not in messages(database)[0].text


def test_one_customers_failure_stops_no_other(
    database: Database, at_work: Worker, bench: Bench, clock: Clock
) -> None:
    bench.failing = {"acme"}
    schedule(database, clock.now, company_id=None, customers=("all",), to=("op@carrier.example",))
    clock.set("2026-11-30 06:00")
    at_work.reports()
    with database.reading() as db:
        parts = {part.customer: (part.state, part.error) for part in db.scalars(select(Part))}
    assert parts == {"acme": ("failed", "acme has no calls"), "hartmann": ("done", "")}
    assert [message.target for message in messages(database)] == ["op@carrier.example"]
    assert runs(database) == [("11-30 06:00", "done")]


def test_what_was_not_made_is_told_once_a_run_to_the_owner_and_why_to_operators_alone(
    database: Database, at_work: Worker, bench: Bench, clock: Clock
) -> None:
    olga = person(database, "olga@carrier.example", None, role=Role.OPERATOR, language="de")
    ana = person(database, "ana@acme.example")
    bench.ids = [f"c{number:04d}" for number in range(30)]
    bench.failing = set(bench.ids[:22])
    for_all = {"customers": ("all",), "to": ("desk@carrier.example",), "owner": olga, "name": "All"}
    schedule(database, clock.now, company_id=None, **for_all)
    clock.set("2026-11-30 06:00")
    at_work.reports()
    at_work.reports()
    (told,) = [each for each in messages(database) if each.target == "olga@carrier.example"]
    assert told.subject.startswith("All: ")
    assert {"8", "30"} <= set(told.subject.split())
    assert "\n\nc0000: c0000 has no calls\n\nc0001: c0001 has no calls\n\n" in told.text
    assert "c0019: " in told.text
    assert "c0020" not in told.text
    assert "http://localhost:8866/reports/schedule?schedule=1\n" in told.text
    bench.failing = {"acme"}
    schedule(database, clock.now, owner=ana, name="Mine")
    clock.set("2026-12-07 06:00")
    at_work.reports()
    (told,) = [each for each in messages(database) if each.target == "ana@acme.example"]
    assert (told.subject, told.company_id) == ("Mine: 0 of 1 made", "acme")
    assert "has no calls" not in told.text


def test_how_much_was_made_is_said_in_the_readers_digits() -> None:
    assert failures.state(library.Outcome(998, 2)) == "998 of 1,000 made"


def test_a_run_that_was_given_up_is_told_with_its_reason(
    database: Database, tmp_path: Path, clock: Clock
) -> None:
    class Deadly(Bench):
        def make(self, *_task: Any) -> Any:
            raise SystemExit

    olga = person(database, "olga@carrier.example", None, role=Role.OPERATOR)
    company(database, "acme")
    made = schedule(database, clock.now, company_id=None, to=("desk@carrier.example",), owner=olga)
    with database.writing() as db:
        schedules.ask_run(db, schedules.get(db, made.id, None), now=clock.now)
    for _ in range(running.MOST_TRIES):
        with pytest.raises(SystemExit):
            worker(database, tmp_path, Deadly(), clock).reports()
        clock.now += running.LEASE
    worker(database, tmp_path, Deadly(), clock).reports()
    (told,) = messages(database)
    assert (told.target, told.subject) == ("olga@carrier.example", "Weekly quality: Failed")
    assert "it was begun several times and never finished" in told.text


def test_customers_people_get_their_own_report_and_nothing_else(
    database: Database, at_work: Worker, clock: Clock
) -> None:
    person(database, "ana@acme.example")
    person(database, "disabled@acme.example", disabled_at=clock.now)
    person(database, "hans@hartmann.example", "hartmann")
    schedule(database, clock.now, company_id=None, to_customers=True, to=("op@carrier.example",))
    clock.set("2026-11-30 06:00")
    at_work.reports()
    got = {(m.target, m.attachments[0]["name"].split("_")[1], m.company_id) for m in messages(database)}
    assert got == {
        ("op@carrier.example", "acme", None),
        ("op@carrier.example", "hartmann", None),
        ("ana@acme.example", "acme", "acme"),
        ("hans@hartmann.example", "hartmann", "hartmann"),
    }
    with database.reading() as db:
        assert {part.customer for part in library.reports(db, "acme")} == {"acme"}
        assert {part.customer for part in library.reports(db, None)} == {"acme", "hartmann"}


def test_who_unsubscribes_gets_no_more_and_others_do(
    database: Database, at_work: Worker, clock: Clock, vault: Vault
) -> None:
    made = schedule(database, clock.now, to=("ben@acme.example", "ana@acme.example"))
    clock.set("2026-11-30 06:00")
    at_work.reports()
    first = messages(database)[0]
    address = first.headers["List-Unsubscribe"].strip("<>")
    assert first.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    with database.writing() as db:
        recipient = recipients.of_token(db, vault, address.rpartition("/")[2])
        assert recipient.target == first.target
        recipients.unsubscribe(db, recipient, now=clock.now)
    assert messages(database)[0].state == "stopped"
    clock.set("2026-12-07 06:00")
    at_work.reports()
    assert [message.target for message in messages(database)[2:]] == ["ana@acme.example"]
    with database.reading() as db:
        changed = schedules.get(db, made.id, "acme")
    assert [each.removed_why for each in changed.recipients] == ["unsubscribed", ""]


def test_a_permanent_failure_takes_the_address_off_and_tells_the_owner_once(
    database: Database, tmp_path: Path, bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mail_server import serving_mail

    company(database, "acme")
    ana = person(database, "ana@acme.example")
    schedule(database, clock.now, to=("old-desk@acme.example", "ben@acme.example"), owner=ana)
    with serving_mail() as server:
        monkeypatch.setenv("CXREPORTS_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
        at_work = worker(database, tmp_path, bench, clock)
        server.answers["old-desk@acme.example"] = "550 5.1.1 no such mailbox"
        for day in ("2026-11-30 06:00", "2026-12-07 06:00"):
            clock.set(day)
            for _ in range(2):
                at_work.reports()
                at_work.mail()
    to = [(letter[0][0], letter[1]["Subject"].split(",")[0]) for letter in server.letters]
    assert sorted(to) == [
        ("ana@acme.example", "An address was taken off “Weekly quality”"),
        ("ben@acme.example", "Weekly quality"),
        ("ben@acme.example", "Weekly quality"),
    ]
    letter = next(mail for (address,), mail in server.letters if address == "ana@acme.example")
    body = letter.get_body(("plain",))
    assert body
    assert "550 5.1.1 no such mailbox" in body.get_content()
    assert "old-desk@acme.example" in body.get_content()


def test_a_schedule_whose_last_receiver_is_gone_pauses(
    database: Database, tmp_path: Path, bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mail_server import serving_mail

    company(database, "acme")
    made = schedule(database, clock.now)
    with serving_mail() as server:
        monkeypatch.setenv("CXREPORTS_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
        server.answers["ben@acme.example"] = "550 5.1.1 no such mailbox"
        clock.set("2026-11-30 06:00")
        at_work = worker(database, tmp_path, bench, clock)
        at_work.reports()
        at_work.mail()
    with database.reading() as db:
        paused = db.get_one(Schedule, made.id)
    assert (paused.paused_by, paused.next_due_at) == ("worker", None)


def test_a_large_report_goes_as_a_link(
    database: Database, tmp_path: Path, bench: Bench, clock: Clock
) -> None:
    company(database, "acme")
    bench.padding = 2_000_000
    schedule(database, clock.now)
    clock.set("2026-11-30 06:00")
    worker(
        database, tmp_path, bench, clock, mail_most_mb=1, public_url="https://reports.op.example"
    ).reports()
    (message,) = messages(database)
    assert message.attachments == []
    assert "https://reports.op.example/reports/link/1." in message.text


def test_files_are_counted_as_they_are_encoded(
    database: Database, tmp_path: Path, bench: Bench, clock: Clock
) -> None:
    """800 kB are 1.09 MB in a letter."""
    company(database, "acme")
    bench.padding = 800_000
    schedule(database, clock.now)
    clock.set("2026-11-30 06:00")
    worker(database, tmp_path, bench, clock, mail_most_mb=1).reports()
    assert messages(database)[0].attachments == []
    bench.padding = 700_000
    clock.set("2026-12-07 06:00")
    worker(database, tmp_path, bench, clock, mail_most_mb=1).reports()
    assert len(messages(database)[1].attachments) == 1


@pytest.mark.parametrize("is_advertised", [True, False])
def test_what_is_too_large_for_the_server_goes_as_a_link_and_nobody_is_taken_off(
    is_advertised: bool,
    database: Database,
    tmp_path: Path,
    bench: Bench,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mail_server import serving_mail

    company(database, "acme")
    ana = person(database, "ana@acme.example")
    made = schedule(database, clock.now, owner=ana)
    bench.padding = 200_000
    with serving_mail(data_size_limit=100_000 if is_advertised else 0) as server:
        monkeypatch.setenv("CXREPORTS_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
        server.most_bytes = 0 if is_advertised else 100_000
        clock.set("2026-11-30 06:00")
        at_work = worker(database, tmp_path, bench, clock, public_url="https://reports.op.example")
        at_work.reports()
        at_work.mail()
    ((to, letter),) = server.letters
    body = letter.get_body(("plain",))
    assert body
    assert to == ["ben@acme.example"]
    assert "https://reports.op.example/reports/link/1." in body.get_content()
    assert list(letter.iter_attachments()) == []
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    with database.reading() as db:
        (sending,) = library.deliveries(db, "acme")
        first, second = library.tries(db, sending.message.id)
        kept = schedules.get(db, made.id, "acme")
    expected = "the server takes 100000 bytes" if is_advertised else "552 5.3.4"
    assert first.answer.startswith(expected)
    assert second.answer == "250 2.0.0 accepted"
    assert (kept.paused_at, [each.removed_at for each in kept.recipients]) == (None, [None])


def test_who_has_unsubscribed_meanwhile_gets_no_link(
    database: Database, tmp_path: Path, bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mail_server import serving_mail

    company(database, "acme")
    schedule(database, clock.now)
    bench.padding = 200_000
    with serving_mail(data_size_limit=100_000) as server:
        monkeypatch.setenv("CXREPORTS_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
        clock.set("2026-11-30 06:00")
        at_work = worker(database, tmp_path, bench, clock)
        at_work.reports()
        outbox.send_due(database, tmp_path, now=clock.now)
        assert messages(database)[0].refusal == "size"
        with database.writing() as db:
            recipients.unsubscribe(db, db.scalars(select(Recipient)).one(), now=clock.now)
        at_work.tidy()
        at_work.mail()
    assert server.letters == []


def test_a_relay_that_refuses_everything_takes_nobody_off_and_is_told_once_a_run(
    database: Database, tmp_path: Path, bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mail_server import serving_mail

    company(database, "acme")
    ana = person(database, "ana@acme.example")
    made = schedule(database, clock.now, to=("ben@other.example", "desk@other.example"), owner=ana)
    with serving_mail() as server:
        monkeypatch.setenv("CXREPORTS_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
        for address in ("ben@other.example", "desk@other.example"):
            server.answers[address] = "554 5.7.1 relay access denied"
        clock.set("2026-11-30 06:00")
        at_work = worker(database, tmp_path, bench, clock)
        at_work.reports()
        at_work.mail()
        at_work.mail()
    ((to, letter),) = server.letters
    body = letter.get_body(("plain",))
    assert body
    assert (to, letter["Subject"]) == (["ana@acme.example"], "“Weekly quality” could not be delivered")
    assert "554 5.7.1 relay access denied" in body.get_content()
    with database.reading() as db:
        kept = schedules.get(db, made.id, "acme")
        states = [each.state for each in library.deliveries(db, "acme")]
    assert (kept.paused_at, kept.next_due_at) == (None, moment("2026-12-07 06:00"))
    assert [each.removed_at for each in kept.recipients] == [None, None]
    assert states == ["failed", "failed"]


def test_webhooks_and_folders_get_facts_and_files(database: Database, at_work: Worker, clock: Clock) -> None:
    hook, folder = "https://hook.acme.example/in", "sftp://acme:secret@files.acme.example/in"
    schedule(database, clock.now, to=(hook, folder))
    clock.set("2026-11-30 06:00")
    at_work.reports()
    by_channel = {message.channel: message for message in messages(database)}
    facts: dict[str, Any] = json.loads(by_channel["webhook"].text)
    assert facts["period"] == {"start": "2026-11-23T00:00:00+00:00", "end": "2026-11-30T00:00:00+00:00"}
    assert (facts["customer"], facts["is_complete"]) == ("acme", True)
    assert by_channel["webhook"].attachments == []
    assert [each["name"] for each in by_channel["sftp"].attachments] == [
        "Weekly-quality_acme_2026-11-23_2026-11-29.csv"
    ]
    assert "secret" not in by_channel["sftp"].target


def test_a_run_for_oneself_goes_to_nobody_else_and_waits_for_nothing(
    database: Database, at_work: Worker, bench: Bench, clock: Clock
) -> None:
    made = schedule(database, clock.now)
    bench.reached = None
    with database.writing() as db:
        schedules.ask_run(db, made, only_to="ana@acme.example", now=clock.now)
    at_work.reports()
    assert [message.target for message in messages(database)] == ["ana@acme.example"]
    assert messages(database)[0].headers == {}


def test_nobody_floods_the_receivers_with_reports_asked_for(
    database: Database, at_work: Worker, clock: Clock
) -> None:
    made, ana = schedule(database, clock.now), Actor("ana@acme.example", 7)
    for second in range(11):
        with database.writing() as db:
            schedules.ask_run(db, made, by=ana, now=clock.now + timedelta(seconds=second))
    later = clock.now + timedelta(seconds=11)
    with pytest.raises(LoginRefused) as caught, database.writing() as db:
        schedules.ask_run(db, made, by=ana, now=later)
    assert caught.value.wait_s == 59
    with database.writing() as db:
        schedules.ask_run(db, made, by=Actor("ben@acme.example", 8), now=later)
        schedules.ask_run(db, made, now=later + timedelta(seconds=1))
    clock.now = later + timedelta(seconds=1)
    at_work.reports()
    assert len(messages(database)) == 13


def test_a_revision_says_what_changed(
    database: Database, at_work: Worker, bench: Bench, clock: Clock
) -> None:
    made = schedule(database, clock.now)
    clock.set("2026-11-30 06:00")
    at_work.reports()
    bench.failing = {"acme"}
    clock.set("2026-11-30 09:00")
    with database.writing() as db:
        first = db.scalars(select(Run)).one()
        schedules.ask_run(db, made, revises=first, now=clock.now)
    at_work.reports()
    bench.failing = set()
    bench.now_figures |= {"attempts": "1234567", "charge": "12.754999"}
    clock.set("2026-12-01 09:00")
    with database.writing() as db:
        schedules.ask_run(db, made, revises=first, now=clock.now)
    at_work.reports()
    second = messages(database)[1]
    assert second.subject == "Revised: Weekly quality, 23 Nov – 29 Nov 2026"  # noqa: RUF001
    assert "Attempts: 100 → 1,234,567" in second.text
    assert "Charge: $12.50 → $12.75" in second.text
    assert "Connected" not in second.text
    assert bench.tasks[0].period == bench.tasks[1].period


def test_a_revision_that_changes_no_headline_figure_says_so(
    database: Database, at_work: Worker, bench: Bench, clock: Clock
) -> None:
    """Not beside what went to one person meanwhile, and not by digits that the report does not show."""
    made = schedule(database, clock.now)
    clock.set("2026-11-30 06:00")
    at_work.reports()
    bench.now_figures |= {"attempts": "101"}
    with database.writing() as db:
        first = db.scalars(select(Run)).one()
        schedules.ask_run(db, made, only_to="ana@acme.example", now=moment("2026-11-30 07:00"))
    clock.set("2026-11-30 07:00")
    at_work.reports()
    bench.now_figures |= {"attempts": "100", "charge": "12.500001"}
    clock.set("2026-11-30 09:00")
    with database.writing() as db:
        schedules.ask_run(db, made, revises=first, now=clock.now)
    at_work.reports()
    again = messages(database)[2]
    assert "No headline figure has changed since it was sent." in again.text
    assert "→" not in again.text
    assert "Its figures have changed" not in again.text


def test_what_has_changed_is_worded_as_the_report_words_it() -> None:
    from cxreports.schedules.messages import changes

    none = {"attempts": "0", "connected": "0", "charge": "None", "currency": "None"}
    some = {"attempts": "1200", "connected": "7", "charge": "1234.5678", "currency": "EUR"}
    with speaking("de"):
        assert changes(none, some)[0].endswith(": 0 → 1.200")
        assert changes(none, some)[2].endswith(": – → 1.234,57\N{NO-BREAK SPACE}€")  # noqa: RUF001
    assert changes({}, some)[1] == "Connected: – → 7"  # noqa: RUF001
    assert changes(some, some | {"currency": MIXED})[0].startswith("Charge: €1,234.57 → several")


def test_a_worker_that_dies_leaves_the_run_to_another_who_goes_on_where_it_was(
    database: Database, tmp_path: Path, bench: Bench, clock: Clock
) -> None:
    class Dying(Bench):
        def make(self, task: Any, go_on: Any) -> Any:
            if task.customers == ["hartmann"]:
                raise SystemExit
            return super().make(task, go_on)

    for name in bench.ids:
        company(database, name)
    schedule(database, clock.now, company_id=None, to=("op@carrier.example",))
    clock.set("2026-11-30 06:00")
    with pytest.raises(SystemExit):
        worker(database, tmp_path, Dying(), clock).reports()
    at_work = worker(database, tmp_path, bench, clock)
    assert at_work.reports() == 0
    clock.now += running.LEASE
    assert at_work.reports() == 1
    assert [task.customers for task in bench.tasks] == [["hartmann"]]
    assert len(messages(database)) == 2
    with database.reading() as db:
        assert running.orphans(tmp_path, library.kept_paths(db)) != []


def test_who_lost_the_lease_keeps_nothing(
    database: Database, tmp_path: Path, bench: Bench, clock: Clock
) -> None:
    """A worker sleeps for an hour while it makes a report; another one has made it meanwhile."""
    company(database, "acme")
    schedule(database, clock.now)
    clock.set("2026-11-30 06:00")

    class Slow(Bench):
        def make(self, task: Any, _go_on: Any) -> Any:
            clock.now += running.LEASE + timedelta(hours=1)
            assert worker(database, tmp_path, bench, clock).reports() == 1
            return super().make(task, lambda: None)

    worker(database, tmp_path, Slow(), clock).reports()
    assert len(messages(database)) == 1
    with database.reading() as db:
        (part,) = db.scalars(select(Part))
        (file,) = part.files
    assert (tmp_path / file.path).is_file()


def test_a_run_that_kills_every_worker_is_given_up(database: Database, tmp_path: Path, clock: Clock) -> None:
    class Deadly(Bench):
        def make(self, *_task: Any) -> Any:
            raise SystemExit

    company(database, "acme")
    schedule(database, clock.now)
    clock.set("2026-11-30 06:00")
    for _ in range(running.MOST_TRIES):
        with pytest.raises(SystemExit):
            worker(database, tmp_path, Deadly(), clock).reports()
        clock.now += running.LEASE
    worker(database, tmp_path, Deadly(), clock).reports()
    assert runs(database) == [("11-30 06:00", "failed")]


def test_paused_and_removed_schedules_rest(database: Database, at_work: Worker, clock: Clock) -> None:
    paused, removed = schedule(database, clock.now, name="a"), schedule(database, clock.now, name="b")
    with database.writing() as db:
        schedules.pause(db, schedules.get(db, paused.id, "acme"), now=clock.now)
        schedules.remove(db, schedules.get(db, removed.id, "acme"), now=clock.now)
    clock.set("2026-11-30 06:00")
    assert at_work.reports() == 0
    with database.writing() as db:
        schedules.resume(db, schedules.get(db, paused.id, "acme"), now=clock.now)
    clock.set("2026-12-07 06:00")
    assert at_work.reports() == 1
    assert runs(database) == [("12-07 06:00", "done")]


def test_reports_are_kept_as_long_as_they_should_be(
    database: Database, tmp_path: Path, bench: Bench, clock: Clock
) -> None:
    company(database, "acme")
    schedule(database, clock.now)
    clock.set("2026-11-30 06:00")
    at_work = worker(database, tmp_path, bench, clock, reports_kept_days=10)
    at_work.reports()
    at_work.tidy()
    (kept,) = tmp_path.glob("reports/*/*/*.csv")
    clock.set("2026-12-10 05:59")
    at_work.tidy()
    assert kept.is_file()
    clock.set("2026-12-10 06:00")
    at_work.tidy()
    assert not kept.exists()
    assert messages(database) == []
    with database.reading() as db:
        assert library.reports(db, "acme") == []
    assert runs(database)[0] == ("11-30 06:00", "done")


def test_the_same_address_added_by_an_operator_gets_one_letter(
    database: Database, at_work: Worker, clock: Clock
) -> None:
    person(database, "ana@acme.example")
    schedule(
        database, clock.now, company_id=None, customers=("acme",), to_customers=True, to=("Ana@acme.example",)
    )
    clock.set("2026-11-30 06:00")
    at_work.reports()
    assert [message.target for message in messages(database)] == ["Ana@acme.example"]
    with database.reading() as db:
        assert len(list(db.scalars(select(Recipient)))) == 1


def test_due_now_is_not_due_again_after_a_change_of_the_hour(
    database: Database, at_work: Worker, clock: Clock, vault: Vault
) -> None:
    """Changed from 07:00 to 08:00 at 07:30: it has gone today, and goes again at 08:00, once each."""
    made = schedule(database, clock.now)
    clock.set("2026-11-30 06:00")
    at_work.reports()
    clock.set("2026-11-30 06:30")
    with database.writing() as db:
        kept = schedules.get(db, made.id, "acme")
        wanted = schedules.Wanted(
            kept.name, Timing("0 8 * * 1", "Europe/Madrid"), formats=["csv"], keeps=[kept.recipients[0].id]
        )
        schedules.change(db, kept, wanted, vault=vault, now=clock.now)
    clock.set("2026-11-30 07:00")
    at_work.reports()
    at_work.reports()
    assert runs(database) == [("11-30 06:00", "done"), ("11-30 07:00", "done")]
