"""Least and greatest values of a file's columns: from a Parquet file's footer, and from what DuckDB says."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from cxreports.clock import microseconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cxreports.lake.log import Bound, TableShape


def measured(path: Path, columns: Sequence[str]) -> tuple[int, Mapping[str, tuple[Bound, Bound]]]:
    """Read how many rows a Parquet file has, and the least and greatest value of some columns.

    Row count and bounds come from the footer. The values of a column are read only where the footer
    lacks its statistics.

    Returns
    -------
    rows, bounds
        A column without any value has no bounds. A file that is gone (an old version's, vacuumed) has
        no rows.
    """
    # Our own commits always have statistics; another engine's need not (an OPTIMIZE without them, say).
    from pyarrow import parquet  # noqa: PLC0415 (130 ms, for files that hardly any lake has)

    if not path.exists():
        return 0, {}
    with parquet.ParquetFile(path) as file:
        found = {name: _bounds(file, name) for name in columns}
        return file.metadata.num_rows, {name: both for name, both in found.items() if both is not None}


def _bounds(file: Any, name: str) -> tuple[Bound, Bound] | None:
    metadata, at = file.metadata, file.schema_arrow.get_field_index(name)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    statistics = [(group.num_rows, group.column(at).statistics) for group in groups]
    sides = []
    for rows, each in statistics:
        if each is not None and each.has_min_max:
            sides += [each.min, each.max]
        elif each is None or not each.has_null_count or each.null_count < rows:
            return _read_bounds(file, name)
    return (_measured_bound(min(sides)), _measured_bound(max(sides))) if sides else None


def _read_bounds(file: Any, name: str) -> tuple[Bound, Bound] | None:
    from pyarrow import compute  # noqa: PLC0415 (as above)

    both = compute.min_max(file.read(columns=[name])[name]).as_py()
    return None if both["min"] is None else (_measured_bound(both["min"]), _measured_bound(both["max"]))


def _measured_bound(value: Any) -> Bound:
    if isinstance(value, datetime):
        return microseconds(value)
    return value if isinstance(value, int) else str(value)


def written_bounds(
    shape: TableShape, found: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[Bound, Bound]]:
    """Read the bounds that DuckDB returns for a file that it has written."""
    kinds = {each.name: each.sql_type for each in shape.columns}
    bounds: dict[str, tuple[Bound, Bound]] = {}
    for column in shape.bounded:
        of = found[f'"{column}"']
        if of.get("min_is_exact") == "true" and of.get("max_is_exact") == "true":
            bounds[column] = (_written(kinds[column], of["min"]), _written(kinds[column], of["max"]))
    return bounds


def _written(kind: str, text: str) -> Bound:
    if kind == "TIMESTAMPTZ":
        return microseconds(datetime.fromisoformat(text))
    return int(text) if kind == "BIGINT" else text
