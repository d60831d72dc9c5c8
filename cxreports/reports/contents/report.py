"""A report in a notebook's hand: each of its parts is one call, and shows itself.

>>> from cxreports.reports import Report
>>> report = Report("acme", "2026-10", zone="Europe/Madrid")  # doctest: +SKIP
>>> report.headline()  # doctest: +SKIP
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from cxreports import language as languages
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import Period, zone
from cxreports.desk.answers import Holder
from cxreports.desk.desk import desk_of
from cxreports.figures.analyst import Lake
from cxreports.figures.bucket_sums import span
from cxreports.language import _, date_and_time
from cxreports.reports import running
from cxreports.reports.contents import alerts, graphs, headline, highlights, review, tables
from cxreports.reports.contents.busiest import Busiest, busiest
from cxreports.reports.contents.figures import whole
from cxreports.reports.document import Beside, Heading, Meanings, Notice, PageBreak, Points
from cxreports.reports.reported import Reported
from cxreports.settings import Settings
from cxreports.wording import moment

if TYPE_CHECKING:
    from cxreports.reports.document import Block, Graphs, Table, Tiles
    from cxreports.settings import Home

_DAY: Final = timedelta(days=1)


class Report:
    """A customer's figures of a period, as the parts of a report.

    Parameters
    ----------
    customer
        Id; ``all`` is every customer in reach together.
    period
        As `cxreports.reports.reported.Reported.of` reads it.
    language
        Tag of the language; by default that in use.
    zone
        Zone of graphs and of times beside figures; tables are in UTC.
    home
        As `cxreports.open` takes it; a report that is being run has its own.

    Raises
    ------
    NoSuchCustomer
        The customer has no call in the lake.
    BadTime
        The period or zone cannot be understood.
    """

    def __init__(
        self,
        customer: str = ALL_CUSTOMERS,
        period: str | Period | Reported = "last-month",
        *,
        language: str | None = None,
        zone: str = "UTC",
        home: Home = None,
    ) -> None:
        run = running.current()
        if run is None:
            self.settings, self.snapshot, now = Settings.of(home), Lake(home).snapshot(), datetime.now(UTC)
            if language:
                languages.speak(language)
        else:
            self.settings, self.snapshot, now = run.settings, run.snapshot, run.now
        self.customer = customer
        self.reported = Reported.of(period, now)
        self.zone = _zone(zone)

    @property
    def period(self) -> Period:
        """The period, UTC."""
        return self.reported.period

    @cached_property
    def holder(self) -> Holder:
        """The company as its account has it; of one that the portal does not know, the id."""
        if self.customer == ALL_CUSTOMERS:
            return Holder(ALL_CUSTOMERS, _("All customers"), currency="")
        ledger = desk_of(self.settings.home).account(self.customer).ledger
        return ledger.holder if ledger else Holder(self.customer, self.customer, currency="")

    @cached_property
    def figures(self) -> dict[str, Any]:
        """Figures of the whole period: the one row of `cxreports.figures.summary.totals`."""
        return self._totals(self.period)

    @cached_property
    def before(self) -> dict[str, Any] | None:
        """Those of the period before, which is as long; None where the customer's calls begin within it."""
        earlier = self.period.previous()
        calls = span(self.snapshot, self.customer)
        if calls is None or calls.start >= earlier.start + _DAY:
            return None
        return self._totals(earlier)

    @cached_property
    def busiest(self) -> Busiest:
        """The minute with most calls at once."""
        return busiest(self.snapshot, self.customer, self.period)

    @property
    def is_complete(self) -> bool:
        """Whether the calls of every switch reach the end of the period."""
        reach = self.snapshot.reach.complete
        return reach is not None and reach >= self.period.end

    def title(self) -> Heading:
        """The period, from when to when it goes, and what it is compared with."""
        return Heading(self.reported.title, 1, self.reported.sentence(is_compared=self.before is not None))

    def completeness(self) -> Notice | None:
        """Warning where the data does not reach the end of the period; nothing where it does."""
        if self.is_complete:
            return None
        reach = self.snapshot.reach.complete
        if reach is None:
            return Notice(_("There is no data yet."))
        return Notice(
            _("Not complete: the data reaches to {time} UTC, the period to {end}.").format(
                time=moment(reach), end=date_and_time(self.period.end, "yMMMd")
            )
        )

    def headline(self) -> Tiles:
        """Six figures, beside those of the period before."""
        return headline.tiles(self.figures, self.before, self.busiest, self.holder, zone(self.zone))

    def graphs(self) -> Graphs:
        """Graphs of live channels, ASR, ACD and DTMF, in the zone."""
        return graphs.graphs(
            self.snapshot, self.customer, self.reported, self.zone, self.figures, self.busiest
        )

    def stands_out(self) -> Points | None:
        """Sentences on what is unusual; nothing where nothing is."""
        found = highlights.found(self)
        return Points(_("What stands out"), found) if found else None

    def destinations(self, most: int = 12) -> Table:
        """Destinations with most attempts; of more the rest is one row."""
        return tables.destinations(self.snapshot, self.customer, self.period, self.figures, most)

    def endings(self, most: int = 8) -> Table:
        """How calls ended: by their final SIP codes."""
        return tables.endings(self.snapshot, self.customer, self.period, most)

    def summary(self, by: str = "") -> Table:
        """The summary by hour, day, week or month: the figures that billing uses."""
        return tables.summary(
            self.snapshot, self.customer, self.reported, by or self.reported.by, self.figures
        )

    def access(self) -> Table:
        """Who logged in during the period, from where, and who failed to."""
        return review.access(self.settings, self.customer, self.period)

    def alerts(self) -> Table:
        """Alerts that fired in the period."""
        return alerts.table(self)

    def meanings(self) -> Meanings:
        """What the figures mean."""
        return tables.meanings(self.snapshot.user_side_codes)

    @staticmethod
    def beside(*blocks: Block, weights: tuple[float, ...] = ()) -> Beside:
        """Blocks in columns beside each other."""
        shares = weights or (1.0,) * len(blocks)
        return Beside(tuple(zip(shares, blocks, strict=True)))

    @staticmethod
    def new_page() -> PageBreak:
        """The end of a page."""
        return PageBreak()

    def _totals(self, period: Period) -> dict[str, Any]:
        return whole(self.snapshot, self.customer, period)


def _zone(name: str) -> str:
    return zone(name).key
