"""What stands out in a period, in sentences with their figures.

Whatever knows of something adds a source to `SOURCES`: a function from a report to sentences. Those here
compare the period with the one before and its days with each other; everything in them is counted, nothing
is guessed.
"""

from __future__ import annotations

from decimal import Decimal
from statistics import quantiles
from typing import TYPE_CHECKING, Final

from cxreports.accounts.thresholds import FEWEST_ATTEMPTS, NEAR_LIMIT_PCT
from cxreports.figures.bucket_sums import MIXED
from cxreports.figures.series import series
from cxreports.language import _, date, date_and_time, isolated, ngettext, number
from cxreports.metrics import METRICS
from cxreports.reports.contents import alerts
from cxreports.reports.contents.figures import rows as rows_of
from cxreports.wording import percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cxreports.reports.contents.report import Report

Sentence = tuple[str, str]
"""What it is of, which is printed bold, and what there is to say."""

_FENCE: Final = 3.0
"""A day whose ASR lies so many interquartile ranges outside the middle half is far out (Tukey)."""

_FEWEST_DAYS: Final = 7
_PER_CENT: Final = 100


def found(report: Report) -> tuple[Sentence, ...]:
    """Everything that the sources say, in their order."""
    return tuple(sentence for source in SOURCES for sentence in source(report))


def _far_out_days(report: Report) -> Iterator[Sentence]:
    """Days whose ASR is far from that of the others."""
    if report.reported.days < _FEWEST_DAYS:
        return
    days = rows_of(report.snapshot, report.customer, "day", report.period)
    rows = [each for each in days.to_dicts() if each["attempts"] >= FEWEST_ATTEMPTS]
    if len(rows) < _FEWEST_DAYS:
        return
    low, _median, high = quantiles((each["asr_pct"] for each in rows), n=4, method="inclusive")
    reach = _FENCE * (high - low)
    usual = [each["asr_pct"] for each in rows if low - reach <= each["asr_pct"] <= high + reach]
    for each in rows:
        asr = each["asr_pct"]
        if low - reach <= asr <= high + reach:
            continue
        text = _("the ASR fell to {asr}") if asr < low else _("the ASR rose to {asr}")
        least, most = number(min(usual), 1), percent(max(usual))
        others = _("on the other days it was {least} to {most}").format(least=least, most=most)
        yield date(each["start"], "MMMEd"), f"{text.format(asr=percent(asr))}; {others}."


def _channels(report: Report) -> Iterator[Sentence]:
    """Live channels against those configured."""
    limit, busiest = report.holder.channel_limit, report.busiest
    if not limit or busiest.at is None:
        return
    share = _PER_CENT * busiest.peak / limit
    text = _("came to {channels} of {limit} at most ({share})").format(
        channels=number(busiest.peak), limit=number(limit), share=percent(share, 0)
    )
    mark = percent(NEAR_LIMIT_PCT, 0)
    if _PER_CENT * busiest.peak < NEAR_LIMIT_PCT * limit:
        yield (
            _(METRICS["channels"].label),
            f"{text}; " + _("never at the warning of {mark}.").format(mark=mark),
        )
        return
    hours = series(
        report.snapshot,
        report.customer,
        "channels",
        every="1h",
        start=report.period.start,
        end=report.period.end,
    )
    over = int((_PER_CENT * hours["max"] >= NEAR_LIMIT_PCT * limit).sum())
    counted = ngettext(
        "in {count} hour at or above the warning of {mark}.",
        "in {count} hours at or above the warning of {mark}.",
        over,
    ).format(count=number(over), mark=mark)
    yield _(METRICS["channels"].label), f"{text}; {counted}"


def _charge(report: Report) -> Iterator[Sentence]:
    """Change of the charge, and how much of it comes from the number of calls."""
    now, before = report.figures, report.before
    if before is None:
        return
    same = now["currency"] == before["currency"] and now["currency"] not in {None, MIXED}
    if not same or not before["charge"] or now["charge"] is None or not before["attempts"]:
        return
    change = _PER_CENT * (now["charge"] - before["charge"]) / before["charge"]
    calls = Decimal(_PER_CENT) * (now["attempts"] - before["attempts"]) / before["attempts"]
    shown = percent(abs(change), 0 if abs(change) >= 1 else 1)
    if not any(digit in "123456789" for digit in shown):
        return
    text = (
        _("is {change} above the period before") if change > 0 else _("is {change} below the period before")
    )
    yield (
        _(METRICS["charge"].label),
        f"{text.format(change=shown)}: "
        + _("{calls} points from the number of calls, {rest} points from what a call costs.").format(
            calls=_signed(calls), rest=_signed(change - calls)
        ),
    )


def _signed(points: Decimal) -> str:
    shown = number(abs(points), 1)
    if not any(digit in "123456789" for digit in shown):
        return shown
    return isolated(f"{'+' if points > 0 else chr(0x2212)}{shown}")


def _silence(report: Report) -> Iterator[Sentence]:
    """Where there was no call at all."""
    if report.figures["attempts"]:
        return
    at = report.snapshot.by_customer.get(report.customer, {}).get("last_call")
    if at is None:
        yield _("No calls"), _("in the whole period.")
    else:
        yield (
            _("No calls"),
            _("in the whole period; the last one was on {time} UTC.").format(time=date_and_time(at, "yMMMd")),
        )


SOURCES: Final[list[Callable[[Report], Iterator[Sentence]]]] = [
    _silence,
    alerts.sentences,
    _far_out_days,
    _channels,
    _charge,
]
"""Who says what stands out, in this order."""
