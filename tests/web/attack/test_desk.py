"""What a kernel could ask of the server in another's name, or to its harm: it gets nothing."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from callers import Someone, introduce
from desks import PATIENCE_S, desk_of, sent

from cxreports.desk.answers import Holder, Person
from cxreports.desk.desk import ServersDesk
from cxreports.desk.requests import LARGEST_REQUEST
from cxreports.errors import PortalError, ProofNeeded
from cxreports.portal import audit
from cxreports.portal.companies import companies, ledger
from cxreports.portal.database import Database
from cxreports.portal.people import preferences, sessions, users
from cxreports.portal.tables import Stage
from cxreports.visitor import Visitor
from cxreports.web.kernels import desk as desk_room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxreports.visitor import Line
    from cxreports.web.kernels.desk import ServerDesk

ANA, BEA, OLGA = (
    Someone("ana@acme.example", "acme"),
    Someone("bea@bravo.example", "bravo"),
    Someone("olga@op.example", None),
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    home = tmp_path_factory.mktemp("home")
    introduce(home, ANA, BEA, OLGA)
    database = Database.of(home)
    with database.writing() as db:
        companies.change(db, "acme", channel_limit=7, low_balance="12.50", debit_limit="100")
        ledger.add(db, "acme", "100.000001")
        ledger.add(db, "bravo", "2")
    yield database
    database.close()


@pytest.fixture(scope="module")
def desk(database: Database) -> Iterator[ServerDesk]:
    with desk_of(database) as running:
        yield running


@pytest.fixture(scope="module")
def lines(database: Database, desk: ServerDesk) -> dict[str, Line]:
    """A line of each person, as their page's kernel has it."""
    found = {}
    for someone in (ANA, BEA, OLGA):
        with database.reading() as db:
            user_id = users.get(db, someone.email).id
        visitor = Visitor(user_id, someone.email, "", someone.customer, address=f"192.0.2.{user_id}")
        found[someone.email] = desk.line(someone.email, visitor)
    return found


def asked(line: Line, **request: Any) -> Any:
    """What a kernel gets for a request; None where it is hung up on."""
    answer = sent(line.path, f"{line.token} {json.dumps(request)}\n".encode())
    return json.loads(answer[1:]) if answer.startswith(b"+") else answer or None


def exports(database: Database) -> list[tuple[Any, ...]]:
    with database.reading() as db:
        found = audit.entries(db, events=[audit.Event.EXPORTED])
        return [(entry.who, entry.company_id, entry.address, entry.detail) for entry in found]


def test_a_customer_gets_their_own_account_and_no_other(lines: dict[str, Line]) -> None:
    ana, olga = ServersDesk(lines[ANA.email]), ServersDesk(lines[OLGA.email])
    own = ana.account("acme")
    assert own.ledger is not None
    assert own.ledger.holder == Holder("acme", "Acme", "USD", Decimal(100), 7, Decimal("12.5"))
    assert own.ledger.received == Decimal("100.000001")
    assert own.person == Person(
        ANA.email, "", has_verified_email=False, has_verified_mobile=False, has_second_factor=False
    )
    others = ana.account("bravo")
    assert (others.ledger, others.person) == (None, own.person), "of others not even whether they are there"
    assert others == ana.account("nobody")
    assert ana.names() == {"acme": "Acme"}
    with pytest.raises(PortalError, match="for operators"):
        ana.ledgers()
    assert olga.names() == {"acme": "Acme", "bravo": "Bravo"}
    assert {each.holder.id: (each.received, each.users) for each in olga.ledgers()} == {
        "acme": (Decimal("100.000001"), 1),
        "bravo": (Decimal(2), 1),
    }


def test_whatever_a_page_says_it_is_its_token_counts(lines: dict[str, Line]) -> None:
    bea = lines[BEA.email]
    for more in ({"user_id": 1}, {"visitor": {"customer": "acme"}}, {"company": "acme"}):
        assert asked(bea, ask="names", **more) is None
    assert asked(bea, ask="names") == {"bravo": "Bravo"}


def test_choices_are_kept_for_who_made_them(database: Database, lines: dict[str, Line]) -> None:
    ServersDesk(lines[ANA.email]).keep({"zone": "Asia/Tokyo", "opens": "7d"})
    ServersDesk(lines[ANA.email]).keep({"opens": "30d"})
    assert ServersDesk(lines[ANA.email]).choices() == {"zone": "Asia/Tokyo", "opens": "30d"}
    assert ServersDesk(lines[BEA.email]).choices() == {}
    with pytest.raises(PortalError, match="no choice"):
        ServersDesk(lines[BEA.email]).keep({"password": "x"})
    with database.reading() as db:
        assert preferences.load(db, users.get(db, ANA.email).id) == {"zone": "Asia/Tokyo", "opens": "30d"}
        assert preferences.load(db, users.get(db, BEA.email).id) == {}


def test_an_export_is_recorded_of_who_made_it_and_of_their_own_figures(
    database: Database, lines: dict[str, Line]
) -> None:
    before = exports(database)
    with pytest.raises(PortalError, match="another customer"):
        ServersDesk(lines[BEA.email]).record_export("dashboard", "csv", 3, "acme")
    assert exports(database) == before
    ServersDesk(lines[BEA.email]).record_export("call records", "csv", 3, "bravo")
    with database.reading() as db:
        address = f"192.0.2.{users.get(db, BEA.email).id}"
    detail = {"what": "call records", "form": "csv", "rows": 3, "customer": "bravo"}
    assert exports(database) == [(BEA.email, "bravo", address, detail), *before]


def test_calls_of_all_customers_leave_only_with_a_proof_of_the_last_half_hour(
    database: Database, desk: ServerDesk
) -> None:
    with database.writing() as db:
        olga = users.get(db, OLGA.email)
        session = sessions.find(db, sessions.begin(db, olga, stage=Stage.FULL))
        assert session is not None
        login = session.id_hash
        session.created_at -= timedelta(minutes=31)
    own = ServersDesk(desk.line("olgas-page", Visitor(olga.id, OLGA.email, "", None, session=login)))
    before = exports(database)
    for page in ("call records", "customers"):
        with pytest.raises(ProofNeeded, match="password or passkey again"):
            own.record_export(page, "csv", 3, "all")
    assert exports(database) == before
    own.record_export("call records", "csv", 3, "acme")
    own.record_export("dashboard", "csv", 3, "all")
    with database.writing() as db:
        sessions.prove(db, login)
    own.record_export("customers", "csv", 3, "all")
    assert [entry[3]["customer"] for entry in exports(database)[:3]] == ["all", "all", "acme"]


EXPORT = b'{"ask": "exported", "page": "dashboard", "form": "csv", "customer": "acme", "rows": 1}'
DEEP = b'{"ask":' + b"[" * 20_000 + b"]" * 20_000 + b"}"

BAD = {
    "nothing": b"",
    "no JSON": b"hello",
    "not UTF-8": b'{"ask": "names\xff"}',
    "half of a pair": b'{"ask": "account", "customer": "\\ud800"}',
    "no object": b'["names"]',
    "deep": DEEP,
    "a number without end": EXPORT.replace(b"1}", b"9" * 5000 + b"}"),
    "unknown": b'{"ask": "users"}',
    "two": b'{"ask": "names"} {"ask": "names"}',
    "a field too many": b'{"ask": "choices", "user_id": 1}',
    "a field too few": b'{"ask": "account"}',
    "a wrong type": b'{"ask": "account", "customer": {"like": "%"}}',
    "a long id": b'{"ask": "account", "customer": "' + b"a" * 2001 + b'"}',
    "a long choice": b'{"ask": "keep", "changed": {"columns": "' + b"a" * 4001 + b'"}}',
    "many choices": json.dumps({"ask": "keep", "changed": {f"c{n}": "" for n in range(17)}}).encode(),
    "a page that there is not": EXPORT.replace(b"dashboard", b"users"),
    "a form that there is not": EXPORT.replace(b"csv", b"exe"),
    "rows below zero": EXPORT.replace(b"1}", b"-1}"),
    "too large": b" " * (LARGEST_REQUEST + 1) + b'{"ask": "names"}',
    "huge": b" " * 2**24,
}


@pytest.mark.parametrize("kind", BAD)
def test_no_bad_request_is_answered_nor_harms(
    database: Database, lines: dict[str, Line], kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    line, before = lines[ANA.email], exports(database)
    assert sent(line.path, line.token.encode() + b" " + BAD[kind] + b"\n") == b""
    assert "could not be answered" not in caplog.text
    assert "no request that is answered" in caplog.text
    assert ServersDesk(line).names() == {"acme": "Acme"}
    assert exports(database) == before


@pytest.mark.parametrize("start", [b"", b" ", b"x " * 9, b"\xff\xfe ", b"0" * 64 + b" "])
def test_without_a_token_nothing_is_answered(lines: dict[str, Line], start: bytes) -> None:
    assert sent(lines[ANA.email].path, start + b'{"ask": "names"}\n') == b""


def test_a_token_ends_with_its_kernel(desk: ServerDesk, caplog: pytest.LogCaptureFixture) -> None:
    line = desk.line("short", Visitor(1, ANA.email, "", "acme"))
    assert ServersDesk(line).names() == {"acme": "Acme"}
    desk.hang_up("short")
    assert asked(line, ask="names") is None
    with pytest.raises(ConnectionError):
        ServersDesk(line).names()
    again = desk.line("short", Visitor(1, ANA.email, "", "acme"))
    assert again.token != line.token
    assert asked(line, ask="names") is None
    assert caplog.text == "", "a page that is ended while it asks is nothing to tell the operator of"
    assert sent(line.path, b'0123 {"ask": "names"}\n') == b""
    assert "no request that is answered" in caplog.text


def test_who_says_half_is_hung_up_on(lines: dict[str, Line], monkeypatch: pytest.MonkeyPatch) -> None:
    line = lines[ANA.email]
    assert sent(line.path, line.token.encode(), half=True) == b""
    monkeypatch.setattr(desk_room, "READ_WITHIN_S", 0.01)
    assert sent(line.path, line.token.encode()) == b""


def test_a_page_asks_one_thing_at_a_time(
    database: Database, lines: dict[str, Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, answers = threading.Event(), threading.Event(), []
    answered = desk_room.answered

    def slow(*question: Any) -> Any:
        begun.set()
        assert go_on.wait(PATIENCE_S)
        return answered(*question)

    monkeypatch.setattr(desk_room, "answered", slow)
    first = threading.Thread(target=lambda: answers.append(asked(lines[ANA.email], ask="names")))
    first.start()
    assert begun.wait(PATIENCE_S)
    assert asked(lines[ANA.email], ask="names") is None
    go_on.set()
    assert asked(lines[BEA.email], ask="names") == {"bravo": "Bravo"}
    first.join()
    assert answers == [{"acme": "Acme"}]


def test_a_fault_of_the_server_is_its_own_to_read(
    lines: dict[str, Line], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_question: Any) -> None:
        raise OSError("the disk of the database is full")

    with monkeypatch.context() as patched:
        patched.setattr(desk_room, "answered", fail)
        assert asked(lines[ANA.email], ask="names") is None
        with pytest.raises(ConnectionError, match="no answer") as shown:
            ServersDesk(lines[ANA.email]).record_export("dashboard", "csv", 3, "acme")
    assert "disk" not in str(shown.value)
    assert "the disk of the database is full" in caplog.text
    assert asked(lines[ANA.email], ask="names") == {"acme": "Acme"}
