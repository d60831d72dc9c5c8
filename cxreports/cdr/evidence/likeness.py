"""What a file that no format reads looks like: another kind of file, or nearly one of the formats."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cxreports.cdr.source_format import DELIMITERS, Layout, SourceFormat, column_key

_SAMPLE_LINES: Final = 60
_SHOWN: Final = 40

KINDS: Final = (
    (
        r"^(-- (MySQL|MariaDB|PostgreSQL|phpMyAdmin|Adminer)\b|(CREATE TABLE|INSERT INTO|COPY) |PRAGMA )",
        "an SQL dump without a table of calls that is known here; export the table of calls as CSV",
    ),
    (
        r"^\W*cdrRecordType\W.*(numberPacketsSent|varVQMetrics|jitter)",
        "Cisco CMRs, which say how calls sounded; load the CDR file (cdr_…) instead",
    ),
    (r"\bCall\(C:\d|\[CM\d{6}\]|\b3CX\b", "a 3CX log; export the call report as CSV instead"),
    (r"^\W*(id\W+)?eventtype\W+eventtime\b", "Asterisk's channel events (CEL); load its CDRs instead"),
    (r"^\d{10}(\.\d+)?\|[^|]*\|[^|]*\|[^|]*\|[A-Z]+", "Asterisk's queue_log; load its CDRs instead"),
    (
        r"^\[\d{4}-\d\d-\d\d [\d:.]+\] ?(VERBOSE|NOTICE|WARNING|ERROR|DEBUG)\[",
        "an Asterisk log; load its CDRs (Master.csv) instead",
    ),
    (
        r"^\d{4}-\d\d-\d\d [\d:.]+ (\[\w+\]|[\d.]+% \[\w+\]) \S+\.c:\d+",
        "a FreeSWITCH log; load its CDRs instead",
    ),
    (r"^\s*Acct-(Status-Type|Session-Id) ?=", "RADIUS accounting; load the switch's CDRs instead"),
    (r"^(INVITE sips?:\S+ SIP/2\.0|SIP/2\.0 \d{3} )", "a SIP trace; load the switch's CDRs instead"),
    (r"^(<\d{1,3}>|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ \S+?(\[\d+\])?: )", "a system log"),
    (r"^\s*<(\?xml|\w+[ >])", 'XML of another kind; describe it with kind = "xml"'),
    (r"^(From |Received: |MIME-Version: |Return-Path: )", "a mail; save its attachment and load that"),
)
"""Expressions, of a line in the sample, that tell files which hold no calls, and what those are."""

Split = Callable[[str, str, str], list[str]]


@dataclass(frozen=True)
class _Near:
    """A layout that a file nearly has: how near, and what differs."""

    score: float
    text: str


def likeness(lines: Sequence[str], formats: Sequence[SourceFormat], split: Split) -> str:
    """Sentence on what a file looks like; empty if it looks like nothing that is known.

    Parameters
    ----------
    lines
        Its first lines.
    split
        Splits a line by a delimiter and a quote.
    """
    sample = [line for line in lines[:_SAMPLE_LINES] if line.strip()]
    for expression, kind in KINDS:
        if any(re.search(expression, line.removeprefix("\ufeff")) for line in sample):
            return f"It looks like {kind}."
    near = [
        found
        for known in formats
        for layout in known.layouts
        if layout.kind == "csv" and sample and (found := _near(known, layout, sample, split))
    ]
    return max(near, key=lambda each: each.score).text if near else ""


def _near(known: SourceFormat, layout: Layout, sample: Sequence[str], split: Split) -> _Near | None:
    return (_near_headed if layout.header else _near_headless)(known, layout, sample, split)


def _near_headed(known: SourceFormat, layout: Layout, sample: Sequence[str], split: Split) -> _Near | None:
    used = {column_key(name) for target in known.targets for rule in target.rules for name in rule.columns}
    needed = {column_key(name): name for name in layout.needs}
    keys = max(
        ({column_key(name) for name in split(sample[0], each, layout.quote)} for each in DELIMITERS),
        key=lambda found: len(found & used),
    )
    shared = len(keys & (used | set(needed)))
    if shared < 3:  # noqa: PLR2004
        return None
    lacking = ", ".join(name for key, name in needed.items() if key not in keys)
    differs = f"lacks the columns {lacking}" if lacking else "has the columns but other values in them"
    return _Near(shared / (len(used) or 1), f"It is most like {known.name} ({layout.name}), but {differs}.")


def _near_headless(known: SourceFormat, layout: Layout, sample: Sequence[str], split: Split) -> _Near | None:
    row = split(sample[0], layout.delimiter or ",", layout.quote)
    fewest, most = len(layout.columns) - layout.optional, len(layout.columns)
    place = {name: i for i, name in enumerate(layout.columns)}
    unlike = [
        (name, row[place[name]] if place[name] < len(row) else "")
        for name, expression in layout.like
        if place[name] >= len(row) or not re.search(expression, row[place[name]].strip())
    ]
    alike = len(layout.like) - len(unlike)
    if not alike:
        return None
    parts = [f"column {place[name] + 1} ({name}) is {value[:_SHOWN]!r}" for name, value in unlike]
    if not fewest <= len(row) <= most:
        wanted = str(most) if fewest == most else f"{fewest} to {most}"
        parts.append(f"its first line has {len(row)} columns instead of {wanted}")
    differs = " and ".join(parts) or "too few of its lines are"
    return _Near(
        alike / (len(layout.like) + (not fewest <= len(row) <= most)),
        f"It is most like {known.name} ({layout.name}), but {differs}.",
    )
