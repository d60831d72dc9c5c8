"""The review of a week: who logged in, what fired; a company's own alone."""

from __future__ import annotations

import csv
import io
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import TYPE_CHECKING

import openpyxl
import pypdfium2
import pytest
from report_operator import NOW

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.errors import OutOfReach
from cxreports.portal import audit
from cxreports.portal.alerts.tables import Alert, AlertRule
from cxreports.portal.audit import Event
from cxreports.portal.database import Database
from cxreports.reports import Failed, Report, run, running
from cxreports.reports.forms.cells import cells
from cxreports.reports.running import Running
from cxreports.settings import Settings
from cxreports.visitor import Visitor, working_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from report_operator import Operator

WEEK = "2026-W43"  # 19 to 25 October
MONDAY = datetime(2026, 10, 19, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def history(operator: Operator) -> None:
    with closing(Database.of(operator.home)) as database, database.writing() as db:
        logins = [
            ("ana@acme.example", "acme", 1),
            ("ana@acme.example", "acme", 26),
            ("bea@bravo.example", "bravo", 2),
        ]
        for who, company, hours in [*logins, ("ana@acme.example", "acme", -1)]:
            at = MONDAY + timedelta(hours=hours)
            audit.record(db, Event.LOGIN, who=who, company_id=company, address="192.0.2.7", now=at)
        audit.record(
            db, Event.LOGIN_FAILED, who="ana@acme.example", company_id="acme", address="192.0.2.9", now=MONDAY
        )
        for company in ("acme", "bravo"):
            rule = AlertRule(
                owner=company,
                company_id=company,
                title="Low ASR",
                title_key="low asr",
                metric="asr",
                is_below=True,
                threshold=Decimal(35),
                reset=Decimal(40),
                sample_min=60,
                level="warning",
                emails=[],
                created_at=MONDAY,
                changed_at=MONDAY,
            )
            db.add(rule)
            db.flush()
            db.add_all(alert(company, rule.id, day, ended) for day, ended in ((1, 90), (9, None)))


def alert(company: str, rule_id: int, day: int, ended_min: int | None) -> Alert:
    fired = MONDAY + timedelta(days=day, hours=12)
    return Alert(
        rule_id=rule_id,
        company_id=company,
        customer=company,
        title="Low ASR",
        metric="asr",
        level="warning",
        fired_at=fired,
        noticed_at=fired,
        value="31.5",
        worst="12.4",
        calls=40,
        told_at=fired,
        ended_at=fired + timedelta(minutes=ended_min) if ended_min else None,
        ended_by="reset" if ended_min else "",
        limits={"since": fired.isoformat()},
        acknowledged_by="ana@acme.example",
        note="carrier told",
    )


@pytest.fixture
def report(operator: Operator) -> Iterator[Report]:
    settings = Settings.of(operator.home)
    with working_for(Visitor(0, "", "", customer="acme")):
        snapshot = operator.store.reaching(operator.store.snapshot(), "acme")
        with running.running(Running(settings, snapshot, NOW)):
            yield Report("acme", WEEK, zone="Europe/Madrid")


def test_logins_of_the_week_and_of_the_company_alone(report: Report) -> None:
    assert cells(report.access()).rows == [
        ["ana@acme.example", "2", "1", "2026-10-20 02:00", "2026-10-19 00:00", "192.0.2.7, 192.0.2.9"]
    ]


def test_alerts_of_the_week_and_of_the_company_alone(report: Report) -> None:
    (row,) = cells(report.alerts()).rows
    assert row[:2] == ["2026-10-20 12:00", "Low ASR"]
    assert row[3:] == ["31.5 %", "12.4 %", "lasted 1 hr 30 min", "ana@acme.example · carrier told"]


def test_an_alert_stands_out_in_the_zones_time(report: Report) -> None:
    points = report.stands_out()
    assert points is not None
    assert points.points[0] == (
        "Tue 20 Oct, 14:00",
        "Low ASR: ASR at 31.5 %, 12.4 % at worst; lasted 1 hr 30 min.",
    )


def test_the_notebook_of_the_review_makes_every_form_of_it(operator: Operator, tmp_path: Path) -> None:
    outcomes = run(
        "review",
        customer=["acme", "bravo"],
        period=WEEK,
        formats=("pdf", "html", "xlsx", "csv"),
        to=tmp_path,
        home=operator.home,
        now=NOW,
        jobs=0,
    )
    assert not [each for each in outcomes if isinstance(each, Failed)], outcomes
    lines = {
        path.name: list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
        for path in tmp_path.glob("*.csv")
    }
    assert [line[0] for line in lines[f"acme-review-{WEEK}-access.csv"][1:]] == ["ana@acme.example"]
    assert [line[0] for line in lines[f"bravo-review-{WEEK}-access.csv"][1:]] == ["bea@bravo.example"]
    (alerted,) = lines[f"acme-review-{WEEK}-alerts.csv"][1:]
    assert alerted[1] == "Low ASR"
    assert len(lines[f"acme-review-{WEEK}-by-day.csv"]) >= 8, "a head and seven days"
    document = pypdfium2.PdfDocument(tmp_path / f"acme-review-{WEEK}.pdf")
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    page = unescape((tmp_path / f"acme-review-{WEEK}.html").read_text("utf-8"))
    for shown in (text, page):
        assert "ana@acme.example" in shown
        assert "Low ASR" in shown
        assert "carrier told" in shown
        assert "bea@bravo.example" not in shown
    book = openpyxl.load_workbook(tmp_path / f"acme-review-{WEEK}.xlsx")
    assert len(book.sheetnames) == len([name for name in lines if name.startswith("acme")])


def test_another_companys_review_is_out_of_reach(report: Report) -> None:
    with pytest.raises(OutOfReach):
        Report("bravo", WEEK).access()
    assert [row[0] for row in cells(Report(ALL_CUSTOMERS, WEEK).access()).rows] == ["ana@acme.example"]
    assert len(cells(Report(ALL_CUSTOMERS, WEEK).alerts()).rows) == 1
