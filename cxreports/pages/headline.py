"""The six figures above the graphs, each beside that of the period before."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final, Literal

from cxreports.clock import zone
from cxreports.figures.bucket_sums import MIXED
from cxreports.figures.live_channels import LiveChannels
from cxreports.language import _, date_and_time, isolated
from cxreports.metrics import METRICS
from cxreports.pages.spans.preset import DAY, PRESETS
from cxreports.pages.view import View
from cxreports.wording import ABSENT, minutes, money, number, unknown_parts

_FIGURE: Final = {preset.id: preset.figure for preset in PRESETS}
_OF_ONE_DAY: Final = frozenset({DAY, "today", "yesterday"})

Row = dict[str, Any]
"""One row of a summary, by column."""


@dataclass(frozen=True)
class Busiest:
    """The minute of a period in which most calls went on at once.

    Attributes
    ----------
    peak
        The most at once.
    at
        Its beginning, UTC; None without calls.
    """

    peak: int
    at: datetime | None


def figures(
    view: View, channels: LiveChannels | None, busiest: Busiest, current: Row, before: Row
) -> list[dict[str, str]]:
    """Word the figures.

    Parameters
    ----------
    channels
        Channels in use; None for a past period, whose figure is its most.
    current, before
        Totals of the period and of the one before, the columns of a summary.
    """
    length = _(_FIGURE.get(view.period, "{figure}"))
    one_currency = current["currency"] == before["currency"]
    points = partial(points_changed, current, before)
    shown = [
        _channels(view, channels, busiest),
        _figure(
            "asr",
            length.format(figure=isolated(_("ASR"))),
            number(current["asr_pct"], 1),
            "%",
            points("asr_pct"),
            number(before["asr_pct"], 1),
        ),
        _figure(
            "acd",
            length.format(figure=isolated(_("ACD"))),
            minutes(current["acd_s"]),
            _("min"),
            seconds_changed(current, before),
            minutes(before["acd_s"]),
        ),
        _figure(
            "dtmf",
            length.format(figure=isolated(_("DTMF"))),
            number(current["dtmf_pct"], 1),
            "%",
            points("dtmf_pct"),
            number(before["dtmf_pct"], 1),
        ),
        _figure(
            "attempts",
            length.format(figure=isolated(_("Attempts"))),
            number(current["attempts"]),
            "",
            per_cent_changed(current, before, "attempts"),
            number(before["attempts"]),
        ),
        _figure(
            "charge",
            length.format(figure=isolated(_("Charge"))),
            _charge(current),
            _("several currencies") if current["currency"] == MIXED else "",
            per_cent_changed(current, before, "charge") if one_currency else ("", ""),
            _charge(before),
        ),
    ]
    return [figure | {"was": _with_unknown(figure, current)} for figure in shown]


_UNKNOWN: Final = {"acd": "duration_unknown", "dtmf": "dtmf_unknown", "charge": "charge_unknown"}
"""What some calls may not say of a figure."""


def _with_unknown(figure: dict[str, str], current: Row) -> str:
    """What a figure was before, and of how many calls it is not known now."""
    name = _UNKNOWN.get(figure["key"])
    texts = unknown_parts({"connected": current["connected"], name: current[name]}) if name in current else []
    return " · ".join(filter(None, [figure["was"], *texts]))


Change = tuple[str, Literal["", "up", "down"]]


def _figure(
    key: str, label: str, value: str, unit: str, change: Change | tuple[str, str], was: str = ""
) -> dict[str, str]:
    unit = "" if value == ABSENT and key != "charge" else unit
    detail, trend = change
    return {
        "key": key,
        "label": label,
        "value": value,
        "unit": unit,
        "detail": detail,
        "trend": trend,
        "tone": tone(key, trend),
        "was": _("was {figure}").format(figure=isolated(was)) if detail and was else "",
    }


def tone(metric: str, trend: str) -> Literal["", "good", "bad"]:
    """Tone of a change: good or bad only where one direction is good for every reader."""
    good = METRICS[metric].good
    if not good or not trend:
        return ""
    return "good" if trend == good else "bad"


def _channels(view: View, channels: LiveChannels | None, busiest: Busiest) -> dict[str, str]:
    time = ""
    if busiest.at is not None:
        at = busiest.at.astimezone(zone(view.zone))
        time = f"{at:%H:%M}" if view.period in _OF_ONE_DAY else date_and_time(at, "MMMEd")
    if channels is None:
        peak = number(busiest.peak) if time else ABSENT
        at_time = time and _("at {time}").format(time=time)
        return _figure("channels", _("Most channels"), peak, "", (at_time, ""))
    detail = time and _("peak {channels} at {time}").format(channels=number(busiest.peak), time=time)
    return _figure("channels", _("Channels in use"), number(channels.count), "", (detail, ""))


def _charge(row: Row) -> str:
    return money(row["charge"], row["currency"])


def _trend(change: float | Decimal, shown: str) -> Literal["", "up", "down"]:
    if not any(digit in "123456789" for digit in shown):
        return ""
    return "up" if change > 0 else "down"


def points_changed(current: Row, before: Row, column: str) -> Change:
    """By how many points a percentage has changed, and which way."""
    if current[column] is None or before[column] is None:
        return "", ""
    change = current[column] - before[column]
    shown = number(abs(change), 1)
    return _("{change} points").format(change=shown), _trend(change, shown)


def seconds_changed(current: Row, before: Row) -> Change:
    """By how many minutes and seconds the ACD has changed, and which way."""
    if current["acd_s"] is None or before["acd_s"] is None:
        return "", ""
    change = current["acd_s"] - before["acd_s"]
    shown = minutes(change)
    return shown, _trend(change, shown)


def per_cent_changed(current: Row, before: Row, column: str) -> Change:
    """By how many per cent of what it was a figure has changed, and which way."""
    if current[column] is None or not before[column]:
        return "", ""
    change = 100 * (current[column] - before[column]) / before[column]
    shown = number(abs(change), 0 if abs(change) >= 1 else 1)
    return f"{shown} %", _trend(change, shown)
