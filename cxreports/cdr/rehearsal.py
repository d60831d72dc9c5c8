"""What DuckDB will say to a definition's words, asked before any file is read.

``definition`` asks, so that an expression or a time format that only the engine can judge is
refused with its place in the definition, and not by every load. An empty answer is a yes.
"""

from functools import cache

import duckdb

from cxreports.cdr.evidence.date_words import ORDERS
from cxreports.cdr.evidence.manner import Manner
from cxreports.cdr.source_format import Rule, Target
from cxreports.cdr.values import value_sql
from cxreports.sql import literal


def expression_fault(expression: str) -> str:
    """Return what is wrong with an expression that takes a value from a text."""
    refusal = _refusal(f"regexp_extract('', {literal(expression)}, 1)")
    if refusal:
        return f"is not an expression of RE2: {refusal}"
    # Without names DuckDB gives an empty text for a group that there is not.
    if _refusal(f"regexp_extract('', {literal(expression)}, ['value'])"):
        return "has no group ( ) to take the value from"
    return ""


def time_format_fault(written: str) -> str:
    """Return what is wrong with a way to write times."""
    refusal = "" if written in {"iso", *ORDERS} else _refusal(f"try_strptime('', {literal(written)})")
    return refusal and f"is neither 'iso', an order (dmy, mdy, ymd) nor a strptime format: {refusal}"


def value_fault(target: Target, rule: Rule, text: str) -> str:
    """Return what is wrong with a value that the definition itself gives to a field."""
    sql, fault, wrong = value_sql(target, rule, literal(text), "value", Manner())
    ((refused,),) = _engine().cursor().execute(f"SELECT {wrong} FROM (SELECT {sql} AS value)").fetchall()
    return f"{fault or 'gives no value'}, so it cannot stand in {target.name}" if refused else ""


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


@cache
def _refusal(call: str) -> str:
    try:
        _engine().cursor().execute(f"SELECT {call}").fetchall()
    except duckdb.Error as error:
        return str(error).splitlines()[0].split("Error: ", 1)[-1]
    return ""
