"""Live channels counted call by call, without a sweep: slow, and plainly right."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MINUTE = 60_000_000
DAY = 1440 * MINUTE

Call = tuple[str, int, int]
"""Customer, call time and end time in microseconds."""


def minutes(calls: Iterable[Call]) -> Mapping[tuple[str, int], tuple[int, int, int]]:
    """Give level at the end, peak and area of each minute that shall have a row."""
    calls = [each for each in calls if each[2] > each[1]]
    counted: dict[tuple[str, int], tuple[int, int, int]] = {}
    for customer in {each[0] for each in calls} | {"all"} if calls else ():
        own = [(begun, ended) for whose, begun, ended in calls if customer in {whose, "all"}]
        instants = sorted({instant for each in own for instant in each})
        rows = {instant // MINUTE * MINUTE for instant in instants}
        first_midnight = instants[0] // DAY * DAY + DAY
        rows |= {day for day in range(first_midnight, instants[-1] + 1, DAY) if level(own, day) > 0}
        for minute in rows:
            knots = [minute, *(each for each in instants if minute < each < minute + MINUTE), minute + MINUTE]
            levels = [level(own, knot) for knot in knots[:-1]]
            area = sum(
                number * (after - knot) for number, knot, after in zip(levels, knots, knots[1:], strict=False)
            )
            counted[customer, minute] = (levels[-1], max(levels), area)
    return counted


def level(calls: Iterable[tuple[int, int]], instant: int) -> int:
    """Count the calls that go on at an instant."""
    return sum(begun <= instant < ended for begun, ended in calls)
