"""SQL that reads the Parquet files of a table, and how DuckDB writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cxreports.sql import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxreports.lake.log import TableShape

PARQUET: Final = (
    "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 5000, "
    "WRITE_BLOOM_FILTER false"
)
"""Level 1 costs a fifth less CPU than the default and 2 % more bytes; the order makes Bloom filters idle."""


def stored_sql(
    shape: TableShape, paths: Sequence[str], *, is_older: bool, partition: bool, named: bool
) -> str:
    """SQL of all rows of files, for use after FROM; of no file, no rows.

    Parameters
    ----------
    is_older
        A file may lack the columns that were added later.
    partition
        Add the column that readers see: the partition, or the day or month in its place.
    named
        Add ``filename``, the path of a row's file.
    """
    every = (*shape.columns, shape.seen) if partition else shape.columns
    nulls = [f"CAST(NULL AS {each.sql_type}) AS {each.name}" for each in every]
    if named:
        nulls.append("CAST(NULL AS VARCHAR) AS filename")
    nothing = f"(SELECT {', '.join(nulls)} WHERE false)"
    if not paths:
        return f"{nothing} AS nothing"
    options = ["hive_partitioning = false"]
    if partition and not shape.shown:
        kind = f"{{{literal(shape.partition.name)}: {shape.partition.sql_type}}}"
        options = ["hive_partitioning = true", f"hive_types = {kind}"]
    options += ["union_by_name = true"] if is_older else []
    options += ["filename = true"] if named else []
    stored = f"read_parquet([{', '.join(map(literal, paths))}], {', '.join(options)})"
    if partition and shape.shown:
        stored = f"(SELECT *, {shape.shown_sql} AS {shape.shown.name} FROM {stored})"
    if is_older:
        # No file need have the columns that were added later.
        stored = f"({nothing} UNION ALL BY NAME FROM {stored}) AS stored"
    return stored
