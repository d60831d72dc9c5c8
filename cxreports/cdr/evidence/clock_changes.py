"""Hours that a local clock passes twice, or skips, and which of the two a time in such an hour means.

A row says it itself: its answer and its end follow its begin by the durations that it has.
``mapping`` takes the reading that fits them best.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cxreports.cdr.evidence.manner import Fold
from cxreports.cdr.source_format import Rule, Target
from cxreports.cdr.values import ZERO_TIME_US, first, in_microseconds

MOMENTS: Final[tuple[str, ...]] = ("call_time", "answer_time", "end_time")
_DAY: Final = timedelta(days=1)
_SECOND_US: Final = 1_000_000
_BACKWARDS: Final = 10**15
"""What a reading costs, in microseconds, in which a call ends or is answered before it began."""

TWICE: Final = "local time occurs twice, read as the second"
SKIPPED: Final = "local time does not exist, read an hour on"

TIED: Final = (
    "fold & 1 = 0 AND s_call_time > 0 AND fold_cost = "
    "list_min([each.cost for each in costs if each.choice & 1 = 1])"
)
"""SQL of whether a call time in a repeated hour is read as the second for want of anything that tells."""

OFFSET: Final = "':[0-9]{2}.*([zZ]|[+-][0-9]{2}(:?[0-9]{2})?|[A-Z]{3,5})'"
"""SQL literal of what a time with an offset or a zone has."""


def changes(zone: str, first_us: int, last_us: int) -> tuple[tuple[Fold, ...], tuple[Fold, ...]]:
    """Folds and gaps of a zone's clock between two instants (microseconds since 1970), a day around them."""
    folds: list[Fold] = []
    gaps: list[Fold] = []
    for at, before, after in _transitions(
        ZoneInfo(zone), _instant(first_us) - _DAY, _instant(last_us) + _DAY
    ):
        begin = int(at.timestamp()) * _SECOND_US
        length = int(abs(before - after).total_seconds()) * _SECOND_US
        (folds if after < before else gaps).append((begin, begin + length, length))
    return tuple(folds), tuple(gaps)


def _instant(us: int) -> datetime:
    return datetime.fromtimestamp(us // _SECOND_US, UTC)


def _transitions(
    zone: ZoneInfo, first: datetime, last: datetime
) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Yield when the offset changes, what it was and what it is."""

    def offset(at: datetime) -> timedelta:
        return at.astimezone(zone).utcoffset() or timedelta()

    at = first
    while at < last:
        after = at + _DAY
        if offset(at) != offset(after):
            low, high = at, after
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                low, high = (middle, high) if offset(middle) == offset(at) else (low, middle)
            yield high, offset(low), offset(high)
        at = after


def within(stretches: Sequence[Fold], instant: str) -> str:
    """Write SQL of by how much the other reading of an instant is earlier; 0 outside the stretches."""
    cases = " ".join(
        f"WHEN {instant} >= {begin} AND {instant} < {end} THEN {length}" for begin, end, length in stretches
    )
    return f"CASE {cases} ELSE 0 END" if cases else "0"


@dataclass(frozen=True)
class Distance:
    """A duration between two moments of a call that a row states, as SQL of microseconds."""

    begin: str
    end: str
    us: str


def costs_sql(distances: Sequence[Distance], shifts: dict[str, str]) -> str:
    """Write SQL of what each choice of earlier readings costs: a list of structs of cost and choice.

    Parameters
    ----------
    distances
        What the row states.
    shifts
        SQL of how much earlier the other reading is, by moment; each moment is ``m_<name>``, and null
        where the row has none. A choice is the sum of 1 for the first moment, 2 for the second …
    """
    names = list(shifts)
    return f"[{', '.join(_cost(choice, names, distances, shifts) for choice in range(1 << len(names)))}]"


def _cost(choice: int, names: Sequence[str], distances: Sequence[Distance], shifts: dict[str, str]) -> str:
    taken = [name for i, name in enumerate(names) if choice >> i & 1]
    at = {name: f"(m_{name} - {shifts[name]})" if name in taken else f"m_{name}" for name in names}
    parts = [
        f"coalesce(abs({at[d.end]} - {at[d.begin]} - {d.us}), 0)"
        for d in distances
        if d.begin in at and d.end in at
    ]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    parts += [f"CASE WHEN {at[b]} < {at[a]} THEN {_BACKWARDS} ELSE 0 END" for a, b in pairs]
    # Where nothing else tells, the shorter call.
    parts += [f"coalesce(abs({at[b]} - {at[a]}), 0) // {_SECOND_US}" for a, b in pairs]
    possible = " AND ".join(f"coalesce({shifts[name]} > 0, false)" for name in taken) or "true"
    return f"CASE WHEN {possible} THEN {{'cost': {' + '.join(parts) or '0'}, 'choice': {choice}}} END"


@dataclass(frozen=True)
class Folded:
    """SQL that chooses between the two readings of a row's times.

    Attributes
    ----------
    targets
        Values that the file gives.
    direct
        Number and rule of those that columns give, by value.
    names
        Columns that stand for a text or value of a rule, where it is a mere column.
    folds
        Stretches that the clock passes twice.
    """

    targets: Sequence[Target]
    direct: Mapping[str, Sequence[tuple[int, Rule]]]
    names: Mapping[str, str]
    folds: Sequence[Fold]

    @property
    def moments(self) -> dict[str, Sequence[tuple[int, Rule]]]:
        """Rules of a call's moments that are local times, by moment."""
        found = {name: self.direct.get(name, ()) for name in MOMENTS}
        return {name: rules for name, rules in found.items() if any(not rule.epoch for _, rule in rules)}

    def levels(self) -> Iterator[list[str]]:
        """Yield projections on top of each other: ``fold`` is the choice, ``costs`` what each would cost."""
        moments = self.moments
        if not moments:
            return
        yield [item for name, rules in moments.items() for item in self._moment(name, rules)]
        durations = {
            target.name: first([in_microseconds(f"v_{target.name}_{i}", target.kind) for i, _ in rules])
            for target in self.targets
            if target.kind in {"seconds", "milliseconds"} and (rules := self.direct[target.name])
        }
        shifts = {name: f"s_{name}" for name in moments}
        doubtful = " OR ".join(f"{shift} > 0" for shift in shifts.values())
        yield [f"CASE WHEN {doubtful} THEN {costs_sql(stated(self.targets, durations), shifts)} END AS costs"]
        yield ["coalesce(list_min(costs).choice, 0) AS fold", "list_min(costs).cost AS fold_cost"]

    def shifted(self) -> dict[str, str]:
        """SQL of the values of rules as they are chosen, by the names of the values as they were read."""
        return {
            f"v_{name}_{i}": f"(v_{name}_{i} - CASE WHEN fold & {1 << nth} > 0 THEN s_{name} ELSE 0 END)"
            for nth, (name, rules) in enumerate(self.moments.items())
            for i, rule in rules
            if not rule.epoch
        }

    def _moment(self, name: str, rules: Sequence[tuple[int, Rule]]) -> Iterator[str]:
        """Time of a moment, and by how much its other reading is earlier, by the first rule with a value."""
        given, shifts = [], []
        for i, rule in rules:
            value, text = f"v_{name}_{i}", self.names.get(f"t_{name}_{i}", f"t_{name}_{i}")
            local = "false" if rule.epoch else f"NOT regexp_matches({text}, {OFFSET})"
            shift = f"CASE WHEN {local} THEN {within(self.folds, value)} ELSE 0 END"
            given.append(f"CASE WHEN {value} >= {ZERO_TIME_US} THEN {value} END")
            shifts.append(f"CASE WHEN {value} >= {ZERO_TIME_US} THEN {shift} END")
        yield f"{first(given)} AS m_{name}"
        yield f"coalesce({', '.join(shifts)}, 0) AS s_{name}"


def stated(targets: Sequence[Target], durations: dict[str, str]) -> list[Distance]:
    """Distances between moments that a format's rows state: rules ``from`` one of them, and the talk time.

    Parameters
    ----------
    durations
        SQL in microseconds of the durations that the file has, by name.
    """
    found = [
        Distance(
            rule.start,
            target.name,
            " + ".join([*_terms(rule.plus, durations), *_less(rule.minus, durations)]),
        )
        for target in targets
        if target.name in MOMENTS
        for rule in target.rules
        if rule.start in MOMENTS
        and rule.until is None
        and (rule.plus or rule.minus)
        and all(name in durations for name in (*rule.plus, *rule.minus))
    ]
    if "duration_s" in durations:
        found.append(Distance("answer_time", "end_time", durations["duration_s"]))
    return found


def _terms(names: Sequence[str], durations: dict[str, str]) -> list[str]:
    return [durations[name] for name in names]


def _less(names: Sequence[str], durations: dict[str, str]) -> list[str]:
    return [f"(-{durations[name]})" for name in names]
