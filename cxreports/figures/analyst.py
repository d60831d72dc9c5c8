"""The lake as an analyst has it in hand: load, summary, series, SQL, all from one object."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Unpack

from cxreports.cdr.record import ALL_CUSTOMERS, COLUMNS
from cxreports.clock import Time, time
from cxreports.figures import breakdown, call_records
from cxreports.figures.bucket_sums import asked_period, span
from cxreports.figures.narrowing import Narrowing, Only, narrowed
from cxreports.figures.series import series
from cxreports.figures.summary import charges, summary, totals
from cxreports.lake.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import duckdb
    import polars as pl

    from cxreports.lake.snapshot import Snapshot
    from cxreports.settings import Home


class Lake(Store):
    """Call records and every figure that follows from them.

    Each answer comes from one consistent state of the lake: the newest one, or the one that it
    was opened at. What takes ``only`` can be narrowed by ``destination``, ``sip``, ``direction`` and
    ``number``, as `cxreports.figures.narrowing.Narrowing` has them. Frames are polars';
    ``.to_pandas()`` turns them into pandas'.

    Parameters
    ----------
    home
        Folder of everything that cxreports keeps, by default the setting ``CXREPORTS_HOME``; or the
        settings, where they have been read already.
    as_of
        Time or version to stay at; by default the lake is followed as calls are loaded.

    Examples
    --------
    >>> import cxreports as cx
    >>> lake = cx.open()  # doctest: +SKIP
    >>> lake.summary("acme", by="day")  # doctest: +SKIP
    >>> lake.series("acme", "asr", every="1h", tz="Europe/Madrid")  # doctest: +SKIP
    >>> lake.summary("acme", destination="Spain", sip="5xx")  # doctest: +SKIP
    >>> lake.sql("select sip_code, count(*) from cdr group by all")  # doctest: +SKIP
    """

    def __init__(self, home: Home = None, *, as_of: Time | int | None = None) -> None:
        super().__init__(home)
        self._as_of = as_of if as_of is None or isinstance(as_of, int) else time(as_of)
        self._pinned: Snapshot | None = None

    def snapshot(self, as_of: datetime | int | None = None) -> Snapshot:
        """Open the lake as it is now (or was when it was opened at), or was at a time or version.

        Raises
        ------
        NoSuchVersion
            The lake does not reach back to it, or has not come to it.
        """
        if self._as_of is None or as_of is not None:
            return super().snapshot(as_of)
        if self._pinned is None:
            self._pinned = super().snapshot(self._as_of)
        return self._pinned

    def touches(self, snapshot: Snapshot, customer: str) -> bool:
        """Whether what was loaded after a snapshot may have changed a customer's calls.

        A lake that stays at a time does not change.
        """
        return self._as_of is None and super().touches(snapshot, customer)

    @property
    def reach(self) -> datetime | None:
        """Time up to which the calls of every switch are there, UTC; None without a call.

        `Snapshot.reach` has the ends by switch; see `cxreports.lake.reach.Reach` for switches that are late.
        """
        return self.snapshot().reach.complete

    def narrowed(self, **only: Unpack[Only]) -> Snapshot:
        """The lake as it is now, in which some calls alone count."""
        return narrowed(self.snapshot(), Narrowing(**only))

    def summary(
        self,
        customer: str = "all",
        by: str = "day",
        *,
        start: Time | None = None,
        end: Time | None = None,
        **only: Unpack[Only],
    ) -> pl.DataFrame:
        """A customer's figures by hour, day, week or month, in UTC: see `cxreports.figures.summary`."""
        return summary(self.narrowed(**only), customer, by, start=start, end=end)

    def totals(
        self,
        customer: str = "all",
        *,
        start: Time | None = None,
        end: Time | None = None,
        **only: Unpack[Only],
    ) -> pl.DataFrame:
        """A customer's figures over a whole period, one row like those of `summary`."""
        return totals(self.narrowed(**only), customer, start=start, end=end)

    def charges(
        self,
        customer: str = "all",
        by: str | None = None,
        *,
        start: Time | None = None,
        end: Time | None = None,
        **only: Unpack[Only],
    ) -> pl.DataFrame:
        """What was charged in each currency, which `summary` never adds up."""
        return charges(self.narrowed(**only), customer, by, start=start, end=end)

    def series(
        self,
        customer: str,
        metric: str,
        *,
        every: str = "1h",
        start: Time | None = None,
        end: Time | None = None,
        tz: str = "UTC",
        weighed: bool = False,
        **only: Unpack[Only],
    ) -> pl.DataFrame:
        """A metric over time, in any bucket and zone: see `cxreports.figures.series`."""
        span = {"start": start, "end": end}
        return series(self.narrowed(**only), customer, metric, every=every, **span, tz=tz, weighed=weighed)

    def sip_codes(
        self,
        customer: str = "all",
        *,
        start: Time | None = None,
        end: Time | None = None,
        **only: Unpack[Only],
    ) -> pl.DataFrame:
        """Count a customer's attempts by their final SIP code: see `cxreports.figures.breakdown`."""
        return breakdown.sip_codes(self.narrowed(**only), customer, start=start, end=end)

    def destinations(
        self,
        customer: str = "all",
        *,
        start: Time | None = None,
        end: Time | None = None,
        **only: Unpack[Only],
    ) -> pl.DataFrame:
        """Add up a customer's calls by where they went: see `cxreports.figures.breakdown`."""
        return breakdown.destinations(self.narrowed(**only), customer, start=start, end=end)

    def cdrs(
        self,
        customer: str = "all",
        *,
        start: Time | None = None,
        end: Time | None = None,
        connected: bool = False,
        columns: Sequence[str] = COLUMNS,
        limit: int | None = None,
        **only: Unpack[Only],
    ) -> pl.DataFrame:
        """Call records themselves, oldest first, in UTC: see `cxreports.figures.call_records`.

        Parameters
        ----------
        connected
            Whether only answered calls are wanted.
        columns
            Columns of the record.
        limit
            The most calls to give.
        """
        snapshot = self.snapshot()
        calls = span(snapshot, customer)
        period = asked_period(start, end, calls) if calls else None
        asked = call_records.CdrFilter(**only, customer=customer, period=period, connected=connected)
        return call_records.page(snapshot, asked, descending=False, limit=limit, columns=columns)

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Ask DuckDB; the tables are ``cdr``, ``hourly``, ``daily``, ``channels`` and ``reject``.

        Returns
        -------
        duckdb.DuckDBPyRelation
            Shows itself; ``.pl()`` and ``.df()`` give frames. Times are in UTC.
        """
        return self.snapshot().connection.sql(query)

    def __repr__(self) -> str:
        return f"<cxreports.Lake {'; '.join(f'{name} {fact}' for name, fact in self._facts().items())}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr style='text-align: left'><th>{name}</th><td>{html.escape(fact)}</td></tr>"
            for name, fact in self._facts().items()
        )
        return f"<table><caption>cxreports lake</caption><tbody>{rows}</tbody></table>"

    def _facts(self) -> dict[str, str]:
        facts = {"home": str(self.home)}
        if not self._tables.exist():
            return facts | {"calls": "none yet: load(file, …) brings some"}
        snapshot = self.snapshot()
        reach = snapshot.reach.complete
        facts["as of"] = f"{reach:%Y-%m-%d %H:%M:%S} UTC" if reach else "never"
        facts["loaded"] = f"{snapshot.as_of:%Y-%m-%d %H:%M:%S} UTC"
        known = snapshot.customers()
        facts["calls"] = f"{known['cdrs'].sum():,} of {known.height:,} customers"
        calls = span(snapshot, ALL_CUSTOMERS)
        return facts if calls is None else facts | {"from": str(calls)}
