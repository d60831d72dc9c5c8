"""The six figures at the top of a report, beside those of the period before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxreports.figures.bucket_sums import MIXED
from cxreports.language import _, date_and_time
from cxreports.metrics import METRICS
from cxreports.pages.headline import per_cent_changed, points_changed, seconds_changed, tone
from cxreports.reports.document import Tile, Tiles
from cxreports.wording import ABSENT, minutes, money, number

if TYPE_CHECKING:
    from datetime import tzinfo

    from cxreports.desk.answers import Holder
    from cxreports.pages.headline import Busiest


def tiles(
    current: dict[str, Any], before: dict[str, Any] | None, busiest: Busiest, holder: Holder, within: tzinfo
) -> Tiles:
    """Word the figures.

    Parameters
    ----------
    current, before
        Totals of the period and of the one before, the columns of a summary; None for no comparison.
    within
        Zone of the busiest minute.
    """
    before = before or dict.fromkeys(current)
    one_currency = current["currency"] == before["currency"]
    charge = per_cent_changed(current, before, "charge") if one_currency else ("", "")
    attempts = per_cent_changed(current, before, "attempts")
    return Tiles(
        (
            _tile("attempts", number(current["attempts"]), "", attempts),
            _tile("asr", number(current["asr_pct"], 1), "%", points_changed(current, before, "asr_pct")),
            _tile("acd", minutes(current["acd_s"]), _("min"), seconds_changed(current, before)),
            _tile("ner", number(current["ner_pct"], 1), "%", points_changed(current, before, "ner_pct")),
            _channels(busiest, holder, within),
            _tile("charge", charged(current), "", charge),
        )
    )


def charged(row: dict[str, Any]) -> str:
    """Charge of a summary's row; of several currencies, that it is of several."""
    if row["currency"] == MIXED:
        return _("several currencies")
    return money(row["charge"], row["currency"])


def _tile(name: str, value: str, unit: str, change: tuple[str, str]) -> Tile:
    detail, trend = change
    return Tile(
        _(METRICS[name].label),
        value,
        "" if value == ABSENT else unit,
        detail,
        trend,  # type: ignore[arg-type]
        tone(name, trend),
    )


def _channels(busiest: Busiest, holder: Holder, within: tzinfo) -> Tile:
    of = ""
    if holder.channel_limit is not None:
        # For translators: after the most channels in use, the number of those configured: 37 of 60
        of = _("of {channels}").format(channels=number(holder.channel_limit))
    if busiest.at is None:
        return Tile(_("Peak channels"), number(0), of)
    at = date_and_time(busiest.at.astimezone(within), "MMMd")
    return Tile(_("Peak channels"), number(busiest.peak), of, at)
