"""How a file writes its values: what its columns' names do not say, and the whole file does."""

from dataclasses import dataclass
from typing import TypeAlias

Fold: TypeAlias = tuple[int, int, int]
"""A stretch of the clock that is passed twice: begin and end of its second passing, and by how much
earlier the first one was, in microseconds (since 1970)."""


@dataclass(frozen=True)
class Manner:
    """How a file writes its values.

    Attributes
    ----------
    zone
        Zone of times that say none.
    order
        ``dmy``, ``mdy`` or ``ymd``, where the file's dates in numbers have an order that the load or the
        file decides; None for that of the format.
    order_certain
        Whether it is decided; else the order is the format's own, and rows say so.
    decimal_comma
        Whether numbers have a comma before their decimals.
    folds, gaps
        Stretches of the clock that are passed twice, or never (as a fold, moved an hour on), where the
        file's times reach into one.
    """

    zone: str = "UTC"
    order: str | None = None
    order_certain: bool = True
    decimal_comma: bool = False
    folds: tuple[Fold, ...] = ()
    gaps: tuple[Fold, ...] = ()
