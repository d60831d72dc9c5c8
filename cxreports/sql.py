"""SQL as text: literals, the one place where a value becomes a part of a query, and queries that grow.

Values that a query can bind as parameters are bound; literals are for what cannot be, such as the paths
of ``read_parquet`` and the text of a view.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


def literal(value: object) -> str:
    """Text of a value as an SQL literal: in single quotes, a quote within it doubled.

    Numbers and times come as texts too: DuckDB casts a literal to the type it is compared with.
    """
    return "'" + str(value).replace("'", "''") + "'"


@dataclass
class Stack:
    """A query that grows by one projection at a time."""

    sql: str

    def add(self, items: Iterable[str]) -> None:
        """Select further items beside all that there is."""
        selected = list(items)
        if selected:
            self.sql = f"SELECT *, {', '.join(selected)}\nFROM ({self.sql})"

    def flagged(self, kind: str, cases: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Select the conditions of some texts, as each is looked at twice; return their names instead."""
        self.add(f"{condition} AS {kind}_{i}" for i, (condition, _) in enumerate(cases))
        return [(f"{kind}_{i}", text) for i, (_, text) in enumerate(cases)]


def instant_sql(instant: int) -> str:
    """Microseconds since 1970 as SQL of a TIMESTAMPTZ."""
    return f"make_timestamptz({instant})"
