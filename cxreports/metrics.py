"""Every metric's definition, once: additive sums over CDRs, and ratios over the sums.

The lake stores the sums (``hourly``), summaries and series add them up, and only then
divide: a ratio of an hour is never averaged into a ratio of a day. The SQL of a sum stays in
the subset that DuckDB and Spark read alike (an explicit cast after each ``SUM``, no
``FILTER``), so that both engines roll up to the same rows.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from cxreports.errors import NoSuchMetric
from cxreports.language import marked

USER_SIDE_CODES: Final[tuple[int, ...]] = (480, 486, 487, 600, 603)
"""SIP codes of endings that the called user caused (NER's default code set)."""

FEW_CALLS: Final = 20
"""A ratio of fewer calls goes up and down by chance: graphs draw it faintly."""

_EXACT_FLOAT: Final = 2**53
"""Integers up to here are exact as float64, so that one division rounds once."""


@dataclass(frozen=True)
class Sum:
    """A figure of a set of calls that adds up over hours, customers and files.

    Attributes
    ----------
    name
        Column of ``hourly``.
    sql
        Aggregate over the rows of ``cdr``; ``{user_side}`` stands for the code set.
    sql_type
        Type that the aggregate is cast to, the same in every engine.
    meaning
        One line for people.
    """

    name: str
    sql: str
    sql_type: str
    meaning: str


def _count(name: str, condition: str, meaning: str) -> Sum:
    return Sum(name, f"SUM(CASE WHEN {condition} THEN 1 ELSE 0 END)", "BIGINT", meaning)


SUMS: Final[tuple[Sum, ...]] = (
    Sum("attempts", "COUNT(*)", "BIGINT", "calls attempted"),
    _count("connected", "connected", "attempts that were answered"),
    Sum(
        "duration_s",
        "COALESCE(SUM(CASE WHEN connected THEN duration_s END), 0)",
        "DECIMAL(28,6)",
        "talk time of connected calls",
    ),
    _count("duration_unknown", "connected AND duration_s IS NULL", "connected, talk time not said"),
    Sum(
        "billed_duration_s",
        "COALESCE(SUM(CASE WHEN connected THEN billed_duration_s END), 0)",
        "DECIMAL(28,6)",
        "seconds charged of connected calls",
    ),
    _count(
        "billed_unknown",
        "connected AND billed_duration_s IS NULL",
        "connected, seconds charged not said",
    ),
    Sum("charge", "SUM(charge)", "DECIMAL(38,10)", "price of the calls; null when none has one"),
    _count("unpriced", "connected AND charge IS NULL", "connected, price not said"),
    Sum("pdd_ms_sum", "COALESCE(SUM(pdd_ms), 0)", "DECIMAL(28,3)", "post-dial delays, added up"),
    _count("pdd_count", "pdd_ms IS NOT NULL", "attempts with a post-dial delay"),
    _count("dtmf_calls", "connected AND dtmf <> ''", "connected, with keypad digits"),
    _count("dtmf_unknown", "connected AND dtmf IS NULL", "connected, keypad digits not said"),
    _count(
        "user_side",
        "NOT connected AND sip_code IN ({user_side})",
        "not connected because of the called user",
    ),
    _count("ending_unknown", "NOT connected AND sip_code IS NULL", "not connected, code not said"),
    *(
        _count(f"sip_{c}xx", f"sip_code >= {c}00 AND sip_code < {c + 1}00", f"ended with a SIP {c}xx")
        for c in range(2, 7)
    ),
)
"""Every stored sum, in the order of ``hourly``'s columns."""

_NAMES: Final = tuple(each.name for each in SUMS)


def sums_sql(
    user_side_codes: Iterable[int] = USER_SIDE_CODES, names: Container[str] = frozenset(_NAMES)
) -> str:
    """Select list that computes sums over rows of ``cdr``.

    Parameters
    ----------
    user_side_codes
        SIP codes that count as user-side endings in the NER.
    names
        Which sums; by default every one.

    Examples
    --------
    >>> f"SELECT customer, {sums_sql()} FROM cdr GROUP BY customer"  # doctest: +SKIP
    """
    codes = ", ".join(str(int(code)) for code in user_side_codes) or "NULL"
    return ", ".join(
        f"CAST({each.sql.format(user_side=codes)} AS {each.sql_type}) AS {each.name}"
        for each in SUMS
        if each.name in names
    )


def added_sums_sql(names: Container[str] = frozenset(_NAMES)) -> str:
    """Select list that adds up rows which hold sums already (``hourly``)."""
    return ", ".join(
        f"CAST(SUM({each.name}) AS {each.sql_type}) AS {each.name}" for each in SUMS if each.name in names
    )


def quotient(columns: Sequence[pl.Series]) -> pl.Series:
    """Quotient of two integer columns, correctly rounded; null where the divisor is 0."""
    above, below = columns
    if max(above.max() or 0, below.max() or 0) <= _EXACT_FLOAT:  # type: ignore[operator]
        safe = below.cast(pl.Float64).replace(0.0, None)
        return above.cast(pl.Float64) / safe
    return pl.Series(
        above.name,
        [None if not b or a is None else a / b for a, b in zip(above, below, strict=True)],
        dtype=pl.Float64,
    )


def _divide(above: pl.Expr, below: pl.Expr) -> pl.Expr:
    return pl.map_batches([above, below], quotient, return_dtype=pl.Float64)


def _units(column: str, scale: int) -> pl.Expr:
    """Decimal column as an integer count of its last digit."""
    return pl.col(column).cast(pl.Decimal(38, scale)).to_physical()


def _where_known(column: str, unknown: str) -> pl.Expr:
    """What is known of a sum over connected calls: null where calls are there and nothing is."""
    known = (pl.col("connected") == 0) | (pl.col("connected") > pl.col(unknown))
    return pl.when(known).then(pl.col(column))


@dataclass(frozen=True)
class Metric:
    """A figure that people read, and how it follows from the sums.

    Attributes
    ----------
    name
        As asked for: ``lake.series("acme", "asr")``.
    column
        Its column in a summary, with the unit.
    label
        For headings.
    unit
        ``calls``, ``%``, ``s``, ``ms``, ``channels``, ``calls/s`` or ``currency``.
    decimals
        Digits after the point that are shown to people.
    meaning
        The definition in one line.
    expr
        Polars expression over the columns of `SUMS`; None where sums do not suffice and the
        figure is measured from the calls themselves (channels, calls per second).
    weight
        Sum that weighs the ratio in a true average of several rows; None for what adds up.
    above
        What `below` divides, as an exact expression over the columns of `SUMS`: over any set of
        rows where the ratio is known, ``sum(above) / sum(below)`` is the ratio of them all.
    unknown
        Sum of the calls in `of` of which the figure is not known: a sum adds up the others, a mean
        divides by them, and the figure is null only where nothing is known. Empty where that cannot be.
    of
        Sum of the calls that the figure is of.
    source
        Standard that defines it.
    good
        Direction in which a change is good for everybody who reads it; empty where that depends.
    """

    name: str
    column: str
    label: str
    unit: str
    decimals: int
    meaning: str
    expr: pl.Expr | None = None
    weight: str | None = None
    above: pl.Expr | None = None
    source: str = ""
    good: Literal["", "up", "down"] = ""
    unknown: str = ""
    of: str = "connected"

    @property
    def below(self) -> pl.Expr | None:
        """Calls that a ratio is divided by: those of `weight` that are known."""
        if self.weight is None:
            return None
        return pl.col(self.weight) - pl.col(self.unknown) if self.unknown else pl.col(self.weight)


_DEFINED: Final[tuple[Metric, ...]] = (
    Metric(
        "channels", "channels", marked("Live Channels"), marked("channels"), 0,
        marked("calls in progress, each from its attempt to its end, answered or not"),
    ),
    Metric(
        "asr", "asr_pct", marked("ASR"), "%", 2, marked("answered / attempts"),
        _divide(100 * pl.col("connected"), pl.col("attempts")),
        weight="attempts", above=100 * pl.col("connected"), source="ITU-T E.411 (answers / seizures)",
        good="up",
    ),
    Metric(
        "acd", "acd_s", marked("ACD"), marked("s"), 1, marked("mean talk time, answered calls"),
        _divide(
            _units("duration_s", 6), 1_000_000 * (pl.col("connected") - pl.col("duration_unknown"))
        ),
        weight="connected", above=pl.col("duration_s"), source="ITU-T E.437", good="up",
        unknown="duration_unknown",
    ),
    Metric(
        "ner", "ner_pct", marked("NER"), "%", 2, marked("answered or ended by the called user / attempts"),
        pl.when(pl.col("ending_unknown") == 0).then(
            _divide(100 * (pl.col("connected") + pl.col("user_side")), pl.col("attempts"))
        ),
        weight="attempts", above=100 * (pl.col("connected") + pl.col("user_side")),
        source="ITU-T E.425", good="up",
    ),
    Metric(
        "pdd", "pdd_ms", marked("PDD"), marked("ms"), 0, marked("mean post-dial delay"),
        _divide(_units("pdd_ms_sum", 3), 1_000 * pl.col("pdd_count")),
        weight="pdd_count", above=pl.col("pdd_ms_sum"), source="ITU-T E.431 (post-selection delay)",
        good="down",
    ),
    Metric(
        "dtmf_calls", "dtmf_calls", marked("DTMF calls"), "calls", 0,
        marked("answered calls with keypad tones"),
        _where_known("dtmf_calls", "dtmf_unknown"), unknown="dtmf_unknown",
    ),
    Metric(
        "dtmf", "dtmf_pct", marked("DTMF"), "%", 2, marked("answered calls with keypad tones / answered"),
        _divide(100 * pl.col("dtmf_calls"), pl.col("connected") - pl.col("dtmf_unknown")),
        weight="connected", above=100 * pl.col("dtmf_calls"), unknown="dtmf_unknown",
    ),
    Metric("cps", "cps", marked("CPS"), marked("calls/s"), 1, marked("attempts per second")),
    Metric(
        "attempts", "attempts", marked("Attempts"), "calls", 0, marked("calls attempted"),
        pl.col("attempts"),
    ),
    Metric(
        "connected", "connected", marked("Connected"), "calls", 0, marked("calls answered"),
        pl.col("connected"),
    ),
    Metric(
        "duration", "duration_s", marked("Duration"), marked("s"), 0, marked("talk time of answered calls"),
        _where_known("duration_s", "duration_unknown"), unknown="duration_unknown",
    ),
    Metric(
        "billed_duration", "billed_duration_s", marked("Billed duration"), marked("s"), 0,
        marked("seconds charged, after rounding"),
        _where_known("billed_duration_s", "billed_unknown"), unknown="billed_unknown",
    ),
    Metric(
        "charge", "charge", marked("Charge"), "currency", 4, marked("price of the calls"),
        pl.col("charge"), unknown="unpriced",
    ),
)  # fmt: skip

METRICS: Final[dict[str, Metric]] = {metric.name: metric for metric in _DEFINED}
"""Every metric by the name that it is asked for."""


def metric_named(name: str) -> Metric:
    """Find a metric.

    Raises
    ------
    NoSuchMetric
        No metric has this name; the message lists those that exist.
    """
    try:
        return METRICS[name.strip().lower()]
    except KeyError:
        message = f"no metric is named {name!r}; there are: {', '.join(METRICS)}"
        raise NoSuchMetric(message) from None


def sums_behind(metrics: Iterable[str]) -> tuple[str, ...]:
    """Names of the sums that some metrics are computed from, in the order of `SUMS`."""
    metrics = tuple(metrics)
    roots = {
        root
        for name in metrics
        if (expr := METRICS[name].expr) is not None
        for root in expr.meta.root_names()
    }
    for name in metrics:
        roots |= {METRICS[name].of, METRICS[name].unknown} if METRICS[name].unknown else set()
    return tuple(name for name in _NAMES if name in roots)
