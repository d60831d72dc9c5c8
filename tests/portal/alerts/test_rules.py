"""Rules as people keep them: whose are in reach, what is refused, what can be undone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config
from portal_people import NOON, add_user
from sqlalchemy import select

from cxreports.errors import AlreadyThere, BadField, NotThere
from cxreports.portal.actor import CONSOLE
from cxreports.portal.alerts import history, rules
from cxreports.portal.alerts.rules import OPERATORS, Keeper
from cxreports.portal.alerts.tables import Alert, AlertRule
from cxreports.portal.audit import Event
from cxreports.portal.migrating import upgrade
from cxreports.portal.shape import MIGRATIONS
from cxreports.portal.tables import AuditEntry

if TYPE_CHECKING:
    from pathlib import Path

    from cxreports.portal.database import Database

ACME, OTHER = Keeper("acme"), Keeper("other")
LOW = {"title": "ASR low", "metric": "asr", "threshold": "35", "reset": "40"}


@pytest.fixture(autouse=True)
def companies(database: Database) -> None:
    add_user(database)
    add_user(database, "bob@example.org", company_id="other")


def add(database: Database, keeper: Keeper = ACME, company: str | None = None, **fields: Any) -> int:
    with database.writing() as db:
        return rules.add(db, keeper, LOW | fields, company_id=company, by=CONSOLE, now=NOON).id


def alert(database: Database, rule_id: int, company: str | None = "acme") -> int:
    with database.writing() as db:
        row = Alert(
            rule_id=rule_id, company_id=company, customer="acme", title="ASR low", metric="asr",
            level="warning",
            fired_at=NOON, noticed_at=NOON, value="30", worst="30", calls=10, told_at=NOON, limits={},
        )  # fmt: skip
        db.add(row)
        db.flush()
        return row.id


def test_a_rule_comes_back_as_it_was_typed_and_the_change_is_in_the_audit_log(database: Database) -> None:
    rule_id = add(database, emails="ana@acme.example, ben@acme.example", webhook="https://noc.example/x")
    with database.writing() as db:
        rules.change(db, ACME, rule_id, LOW | {"threshold": "30.5"}, by=CONSOLE, now=NOON)
    with database.reading() as db:
        rule = db.get_one(AlertRule, rule_id)
        assert (rule.company_id, rule.threshold, rule.reset) == ("acme", Decimal("30.5"), Decimal(40))
        assert (rule.emails, rule.webhook, rule.level, rule.sample_min) == ([], "", "warning", 30)
        found = list(db.scalars(select(AuditEntry).where(AuditEntry.event.startswith("alert_"))))
    assert [each.event for each in found] == [Event.ALERT_RULE_ADDED, Event.ALERT_RULE_CHANGED]
    assert found[1].detail["changed"]["threshold"] == "30.5"


def test_a_customer_neither_sees_nor_touches_the_rules_of_another(database: Database) -> None:
    own = add(database)
    for_all = add(database, OPERATORS)
    fired = alert(database, own)
    with database.writing() as db:
        assert rules.listed(db, OTHER) == []
        assert history.listed(db, OTHER) == []
        assert history.unacknowledged(db, OTHER) == 0
        for rule_id in (own, for_all):
            for verb in (rules.pause, rules.resume, rules.remove, rules.bring_back):
                with pytest.raises(NotThere):
                    verb(db, OTHER, rule_id, by=CONSOLE)
            with pytest.raises(NotThere):
                rules.change(db, OTHER, rule_id, LOW, by=CONSOLE)
        with pytest.raises(NotThere):
            history.acknowledge(db, OTHER, fired, by=CONSOLE)
        with pytest.raises(NotThere):
            history.take_back(db, OTHER, fired, by=CONSOLE)
        assert [each.id for each in rules.listed(db, ACME)] == [own]
        assert {each.id for each in rules.listed(db, OPERATORS)} == {own, for_all}


def test_a_customers_rule_is_the_companys_whatever_is_asked_for(database: Database) -> None:
    rule_id = add(database, ACME, company="other", is_each=True)
    with database.reading() as db:
        rule = db.get_one(AlertRule, rule_id)
        assert (rule.company_id, rule.is_each) == ("acme", False)


def test_titles_are_unique_in_a_company_however_they_are_written(database: Database) -> None:
    rule_id = add(database)
    with pytest.raises(AlreadyThere):
        add(database, title="  asr LOW ")
    add(database, OTHER)
    add(database, OPERATORS)
    with database.writing() as db:
        rules.remove(db, ACME, rule_id, by=CONSOLE, now=NOON)
    add(database)
    with pytest.raises(AlreadyThere), database.writing() as db:
        rules.bring_back(db, ACME, rule_id, by=CONSOLE, now=NOON)


def test_a_removed_rule_can_be_brought_back_for_a_month(database: Database) -> None:
    rule_id = add(database)
    fired = alert(database, rule_id)
    with database.writing() as db:
        rules.remove(db, ACME, rule_id, by=CONSOLE, now=NOON)
        assert rules.listed(db, ACME) == []
        assert db.get_one(Alert, fired).ended_by == "removed"
        assert [each.id for each in history.listed(db, ACME)] == [fired]
        rules.bring_back(db, ACME, rule_id, by=CONSOLE, now=NOON + timedelta(days=30))
        assert [each.id for each in rules.listed(db, ACME)] == [rule_id]
        rules.remove(db, ACME, rule_id, by=CONSOLE, now=NOON)
        with pytest.raises(NotThere):
            rules.bring_back(db, ACME, rule_id, by=CONSOLE, now=NOON + timedelta(days=30, seconds=1))


def test_an_acknowledgement_is_signed_and_can_be_taken_back(database: Database) -> None:
    fired = alert(database, add(database))
    with database.writing() as db:
        assert history.unacknowledged(db, ACME) == 1
        found = history.acknowledge(db, ACME, fired, "carrier B, ticket 4471", by=CONSOLE, now=NOON)
        assert (found.acknowledged_by, found.note) == (CONSOLE.who, "carrier B, ticket 4471")
        assert history.unacknowledged(db, ACME) == 0
        history.take_back(db, ACME, fired, by=CONSOLE, now=NOON)
        assert history.unacknowledged(db, ACME) == 1


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("title", {"title": " "}),
        ("metric", {"metric": "mos"}),
        ("threshold", {"threshold": "x", "reset": "40"}),
        ("reset", {"threshold": "35", "reset": "34"}),
        ("reset", {"is_below": False, "threshold": "35", "reset": "36"}),
        ("sample_min", {"sample_min": "0"}),
        ("sample_min", {"sample_min": "1441"}),
        ("sip", {"sip": "banana"}),
        ("direction", {"direction": "sideways"}),
        ("level", {"level": "panic"}),
        ("emails", {"emails": "ana@acme.example, ben"}),
        ("emails", {"emails": [f"a{number}@acme.example" for number in range(21)]}),
        ("webhook", {"webhook": "ftp://noc.example/x"}),
        ("metric", {"metric": "balance", "destination": "UK"}),
    ],
)
def test_what_cannot_be_judged_is_refused_at_its_field(
    database: Database, field: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(BadField) as refused:
        add(database, **fields)
    assert list(refused.value.faults) == [field]


def test_a_balance_is_of_one_company(database: Database) -> None:
    with pytest.raises(BadField, match="every customer by itself"):
        add(database, OPERATORS, metric="balance")
    add(database, OPERATORS, metric="balance", is_each=True)


def test_standing_rules_of_an_older_database_notify_operators_where_they_told_nobody(
    database: Database, tmp_path: Path
) -> None:
    fields = LOW | {"metric": "silence", "is_below": False, "reset": "15"}
    with database.writing() as db:
        for title, more in (
            ("silent_feed", {}),
            ("refused_file", {"emails": "ops@operator.example"}),
            ("", {}),
        ):
            rules.add(
                db, OPERATORS, fields | {"title": title or "Own"} | more, by=CONSOLE, standing=title or None
            )
    config = Config(attributes={"engine": database.engine})
    config.set_main_option("script_location", str(MIGRATIONS))
    command.downgrade(config, "0011")
    upgrade(database.engine, tmp_path)
    with database.reading() as db:
        found = {each.title: (each.to_operators, each.emails) for each in rules.listed(db, OPERATORS)}
    assert found == {
        "silent_feed": (True, []),
        "refused_file": (False, ["ops@operator.example"]),
        "Own": (False, []),
    }
