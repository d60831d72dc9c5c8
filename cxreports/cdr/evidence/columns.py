"""The columns that one file has, and what the record key is made of."""

from dataclasses import dataclass

from cxreports.cdr.source_format import column_key


@dataclass(frozen=True)
class Columns:
    """The columns of one file, in its order, and what the record key is made of.

    Attributes
    ----------
    names
        Headings as they stand in the file; column ``i`` is read as ``c<i>``.
    key
        Indices of the columns that the record key covers, in an order that the format gives, so
        that an export with its columns in another order, or with fewer of them, gives the same
        keys; ``None`` for a column that the file lacks.
    others
        Indices of columns that the format does not have, in the order of their names.
    """

    names: tuple[str, ...]
    key: tuple[int | None, ...]
    others: tuple[int, ...] = ()

    def sql(self, name: str) -> str | None:
        """Return the SQL of a source column, ``None`` if the file does not have it."""
        wanted = column_key(name)
        found = (i for i, known in enumerate(self.names) if column_key(known) == wanted)
        index = next(found, None)
        return None if index is None else f"c{index}"
