"""Questions that are asked once for all customers, by a process that works for one after the other.

DuckDB plans a question for longer than it reads one customer's rows. Here it is asked of everybody's held
rows, by customer, and each customer is given its own part of the answer: the rows that `Table.rows` would
have left it.
"""

from __future__ import annotations

from collections import OrderedDict
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping

    import polars as pl

    from cxreports.lake.log import Held
    from cxreports.lake.snapshot import Snapshot

_MOST_KEPT: Final = 32
"""Answers that are kept: a report asks for eight, and one more for each zone."""


class Question(Protocol):
    """What is to be known of a customer's rows."""

    def __call__(self, snapshot: Snapshot, customer: str, by: str, /) -> str:
        """SQL of it.

        Parameters
        ----------
        customer
            As `Snapshot.scan` takes it.
        by
            What the columns, groups and order of the answer begin with: ``customer,``, or nothing.
        """


class AtOnce:
    """Answers for all customers.

    Parameters
    ----------
    everything
        The lake with everybody's rows in reach.
    held
        Those of its rows that are in memory, by table.
    """

    def __init__(self, everything: Snapshot, held: Mapping[str, Held]) -> None:
        tables = {name: copy(table) for name, table in everything.tables.items()}
        for name, rows in held.items():
            tables[name].held = rows
        self._everybody = replace(everything, tables=tables)
        self._held = frozenset(held)
        self._kept: OrderedDict[Hashable, tuple[Mapping[str, pl.DataFrame], pl.DataFrame]] = OrderedDict()

    def holds(self, tables: Collection[str]) -> bool:
        """Whether the rows of some tables are in memory."""
        return self._held.issuperset(tables)

    def answer(self, customer: str, key: Hashable, question: Question) -> pl.DataFrame:
        """A customer's part of the answer to a question, which the key stands for."""
        if key not in self._kept:
            rows = self._everybody.query(question(self._everybody, "", "customer, "))
            parts = rows.partition_by("customer", as_dict=True, include_key=False)
            self._kept[key] = (
                {str(name): part for (name,), part in parts.items()},
                rows.drop("customer").clear(),
            )
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        parts_of, nothing = self._kept[key]
        return parts_of.get(customer, nothing)


def answer(
    snapshot: Snapshot, customer: str, question: Question, key: Hashable, tables: Collection[str]
) -> pl.DataFrame:
    """Ask a question of a customer's rows; where reports of many are made, of everybody's at once.

    Parameters
    ----------
    key
        All that the question depends on beside snapshot and customer.
    tables
        Those that it reads.
    """
    at_once = snapshot.at_once
    is_own = customer == snapshot.tables["cdr"].only
    if at_once is None or not is_own or snapshot.is_narrowed or not at_once.holds(tables):
        return snapshot.query(question(snapshot, customer, ""))
    return at_once.answer(customer, key, question)
