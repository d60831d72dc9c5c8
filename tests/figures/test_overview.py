"""All customers beside each other, against figures counted by hand and one by one."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from cxreports.clock import Period
from cxreports.figures.overview import overview
from cxreports.figures.summary import totals
from cxreports.sheets.customers import Accounts, operator_sheet

Make = Callable[..., Any]

DAY = Period.of("2026-05-02", "2026-05-03")
NOON = datetime(2026, 5, 2, 12, 0, 30, tzinfo=UTC)


def call(customer: str, at: str, duration_s: int | None = None, **given: Any) -> dict[str, Any]:
    answered = {"connected": duration_s is not None, "duration_s": duration_s or 0}
    return {"customer": customer, "call_time": at, "currency": "EUR"} | answered | given


CALLS = [
    call("acme", "2026-05-01T10:00", 100, charge=Decimal("0.1")),
    call("acme", "2026-05-01T23:59:59", charge=Decimal("0.2")),
    call("acme", "2026-05-02T00:00", 60, charge=Decimal("0.0000000003")),
    call("acme", "2026-05-02T11:59", 600),
    call("acme", "2026-05-02T12:00:10"),
    call("acme", "2026-05-03T00:00", 5),
    call("bravo", "2026-05-01T09:00"),
    call("bravo", "2026-05-02T11:00", 7200, charge=Decimal(3), currency="USD"),
    call("past", "2026-04-01T09:00", 30, charge=Decimal(1)),
]


def test_every_customer_has_its_figures_beside_those_of_the_day_before(made: Make) -> None:
    found = {row["customer"]: row for row in overview(made(CALLS), DAY, NOON).iter_rows(named=True)}
    assert list(found) == ["acme", "bravo", "past"]
    acme, bravo, past = found.values()
    assert (acme["attempts"], acme["connected"], acme["before_attempts"]) == (3, 2, 2)
    assert (acme["asr_pct"], acme["before_asr_pct"]) == (100 * 2 / 3, 50.0)
    assert (acme["acd_s"], acme["acd_s_above"], acme["asr_pct_above"]) == (330.0, Decimal(660), 200)
    assert (acme["channels"], acme["last_call"]) == (1, datetime(2026, 5, 3, tzinfo=UTC))
    assert (bravo["channels"], bravo["asr_pct"], bravo["before_asr_pct"]) == (1, 100.0, 0.0)
    assert (past["attempts"], past["asr_pct"], past["acd_s"], past["channels"]) == (0, None, None, 0)
    assert (past["before_attempts"], past["before_asr_pct"]) == (0, None)


def test_it_says_what_each_customers_own_page_says(made: Make) -> None:
    snapshot = made(CALLS)
    for row in overview(snapshot, DAY, NOON).iter_rows(named=True):
        own = totals(snapshot, row["customer"], start=DAY.start, end=DAY.end).row(0, named=True)
        names = ("attempts", "connected", "asr_pct", "acd_s")
        assert [row[each] for each in names] == [own[each] for each in names]


def test_an_empty_lake_has_no_customers(made: Make) -> None:
    assert overview(made([]), DAY, NOON).is_empty()


def test_it_says_of_how_many_calls_the_duration_is_not_known(made: Make) -> None:
    """Two answered calls of a minute and one that is still under way."""
    calls = [call("acme", "2026-05-02T10:00", 60)] * 2
    calls.append(call("acme", "2026-05-02T10:05", connected=True) | {"duration_s": None})
    calls = [each | {"source": str(nth)} for nth, each in enumerate(calls)]
    figures = overview(made(calls), DAY, NOON)
    assert figures.select("acd_s", "duration_unknown").rows() == [(60, 1)]
    sheet = operator_sheet(figures, Accounts({}, {}), NOON, str)
    column = next(each for each in sheet.columns if each.name == "acd_s")
    assert sheet.frame[column.note].to_list() == ["1 of 3 calls has no duration yet"]
