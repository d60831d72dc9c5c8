"""Any frame as a table: polars' or pandas', however long and wide."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cxreports.clock import DAY_US, MINUTE_US
from cxreports.metrics import METRICS
from cxreports.sheets.columns import Column, exact_decimals
from cxreports.sheets.selection import Sheet

if TYPE_CHECKING:
    import pandas as pd

    from cxreports.sheets.columns import Precision

_MOST_DECIMALS: Final = 4
_TINY: Final = 1e-9
_IDS: Final = re.compile(r"(^|_)(id|year|code|number|port|key)s?$", re.IGNORECASE)
"""Names of columns whose whole numbers are names: no thousands are separated in them."""

_DECIMALS: Final = {metric.column: metric.decimals for metric in METRICS.values()}


def sheet_of(frame: pl.DataFrame, title: str = "", name: str = "table") -> Sheet:
    """Table of a polars frame: numbers as numbers, times in UTC as times, all else as texts."""
    series = [_readable(frame[each]) for each in frame.columns]
    columns = tuple(_column(each) for each in series)
    return Sheet(pl.DataFrame(series), columns, name=name, title=title)


def of_pandas(frame: pd.DataFrame | pd.Series[Any]) -> pl.DataFrame:
    """Polars' frame of a pandas frame or series; an index that has a name or says something is columns."""
    import pandas as pd  # noqa: PLC0415 (an analyst's notebook has it loaded already)

    table = frame.to_frame() if isinstance(frame, pd.Series) else frame
    if not (isinstance(table.index, pd.RangeIndex) and table.index.name is None):
        table = table.reset_index(allow_duplicates=True)
    columns: dict[str, pl.Series] = {}
    for at, label in enumerate(table.columns):
        name = _name(label)
        while name in columns:
            name += " "
        columns[name] = _series(name, table.iloc[:, at])
    return pl.DataFrame(list(columns.values()))


def _name(label: Any) -> str:
    return " ".join(map(str, label)).strip() if isinstance(label, tuple) else str(label)


def _series(name: str, values: pd.Series[Any]) -> pl.Series:
    try:
        return pl.from_pandas(values).alias(name)
    except Exception:  # noqa: BLE001 (an object column holds anything)
        return pl.Series(name, [None if value is None else str(value) for value in values], pl.String)


def _readable(series: pl.Series) -> pl.Series:
    dtype = series.dtype
    if dtype.is_numeric():
        return series.cast(pl.String) if dtype.is_integer() and _IDS.search(series.name) else series
    if isinstance(dtype, pl.Datetime) and dtype.time_zone == "UTC":
        return series
    if isinstance(dtype, pl.Datetime):
        form = "%Y-%m-%d %H:%M:%S" if _has_seconds(series) else "%Y-%m-%d %H:%M"
        return series.dt.to_string(f"{form}%:z" if dtype.time_zone else form)
    if dtype == pl.String:
        return series
    return pl.Series(series.name, [_text(value) for value in series], pl.String)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value.to_list() if isinstance(value, pl.Series) else value)


def _precision(series: pl.Series) -> Precision:
    if not (series.dt.epoch("us") % DAY_US != 0).any():
        return "day"
    return "second" if _has_seconds(series) else "minute"


def _has_seconds(series: pl.Series) -> bool:
    return bool((series.dt.epoch("us") % MINUTE_US != 0).any())


def _column(series: pl.Series) -> Column:
    name, dtype = series.name, series.dtype
    if isinstance(dtype, pl.Datetime):
        return Column(name, name, "time", align="left", precision=_precision(series))
    if not dtype.is_numeric():
        right = dtype == pl.String and _IDS.search(name) is not None and _are_digits(series)
        return Column(name, name, align="right" if right else "left")
    if dtype.is_decimal():
        return Column(name, name, "number", exact_decimals(series, 0))
    return Column(name, name, "ratio" if dtype.is_float() else "number", _decimals(series))


def _are_digits(series: pl.Series) -> bool:
    return bool(series.drop_nulls().str.contains(r"^-?\d+$").all())


def _decimals(series: pl.Series) -> int:
    """Decimals of a column of floats: as a metric of its name has them, or as few as show its figures."""
    if not series.dtype.is_float():
        return 0
    if series.name in _DECIMALS:
        return _DECIMALS[series.name]
    values = series.drop_nulls().drop_nans()
    for decimals in range(_MOST_DECIMALS):
        if ((values - values.round(decimals)).abs() <= _TINY * (1 + values.abs())).all():
            return decimals
    largest = float(values.abs().max() or 0)  # type: ignore[arg-type]
    return 2 if largest >= 1 else _MOST_DECIMALS
