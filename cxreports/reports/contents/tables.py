"""The tables of a report: the summary that billing uses, destinations, how calls ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cxreports import sip
from cxreports.figures.bucket_sums import MIXED
from cxreports.language import _, marked, ngettext, number
from cxreports.metrics import METRICS
from cxreports.reports.contents.figures import broken_down, rows
from cxreports.reports.document import Meanings, Table
from cxreports.sheets.columns import Column, exact_decimals
from cxreports.sheets.selection import Sheet
from cxreports.sheets.summary import summary_grid
from cxreports.sheets.summary_tabs import NOTE
from cxreports.wording import currency_decimals, unknown_parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxreports.clock import Period
    from cxreports.lake.snapshot import Snapshot
    from cxreports.reports.reported import Reported

_PARTS: Final = "note"
"""Column of what some calls of a destination do not say."""

_PRINTED: Final = ("attempts", "connected", "asr", "acd", "ner", "pdd", "duration", "charge")
_TITLES: Final = {
    "hour": marked("By hour"),
    "day": marked("By day"),
    "week": marked("By week"),
    "month": marked("By month"),
}
_MEANINGS: Final = (
    ("attempts", marked("calls whose attempt lies in the period.")),
    ("connected", marked("attempts that were answered.")),
    ("asr", marked("connected / attempts.")),
    ("acd", marked("talk time of connected calls / connected.")),
    ("ner", marked("connected, and endings that the called user caused ({codes}) / attempts.")),
    ("pdd", marked("mean time from the attempt to ringing.")),
    ("channels", marked("calls in progress, from their attempt to their end.")),
    ("dtmf", marked("connected calls with keypad tones.")),
)


def summary(snapshot: Snapshot, customer: str, reported: Reported, by: str, totals: dict[str, Any]) -> Table:
    """Summary by hour, day, week or month in UTC, oldest first, totals last.

    Parameters
    ----------
    totals
        Figures of the whole period, the columns of a summary.
    """
    period = reported.period
    frame = rows(snapshot, customer, by, period)
    total = pl.DataFrame([totals], schema={name: frame.schema[name] for name in totals})
    grid = summary_grid(frame, total, by, customer=customer, period=period, reach=snapshot.reach.complete)
    columns = tuple(
        each for each in grid.columns if each.name in {"start", *(m.column for m in METRICS.values())}
    )
    sheet = replace(
        grid,
        frame=grid.frame.reverse(),
        columns=tuple(replace(each, title="") if each.name == "start" else each for each in columns),
        title=_(_TITLES[by]),
    )
    printed = ("start", *(METRICS[name].column for name in _PRINTED))
    return Table(sheet, f"by-{by}", _(_TITLES[by]), _(NOTE), printed)


def destinations(
    snapshot: Snapshot, customer: str, period: Period, totals: dict[str, Any], most: int
) -> Table:
    """Where calls went: those with most attempts, and what is left of the totals as one row."""
    frame = broken_down(snapshot, customer, period)[0](most)
    names = [each["destination"] or _others(each["destinations"]) for each in frame.iter_rows(named=True)]
    notes = ["; ".join(unknown_parts(each)) or None for each in frame.iter_rows(named=True)]
    currency = totals["currency"]
    one = currency != MIXED
    sheet = Sheet(
        frame.with_columns(pl.Series("destination", names, pl.String), pl.Series(_PARTS, notes, pl.String)),
        (
            Column("destination", _("Destination"), align="left", note=_PARTS),
            Column("attempts", _("Attempts"), "number"),
            Column("connected", _("Connected"), "number"),
            Column("asr_pct", _("ASR %"), "ratio", 1),
            Column("acd_s", _("ACD s"), "ratio", 1),
            Column(
                "charge",
                f"{_('Charge')} {currency if one and currency else ''}".strip(),
                "number" if one else "amount",
                currency_decimals(currency) if one else exact_decimals(frame["charge"], 2),
            ),
            *(() if one else (Column("currency", _("Currency")),)),
        ),
        name="destinations",
        title=_("Destinations"),
    )
    printed = ("destination", "attempts", "asr_pct", "acd_s", "charge", *(() if one else ("currency",)))
    return Table(sheet, "destinations", _("Destinations"), printed=printed)


def _others(count: int) -> str:
    return ngettext("{count} other destination", "{count} other destinations", count).format(
        count=number(count)
    )


def endings(snapshot: Snapshot, customer: str, period: Period, most: int) -> Table:
    """How calls ended: the most frequent final SIP codes, and the others as one row."""
    frame = broken_down(snapshot, customer, period)[1]
    shown = frame if frame.height <= most + 1 else frame.head(most)
    lines = shown.select(
        pl.col("sip_code").cast(pl.String).fill_null(""),
        pl.Series("meaning", map(sip.translated, shown["meaning"]), pl.String),
        "attempts",
        "share_pct",
    )
    if rest := frame.height - shown.height:
        left = frame.tail(rest)
        others = ngettext("{count} other code", "{count} other codes", rest).format(count=number(rest))
        last = {"sip_code": "", "meaning": others, "attempts": left["attempts"].sum()}
        share = {"share_pct": left["share_pct"].sum()}
        lines = pl.concat([lines, pl.DataFrame([last | share], schema=lines.schema)])
    sheet = Sheet(
        lines,
        (
            Column("sip_code", _("SIP"), align="left"),
            Column("meaning", _("Meaning"), align="left"),
            Column("attempts", _("Calls"), "number"),
            Column("share_pct", "%", "ratio", 1),
        ),
        name="endings",
        title=_("How calls ended"),
    )
    return Table(sheet, "endings", _("How calls ended"))


def meanings(user_side_codes: Iterable[int]) -> Meanings:
    """What the figures mean, in a sentence each."""
    codes = ", ".join(map(str, user_side_codes))
    entries = tuple(
        (_(METRICS[name].label), _(text).format(codes=codes) if "{" in text else _(text))
        for name, text in _MEANINGS
    )
    return Meanings(_("What the figures mean"), entries, _("Averages are weighted by the calls behind them."))
