"""The SQL of one value: a text column as a time, a duration, an amount, a code or a text.

``mapping`` strings these together. Every value comes with what is wrong when it cannot be
read and with the condition for that, so that no value is lost or rounded in silence.
"""

from collections.abc import Sequence
from typing import Final

from cxreports.cdr.definitions.toml_values import groups_in
from cxreports.cdr.evidence.date_words import ORDERS, reordered, times_sql
from cxreports.cdr.evidence.manner import Manner
from cxreports.cdr.record import MILLISECONDS, MONEY, SECONDS
from cxreports.cdr.source_format import UNITS, Rule, Target
from cxreports.sql import literal

ZERO_TIME_US: Final = 31_536_000_000_000
"""Times before 1971 are zero timestamps in some zone: they stand for no time at all."""


LAST_TIME_US: Final = 4_102_444_800_000_000
"""Times from 2100 on are mistakes."""

MISREAD_US: Final = (-62_104_060_800_000_000, -2_240_524_800_000_000)
"""Years 2 to 1898 are what a date gives that is read in another order than it was written."""

LONGEST_S: Final = 31_622_400
"""No call takes more than a year."""

EXACT_MONEY: Final = " *[+-]?[0-9]*[.]?[0-9]{0,10}0* *"
"""What fits DECIMAL(28,10) without rounding."""

POWER_OF_TEN: Final = " *[+-]?[0-9]{0,8}[.]?[0-9]{0,10}[eE][+-]?0*([0-9]|10) *"
"""An amount with an exponent that fits ``_LONG`` without rounding, which then tells what is lost."""

_GROUPED: Final = " *[+-]?[1-9][0-9]{0,2}([.][0-9]{3})+(,[0-9]*)? *"
"""A number with a point between thousands, where a comma comes before the decimals."""

_LONG: Final = "DECIMAL(38,20)"

_WIDE: Final = "DECIMAL(28,6)"
"""Room to multiply in."""

UTC_NAMES: Final = frozenset({"UTC", "Etc/UTC", "GMT", "Zulu"})

DIRECTIONS: Final = {
    **dict.fromkeys(("inbound", "in", "incoming"), "inbound"),
    **dict.fromkeys(("outbound", "out", "outgoing"), "outbound"),
}


def first(ways: Sequence[str]) -> str:
    """Return the SQL of the first of these that is not null."""
    if not ways:
        return "NULL"
    return ways[0] if len(ways) == 1 else f"coalesce({', '.join(ways)})"


def value_sql(  # noqa: PLR0911 (a return for each kind)
    target: Target, rule: Rule, text: str, value: str, manner: Manner
) -> tuple[str, str, str]:
    """Return the SQL of a value, what is wrong when it fails, and when it does."""
    missing = f"{value} IS NULL"
    if rule.values:
        words = " ".join(f"WHEN {literal(a)} THEN {literal(b)}" for a, b in rule.values)
        other = text if rule.other == "keep" else "NULL"
        text = f"CASE lower(trim({text})) {words} ELSE {other} END"
        if target.kind == "text":
            fault = "is not one of the words that the format knows" if rule.other == "reject" else ""
            return text, fault, missing
        text = f"({text})"
    if target.kind == "text":
        return (
            _text_value(target, rule, text),
            "is not an address" if rule.decode == "ipv4-signed-le" else "",
            missing,
        )
    if target.kind == "time":
        wrong = (
            f"{missing} OR {value} >= {LAST_TIME_US} OR {value} BETWEEN {MISREAD_US[0]} AND {MISREAD_US[1]}"
        )
        return _time(rule, text, manner), "is not a time that the format knows", wrong
    if target.kind == "code":
        rounded = _only_if(f"strlen({text}) <> 3", f"NOT regexp_full_match({text}, ' *[0-9]{{3}} *')")
        wrong = f"{missing} OR {value} NOT BETWEEN 100 AND 699 OR {rounded}"
        return f"TRY_CAST({text} AS SMALLINT)", "is not a SIP code", wrong
    sign = "-" if rule.negate else ""
    if manner.decimal_comma and rule.constant is None:
        text = pointed(text)
    if rule.scale is not None and rule.constant is None and not rule.values:
        return _scaled(target, rule, text, value, sign)
    if target.kind == "money":
        sql = f"{sign}TRY_CAST({text} AS {MONEY})"
        # Short amounts without an exponent fit anyway; the expressions are for the others.
        long = f"strlen({text}) > 11 OR contains({text}, 'e') OR contains({text}, 'E')"
        plain = f"regexp_full_match({text}, {literal(EXACT_MONEY)})"
        power = f"regexp_full_match({text}, {literal(POWER_OF_TEN)})"
        power = f"({power} AND TRY_CAST({text} AS {_LONG}) = TRY_CAST({text} AS {MONEY}))"
        inexact = _only_if(long, f"NOT {plain} AND NOT {power}")
        return sql, "is not an amount with ten decimals or fewer", f"{missing} OR {inexact}"
    sql_type = SECONDS if target.kind == "seconds" else MILLISECONDS
    sql = f"{sign}{_duration(rule, text, sql_type, 's' if target.kind == 'seconds' else 'ms')}"
    longest = f"CAST({LONGEST_S * (1 if target.kind == 'seconds' else 1_000)} AS {sql_type})"
    return sql, "is not a duration", f"{missing} OR {value} < 0 OR {value} > {longest}"


def _scaled(target: Target, rule: Rule, text: str, value: str, sign: str) -> tuple[str, str, str]:
    """The same for a number that is multiplied: exact, or it cannot be read."""
    money = target.kind == "money"
    sql_type = MONEY if money else SECONDS if target.kind == "seconds" else MILLISECONDS
    product = f"(TRY_CAST({text} AS DECIMAL(20,10)) * CAST({literal(rule.scale)} AS DECIMAL(15,9)))"
    digits = f"regexp_full_match({text}, {literal(EXACT_MONEY)})"
    wrong = f"{value} IS NULL OR NOT {digits} OR {sign}{product} <> {value}"
    if not money:
        longest = f"CAST({LONGEST_S * (1 if target.kind == 'seconds' else 1_000)} AS {sql_type})"
        wrong += f" OR {value} < 0 OR {value} > {longest}"
    fault = f"times {rule.scale} is not {'an amount' if money else 'a duration'} that can be kept exactly"
    return f"{sign}TRY_CAST({product} AS {sql_type})", fault, wrong


def groups(text: str, expression: str, join: str | None) -> str:
    """SQL of what an expression takes from a text: its first group, or all of them joined."""
    taken, count = literal(expression), groups_in(expression) if join is not None else 1
    if count == 1:
        return f"nullif(regexp_extract({text}, {taken}, 1), '')"
    parts = ", ".join(f"regexp_extract({text}, {taken}, {nth + 1})" for nth in range(count))
    joined = f"concat_ws({literal(join or '')}, {parts})"
    return f"CASE WHEN regexp_matches({text}, {taken}) THEN {joined} END"


def pointed(text: str) -> str:
    """Write SQL of a number with a decimal comma as one with a point; null where it could be two numbers."""
    grouped = f"regexp_full_match({text}, {literal(_GROUPED)})"
    return (
        f"(CASE WHEN contains({text}, ',') THEN replace(CASE WHEN {grouped} THEN replace({text}, '.', '') "
        f"ELSE {text} END, ',', '.') WHEN NOT {grouped} THEN {text} END)"
    )


def _only_if(cheap: str, dear: str) -> str:
    """Return the SQL of both conditions, the second looked at only where the first holds.

    An AND computes both for every row; the expressions cost more than all other checks together.
    """
    return f"CASE WHEN {cheap} THEN {dear} ELSE false END"


def _text_value(target: Target, rule: Rule, text: str) -> str:
    if rule.decode == "ipv4-signed-le":
        return _ipv4_signed_le(text)
    if target.name == "direction" and not rule.values:
        words = " ".join(f"WHEN {literal(a)} THEN {literal(b)}" for a, b in DIRECTIONS.items())
        return f"CASE lower({text}) {words} END"
    if target.name == "currency":
        return f"upper({text})"
    return text


def _time(rule: Rule, text: str, manner: Manner) -> str:
    """Return a time as microseconds of the epoch; 0 for zero timestamps."""
    if rule.epoch is not None:
        return f"TRY_CAST(TRY_CAST({text} AS DECIMAL(24,6)) * {UNITS[rule.epoch]} AS BIGINT)"
    formats = rule.formats or ("iso",)
    ways = []
    if "iso" in formats:
        if manner.zone in UTC_NAMES:
            # The plain form costs a quarter as a TIMESTAMP, but that cast would ignore an offset.
            plain = f"strlen({text}) = 19 AND substr({text}, 17, 1) = ':' AND substr({text}, 5, 1) = '-'"
            ways.append(
                f"make_timestamptz(epoch_us(TRY_CAST(CASE WHEN {plain} THEN {text} END AS TIMESTAMP)))"
            )
        # Nothing before the year: the cast takes the 12 of 12/1/17 for one.
        year = f"strpos({text}, '-') = 5 OR strpos({text}, '/') = 5"
        ways.append(f"TRY_CAST(CASE WHEN {year} THEN {text} END AS TIMESTAMPTZ)")
    ways += _written(formats, text, manner)
    ways.append(f"CASE WHEN starts_with({text}, '0000-00-00') THEN make_timestamptz(0) END")
    return f"epoch_us({first(ways)})"


def _written(formats: Sequence[str], text: str, manner: Manner) -> list[str]:
    """Ways to read a time that is not ISO, by strptime formats and by an order of numbers."""
    zone, ways = literal(manner.zone), []
    own = [reordered(f, manner.order) for f in formats if f != "iso" and f not in ORDERS]
    offset = [f for f in own if "%z" in f or "%Z" in f]
    if offset:
        listed = ", ".join(literal(f) for f in offset)
        ways.append(f"CAST(try_strptime({text}, [{listed}]) AS TIMESTAMPTZ)")
    naive = [f for f in own if f not in offset]
    if naive:
        listed = ", ".join(literal(f) for f in naive)
        read = f"try_strptime({text}, [{listed}])"
        if manner.order:
            # A year of two digits is one of the first century to %Y.
            read = f"CASE WHEN year({read}) > 99 THEN {read} END"
        ways.append(f"timezone({zone}, {read})")
    order = manner.order or next((f for f in formats if f in ORDERS), None)
    if order:
        ways.append(f"timezone({zone}, {times_sql(text, order)})")
    return ways


def _duration(rule: Rule, text: str, sql_type: str, natural: str) -> str:
    unit = rule.unit or natural
    if unit == natural:
        return f"TRY_CAST({text} AS {sql_type})"
    target_us = UNITS[natural]
    if unit == "mm:ss":
        part = [f"TRY_CAST(split_part({text}, ':', {i}) AS {_WIDE})" for i in (1, 2)]
        return f"TRY_CAST(({part[0]} * 60 + {part[1]}) * {1_000_000 // target_us} AS {sql_type})"
    if unit == "clock":
        part = [f"TRY_CAST(split_part({text}, ':', {i}) AS {_WIDE})" for i in (1, 2, 3)]
        seconds = f"({part[0]} * 3600 + {part[1]} * 60 + {part[2]})"
        return f"TRY_CAST({seconds} * {1_000_000 // target_us} AS {sql_type})"
    if UNITS[unit] >= target_us:
        return f"TRY_CAST(TRY_CAST({text} AS {_WIDE}) * {UNITS[unit] // target_us} AS {sql_type})"
    factor = f"{UNITS[unit] / target_us:.6f}".rstrip("0")
    return f"TRY_CAST(TRY_CAST({text} AS {_WIDE}) * {factor} AS {sql_type})"


def _ipv4_signed_le(text: str) -> str:
    number = f"(TRY_CAST({text} AS BIGINT) & 4294967295)"
    octets = [f"(({number} >> {shift}) & 255)" for shift in (0, 8, 16, 24)]
    return " || '.' || ".join(octets)


def in_microseconds(duration: str, kind: str) -> str:
    """Turn a duration into a BIGINT of microseconds.

    By way of a double, which is exact: a year has 3.2e13 microseconds, and a double keeps
    whole numbers up to 9e15. A multiplication of decimals would take 128 bits, five times as
    long.
    """
    scale = 1_000 if kind == "milliseconds" else 1_000_000
    return f"CAST(CAST({duration} AS DOUBLE) * {scale} AS BIGINT)"


def from_microseconds(span: str, kind: str) -> str:
    """Turn a BIGINT of microseconds into a duration, exact up to a year for the same reason."""
    scale, sql_type = (1_000, MILLISECONDS) if kind == "milliseconds" else (1_000_000, SECONDS)
    return f"TRY_CAST(CAST({span} AS DOUBLE) / {scale} AS {sql_type})"
