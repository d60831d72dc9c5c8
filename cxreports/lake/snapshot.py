"""A snapshot: one consistent set of versions of the tables, as a DuckDB connection.

Views read the Parquet files of exactly these versions, so nothing that is committed later
shows. `Snapshot.scan` names only the files that can hold what is asked for, which is what keeps
a question quick in a large lake.
"""

from __future__ import annotations

import threading
import warnings
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import duckdb
import polars as pl

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import DAY_US, MINUTE_US, Time, from_microseconds, microseconds
from cxreports.clock import time as time_of
from cxreports.lake.calls.at_once import answer
from cxreports.lake.parquet.views import latest_sql
from cxreports.lake.reach import Reach
from cxreports.sql import instant_sql, literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cxreports.lake.calls.at_once import AtOnce
    from cxreports.lake.head import Head
    from cxreports.lake.kept.rows import KeptRows
    from cxreports.lake.log import Contents, DataFile
    from cxreports.lake.parquet.views import Views
    from cxreports.lake.table import Table

_WARNINGS: Final = threading.Lock()


def _answered(connection: duckdb.DuckDBPyConnection, sql: str) -> pl.DataFrame:
    """Ask a cursor: a relation is planned twice, and whoever reads an answer of the connection reads on."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        with _WARNINGS, warnings.catch_warnings():  # they are the whole process's
            warnings.simplefilter("ignore", UserWarning)  # of the copy, which is small
            answer: Any = cursor.to_arrow_reader()
        return pl.DataFrame(answer.read_all())


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The lake at one moment.

    Attributes
    ----------
    head
        The versions of its tables.
    views
        Of `connection`.
    tables
        The tables, by name.
    contents
        Their files, by name.
    user_side_codes
        SIP codes that ``hourly`` counts as user-side endings.
    where
        SQL of what a call must fulfil to count; empty where every call counts.
    whole
        The same with everybody's rows in reach, where one customer's alone are in this one's.
    at_once
        Answers for everybody, of a process that works for many customers: `cxreports.lake.calls.at_once`.
    kept
        Rows that stay in memory, of a process that looks at one state after the other: `cxreports.lake.kept`.
    """

    head: Head
    views: Views
    tables: Mapping[str, Table]
    contents: Mapping[str, Contents]
    user_side_codes: tuple[int, ...]
    where: str = ""
    whole: Snapshot | None = None
    at_once: AtOnce | None = None
    kept: KeptRows | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """DuckDB, session in UTC, with the views ``cdr``, ``hourly``, ``daily``, ``channels`` and ``reject``.

        ``hourly`` has one row per customer, hour and currency, ``daily`` one per day; ``channels`` the latest
        revision of each minute.
        """
        return self.views.connection()

    @property
    def versions(self) -> Mapping[str, int]:
        """Version by table; that of ``channels`` is the lake's."""
        return self.head.versions

    @property
    def as_of(self) -> datetime:
        """When the newest of the versions was committed, UTC."""
        return self.head.at

    @cached_property
    def reach(self) -> Reach:
        """Up to when the calls are there: of all customers, as a switch that is late is late for all."""
        return (
            self.head.reach if self.head.reach.ends else Reach.of_bounds(self.contents["cdr"].files.values())
        )

    @property
    def has_days(self) -> bool:
        """Whether ``daily`` can be read: an old lake has none until something is loaded."""
        return not self.where and self._keeps_days

    @property
    def _keeps_days(self) -> bool:
        return self.head.daily > 0 or self.head.hourly == 0

    @property
    def is_narrowed(self) -> bool:
        """Whether some calls alone count, so that ``cdr`` is the only table that can be read."""
        return bool(self.where)

    def narrowed(self, where: str) -> Snapshot:
        """The same state of the lake, in which calls count that fulfil a condition too.

        Parameters
        ----------
        where
            SQL over the columns of ``cdr``; the caller answers for its values being literals.
        """
        return replace(self, where=f"({self.where}) AND ({where})" if self.where else where)

    def query(self, sql: str, *, many: bool = False) -> pl.DataFrame:
        """Ask a question in SQL.

        Parameters
        ----------
        many
            The answer may have millions of rows: it is not copied, but the question is planned twice.
        """
        answer: pl.DataFrame
        with self._lock:
            try:
                answer = self.views.bare.sql(sql).pl() if many else _answered(self.views.bare, sql)
            except duckdb.CatalogException:  # it asks a view, or for what there is not
                answer = self.connection.sql(sql).pl()
        return answer

    def scan(
        self, table: str, *, customer: str = ALL_CUSTOMERS, start: Time | None = None, end: Time | None = None
    ) -> str:
        """SQL of some rows of a table, for use after FROM, that opens no file in vain.

        Parameters
        ----------
        table
            ``cdr`` or ``leg`` (by call time), ``hourly``, ``daily`` (by their beginning; several rows of
            a key add up) or ``channels`` (by minute).
        customer
            Whose rows; ``all`` is every row, of ``channels`` the rows of ``all``; empty is every row in reach
            of every table.
        start, end
            Half-open period; an end left out is open.

        Raises
        ------
        ValueError
            The snapshot is narrowed, and the table has sums of calls that do not count.
        """
        if self.where and table not in {"cdr", "leg"}:
            raise ValueError(f"{table} counts every call: a narrowed snapshot has cdr alone")
        return self._scan(table, customer, start, end)

    def _scan(self, table: str, customer: str, start: Time | None, end: Time | None) -> str:
        low = None if start is None else microseconds(time_of(start))
        high = None if end is None else microseconds(time_of(end))
        customer = self.reached(customer)
        files, time = self._files(table, customer, low, high), self.tables[table].shape.time
        conditions = []
        if customer and (customer != ALL_CUSTOMERS or table == "channels"):
            conditions.append(f"customer = {literal(customer)}")
        if low is not None:
            conditions.append(f"{time} >= {instant_sql(low)}")
        if high is not None:
            conditions.append(f"{time} < {instant_sql(high)}")
        if self.where and table == "cdr":
            conditions.append(f"({self.where})")
        rows = self.tables[table].rows(files, partition=True, is_cut=True)
        if conditions:
            rows = f"(FROM {rows} AS rows WHERE {' AND '.join(conditions)})"
        return latest_sql(rows, files) if table == "channels" else rows

    def files(self, table: str, start: Time | None, end: Time | None) -> list[DataFile]:
        """Files that can hold a period's rows, whosever."""
        low, high = (None if each is None else microseconds(time_of(each)) for each in (start, end))
        return self.contents[table].between(self.tables[table].shape, low, high)

    def in_progress(self, customer: str, start: Time, end: Time) -> pl.DataFrame:
        """Calls that go on at some time in [start, end), whenever they began.

        Returns
        -------
        polars.DataFrame
            ``call_time``, ``end_time`` (UTC), in no order. Calls without a known end and calls of
            no length are not in it.
        """
        low, high = microseconds(time_of(start)), microseconds(time_of(end))
        customer = self.reached(customer)
        files = [
            each
            for each in self._files("cdr", customer, None, high)
            if each.may_hold("end_time", low + 1, None)
        ]
        whose = "true" if customer == ALL_CUSTOMERS else f"customer = {literal(customer)}"
        return self.query(
            f"SELECT call_time, end_time FROM {self.tables['cdr'].rows(files)} AS calls WHERE {whose} "
            f"AND ({self.where or 'true'}) "
            f"AND end_time > call_time AND end_time > {instant_sql(low)} AND call_time < {instant_sql(high)}"
        )

    def channels_at(self, customer: str, time: Time) -> int:
        """Calls in progress just before a full minute begins.

        A time within a minute counts as its beginning.
        """
        instant = microseconds(time_of(time)) // MINUTE_US * MINUTE_US
        if self.where:
            just_before = from_microseconds(instant - 1)
            return self.in_progress(customer, just_before, from_microseconds(instant)).height
        midnight, until = from_microseconds((instant - 1) // DAY_US * DAY_US), from_microseconds(instant)
        if self.kept is not None:
            kept = self.kept.minutes(self, customer, microseconds(midnight), instant)
            if kept is not None:
                return int(kept["channels"][-1]) if kept.height else 0

        def level(snapshot: Snapshot, whose: str, by: str) -> str:
            rows = snapshot.scan("channels", customer=whose, start=midnight, end=until)
            group = " GROUP BY customer" if by else ""
            return f"SELECT {by}arg_max(channels, minute) AS channels FROM {rows} AS rows{group}"

        levels = answer(self, customer, level, ("channels at", instant), {"channels"})["channels"].to_list()
        return int(levels[0] or 0) if levels else 0

    def channels_by_customer(self, time: Time) -> pl.DataFrame:
        """Every customer's calls in progress, as `channels_at` gives one's.

        Returns
        -------
        polars.DataFrame
            ``customer``, ``channels``; customers without any may be left out.

        Raises
        ------
        ValueError
            The snapshot is narrowed.
        """
        if self.where:
            raise ValueError("channels counts every call: a narrowed snapshot has cdr alone")
        instant = microseconds(time_of(time)) // MINUTE_US * MINUTE_US
        midnight = (instant - 1) // DAY_US * DAY_US
        files = self._files("channels", "", midnight, instant)
        rows = latest_sql(self.tables["channels"].rows(files, partition=True), files)
        return self.query(
            f"SELECT customer, CAST(arg_max(channels, minute) AS BIGINT) AS channels FROM {rows} AS rows "
            f"WHERE minute >= {instant_sql(midnight)} AND minute < {instant_sql(instant)} "
            f"AND customer <> {literal(ALL_CUSTOMERS)} GROUP BY customer"
        )

    def customers(self) -> pl.DataFrame:
        """Customers, with all of their calls whether they count or not.

        Returns
        -------
        polars.DataFrame
            ``customer``, ``cdrs``, ``first_call``, ``last_call`` (UTC), ordered by customer.
        """
        return self._customers.drop("currencies")

    def currencies(self, customer: str) -> set[str | None]:
        """Currencies in which any of a customer's calls has a price, whether it counts or not."""
        rows = [row for name, row in self.by_customer.items() if customer in {ALL_CUSTOMERS, name}]
        return {currency or None for row in rows for currency in row["currencies"] or ()}

    @cached_property
    def by_customer(self) -> Mapping[str, Mapping[str, Any]]:
        """Rows of `customers` by customer, each with the ``currencies`` of its prices, "" for none."""
        if self.whole is not None and (only := self.tables["cdr"].only) is not None:
            return {name: row for name, row in self.whole.by_customer.items() if name == only}
        return {row["customer"]: row for row in self._customers.iter_rows(named=True)}

    @cached_property
    def _customers(self) -> pl.DataFrame:
        if self.whole is not None and (only := self.tables["cdr"].only) is not None:
            return self.whole._customers.filter(pl.col("customer") == only)  # noqa: SLF001 (another snapshot's)
        if self.kept is not None and self._keeps_days:
            return self.kept.customers(self)
        sums = self._scan("daily" if self._keeps_days else "hourly", ALL_CUSTOMERS, None, None)
        return self.query(
            "SELECT customer, CAST(SUM(attempts) AS BIGINT) AS cdrs, MIN(first_call) AS first_call, "
            "MAX(last_call) AS last_call, "
            "list(DISTINCT coalesce(currency, '')) FILTER (charge IS NOT NULL) AS currencies "
            f"FROM {sums} AS sums "
            "GROUP BY customer ORDER BY customer"
        )

    def loads(self) -> pl.DataFrame:
        """Files that were loaded and have not been taken back, the first first.

        Returns
        -------
        polars.DataFrame
            ``id``, ``file``, ``format``, ``customer`` (as the load named it), ``zone``, ``loaded_at`` (UTC,
            the last time), and of all times together ``rows``, ``loaded``, ``duplicates``, ``rejected``,
            ``paired``.
        """
        counts = ("rows", "loaded", "duplicates", "rejected", "paired")
        added = ", ".join(f"CAST(SUM({each}) AS BIGINT) AS {each}" for each in counts)
        last = ", ".join(
            f"arg_max({each}, load) AS {each}" for each in ("file", "format", "customer", "zone")
        )
        return self.query(
            f"SELECT id, {last}, MAX(loaded_at) AS loaded_at, {added} FROM loads GROUP BY id ORDER BY id"
        )

    def reached(self, customer: str) -> str:
        """Read ``all`` as all that are in reach, which is one where a visitor has one."""
        only = self.tables["cdr"].only
        return only if only is not None and customer == ALL_CUSTOMERS else customer

    def files_of(self, table: str, customer: str, start: Time | None, end: Time | None) -> list[DataFile]:
        """Files that can hold rows of a customer in reach, of a half-open period; an end left out is open."""
        low, high = (None if each is None else microseconds(time_of(each)) for each in (start, end))
        return self._files(table, self.reached(customer), low, high)

    def _files(self, table: str, customer: str, low: int | None, high: int | None) -> list[DataFile]:
        """Files that can hold a customer's rows of a period."""
        until = None if high is None else high - 1
        files = self.contents[table].between(self.tables[table].shape, low, until)
        everyone = not customer or (customer == ALL_CUSTOMERS and table != "channels")
        return [each for each in files if everyone or each.may_hold("customer", customer, customer)]
