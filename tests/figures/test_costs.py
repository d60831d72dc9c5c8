"""What calls cost, against prices added up by hand."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from made_lake import plant

from cxreports.figures.costs import costs

Make = Callable[..., Any]


def call(customer: str, at: str, charge: str | None, currency: str | None = "EUR") -> dict[str, Any]:
    price = None if charge is None else Decimal(charge)
    return {"customer": customer, "call_time": at, "currency": currency, "charge": price}


CALLS = [
    call("acme", "2026-05-01T10:00", "0.1"),
    call("acme", "2026-05-01T23:59:59", "0.2"),
    call("acme", "2026-05-02T00:00", "0.0000000003"),
    call("acme", "2026-05-02T11:59", None),
    call("acme", "2026-05-02T12:00", "5", "USD"),
    call("acme", "2026-05-03T12:00", "7", None),
    call("free", "2026-05-01T09:00", None),
    call("past", "2026-04-01T09:00", "1"),
]
ACME = {"EUR": Decimal("0.3000000003"), "USD": Decimal(5), None: Decimal(7)}


def test_every_currency_is_added_up_by_itself(made: Make) -> None:
    assert costs(made(CALLS)) == {"acme": ACME, "past": {"EUR": Decimal(1)}}


def test_of_one_customer_it_says_the_same(made: Make) -> None:
    snapshot = made(CALLS)
    assert costs(snapshot, "acme") == {"acme": ACME}
    assert costs(snapshot, "free") == costs(snapshot, "nobody") == {}


def test_an_empty_lake_cost_nothing(made: Make) -> None:
    assert costs(made([])) == {}


def test_stored_days_are_read_and_neither_hours_nor_calls(made_store: Make) -> None:
    store = made_store(CALLS)
    for table in ("cdr", "hourly"):
        plant(store, table, "(FROM {rows} WHERE false)")
    snapshot = store.snapshot()
    assert costs(snapshot)["acme"] == costs(snapshot, "acme")["acme"] == ACME
