"""Deviations of customers and their larger destinations from their learned bands, at whole hours.

A day's bands are learned from the six weeks before it, so what happens on a day teaches nothing about it.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from cxreports.alerts.alarms import NONE
from cxreports.alerts.causes import Cause, Cell, cause, changes
from cxreports.alerts.decision import Fired, Repeated
from cxreports.alerts.learning import bands, holidays
from cxreports.alerts.learning.bands import GAUGES, Band, Finding, Hours
from cxreports.alerts.learning.sums import cells_sql, hourly_sql
from cxreports.alerts.rule import Reading
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import HOUR_US, from_microseconds, microseconds
from cxreports.figures.day_sums import Question, day_sums
from cxreports.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from cxreports.alerts.alarms import Alarms
    from cxreports.alerts.causes import Of
    from cxreports.alerts.learning.bands import Floats, Whole
    from cxreports.alerts.measuring import Ask, Surroundings
    from cxreports.alerts.rule import Rule
    from cxreports.clock import Instants
    from cxreports.lake.snapshot import Snapshot

EVERY: Final = ""
"""Stands for all destinations."""

OTHERS: Final = "\0others"
"""Stands for those that are not larger, together: a new one is among them."""

REACH: Final = timedelta(days=7 * bands.WEEKS + 2)
"""How far back is read."""

STEP: Final = timedelta(hours=1)
"""From one moment that is judged to the next."""

_MOST_LEARNERS: Final = 8
_LARGER_SHARE: Final = 0.10
_LARGER_PER_DAY: Final = 20
_MICRO: Final = 1_000_000
_FULL: Final = 100
_OF: Final[Mapping[str, Of]] = {
    "attempts": "attempts", "charge": "charge", "asr": "failures", "ner": "failures",
}  # fmt: skip
_SQUARES: Final = {"charge": "charge_squares", "acd": "duration_squares"}


class Deviation(NamedTuple):
    """The largest deviation of a customer at a moment.

    Attributes
    ----------
    place
        A destination, `EVERY` or `OTHERS`.
    calls
        Calls of the place in the hours that were judged.
    whole
        The same of all destinations together, where that is known.
    span
        The hours that were judged, microseconds since 1970.
    """

    metric: str
    place: str
    finding: Finding
    calls: int
    whole: Finding | None
    span: tuple[int, ...]


@dataclass(frozen=True)
class _Bands:
    metric: str
    place: str
    hours: Hours
    attempts: Hours
    band: Band


@dataclass
class Learner:
    """Bands of one customer, learned day by day.

    Parameters
    ----------
    rows
        As `hourly_sql` gives them, of this customer alone.
    within
        Zone of the hours of the week.
    until
        Hours from here on are not there yet, microseconds since 1970.
    """

    rows: pl.DataFrame
    within: ZoneInfo
    until: int
    _of_day: dict[int, list[_Bands]] = field(default_factory=dict, repr=False)
    _found: dict[tuple[int, bytes], Deviation | None] = field(default_factory=dict, repr=False)
    _sums: dict[tuple[str, str, tuple[str, ...]], Hours] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        first = self.rows["hour"].min()
        self.first = int(first) if isinstance(first, int) else self.until
        hours = np.arange(self.first, self.until, HOUR_US, dtype=np.int64)
        # By their middles: where clocks are half an hour off, the hour over midnight is the new day's.
        middles = pl.Series(hours + HOUR_US // 2).cast(pl.Datetime("us", "UTC"))
        local = middles.dt.convert_time_zone(self.within.key)
        self.day: Whole = local.dt.date().cast(pl.Int32).to_numpy().astype(np.int64)
        self.hour: Whole = ((local.dt.weekday() - 1).cast(pl.Int64) * bands.DAY + local.dt.hour()).to_numpy()
        self._calls = self._hours(self.rows, "attempts")
        self._is_priced = self.rows.filter(pl.col("priced") > 0)["currency"].n_unique() == 1
        self._by_place = {
            str(place): part for (place,), part in self.rows.partition_by("place", as_dict=True).items()
        }

    def at(self, moment: int, alarms: Alarms = NONE) -> Deviation | None:
        """Largest deviation of the hours before a whole hour; None while nothing is learned yet."""
        end = (moment - self.first) // HOUR_US
        if not 0 < end <= len(self.hour):
            return None
        recent = np.arange(max(end - bands.DAY, 0), end)
        is_new = alarms.is_new(self.first + recent * HOUR_US)
        key = moment, is_new.tobytes()
        if key not in self._found:
            self._found[key] = self._largest(recent, is_new)
        return self._found[key]

    def _largest(self, recent: Whole, is_new: npt.NDArray[np.bool_]) -> Deviation | None:
        end = int(recent[-1]) + 1
        learned = self._learned(int(self.day[end - 1]))
        whole: dict[str, Finding | None] = {}
        best: tuple[_Bands, Finding] | None = None
        calls = next((each for each in learned if each.place == EVERY and each.metric == "attempts"), None)
        kind = holidays.kind_of(calls.band, calls.hours, end) if calls else ""
        today = self._begin(int(self.day[end - 1]))
        if calls and recent[0] < today and holidays.kind_of(calls.band, calls.hours, today):
            is_new = is_new & (recent >= today)
        for each in learned:
            hours = each.hours[slice(recent[0], end)]
            found = bands.deviation(each.band, hours, is_new)
            if found is None:
                continue
            if holidays.is_explained(kind, each.band, hours[-found.hours :][is_new[-found.hours :]], found):
                found = replace(found, score=0.0)
            if best is None or found.score > best[1].score:
                best = each, found
        if best is None:
            return None
        each, found = best
        span = recent[-found.hours :][is_new[-found.hours :]]
        for other in learned:
            if other.place == EVERY:
                whole[other.metric] = other.band.judge(other.hours[span], found.hours)
        count = int(each.attempts.above[span].sum())
        of = tuple((self.first + span * HOUR_US).tolist())
        return Deviation(each.metric, each.place, found, count, whole.get(each.metric), of)

    def larger(self, day: int) -> list[str]:
        """Destinations that were larger in the weeks before a day."""
        start = max(self._begin(day - bands.WEEKS * 7), 0)
        low, high = (self.first + nth * HOUR_US for nth in (start, self._begin(day)))
        before = self.rows.filter(pl.col("hour").is_between(low, high, closed="left"))
        counted = before.group_by("place").agg(pl.col("attempts").sum()).sort("place")
        least = max(
            _LARGER_SHARE * float(before["attempts"].sum()),
            _LARGER_PER_DAY * (high - low) / HOUR_US / bands.DAY,
        )
        return counted.filter(pl.col("attempts") >= least)["place"].to_list()

    def like(self, span: Sequence[int]) -> list[int]:
        """Hours of the weeks before that have the same place in the week as some hours."""
        places = [(hour - self.first) // HOUR_US for hour in span]
        day = int(self.day[places[-1]])
        wanted = np.isin(self.hour, self.hour[places])
        wanted &= (self.day < day) & (self.day >= day - bands.WEEKS * 7)
        return (self.first + np.flatnonzero(wanted) * HOUR_US).tolist()

    def day_of(self, hour: int) -> int:
        """Local day of an hour, microseconds since 1970."""
        return int(self.day[(hour - self.first) // HOUR_US])

    def _begin(self, day: int) -> int:
        return int(np.searchsorted(self.day, day))

    def _learned(self, day: int) -> list[_Bands]:
        if day not in self._of_day:
            self._of_day[day] = list(self._learn(day))
        return self._of_day[day]

    def _learn(self, day: int) -> Iterable[_Bands]:
        # The first day is cut where the calls begin.
        first = self._begin(max(day - bands.WEEKS * 7, int(self.day[0]) + 1))
        history = slice(first, self._begin(day))
        larger = self.larger(day)
        excluded = holidays.far_days(self._calls[history])
        scopes: dict[str, pl.DataFrame] = {EVERY: self.rows}
        scopes |= {place: self._by_place[place] for place in larger}
        if larger:
            scopes[OTHERS] = self.rows.filter(~pl.col("place").is_in(larger))
        for place, rows in scopes.items():
            but = tuple(larger) if place == OTHERS else ()
            attempts = self._summed("attempts", place, but, rows)
            for metric, gauge in GAUGES.items():
                if metric == "charge" and not self._is_priced:
                    continue
                hours = self._summed(metric, place, but, rows)
                band = bands.learn(gauge, hours[history], excluded)
                if band is not None:
                    yield _Bands(metric, place, hours, attempts, band)

    def _summed(self, metric: str, place: str, but: tuple[str, ...], rows: pl.DataFrame) -> Hours:
        of = (metric, place, but)
        return self._sums.get(of) or self._sums.setdefault(of, self._hours(rows, metric))

    def _hours(self, rows: pl.DataFrame, metric: str) -> Hours:
        """A metric's sums at every hour, by the definition of the summary."""
        defined = METRICS[metric]
        above = pl.col(metric) if defined.above is None else defined.above
        below = pl.lit(0) if defined.below is None else defined.below
        squares = pl.col(_SQUARES[metric]) if metric in _SQUARES else pl.lit(0)
        sums = rows.select(
            "hour", above.alias("above"), below.alias("below"), squares.alias("squares")
        ).with_columns(pl.col("above", "below", "squares").cast(pl.Float64).fill_null(0))
        at = ((sums["hour"] - self.first) // HOUR_US).to_numpy()
        size = len(self.hour)
        columns: dict[str, Floats] = {
            name: np.bincount(at, sums[name].to_numpy(), size)[:size].astype(np.float64)
            for name in ("above", "below", "squares")
        }
        if defined.below is None:
            columns["below"] = np.ones(len(self.hour))
        return Hours(self.day, self.hour, columns["above"], columns["below"], columns["squares"])


def cause_of(found: Deviation, cells: pl.DataFrame, larger: Sequence[str]) -> Cause | None:
    """What a deviation consists of, of all destinations where they changed the same way.

    Parameters
    ----------
    cells
        As `cells_sql` gives them, of this customer, of the hours judged and of those like them before.
    """
    of = _OF.get(found.metric)
    if of is None:
        return None
    finding, whole = found.finding, found.whole
    if whole is not None and whole.is_above == finding.is_above:
        finding = whole
    elif found.place == OTHERS:
        cells = cells.filter(~pl.col("place").is_in(larger))
    elif found.place != EVERY:
        cells = cells.filter(pl.col("place") == found.place)
    now = pl.col("hour").is_in(list(found.span))
    observed, usual = (_counted(cells.filter(each), found.metric) for each in (now, ~now))
    if of == "failures":
        expected = sum(observed.values()) + round((finding.observed - finding.expected) / _FULL)
    else:
        expected = round(finding.expected * (_MICRO if of == "charge" else 1))
    return cause(of, changes(observed, usual, max(expected, 0)))


def _counted(cells: pl.DataFrame, metric: str) -> dict[Cell, int]:
    units = {
        "attempts": pl.col("attempts"),
        "charge": (pl.col("charge").cast(pl.Float64).fill_null(0) * _MICRO).round(0).cast(pl.Int64),
        "asr": pl.col("attempts") - pl.col("connected"),
        "ner": pl.col("attempts") - pl.col("connected") - pl.col("user_side"),
    }[metric]
    counted: dict[Cell, int] = defaultdict(int)
    for code, place, count in cells.select("code", "place", units.alias("units")).iter_rows():
        if count:
            counted[Cell(code if metric in {"asr", "ner"} else "", place)] += int(count)
    return dict(counted)


def readings(around: Surroundings, asks: Sequence[Ask]) -> list[list[Reading]]:
    """Deviations in per cent of the band's half width, at the whole hour before each moment."""
    edges = [ask.moments // HOUR_US * HOUR_US for ask in asks]
    last = max(int(each[-1]) for each in edges)
    start = from_microseconds(min(int(each[0]) for each in edges)) - REACH
    snapshot = around.snapshot
    reach = snapshot.reach.complete
    until = min(last, 0 if reach is None else microseconds(reach) // HOUR_US * HOUR_US)
    customers = {ask.customer for ask in asks}
    whose = next(iter(customers)) if len(customers) == 1 else ALL_CUSTOMERS
    low, codes = microseconds(start), tuple(snapshot.user_side_codes)
    question = Question("usual", partial(hourly_sql, user_side_codes=codes))
    rows = day_sums(snapshot, question, low, until, whose)
    rows = rows.filter(pl.col("hour").is_between(low, until, closed="left"))
    parts = {str(name): part for (name,), part in rows.partition_by("customer", as_dict=True).items()}
    return [_of_ask(around, ask, moments, parts, until) for ask, moments in zip(asks, edges, strict=True)]


def _of_ask(
    around: Surroundings, ask: Ask, edges: Instants, parts: Mapping[str, pl.DataFrame], until: int
) -> list[Reading]:
    rows = parts.get(ask.customer)
    if rows is None:
        return [Reading(None)] * len(edges)
    learner = _learner(around.snapshot, rows, ask, until)
    at: dict[int, Reading] = {}
    alarms = ask.alarms
    for edge in sorted(set(edges.tolist())):
        found = learner.at(edge, alarms)
        reading = _reading(ask.rule, found)
        alarms, event = alarms.decided(ask.rule, reading, edge)
        if found is not None and isinstance(event, Fired | Repeated):
            reading = reading._replace(why=kept(found, _cause(around.snapshot, ask.customer, learner, found)))
        at[edge] = reading
    return [at[edge] for edge in edges.tolist()]


_learners: OrderedDict[tuple[Hashable, ...], Learner] = OrderedDict()
_learners_lock: Final = Lock()


def _learner(snapshot: Snapshot, rows: pl.DataFrame, ask: Ask, until: int) -> Learner:
    """Learner of a customer's hours; the last ones are kept, as an editor asks again at each key."""
    within = ask.zone or ZoneInfo("UTC")
    first = str(rows["hour"].min())
    whose = str(snapshot.tables["cdr"].folder), snapshot.tables["cdr"].only, ask.customer
    key = (*whose, snapshot.head.version, snapshot.user_side_codes, within.key, first, until)
    with _learners_lock:
        found = _learners.pop(key, None) or Learner(rows, within, until)
        _learners[key] = found
        while len(_learners) > _MOST_LEARNERS:
            _learners.popitem(last=False)
    return found


def _reading(rule: Rule, found: Deviation | None) -> Reading:
    if found is None:
        return Reading(None)
    score = round(_FULL * max(found.finding.score, 0.0), 1)
    return Reading(score, found.calls, kept(found, None) if score > float(rule.threshold) else None)


def _cause(snapshot: Snapshot, customer: str, learner: Learner, found: Deviation) -> Cause | None:
    """What a deviation consists of, out of its calls and those of the hours like them before."""
    hours = [*found.span, *learner.like(found.span)]
    start, end = from_microseconds(min(hours)), from_microseconds(max(hours) + HOUR_US)
    calls = snapshot.scan("cdr", customer=customer, start=start.astimezone(UTC), end=end.astimezone(UTC))
    listed = ", ".join(map(str, hours))
    wanted = (
        f"(SELECT * FROM {calls} AS calls WHERE epoch_us(call_time) // {HOUR_US} * {HOUR_US} IN ({listed}))"
    )
    cells = snapshot.query(cells_sql(wanted, snapshot.user_side_codes))
    return cause_of(found, cells, learner.larger(learner.day_of(found.span[-1])))


def kept(found: Deviation, because: Cause | None) -> dict[str, Any]:
    """A deviation as an alert keeps it."""
    finding = found.finding
    return {
        "metric": found.metric,
        "destination": "" if found.place == OTHERS else found.place,
        "is_others": found.place == OTHERS,
        "value": finding.value,
        "low": finding.low,
        "high": finding.high,
        "hours": finding.hours,
        "cause": None if because is None else because.kept(),
    }
