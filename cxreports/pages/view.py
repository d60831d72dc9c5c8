"""What the dashboard shows: whose calls, which stretch of time, in which zone."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final, Self
from zoneinfo import ZoneInfo

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import Bucket, Period, time, zone
from cxreports.errors import BadFilter, BadTime
from cxreports.figures.narrowing import DIRECTIONS, Direction, Narrowing
from cxreports.language import _
from cxreports.pages.spans.preset import BY_ID, DAY
from cxreports.sheets.summary import every_column, standard_columns

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

_MINUTE: Final = Bucket.of("1m")
_UTC: Final = zone("UTC")
_WALL_CLOCK: Final = "%Y-%m-%dT%H:%M"
_INSTANT: Final = "%Y-%m-%dT%H:%MZ"
_OFFSET: Final = re.compile(r"[+\- ]\d\d:\d\d(:\d\d)?$|Z$")
LONGEST_TEXT: Final = 200
"""Characters of a number or destination that figures are narrowed to."""

_ALWAYS_IN_ADDRESS: Final = ("customer", "period", "zone", "tab")
_PREFERENCES: Final = ("zone", "widgets", "opens", "theme", "columns")

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
        Id of a preset, or ``custom``.
    custom_from, custom_to
        Ends of the custom period on the zone's clocks, ``2026-11-23T14:00``, or exactly, with an
        offset from UTC, ``2026-10-25T02:00+02:00``; empty when none was chosen yet.
    compare
        Whether graphs show the previous period too.
    tab
        Table of the summary that is open.
    widgets
        Ids out of `WIDGETS`, in the order in which they are shown.
    theme
        Out of `THEMES`.
    opens
        Id of a preset: the period that the page opens with.
    columns
        Columns of the summary that are shown; empty for the usual ones.
    zoom
        Stretch that the graphs show, as instants: ``2026-11-29T08:00Z/2026-11-29T10:30Z``; empty where
        they show the whole period.
    number, sip, direction, destination
        What all figures are narrowed to, as `Narrowing` has it.
    """

    customer: str = ""
    zone: str = "UTC"
    period: str = DAY
    custom_from: str = ""
    custom_to: str = ""
    compare: bool = True
    tab: str = "live"
    widgets: tuple[str, ...] = STANDARD
    theme: str = "system"
    opens: str = DAY
    columns: tuple[str, ...] = ()
    zoom: str = ""
    number: str = ""
    sip: str = ""
    direction: Direction = ""
    destination: str = ""

    def chosen(self, choices: Mapping[str, str]) -> Self:
        """The view with choices of a person, named and written as `choices` has them.

        What is none of the choices that there are is left out. The times of a custom period and the
        SIP code are taken as they come: `span` and `narrowing` refuse what makes none.
        """
        view = replace(
            self,
            number=choices.get("number", self.number)[:LONGEST_TEXT],
            destination=choices.get("destination", self.destination)[:LONGEST_TEXT],
            sip=choices.get("sip", self.sip),
            direction=next((name for name in DIRECTIONS if name == choices.get("direction")), self.direction),
        )
        if customer := choices.get("customer"):
            view = replace(view, customer=customer)
        if choices.get("tab") in TABS:
            view = replace(view, tab=choices["tab"])
        if choices.get("theme") in THEMES:
            view = replace(view, theme=choices["theme"])
        if "widgets" in choices:
            view = replace(view, widgets=existing(choices["widgets"].split(",")))
        if "columns" in choices:
            view = replace(
                view, columns=chosen_columns(choices["columns"], every_column(), standard_columns())
            )
        if choices.get("compare") in {"0", "1"}:
            view = replace(view, compare=choices["compare"] == "1")
        with suppress(BadTime):
            view = replace(view, zone=zone(choices.get("zone", view.zone)).key)
        if choices.get("opens") in BY_ID:
            view = replace(view, opens=choices["opens"], period=choices["opens"])
        period = choices.get("period", view.period)
        if period in BY_ID:
            view = replace(view, period=period, custom_from="", custom_to="")
        elif period == CUSTOM and ("from" in choices or "to" in choices):
            begin, end = choices.get("from", ""), choices.get("to", "")
            view = replace(view, period=CUSTOM, custom_from=begin, custom_to=end)
        return replace(view, zoom=self._zoom(view, choices.get("zoom", self.zoom)))

    def _zoom(self, view: Self, asked: str) -> str:
        """Zoom of the view after this one: another period is seen whole, unless its zoom comes along."""
        if asked == self.zoom and view.range_choices() != self.range_choices():
            return ""
        ends = zoomed(asked)
        return "/".join(f"{moment:{_INSTANT}}" for moment in (ends.start, ends.end)) if ends else ""

    def range_choices(self) -> tuple[str, str, str]:
        """Period and ends, as they were chosen."""
        return self.period, self.custom_from, self.custom_to

    def asked(self, wishes: Mapping[str, str]) -> Self:
        """The view with wishes of an address or of preferences: as `chosen`, without what makes no sense."""
        try:
            wishes = {**wishes, "sip": Narrowing(sip=wishes.get("sip", self.sip)).sip}
        except BadFilter:
            wishes = {**wishes, "sip": self.sip}
        view = self.chosen(wishes)
        try:
            view.span(datetime.now(UTC))
        except BadTime:
            times = {"period", "from", "to"}
            return self.chosen({name: text for name, text in wishes.items() if name not in times})
        return view

    def choices(self) -> dict[str, str]:
        """All that is chosen, as texts: what widgets show, and what comes back from them to `chosen`."""
        is_custom = self.period == CUSTOM
        return {
            "customer": self.customer,
            "period": self.period,
            "zone": self.zone,
            "tab": self.tab,
            "from": self.custom_from if is_custom else "",
            "to": self.custom_to if is_custom else "",
            "compare": str(int(self.compare)),
            "widgets": ",".join(self.widgets),
            "theme": self.theme,
            "opens": self.opens,
            "columns": ",".join(self.columns),
            "zoom": self.zoom,
            "number": self.number,
            "sip": self.sip,
            "direction": self.direction,
            "destination": self.destination,
        }

    def address(self) -> dict[str, str]:
        """The view as an address has it: without most of what is usual."""
        usual = View().choices()
        return {
            name: text
            for name, text in self.choices().items()
            if name in _ALWAYS_IN_ADDRESS or text != usual[name]
        }

    def preferred(self) -> dict[str, str]:
        """The choices that are kept for a person: see `kept_choices`."""
        choices = self.choices()
        return {name: choices[name] for name in _PREFERENCES if name in choices}

    def span(self, now: datetime) -> Period:
        """Stretch of time that is shown.

        Parameters
        ----------
        now
            End of periods that are not over: the time up to which there are calls. They move with the
            calls, not with the hour, so that a period and the one before are equally long, and no figure
            jumps when an hour begins.

        Raises
        ------
        BadTime
            The custom period cannot be read, or it is empty.
        """
        within = zone(self.zone)
        if self.period != CUSTOM:
            return BY_ID[self.period].span(now, within)
        ends = []
        for text in (self.custom_from, self.custom_to):
            try:
                ends.append(_end(text, within))
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

    def earlier(self, period: Period) -> Period:
        """Period that the one shown is compared with."""
        if self.period == CUSTOM:
            return period.previous()
        return BY_ID[self.period].earlier(period, zone(self.zone))

    def plotted(self, period: Period) -> Period:
        """Stretch of a period that graphs show: one that follows the clock from its first whole bucket on.

        It ends with a minute, since live channels are kept by the minute.
        """
        if self.period == CUSTOM:
            return period
        start = Bucket.of(bucket_width(period.length)).ceil(period.start, zone(self.zone))
        return Period(start, _MINUTE.ceil(period.end, _UTC))

    @property
    def narrowing(self) -> Narrowing:
        """Which calls the figures are of.

        Raises
        ------
        BadFilter
            The SIP code is none.
        """
        return Narrowing(self.number, self.sip, self.direction, self.destination)

    def on_the_clock(self, moment: datetime) -> str:
        """A time as the custom period is written, on the zone's clocks."""
        return moment.astimezone(zone(self.zone)).strftime(_WALL_CLOCK)

    @property
    def looks_back(self) -> bool:
        """Whether the period is a length that ends now, whatever the calendar says."""
        return self.period != CUSTOM and not BY_ID[self.period].unit

    @property
    def is_everyone(self) -> bool:
        """Whether the calls of all customers are shown together."""
        return self.customer == ALL_CUSTOMERS


def zoomed(text: str) -> Period | None:
    """Stretch of a zoom as addresses have it, to the minute; None where the text is none."""
    try:
        ends = (time(datetime.fromisoformat(end)) for end in text.split("/"))
        start, end = (end.replace(second=0, microsecond=0) for end in ends)
        period = Period(start, end)
    except (ValueError, BadTime):
        return None
    return period if period.length else None


def exactly(moment: datetime, tz: str) -> str:
    """A time on a zone's clocks with its offset from UTC: exact in the hour that clocks show twice."""
    whole = not (moment.second or moment.microsecond)
    return moment.astimezone(zone(tz)).isoformat(timespec="minutes" if whole else "auto")


def _end(text: str, within: ZoneInfo) -> datetime:
    """Instant of an end of a custom period."""
    # A plus sign that was not escaped in an address arrives as a blank.
    exact = _OFFSET.search(text[16:])
    moment = datetime.fromisoformat(text[:16] + text[16:].replace(" ", "+") if exact else text)
    return time(moment if exact else moment.replace(tzinfo=within))


def existing(widgets: Iterable[str]) -> tuple[str, ...]:
    """Those of the widgets that there are, once, in their order."""
    return tuple(dict.fromkeys(name for name in widgets if name in WIDGETS))


def chosen_columns(text: str, every: Iterable[str], standard: Iterable[str]) -> tuple[str, ...]:
    """Columns out of a text with their names; none where the usual ones are named, or none that there is."""
    names = set(text.split(","))
    found = tuple(name for name in every if name in names)
    return () if set(found) == set(standard) else found


@cache
def zone_names() -> list[str]:
    """List the zones that people live in, by their present names, from the IANA database."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    return sorted(line.split("\t")[2] for line in table.splitlines() if not line.startswith("#"))


def bucket_width(length: timedelta) -> str:
    """Choose the width of a graph's buckets, so that it has about a hundred of them."""
    return next((width for longest, width in _BUCKET_WIDTHS if length <= longest), "1w")
