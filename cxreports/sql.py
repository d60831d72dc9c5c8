"""SQL literals: the one place where a value becomes a part of a query's text.

Values that a query can bind as parameters are bound; this is for what cannot be, such as the paths
of ``read_parquet`` and the text of a view.
"""


def literal(value: object) -> str:
    """Text of a value as an SQL literal: in single quotes, a quote within it doubled.

    Numbers and times come as texts too: DuckDB casts a literal to the type it is compared with.
    """
    return "'" + str(value).replace("'", "''") + "'"
