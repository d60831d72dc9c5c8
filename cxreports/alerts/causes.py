"""Causes: what a change consists of, split exactly among SIP codes and destinations, and the part to name.

What was expected is shared out in whole units, in proportion to the weeks before, so that the changes of all
cells add up to the whole change and not to nearly so much.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Literal

from cxreports.language import _, isolated
from cxreports.wording import percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Of = Literal["failures", "attempts", "charge"]

_NAMED_FROM: Final = 0.6
"""Part of a change from which one side of a cell, or the cell, is named as the cause."""

_WORTH_NAMING: Final = 0.2


@dataclass(frozen=True)
class Cell:
    """Calls of one final SIP code to one destination.

    Attributes
    ----------
    code
        Empty where it is not asked for, or the switch does not say.
    """

    code: str
    destination: str


@dataclass(frozen=True)
class Cause:
    """The part of a change that is named.

    Attributes
    ----------
    of
        What has changed.
    is_more
        Whether there is more of it than expected.
    share
        Part of the change, 1 for all.
    """

    of: Of
    is_more: bool
    share: float
    code: str
    destination: str

    def kept(self) -> dict[str, Any]:
        """As an alert keeps it."""
        return {
            "of": self.of,
            "is_more": self.is_more,
            "share": round(self.share, 4),
            "code": self.code,
            "destination": self.destination,
        }

    @classmethod
    def of_kept(cls, kept: Mapping[str, Any]) -> Cause:
        """Cause that an alert keeps."""
        return cls(kept["of"], kept["is_more"], kept["share"], kept["code"], kept["destination"])

    def sentence(self) -> str:
        """The cause in the reader's language, without a full stop."""
        if self.code and self.destination:
            what = _("{code} to {destination}").format(
                code=isolated(self.code), destination=isolated(self.destination)
            )
        else:
            what = isolated(self.code or self.destination)
        share = percent(min(100 * self.share, 100), 0)
        return _sentence(self.of, is_more=self.is_more).format(share=share, what=what)


def _sentence(of: Of, *, is_more: bool) -> str:
    if of == "failures":
        return (
            _("{share} of the extra failures: {what}")
            if is_more
            else _("{share} of the missing failures: {what}")
        )
    if of == "attempts":
        return (
            _("{share} of the extra calls: {what}") if is_more else _("{share} of the missing calls: {what}")
        )
    return _("{share} of the extra charge: {what}") if is_more else _("{share} of the missing charge: {what}")


def shared_out(total: int, weights: Mapping[Cell, int]) -> dict[Cell, int]:
    """Whole units in proportion to weights, by the largest remainder; they add up to the total exactly."""
    whole = sum(weights.values())
    if not whole:
        return {Cell("", ""): total} if total else {}
    exact = {cell: Fraction(total * weight, whole) for cell, weight in weights.items()}
    parts = {cell: int(value) for cell, value in exact.items()}
    by_remainder = sorted(exact, key=lambda cell: (parts[cell] - exact[cell], cell.destination, cell.code))
    for cell in by_remainder[: total - sum(parts.values())]:
        parts[cell] += 1
    return parts


def changes(observed: Mapping[Cell, int], usual: Mapping[Cell, int], expected: int) -> dict[Cell, int]:
    """Change of each cell against its part of what was expected.

    Parameters
    ----------
    usual
        What the cells had at the same hours of the weeks before, together.
    expected
        Whole units that were expected of all cells.

    Returns
    -------
    dict
        Adds up to what was observed less what was expected.
    """
    parts = shared_out(expected, usual)
    return {cell: observed.get(cell, 0) - parts.get(cell, 0) for cell in {*observed, *parts}}


def cause(of: Of, changed: Mapping[Cell, int]) -> Cause | None:
    """The part of a change to name: the narrowest that makes up most of it; None where nothing does."""
    total = sum(changed.values())
    if not total:
        return None
    ranked = [_largest(part, total) for part in _groupings(of, changed)]
    found = next((each for each in ranked if each[1] >= _NAMED_FROM), max(ranked, key=lambda each: each[1]))
    cell, share = found
    if share < _WORTH_NAMING or not (cell.code or cell.destination):
        return None
    return Cause(of, total > 0, share, cell.code, cell.destination)


def _groupings(of: Of, changed: Mapping[Cell, int]) -> Iterator[dict[Cell, int]]:
    if of == "failures":
        yield dict(changed)
    yield _added(changed, lambda cell: Cell("", cell.destination))
    if of == "failures":
        yield _added(changed, lambda cell: Cell(cell.code, ""))


def _added(changed: Mapping[Cell, int], key: Any) -> dict[Cell, int]:
    sums: dict[Cell, int] = {}
    for cell, change in changed.items():
        sums[key(cell)] = sums.get(key(cell), 0) + change
    return sums


def _largest(changed: Mapping[Cell, int], total: int) -> tuple[Cell, float]:
    cell = max(
        changed, key=lambda each: (changed[each] * (1 if total > 0 else -1), each.destination, each.code)
    )
    return cell, changed[cell] / total
