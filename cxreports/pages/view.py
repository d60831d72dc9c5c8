"""What the dashboard shows: whose calls, which stretch of time, in which zone."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import Bucket, Period, time, zone
from cxreports.errors import BadTime
from cxreports.language import _, marked

PERIODS: Final = (
    {"id": "24h", "label": marked("24 h"), "title": marked("The last 24 hours")},
    {"id": "7d", "label": marked("7 d"), "title": marked("The last 7 days")},
    {"id": "30d", "label": marked("30 d"), "title": marked("The last 30 days")},
)
"""Periods of a fixed length, as the picker shows them; `periods` says their texts."""

CUSTOM: Final = "custom"

TABS: Final = ("live", "daily", "weekly", "monthly")
"""Tables of the summary."""

GRAPHS: Final = ("channels", "asr", "acd", "dtmf", "ner", "pdd", "cps", "attempts")
"""Metrics that have a graph."""

BREAKDOWNS: Final = ("sip_codes", "destinations")
"""What calls are counted by, as bars."""

WIDGETS: Final = ("figures", *GRAPHS, *BREAKDOWNS, "summary")
"""What the page can show."""

STANDARD: Final = ("figures", *GRAPHS[:4], "summary")
"""What it shows when nothing is chosen, in this order."""

THEMES: Final = ("system", "light", "dark")

_LENGTHS: Final = frozenset(each["id"] for each in PERIODS)
_HOUR: Final = Bucket.of("1h")
_UTC: Final = zone("UTC")
_WALL_CLOCK: Final = "%Y-%m-%dT%H:%M"

_BUCKET_WIDTHS: Final = (
    (timedelta(hours=3), "1m"),
    (timedelta(hours=12), "5m"),
    (timedelta(days=2), "15m"),
    (timedelta(days=10), "1h"),
    (timedelta(days=45), "6h"),
    (timedelta(days=400), "1d"),
)


@dataclass(frozen=True)
class View:
    """The choices of a person who looks at the dashboard.

    Attributes
    ----------
    customer
        Id, or ``all``; empty while the lake is.
    zone
        IANA name of the zone that graphs and clock are in.
    period
        Id out of `PERIODS`, or ``custom``.
    custom_from, custom_to
        Ends of the custom period on the zone's clocks, ``2026-11-23T14:00``; empty when none
        was chosen yet.
    compare
        Whether graphs show the previous period too.
    tab
        Table of the summary that is open.
    widgets
        Ids out of `WIDGETS`, in the order in which they are shown.
    theme
        Out of `THEMES`.
    opens
        Id out of `PERIODS`: the period that the page opens with.
    """

    customer: str = ""
    zone: str = "UTC"
    period: str = "24h"
    custom_from: str = ""
    custom_to: str = ""
    compare: bool = True
    tab: str = "live"
    widgets: tuple[str, ...] = STANDARD
    theme: str = "system"
    opens: str = "24h"

    def asked(self, wishes: Mapping[str, str]) -> "View":
        """Give this view with what an address or preferences ask for; what makes no sense is left out."""
        view = self
        customer, tab = wishes.get("customer", ""), wishes.get("tab", "")
        if customer:
            view = replace(view, customer=customer)
        if tab in TABS:
            view = replace(view, tab=tab)
        if wishes.get("theme") in THEMES:
            view = replace(view, theme=wishes["theme"])
        if "widgets" in wishes:
            view = replace(view, widgets=known(wishes["widgets"].split(",")))
        if wishes.get("compare") in {"0", "1"}:
            view = replace(view, compare=wishes["compare"] == "1")
        with suppress(BadTime):
            view = replace(view, zone=zone(wishes.get("zone", view.zone)).key)
        if wishes.get("opens") in _LENGTHS:
            view = replace(view, opens=wishes["opens"], period=wishes["opens"])
        period = wishes.get("period", view.period)
        if period in _LENGTHS:
            return replace(view, period=period)
        begin, end = wishes.get("from", ""), wishes.get("to", "")
        with suppress(BadTime):
            chosen = replace(view, period=CUSTOM, custom_from=begin, custom_to=end)
            chosen.span(datetime.now(_UTC))
            return chosen
        return view

    def address(self) -> dict[str, str]:
        """Give the view as an address says it."""
        said = {"customer": self.customer, "period": self.period, "zone": self.zone, "tab": self.tab}
        if self.period == CUSTOM:
            said |= {"from": self.custom_from, "to": self.custom_to}
        if not self.compare:
            said["compare"] = "0"
        if self.widgets != STANDARD:
            said["widgets"] = ",".join(self.widgets)
        if self.theme != "system":
            said["theme"] = self.theme
        if self.opens != View.opens:
            said["opens"] = self.opens
        return said

    def preferred(self) -> dict[str, str]:
        """Give what may be kept for a person, in the address's words: see `preferences`."""
        return {
            "zone": self.zone,
            "widgets": ",".join(self.widgets),
            "opens": self.opens,
            "theme": self.theme,
        }

    def span(self, now: datetime) -> Period:
        """Give the stretch of time that is shown.

        Fixed periods end with the hour that `now` lies in, so that the figures above the graphs
        are the totals of the same hours in the summary.

        Raises
        ------
        BadTime
            The custom period cannot be read, or it is empty.
        """
        if self.period != CUSTOM:
            return Period.last(self.period, _HOUR.after(now, _UTC))
        within = zone(self.zone)
        ends = []
        for text in (self.custom_from, self.custom_to):
            try:
                ends.append(time(datetime.fromisoformat(text).replace(tzinfo=within)))
            except (ValueError, BadTime):
                raise BadTime(
                    _("{text} is no date and time such as 2026-11-23T14:00").format(text=repr(text))
                ) from None
        period = Period(*ends)
        if not period.length:
            raise BadTime(
                _("the period from {begin} to {end} is empty").format(
                    begin=self.custom_from, end=self.custom_to
                )
            )
        return period

    def on_the_clock(self, moment: datetime) -> str:
        """Give a time as the custom period is written, on the zone's clocks."""
        return moment.astimezone(zone(self.zone)).strftime(_WALL_CLOCK)

    @property
    def is_everyone(self) -> bool:
        """Whether the calls of all customers are shown together."""
        return self.customer == ALL_CUSTOMERS


def periods() -> list[dict[str, str]]:
    """Give `PERIODS` in the current language."""
    said = ("label", "title")
    return [{**each, **{name: _(each[name]) for name in said}} for each in PERIODS]


def known(widgets: Iterable[str]) -> tuple[str, ...]:
    """Give those widgets that there are, each once, in their order; all else is left out."""
    return tuple(dict.fromkeys(each for each in widgets if each in WIDGETS))


@cache
def zone_names() -> list[str]:
    """List the zones that people live in, by their present names, from the IANA database."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    return sorted(line.split("\t")[2] for line in table.splitlines() if not line.startswith("#"))


def bucket_width(length: timedelta) -> str:
    """Choose the width of a graph's buckets, so that it has about a hundred of them."""
    return next((width for longest, width in _BUCKET_WIDTHS if length <= longest), "1w")
