"""Figures of rules at moments: the sums of the summary, added up over each rule's sample period.

Calls are read once for all rules that count the same calls, into sums by minute; a moment's figure is the
difference of two running sums, divided last by the metric's own definition. All moments are whole minutes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cxreports.alerts import accounts_at, learned
from cxreports.alerts.alarms import NONE, Alarms
from cxreports.alerts.rule import Figure, Reading, Rule
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import MINUTE_US, Period, from_microseconds, microseconds
from cxreports.figures.narrowing import narrowed
from cxreports.figures.series import measures
from cxreports.metrics import METRICS, sums_behind, sums_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from cxreports.alerts.accounts_at import AccountAt
    from cxreports.clock import Instants
    from cxreports.figures.narrowing import Narrowing
    from cxreports.lake.snapshot import Snapshot

MINUTE: Final = timedelta(minutes=1)
WEEK: Final = timedelta(days=7)

SETTLED: Final = timedelta(minutes=5)
"""Judged are moments so long before the time that the data reach: a call is recorded when it ends, so the
last minutes have the failed calls before the answered ones."""


@dataclass(frozen=True)
class Ask:
    """Question for a rule's figures.

    Attributes
    ----------
    customer
        A customer's id, or ``all``.
    moments
        Whole minutes, microseconds since 1970, ascending.
    zone
        Whose clocks say what the same time a week before is.
    alarms
        Of a learned rule: those before the first moment.
    """

    rule: Rule
    customer: str
    moments: Instants
    zone: ZoneInfo | None = None
    alarms: Alarms = NONE


@dataclass(frozen=True)
class Surroundings:
    """What figures are taken from.

    Attributes
    ----------
    accounts
        Companies with what was received of them, by id.
    refused
        When files were refused, ascending.
    """

    snapshot: Snapshot
    accounts: Mapping[str, AccountAt] = field(default_factory=dict)
    refused: Sequence[datetime] = ()


def settled(snapshot: Snapshot, now: datetime) -> datetime | None:
    """Last moment whose calls are there; None in an empty lake."""
    reach = snapshot.reach.complete
    return None if reach is None else floor_minute(min(reach, now) - SETTLED)


def floor_minute(at: datetime) -> datetime:
    """Beginning of a time's minute."""
    return at.replace(second=0, microsecond=0)


def moments_between(first: datetime, last: datetime) -> Instants:
    """Whole minutes from one to another, both included."""
    return np.arange(microseconds(first), microseconds(last) + 1, MINUTE_US, dtype=np.int64)


def measured(around: Surroundings, asks: Sequence[Ask]) -> list[list[Reading]]:
    """Readings of each question, one for each of its moments."""
    answers: dict[tuple[int, bool], list[Reading]] = {}
    groups: dict[tuple[Narrowing, bool], list[tuple[int, Ask, Instants]]] = defaultdict(list)
    banded = [nth for nth, ask in enumerate(asks) if ask.rule.watched.kind == "learned" and len(ask.moments)]
    found = learned.readings(around, [asks[nth] for nth in banded]) if banded else []
    answers.update(((nth, False), readings) for nth, readings in zip(banded, found, strict=True))
    for nth, ask in enumerate(asks):
        if (nth, False) in answers:
            continue
        if len(ask.moments) == 0 or not ask.rule.watched.is_metric:
            answers[nth, False] = accounts_at.readings(around, ask) if len(ask.moments) else []
            continue
        groups[ask.rule.only, False].append((nth, ask, ask.moments))
        if ask.rule.is_change:
            groups[ask.rule.only, True].append((nth, ask, week_before(ask.moments, ask.zone)))
    for (only, is_before), members in groups.items():
        minutes = _Minutes.of(around, only, [(ask, moments) for _, ask, moments in members])
        for nth, ask, moments in members:
            answers[nth, is_before] = minutes.readings(ask, moments)
    return [
        [_change(ask.rule, *pair) for pair in zip(answers[nth, False], answers[nth, True], strict=True)]
        if (nth, True) in answers
        else answers[nth, False]
        for nth, ask in enumerate(asks)
    ]


def week_before(moments: Instants, zone: ZoneInfo | None) -> Instants:
    """Same times of a week before, on a zone's clocks."""
    earlier = moments - microseconds(from_microseconds(0) + WEEK)
    if zone is None or len(moments) == 0:
        return earlier
    ends = [from_microseconds(int(each)).astimezone(zone).utcoffset() for each in (earlier[0], moments[-1])]
    if ends[0] == ends[1]:
        return earlier
    shifts = [_offset(then, zone) - _offset(back, zone) for then, back in zip(moments, earlier, strict=True)]
    return earlier + np.array(shifts, np.int64)


def _offset(instant: int, zone: ZoneInfo) -> int:
    offset = from_microseconds(int(instant)).astimezone(zone).utcoffset() or timedelta(0)
    return offset // timedelta(microseconds=1)


def _change(rule: Rule, now: Reading, earlier: Reading) -> Reading:
    """Change in per cent, and the calls of the side that has fewer; of a count, those of the week before."""
    sides = (now, earlier) if rule.watched.is_ratio else (earlier,)
    calls = min((side.calls for side in sides if side.calls is not None), default=None)
    if now.value is None or not earlier.value:
        return Reading(None, calls)
    return Reading(100.0 * (float(now.value) / float(earlier.value) - 1.0), calls)


@dataclass(frozen=True)
class _Minutes:
    """Calls that count, as sums by minute and customer."""

    around: Surroundings
    snapshot: Snapshot
    rows: pl.DataFrame
    by_customer: Mapping[str, pl.DataFrame]

    @classmethod
    def of(cls, around: Surroundings, only: Narrowing, wanted: Sequence[tuple[Ask, Instants]]) -> _Minutes:
        """Read the minutes that some moments' sample periods touch, of one customer or of all."""
        snapshot = narrowed(around.snapshot, only)
        summed = [(ask, moments) for ask, moments in wanted if ask.rule.watched.kind != "peak"]
        rows = _read(snapshot, summed) if summed else pl.DataFrame()
        parts = rows.partition_by("customer", as_dict=True, include_key=False) if summed else {}
        return cls(around, snapshot, rows, {str(name): part for (name,), part in parts.items()})

    def readings(self, ask: Ask, moments: Instants) -> list[Reading]:
        if ask.rule.watched.kind == "peak":
            return self._peaks(ask, moments)
        rows = self.rows if ask.customer == ALL_CUSTOMERS else self.by_customer.get(ask.customer)
        if rows is None:
            rows = self.rows.clear()
        sums = window_sums(rows, moments, ask.rule.sample, ask.rule.metric)
        metric = METRICS[ask.rule.metric]
        expr = pl.col("charge") if ask.rule.metric == "charge" else metric.expr
        values = sums.select(expr.alias("value"))["value"].to_list()  # type: ignore[union-attr]
        return list(map(Reading, values, sums[metric.weight or "attempts"].to_list()))

    def _peaks(self, ask: Ask, moments: Instants) -> list[Reading]:
        """Most at once in the minutes of each sample period."""
        sample = ask.rule.sample // MINUTE
        edges = np.arange(moments[0] - sample * MINUTE_US, moments[-1] + 1, MINUTE_US, dtype=np.int64)
        name = "channels" if ask.rule.metric == "channels_pct" else ask.rule.metric
        period = Period(from_microseconds(edges[0]), from_microseconds(edges[-1]))
        most = measures(self.snapshot, ask.customer, name, edges, period)["max"].fill_null(0)
        highest = most.rolling_max(sample).to_numpy()[(moments - edges[0]) // MINUTE_US - 1]
        peaks: list[Figure | None] = [int(each) for each in highest]
        if ask.rule.metric == "channels_pct":
            account = self.around.accounts.get(ask.customer)
            limit = None if account is None else account.ledger.holder.channel_limit
            peaks = [100 * each / limit if limit else None for each in peaks]  # type: ignore[operator]
        return [Reading(each) for each in peaks]


def _read(snapshot: Snapshot, wanted: Sequence[tuple[Ask, Instants]]) -> pl.DataFrame:
    metrics = {ask.rule.metric for ask, _ in wanted}
    weights = {METRICS[name].weight or "attempts" for name in metrics}
    names = {*sums_behind(metrics), *weights}
    low = min(int(moments[0]) - ask.rule.sample // MINUTE * MINUTE_US for ask, moments in wanted)
    high = max(int(moments[-1]) for _, moments in wanted)
    customers = {ask.customer for ask, _ in wanted}
    whose = customers.pop() if len(customers) == 1 else ALL_CUSTOMERS
    calls = snapshot.scan("cdr", customer=whose, start=from_microseconds(low), end=from_microseconds(high))
    priced = ", currency, CAST(COUNT(charge) AS BIGINT) AS priced" if "charge" in metrics else ""
    return snapshot.query(
        f"SELECT customer, epoch_us(call_time) // {MINUTE_US} * {MINUTE_US} AS minute{priced}, "
        f"{sums_sql(snapshot.user_side_codes, names)} FROM {calls} AS calls GROUP BY ALL ORDER BY minute"
    )


def window_sums(rows: pl.DataFrame, moments: Instants, sample: timedelta, metric: str) -> pl.DataFrame:
    """Sums over the sample period before each moment.

    Parameters
    ----------
    rows
        Sums by ``minute``, ordered by it; several rows of a minute add up.

    Returns
    -------
    polars.DataFrame
        A row for each moment. The charge is null where several currencies meet or calls have no price.
    """
    if metric != "charge":
        return _differences(
            rows, moments, sample, [*sums_behind([metric]), METRICS[metric].weight or "attempts"]
        )
    counted = _differences(rows, moments, sample, ["attempts", "unpriced"])
    charge = pl.Series("charge", [None] * len(moments), pl.Decimal(38, 10))
    currencies = pl.Series("currencies", np.zeros(len(moments), np.int64))
    for part in rows.filter(pl.col("priced") > 0).partition_by("currency"):
        own = _differences(part, moments, sample, ["charge", "priced"])
        there = own["priced"] > 0
        charge = own["charge"].zip_with(there, charge)
        currencies = currencies + there.cast(pl.Int64)
    prices = pl.col("currencies")
    free = (prices == 0) & (pl.col("unpriced") == 0)
    amount = pl.when(prices == 1).then("charge").when(free).then(pl.lit(0, pl.Decimal(38, 10)))
    return counted.with_columns(charge.alias("charge"), currencies).with_columns(amount.alias("charge"))


def _differences(
    rows: pl.DataFrame, moments: Instants, sample: timedelta, names: Iterable[str]
) -> pl.DataFrame:
    names = list(dict.fromkeys(names))
    minutes = rows["minute"].to_numpy()
    running = rows.select(pl.col(names).fill_null(0).cum_sum())
    zero = pl.DataFrame({name: [0] for name in names}).cast(dict(running.schema))  # type: ignore[arg-type]
    running = pl.concat([zero, running])
    low = np.searchsorted(minutes, moments - sample // MINUTE * MINUTE_US)
    high = np.searchsorted(minutes, moments)
    until, from_ = (running[pl.Series(each, dtype=pl.UInt32)] for each in (high, low))
    return pl.DataFrame({name: until[name] - from_[name] for name in names})


def value_of(text: str | None) -> Figure | None:
    """Figure out of the text that a row keeps."""
    return None if text is None else Decimal(text)


def text_of(value: Any) -> str | None:
    """Figure as the text that a row keeps."""
    return None if value is None else f"{value}"
