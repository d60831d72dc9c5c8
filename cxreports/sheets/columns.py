"""Columns of sheets: how they are shown, how many decimals they have, what may be computed from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from cxreports.figures.summary import above
from cxreports.language import _, marked
from cxreports.wording import currency_decimals, decimals_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from cxreports.metrics import Metric

Kind = Literal["text", "number", "ratio", "amount", "time"]
Precision = Literal["month", "day", "minute", "second", "millisecond", "microsecond"]

_WEIGHT_LABELS: Final = {
    "pdd_count": marked("calls with a PDD"),
    "attempts": marked("attempts"),
    "connected": marked("connected"),
}


@dataclass(frozen=True)
class Column:
    """How a column of a frame is shown and what may be computed from it.

    Attributes
    ----------
    name
        Column of the frame.
    label
        Heading, with the unit.
    kind
        ``number`` adds up; ``ratio`` is averaged only; ``amount`` (of several currencies, a maximum, a
        percentile), ``text`` and ``time`` are counted only.
    decimals
        Digits after the point that are shown.
    align
        ``left`` or ``right``; by default numbers stand right.
    numerator, denominator
        Columns whose sums, divided, are the ratio of several rows together.
    weight_label
        Names the weight of that true average: ``attempts``.
    precision
        What a time is shown to.
    title
        The column's definition in one line.
    shown
        Whether it is shown before anybody chooses columns.
    link
        Address that a cell leads to, in which ``{column}`` stands for the row's value of that column;
        empty for none.
    tone
        ``warn`` sets its texts in the colour of warnings.
    note
        Column of the frame with texts that stand beside its cells; empty for none. Files have them in a
        column of their own.
    """

    name: str
    label: str
    kind: Kind = "text"
    decimals: int = 0
    align: Literal["left", "right", ""] = ""
    numerator: str = ""
    denominator: str = ""
    weight_label: str = ""
    precision: Precision = "second"
    title: str = ""
    shown: bool = True
    link: str = ""
    tone: Literal["", "warn"] = ""
    note: str = ""

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers."""
        return self.kind in {"number", "ratio", "amount"}

    @property
    def is_averaged(self) -> bool:
        """Whether an average of its cells says something."""
        return self.kind in {"number", "ratio"}


def ratio_column(
    metric: Metric, label: str, decimals: int, *, denominator: str = "", shown: bool = True
) -> Column:
    """Column of a ratio, with the calls that weigh its true average.

    Parameters
    ----------
    denominator
        Column of the frame that weighs it; empty for a frame without weights.
    """
    return Column(
        metric.column,
        label,
        "ratio",
        decimals,
        numerator=above(metric.column) if denominator else "",
        denominator=denominator,
        weight_label=_(_WEIGHT_LABELS[metric.weight]) if metric.weight else "",
        title=_(metric.meaning),
        shown=shown,
    )


def decimals_of_all(currencies: Iterable[str | None]) -> int:
    """Decimals in which amounts of some currencies stand below each other: those of the finest one."""
    return max(map(currency_decimals, currencies), default=currency_decimals(None))


def exact_decimals(values: pl.Series, least: int) -> int:
    """Decimals that show every digit of a column of decimals; `least` for other columns."""
    if not values.dtype.is_decimal():
        return least
    return max((decimals_of(value, least) for value in values.drop_nulls()), default=least)
