"""Cells selected in a table: their sum, average and true average, and their export.

A `Sheet` is what a grid shows; a `Selection` is a set of its cells. Every number is held as a
whole count of its last digit, so that sums are exact and the same here and in a browser.
Neighbours: ``columns`` describes columns, ``widgets.grid`` shows sheets, ``files`` writes selections as
files.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import polars as pl

from cxreports.errors import BadSelection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from cxreports.sheets.columns import Column

Value = Decimal | datetime | str | None

RATIO_PLACES: Final = 6
"""Decimals that a floating-point column is held with; what follows is no information."""

MOST_AREAS: Final = 1_000
MOST_CELLS: Final = 2_500_000
"""Limits of a selection: 100,000 rows of 25 columns are all that a page shows."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS: Final = 50


@dataclass(frozen=True)
class Sheet:
    """Rows under columns, with a line of totals.

    Attributes
    ----------
    frame
        Rows, newest first or as they shall be shown; it may have columns that are not shown.
    columns
        What is shown, in order.
    totals
        Values of the last line by column; empty when there is none.
    totals_label
        What stands under the first column.
    name
        What exported files are called.
    title
        What the sheet of an exported workbook is called.
    """

    frame: pl.DataFrame
    columns: tuple[Column, ...]
    totals: Mapping[str, Any] = field(default_factory=dict)
    totals_label: str = ""
    name: str = "cxreports"
    title: str = ""

    def column(self, name: str) -> Column:
        """Find a column that is shown.

        Raises
        ------
        BadSelection
            There is none of this name.
        """
        for each in self.columns:
            if each.name == name:
                return each
        names = ", ".join(column.name for column in self.columns)
        raise BadSelection(f"the table has no column {name!r}: it has {names}")

    @cached_property
    def held(self) -> pl.DataFrame:
        """Every column that is shown or weighs, then the totals, in the form that is computed with.

        Numbers are Int64 (Int128 where they are larger) counts of the last digit that `places`
        says, times Int64 microseconds since 1970, texts String. Not-a-number is null.
        """
        return self._exact[0]

    @cached_property
    def places(self) -> dict[str, int]:
        """Decimals by number column: a held 1 is ``10 ** -places``."""
        return self._exact[1]

    @cached_property
    def _exact(self) -> tuple[pl.DataFrame, dict[str, int]]:
        shown = {each.name: each.kind for each in self.columns}
        weights = {
            name: "number" for each in self.columns for name in (each.numerator, each.denominator) if name
        }
        kinds = {each.note: "text" for each in self.columns if each.note} | weights | shown
        frame = self.frame.select(list(kinds))
        if self.totals:
            totals = {name: [self.totals.get(name)] for name in kinds}
            frame = pl.concat([frame, pl.DataFrame(totals, schema=frame.schema, strict=False)])
        numbers = [name for name, kind in kinds.items() if kind not in {"text", "time"}]
        places = {name: _places(frame.schema[name]) for name in numbers}
        # All columns at once: each step of polars costs as much for one as for all.
        held = frame.select(_held(name, kind, frame.schema[name]) for name, kind in kinds.items())
        if numbers:
            counts = pl.col(numbers)
            fits = held.select(counts.cast(pl.Int64, strict=False).null_count() == counts.null_count())
            small = [name for name, all_fit in fits.row(0, named=True).items() if all_fit]
            held = held.with_columns(pl.col(small).cast(pl.Int64))
        return held.rechunk(), places

    def values(self, name: str) -> list[Value]:
        """Values of a column and of its total: those of `held`, without holding every column."""
        column = self.column(name)
        cells = self.frame[name].to_list() + ([self.totals.get(name)] if self.totals else [])
        if column.kind == "text" and self.frame.schema[name] != pl.String:
            return [self.value(name, each) for each in self.held[name].to_list()]
        return [_value(each) for each in cells]

    def value(self, name: str, held: Any) -> Value:
        """Value of a cell, from the form in which it is held."""
        if held is None or isinstance(held, str):
            return held
        if name in self.places:
            return Decimal(int(held)).scaleb(-self.places[name])
        return _EPOCH + timedelta(microseconds=held)


def _value(cell: Any) -> Value:
    """Value of a cell as it stands in a frame, in the digits that a sheet holds."""
    match cell:
        case None | str() | Decimal():
            return cell
        case float():
            if not math.isfinite(cell):
                return None
            return Decimal(round(cell * 10**RATIO_PLACES)).scaleb(-RATIO_PLACES)
        case datetime():
            return cell.astimezone(UTC) if cell.tzinfo else cell.replace(tzinfo=UTC)
        case date():
            return datetime(cell.year, cell.month, cell.day, tzinfo=UTC)
        case _:
            return Decimal(int(cell))


def _places(dtype: pl.DataType) -> int:
    """Decimals that a column of numbers is held with."""
    if isinstance(dtype, pl.Decimal):
        return dtype.scale
    return RATIO_PLACES if dtype.is_float() else 0


def _held(name: str, kind: str, dtype: pl.DataType) -> pl.Expr:
    """Column in the form that is computed with: a number as a count of its last digit."""
    column = pl.col(name)
    if kind == "text":
        return column.cast(pl.String)
    if kind == "time":
        return column.cast(pl.Datetime("us", getattr(dtype, "time_zone", None))).dt.epoch()
    if isinstance(dtype, pl.Decimal):
        return column.cast(pl.Decimal(38, dtype.scale)).to_physical()
    if dtype.is_float():
        finite = column.fill_nan(None).replace([float("inf"), float("-inf")], None)
        counted = (finite.cast(pl.Float64) * 10**RATIO_PLACES).round(mode="half_to_even")
        return counted.cast(pl.Int128)
    return column.cast(pl.Int128)


@dataclass(frozen=True)
class Area:
    """A rectangle of cells, half-open, by position in a selection's rows and columns."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Selection:
    """Cells of a sheet: some areas of some of its rows and columns.

    Attributes
    ----------
    sheet
        What they are cells of.
    rows
        Numbers of the frame's rows from 0, in the order in which they are shown.
    columns
        Names of columns in the order in which they are shown.
    areas
        Which of those cells; areas may overlap, and a cell counts once.
    """

    sheet: Sheet
    rows: npt.NDArray[np.int64]
    columns: tuple[str, ...]
    areas: tuple[Area, ...]

    @classmethod
    def of(
        cls,
        sheet: Sheet,
        rows: Iterable[int] | None = None,
        columns: Sequence[str] | None = None,
        areas: Iterable[Area] | None = None,
    ) -> Self:
        """Select cells; by default all of the rows and columns.

        Raises
        ------
        BadSelection
            A row, column or area lies outside the sheet, or there are too many of them.
        """
        height = sheet.frame.height
        picked = np.arange(height) if rows is None else np.fromiter(rows, np.int64)
        if picked.size and (picked.min() < 0 or picked.max() >= height):
            raise BadSelection(f"row {picked.max()} is selected, but the table has {height} rows, from 0")
        names = tuple(each.name for each in sheet.columns) if columns is None else tuple(columns)
        for name in names:
            sheet.column(name)
        if len(picked) > height or len(set(names)) < len(names):
            raise BadSelection("a row or column is selected twice")
        if len(picked) * len(names) > MOST_CELLS:
            raise BadSelection(
                f"{len(picked)} rows of {len(names)} columns are selected, more than {MOST_CELLS:,} cells: "
                "select fewer, or download all calls as a file"
            )
        if areas is None:  # the whole, even of a table without rows: its file has the names of the columns
            return cls(sheet, picked, names, (Area(0, 0, len(picked), len(names)),))
        chosen = tuple(areas)
        if len(chosen) > MOST_AREAS:
            raise BadSelection(f"{len(chosen)} areas are selected, more than {MOST_AREAS:,}: select fewer")
        for each in chosen:
            if not (0 <= each.top < each.bottom <= len(picked) and 0 <= each.left < each.right <= len(names)):
                raise BadSelection(f"{each} is not within {len(picked)} rows and {len(names)} columns")
        return cls(sheet, picked, names, chosen)

    def mask(self, column: str) -> npt.NDArray[np.bool_]:
        """Which of the rows have their cell in a column selected."""
        at = self._at(column)
        mask = np.zeros(len(self.rows), np.bool_)
        for each in self.areas:
            if each.left <= at < each.right:
                mask[each.top : each.bottom] = True
        return mask

    def held(self, column: str) -> pl.Series:
        """Cells of a column that are selected, as `Sheet.held` holds them; empty cells are null."""
        return self.sheet.held[column].gather(self.rows[self.mask(column)])

    def values(self, column: str) -> list[Value]:
        """Values of a column in all the selection's rows; None for a cell that is empty or not selected."""
        held = self.sheet.held[column].gather(self.rows).to_list()
        mask = self.mask(column)
        return [
            self.sheet.value(column, each) if picked else None
            for each, picked in zip(held, mask, strict=True)
        ]

    def notes(self, column: str) -> list[Value]:
        """Notes beside a column's cells in all the selection's rows; None where the cell is not selected."""
        note = self.sheet.column(column).note
        held = self.sheet.held[note].gather(self.rows).to_list() if note else [None] * len(self.rows)
        return [text if picked else None for text, picked in zip(held, self.mask(column), strict=True)]

    @property
    def cells(self) -> int:
        """How many cells are selected, empty ones too."""
        return sum(int(self.mask(name).sum()) for name in self.columns)

    def count(self, column: str) -> int:
        """How many of a column's selected cells have a value."""
        held = self.held(column)
        return len(held) - held.null_count()

    def sum(self, column: str) -> Decimal | None:
        """Exact sum of a column's selected cells; None for a ratio, a text, or no value at all."""
        if self.sheet.column(column).kind != "number" or not self.count(column):
            return None
        return self._total(column, self.held(column))

    def average(self, column: str) -> Decimal | None:
        """Average of a column's selected cells: their sum by the number of values.

        For a ratio this is the average of ratios, each cell weighing the same.
        """
        if not self.sheet.column(column).is_averaged or not self.count(column):
            return None
        return _divided(self._total(column, self.held(column)), Decimal(self.count(column)))

    def true_average(self, column: str) -> Decimal | None:
        """Average of a ratio's selected cells, weighed by the calls behind them.

        Σ numerator / Σ denominator over the rows whose cell is selected and has a value: the
        ratio of all these calls together. None where there is no such ratio.
        """
        described = self.sheet.column(column)
        if not described.denominator:
            return None
        rows = self.rows[self.mask(column)]
        with_value = rows[self.sheet.held[column].gather(rows).is_not_null().to_numpy()]
        above, below = (
            self._total(name, self.sheet.held[name].gather(with_value))
            for name in (described.numerator, described.denominator)
        )
        return _divided(above, below) if below else None

    def _total(self, column: str, held: pl.Series) -> Decimal:
        with localcontext(prec=_DIGITS):
            total = int(held.cast(pl.Int128).sum() or 0)
            return Decimal(total).scaleb(-self.sheet.places[column])

    def _at(self, column: str) -> int:
        if column not in self.columns:
            raise BadSelection(f"column {column!r} is not selected: {', '.join(self.columns)} are")
        return self.columns.index(column)


def _divided(above: Decimal, below: Decimal) -> Decimal:
    with localcontext(prec=_DIGITS, rounding=ROUND_HALF_EVEN):
        return above / below
