"""The columns of the grid of call records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cxreports.cdr.record import FIELDS
from cxreports.language import _, marked
from cxreports.sheets.columns import Column, decimals_of_all, exact_decimals
from cxreports.sheets.selection import Sheet

if TYPE_CHECKING:
    from cxreports.sheets.columns import Kind

LABELS: Final = {
    "call_time": marked("Call time"),
    "source": marked("Source"),
    "destination": marked("Destination"),
    "destination_name": marked("Destination name"),
    "direction": marked("Direction"),
    "connected": marked("Connected"),
    "duration_s": marked("Duration s"),
    "billed_duration_s": marked("Billed s"),
    "charge": marked("Charge"),
    "currency": marked("Currency"),
    "sip_code": marked("SIP code"),
    "sip_reason": marked("SIP reason"),
    "pdd_ms": marked("PDD ms"),
    "ring_s": marked("Ring s"),
    "dtmf": marked("DTMF"),
    "release_reason": marked("Release reason"),
    "answer_time": marked("Answer time"),
    "end_time": marked("End time"),
    "customer": marked("Customer"),
    "rate": marked("Rate"),
    "connect_cost": marked("Connect cost"),
    "destination_code": marked("Destination code"),
    "source_ip": marked("Source IP"),
    "tech_prefix": marked("Tech prefix"),
    "lrn": marked("LRN"),
    "switch": marked("Switch"),
    "call_id": marked("Call id"),
    "leg": marked("Leg"),
    "recording": marked("Recording"),
    "note": marked("Note"),
    "file": marked("File"),
}
"""Headings of the columns that can be chosen, in the order in which they stand."""

_SHOWN: Final = frozenset(list(LABELS)[:12]) - {"direction", "connected"}
_ADD_UP: Final = frozenset({"duration_s", "billed_duration_s", "charge", "connect_cost"})
_AMOUNTS: Final = frozenset({"charge", "rate", "connect_cost"})
_MEANINGS: Final = {each.name: each.meaning for each in FIELDS}

COLUMNS: Final = tuple(LABELS)
"""Columns of the record that the grid can show."""

HIDDEN: Final = tuple(name for name in COLUMNS if name not in _SHOWN)
"""Those that it does not show before anybody chooses."""


def cdr_sheet(calls: pl.DataFrame, name: str) -> Sheet:
    """Sheet of call records.

    Parameters
    ----------
    calls
        The columns `COLUMNS`.
    name
        What exported files are called.
    """
    readable = calls.with_columns(
        pl.col("connected").replace_strict({True: _("yes"), False: _("no")}, default=None),
        pl.col("direction").replace({"inbound": _("inbound"), "outbound": _("outbound")}),
    )
    money = decimals_of_all(calls["currency"].unique())
    priced = calls.filter(pl.any_horizontal(pl.col(*sorted(_AMOUNTS)).is_not_null()))["currency"]
    is_mixed = priced.n_unique() > 1
    columns = tuple(
        _column(each, _(label), calls[each], money, is_mixed=is_mixed) for each, label in LABELS.items()
    )
    return Sheet(readable, columns, name=name, title=_("Call records"))


def _column(name: str, label: str, values: pl.Series, money: int, *, is_mixed: bool) -> Column:
    title = _(_MEANINGS[name])
    shown = name in _SHOWN
    if values.dtype.is_temporal():
        return Column(name, label, "time", align="left", precision="second", title=title, shown=shown)
    if values.dtype.is_decimal():
        least = money if name in _AMOUNTS else 0
        kind: Kind = "number" if name in _ADD_UP else "ratio"
        if is_mixed and name in _AMOUNTS:
            # Amounts of several currencies add up to nothing.
            kind = "amount"
        return Column(name, label, kind, exact_decimals(values, least), title=title, shown=shown)
    return Column(name, label, align="right" if name == "sip_code" else "left", title=title, shown=shown)
