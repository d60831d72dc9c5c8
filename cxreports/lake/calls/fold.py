"""SQL that makes one call of several records: versions of a record first, then the legs of a call.

What only one version of a record says is kept, and where two contradict each other the later delivery holds.
Whether it was answered, the one says that fills more columns, so that a record of a call in progress undoes
no end if it comes late; of two that fill as many, the later. A call is its legs together, under the name of
the caller's.
"""

from __future__ import annotations

from typing import Final

from cxreports.cdr.identity.keys import IN_TURN
from cxreports.cdr.record import FIELDS, MONEY, SECONDS

SAID_AGAIN: Final = "delivered again with another "
"""Beginning of the note on a record whose versions contradict each other; fields follow."""

_OF_ANSWER: Final = ("answer_time", "end_time", "duration_s", "sip_code", "sip_reason", "release_reason")
"""Fields that belong to the answer: those of versions that do not agree on it are left."""

_CHECKED: Final = (
    "customer", "call_time", "answer_time", "source", "destination", "duration_s", "billed_duration_s",
    "sip_code", "rate", "charge", "currency",
)  # fmt: skip
"""Fields in which versions contradict each other that have another value."""

_OF_CALLER: Final = ("customer", "source", "destination", "billed_duration_s", "ring_s", "pdd_ms", "file")
"""Fields that are the caller's leg's, known or not."""

_OF_ANSWERED: Final = ("sip_code", "sip_reason", "release_reason")
"""Fields that are the answered leg's, else the caller's."""

_TOGETHER: Final = (
    "call_time", "answer_time", "end_time", "duration_s", "charge", "currency", "connected", "note",
    "record_key", "legs",
)  # fmt: skip
"""Fields that all legs give together."""

_FOLLOWS: Final = f"coalesce(leg_rank > {IN_TURN}, false)"
"""SQL of whether a leg follows the one before it and does not say when it begins."""

_NAMES: Final = tuple(each.name for each in FIELDS)
_FIRST: Final = tuple(name for name in _NAMES if name not in {*_OF_CALLER, *_OF_ANSWERED, *_TOGETHER})
"""Fields that are the first leg's that has one, the caller's before others."""


def folded_sql(versions: str) -> str:
    """SQL of the calls that versions of records make, with the columns of ``cdr``.

    Parameters
    ----------
    versions
        Table of records: the columns of ``cdr``, ``kt`` and ``lk`` (with ``record_key`` what tells calls and
        records apart), ``contents``, and ``last_load`` and ``last_nth``, when it was last delivered.
    """
    return f"(SELECT * FROM ({_calls(f'({_talk(_placed(_records(versions)))})')}))"


def _records(versions: str) -> str:
    window = "PARTITION BY record_key, kt, lk"
    ordered = (
        f"SELECT *, row_number() OVER ({window} ORDER BY last_load, last_nth, contents) AS ord, "
        f"max(knows) OVER ({window}) AS most FROM {versions}"
    )
    won = f"SELECT *, arg_max(connected, (knows, ord)) OVER ({window}) AS won FROM ({ordered})"
    of_answer = {name: " AND connected = won" if name in _OF_ANSWER else "" for name in _NAMES}
    kept = [
        f"arg_max({name}, ord) FILTER ({name} IS NOT NULL{of_answer[name]}) AS {name}"
        for name in _NAMES
        if name not in {"connected", "note", "record_key", "legs"}
    ]
    differ = [
        f"CASE WHEN count(DISTINCT {name}) FILTER (true{of_answer[name]}) > 1 THEN '{name}' END"
        for name in _CHECKED
    ]
    # That a call in progress is answered at last is no contradiction.
    otherwise = "arg_max(connected, ord) <> any_value(won) OR (bool_or(connected) AND NOT any_value(won))"
    equals = "count(DISTINCT connected) FILTER (knows = most) > 1"
    differ.append(f"CASE WHEN {otherwise} OR {equals} THEN 'connected' END")
    again = f"'{SAID_AGAIN}' || nullif(concat_ws(', ', {', '.join(differ)}), '')"
    note = f"nullif(concat_ws('; ', arg_max(note, ord) FILTER (note IS NOT NULL), {again}), '')"
    return (
        f"(SELECT record_key, kt, lk, {', '.join(kept)}, any_value(won) AS connected, {note} AS note, "
        "arg_max(leg_rank, ord) FILTER (connected = won) AS leg_rank, count(*) AS versions "
        f"FROM ({won}) GROUP BY record_key, kt, lk)"
    )


def _placed(records: str) -> str:
    of_call = "PARTITION BY record_key, kt ORDER BY"
    order = (
        "coalesce(leg_rank = 0, false), leg_rank DESC, connected DESC, call_time, "
        "TRY_CAST(leg AS BIGINT) NULLS LAST, leg NULLS LAST, lk"
    )
    talk_us = "CAST(duration_s * 1000000 AS BIGINT)"
    return (
        f"(SELECT *, row_number() OVER ({of_call} {order}) AS place, "
        f"row_number() OVER ({of_call} NOT connected, {order}) AS answered, "
        f"CASE WHEN connected THEN coalesce(epoch_us(answer_time), epoch_us(end_time) - {talk_us}) END AS s, "
        f"CASE WHEN connected THEN {talk_us} END AS d FROM {records} AS records)"
    )


def _talk(placed: str) -> str:
    """Add to each leg the part of its talk time in which no earlier one was answered, microseconds.

    Of legs that follow each other that is all of it.
    """
    before = (
        "max(s + d) OVER (PARTITION BY record_key, kt ORDER BY s NULLS LAST, d, lk "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    )
    return (
        f"SELECT *, CASE WHEN {_FOLLOWS} THEN d ELSE greatest(0, s + d - greatest(s, coalesce({before}, s))) "
        f"END AS share FROM {placed} AS placed"
    )


def _calls(legs: str) -> str:
    own = {
        **{name: f"any_value({name}) FILTER (place = 1)" for name in _OF_CALLER},
        **{name: f"any_value({name}) FILTER (answered = 1)" for name in _OF_ANSWERED},
        **{name: f"arg_min({name}, place) FILTER ({name} IS NOT NULL)" for name in _FIRST},
    }
    together = f"CAST(CAST(sum(share) AS DECIMAL(18,0)) * 0.000001 AS {SECONDS})"
    one_currency = "count(DISTINCT coalesce(currency, '')) FILTER (charge IS NOT NULL) <= 1"
    own |= {
        "call_time": "min(call_time)",
        "answer_time": "min(answer_time) FILTER (connected)",
        "end_time": f"CASE WHEN bool_or({_FOLLOWS}) THEN make_timestamptz(CAST(epoch_us(min(call_time)) "
        "+ sum(epoch_us(end_time) - epoch_us(call_time)) AS BIGINT)) ELSE max(end_time) END",
        "duration_s": "CASE WHEN NOT bool_or(connected) THEN 0 "
        "WHEN bool_or(connected AND duration_s IS NULL) THEN NULL "
        f"WHEN count(*) FILTER (connected) = 1 THEN max(duration_s) FILTER (connected) ELSE {together} END",
        # Prices in several currencies add up to nothing.
        "charge": f"CASE WHEN {one_currency} THEN sum(charge) END",
        "currency": "coalesce(arg_min(currency, place) FILTER (charge IS NOT NULL AND currency IS NOT NULL), "
        "arg_min(currency, place) FILTER (currency IS NOT NULL))",
        "connected": "bool_or(connected)",
        "note": "nullif(concat_ws('; ', string_agg(DISTINCT note, '; ' ORDER BY note), "
        f"CASE WHEN NOT ({one_currency}) THEN 'legs priced in several currencies' END), '')",
        "record_key": "record_key",
        "legs": "greatest(1, count(*) FILTER (leg_rank > 0))",
    }
    types = {each.name: each.sql_type for each in FIELDS} | {"charge": MONEY}
    columns = ", ".join(f"CAST({own[name]} AS {types[name]}) AS {name}" for name in _NAMES)
    return (
        f"SELECT {columns}, CAST(0 AS BIGINT) AS load, CAST(NULL AS BIGINT) AS leg_key, "
        "CAST(NULL AS TINYINT) AS leg_rank, CAST(least(sum(versions), 32767) AS SMALLINT) AS knows "
        f"FROM {legs} AS legs GROUP BY record_key, kt"
    )
