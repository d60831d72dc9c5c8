"""Rules and figures in the reader's language: for pages, notices and the command line alike."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from babel.units import format_unit

from cxreports.alerts.causes import Cause
from cxreports.alerts.rule import Figure, Verdict
from cxreports.language import _, date, isolated, locale, marked, ngettext
from cxreports.portal.alerts.watched import WATCHED
from cxreports.wording import ABSENT, money, number, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from cxreports.portal.alerts.tables import AlertRule

_DAY_MIN: Final = 24 * 60
_HOUR_MIN: Final = 60
_FORESEEN_DAYS: Final = 366


STANDING_TITLES: Final[Mapping[str, str]] = {
    "silent_feed": marked("Feed silent"),
    "refused_file": marked("File refused"),
    "balance_gone": marked("Balance about to run out"),
    "learned": marked("Unusual traffic"),
}
"""Titles of the rules that stand from the start, by name."""


def title_text(standing: str | None, title: str) -> str:
    """Title of a rule; of one that stands from the start, in the reader's language."""
    return _(title) if standing and STANDING_TITLES.get(standing) == title else title


def metric_text(metric: str) -> str:
    """Name of what is watched."""
    return _(WATCHED[metric].label)


def figure_text(
    metric: str, value: Figure | None, currency: str | None = None, *, is_change: bool = False
) -> str:
    """A figure with its unit."""
    if value is None:
        return ABSENT
    if is_change:
        return f"{'+' if value > 0 else ''}{percent(value)}"
    watched = WATCHED[metric]
    write = _UNITS.get(watched.unit)
    if watched.unit == "currency":
        return money(Decimal(str(value)), currency)
    return write(value) if write else f"{number(value, watched.decimals)} {_(watched.unit)}"


def why_text(why: Mapping[str, Any], currency: str | None = None) -> str:
    """What is outside its learned band, and its cause: ``ASR 12.0 %, usual are 38.1 % to 52.0 %``."""
    metric = why["metric"]
    value, low, high = (figure_text(metric, why[name], currency) for name in ("value", "low", "high"))
    name = metric_text(metric)
    if why.get("is_others"):  # which an alert of an earlier version does not keep
        others = _("other destinations")
        name = f"{name} ({others})"
    elif why["destination"]:
        name = f"{name} ({isolated(why['destination'])})"
    text = _("{metric} {value}, usual are {low} to {high}").format(
        metric=name, value=value, low=low, high=high
    )
    return f"{text}; {Cause.of_kept(why['cause']).sentence()}" if why["cause"] else text


def gone_text(days: Figure, at: datetime, within: ZoneInfo) -> str:
    """Day when a balance will be used up that lasts so many days; empty where that is past or far off."""
    if not 0 < float(days) <= _FORESEEN_DAYS:
        return ""
    gone = (at + timedelta(days=float(days))).astimezone(within)
    return _("gone by {day} at this rate").format(day=date(gone, "MMMEd"))


def found_text(
    metric: str,
    value: Figure | None,
    currency: str | None,
    at: datetime,
    within: ZoneInfo,
    *,
    is_change: bool = False,
    why: Mapping[str, Any] | None = None,
) -> str:
    """Figure of an alert; of a learned rule what is unusual instead, of a balance also when it is gone."""
    if why is not None:
        return why_text(why, currency)
    figure = figure_text(metric, value, currency, is_change=is_change)
    gone = gone_text(value, at, within) if metric == "balance_days" and value is not None else ""
    return f"{figure}, {gone}" if gone else figure


def _days_text(value: Figure) -> str:
    return str(format_unit(round(float(value), 1), "duration-day", "short", locale=locale()))


def length_text(length: timedelta) -> str:
    """A length of time in its two largest units, ``1 hr 21 min``."""
    minutes = max(int(length / timedelta(minutes=1)), 0)
    units = (
        ("duration-day", minutes // _DAY_MIN),
        ("duration-hour", minutes % _DAY_MIN // _HOUR_MIN),
        ("duration-minute", minutes % _HOUR_MIN),
    )
    parts = [format_unit(count, unit, "short", locale=locale()) for unit, count in units if count]
    return " ".join(parts[:2]) or format_unit(0, "duration-minute", "short", locale=locale())


_UNITS: Final[Mapping[str, Callable[[Figure], str]]] = {
    "%": percent,
    "min": lambda value: length_text(timedelta(minutes=int(value))),
    "days": _days_text,
    "calls": number,
    "files": number,
}
"""How figures of some units are written."""


def level_text(level: str) -> str:
    """Name of a level."""
    return {"notice": _("Notice"), "warning": _("Warning"), "critical": _("Critical")}[level]


def verdict_text(verdict: str) -> str:
    """What came of judging a moment."""
    return {
        Verdict.OK: _("OK"),
        Verdict.BEYOND: _("Beyond the threshold"),
        Verdict.TOO_FEW: _("Too few calls"),
        Verdict.NO_FIGURE: _("No figure"),
    }.get(Verdict(verdict), ABSENT)


def narrowing_text(rule: AlertRule) -> str:
    """Which calls count; empty for all."""
    direction = {"inbound": _("inbound"), "outbound": _("outbound")}.get(rule.direction, "")
    sip = f"SIP {rule.sip}" if rule.sip else ""
    return ", ".join(part for part in (rule.destination, sip, direction) if part)


def rule_text(rule: AlertRule, currency: str | None = None) -> str:
    """What a rule says in one line: ``ASR below 35 % over 3 hr with at least 10 calls; resets at 40 %``."""
    is_change = bool(rule.compared)
    limit, reset = (
        figure_text(rule.metric, each, currency, is_change=is_change) for each in (rule.threshold, rule.reset)
    )
    what = metric_text(rule.metric)
    if narrowing := narrowing_text(rule):
        what = f"{what} ({narrowing})"
    if is_change:
        what = _("{figure}, change on a week before").format(figure=what)
    beyond = _("{figure} below {limit}") if rule.is_below else _("{figure} above {limit}")
    parts = [beyond.format(figure=what, limit=limit)]
    if WATCHED[rule.metric].is_metric or rule.metric == "refused_files":
        parts.append(_("over {length}").format(length=length_text(timedelta(minutes=rule.sample_min))))
    if rule.fewest_calls:
        parts.append(
            ngettext("with at least {count} call", "with at least {count} calls", rule.fewest_calls).format(
                count=number(rule.fewest_calls)
            )
        )
    if rule.lasting_min:
        parts.append(_("for {length}").format(length=length_text(timedelta(minutes=rule.lasting_min))))
    return _("{rule}; resets at {limit}").format(rule=" ".join(parts), limit=reset)
