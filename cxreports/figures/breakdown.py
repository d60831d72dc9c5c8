"""What the calls of a period are counted by: their final SIP codes, and where they went.

Read from the calls themselves, so what it costs follows from the period. The figures are those of
`summary`: the same sums, divided last.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import polars as pl

from cxreports import sip
from cxreports.clock import Period
from cxreports.figures.bucket_sums import asked_period, folded, span
from cxreports.figures.narrowing import DESTINATION
from cxreports.figures.summary import UNKNOWN
from cxreports.lake.calls.at_once import answer
from cxreports.metrics import METRICS, sums_behind, sums_sql

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxreports.clock import Time
    from cxreports.lake.snapshot import Snapshot

_FIGURES: Final = ("attempts", "connected", "asr", "acd", "charge")
_UNKNOWN: Final = ("duration_unknown", "charge_unknown")


def sip_codes(
    snapshot: Snapshot, customer: str, *, start: Time | None = None, end: Time | None = None
) -> pl.DataFrame:
    """Count a customer's attempts by their final SIP code.

    Parameters
    ----------
    customer
        A customer's id, or ``all``.
    start, end
        Half-open period; by default from the first call to the last.

    Returns
    -------
    polars.DataFrame
        ``sip_code`` (null where the switch does not say), ``meaning``, ``ending`` (``answered``,
        ``user side`` or ``network side``, as the NER counts them), ``attempts`` and ``share_pct`` of
        all attempts; the most frequent first. Without calls it has no row.

    Raises
    ------
    NoSuchCustomer
        The customer has no call in the lake.
    """
    counted = snapshot.query(
        f"SELECT sip_code, {sums_sql(snapshot.user_side_codes, {'attempts'})} "
        f"FROM {_calls(snapshot, customer, start, end)} AS calls GROUP BY sip_code"
    )
    return _of_codes(snapshot, counted)


def _of_codes(snapshot: Snapshot, counted: pl.DataFrame) -> pl.DataFrame:
    codes = counted["sip_code"].to_list()
    endings = [sip.ending(code, snapshot.user_side_codes) for code in codes]
    return counted.select(
        "sip_code",
        pl.Series("meaning", map(sip.meaning, codes), pl.String),
        pl.Series("ending", endings, pl.String),
        "attempts",
        (100 * pl.col("attempts") / pl.col("attempts").sum()).alias("share_pct"),
    ).sort("attempts", "sip_code", descending=[True, False])


def destinations(
    snapshot: Snapshot,
    customer: str,
    *,
    start: Time | None = None,
    end: Time | None = None,
    most: int | None = None,
) -> pl.DataFrame:
    """Add up a customer's calls by where they went.

    A destination is the name that the source gives, else the dial code that was matched, else the
    first digits of the number, ``447…``.

    Parameters
    ----------
    customer
        A customer's id, or ``all``.
    start, end
        Half-open period; by default from the first call to the last.
    most
        Rows for so many destinations alone; of more, the others are added up in a last row.

    Returns
    -------
    polars.DataFrame
        ``destination``, ``attempts``, ``connected``, ``asr_pct``, ``acd_s``, ``charge`` (decimal),
        ``currency``, ``duration_unknown`` and ``charge_unknown``, as in a summary; the one with most attempts
        first. Without calls it has no row. With `most` it also has ``destinations``, how many are in a row,
        and the others' ``destination`` is null.

    Raises
    ------
    NoSuchCustomer
        The customer has no call in the lake.
    """
    sums = snapshot.query(
        f"SELECT {DESTINATION} AS destination, currency, "
        f"{sums_sql(snapshot.user_side_codes, sums_behind(_FIGURES))} "
        f"FROM {_calls(snapshot, customer, start, end)} AS calls GROUP BY ALL"
    )
    return _of_destinations(sums, most)


def both(
    snapshot: Snapshot, customer: str, *, start: Time, end: Time
) -> tuple[Callable[[int], pl.DataFrame], pl.DataFrame]:
    """What `destinations` gives for any `most`, and what `sip_codes` gives, with the calls read once."""
    span(snapshot, customer)
    period = Period.of(start, end)

    def question(asked: Snapshot, whose: str, by: str) -> str:
        rows = asked.scan("cdr", customer=whose, start=period.start, end=period.end)
        return (
            f"SELECT {by}{DESTINATION} AS destination, currency, sip_code, "
            f"{sums_sql(asked.user_side_codes, sums_behind(_FIGURES))} FROM {rows} AS calls GROUP BY ALL"
        )

    sums = answer(snapshot, customer, question, ("breakdown", period), {"cdr"})
    counted = sums.group_by("sip_code").agg(pl.col("attempts").sum())
    return partial(_of_destinations, sums.drop("sip_code")), _of_codes(snapshot, counted)


def _of_destinations(sums: pl.DataFrame, most: int | None) -> pl.DataFrame:
    order = (
        sums.group_by("destination")
        .agg(pl.col("attempts").sum())
        .sort("attempts", "destination", descending=[True, False])["destination"]
        .to_list()
    )
    own = len(order) if most is None or len(order) <= most + 1 else most
    places = {name: min(place, own) for place, name in enumerate(order)}
    placed = pl.Series("bucket", [places[name] for name in sums["destination"]], pl.Int64)
    rows = folded(sums.select(placed, pl.exclude("destination")), min(own + 1, len(order)))
    names = [*order[:own], *([None] if own < len(order) else [])]
    counts = [1] * own + [len(order) - own] * (own < len(order))
    return rows.select(
        pl.Series("destination", names, pl.String),
        *(METRICS[each].expr.alias(METRICS[each].column) for each in _FIGURES),  # type: ignore[union-attr]
        "currency",
        *(UNKNOWN[each].alias(each) for each in _UNKNOWN),
        *([] if most is None else [pl.Series("destinations", counts, pl.Int64)]),
    )


def _calls(snapshot: Snapshot, customer: str, start: Time | None, end: Time | None) -> str:
    calls = span(snapshot, customer)
    if calls is None:
        return "(FROM cdr WHERE false)"
    period = asked_period(start, end, calls)
    rows: str = snapshot.scan("cdr", customer=customer, start=period.start, end=period.end)
    return rows
