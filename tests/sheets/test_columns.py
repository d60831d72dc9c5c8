"""Decimals of money columns: the currency's, or as many as the column needs to be exact."""

from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from cxreports.sheets.columns import decimals_of_all
from cxreports.sheets.summary import summary_grid

FIGURES = {
    "attempts": 1, "connected": 1, "asr_pct": 100.0, "acd_s": 60.0, "ner_pct": 100.0, "pdd_ms": 900.0,
    "dtmf_calls": 0, "dtmf_pct": 0.0, "duration_s": Decimal(60), "billed_duration_s": Decimal(60),
}  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "charges", "decimals"),
    [
        ("JPY", ["1250", "8"], 0),
        ("JPY", ["1250.5", "8"], 1),
        ("USD", ["1.5", "8"], 2),
        ("USD", ["1.5", "8.00250"], 4),
        ("BHD", ["1.5", "8"], 3),
        (None, ["0"], 2),
    ],
)
def test_charges_of_a_summary_have_fixed_decimals(
    currency: str | None, charges: list[str], decimals: int
) -> None:
    rows = [
        {
            "start": datetime(2026, 3, at, tzinfo=UTC),
            **FIGURES,
            "charge": Decimal(text),
            "currency": currency,
        }
        for at, text in enumerate(charges, 1)
    ]
    schema = {"charge": pl.Decimal(38, 10), "currency": pl.String}
    frame = pl.DataFrame(rows, schema_overrides=schema)
    sheet = summary_grid(frame, frame.head(1), "day")
    assert sheet.column("charge").decimals == decimals


def test_amounts_of_several_currencies_have_the_decimals_of_the_finest() -> None:
    assert decimals_of_all(["JPY"]) == 0
    assert decimals_of_all(["JPY", "USD"]) == 2
    assert decimals_of_all(["JPY", "BHD", "USD"]) == 3
    assert decimals_of_all([]) == decimals_of_all([None]) == 2
