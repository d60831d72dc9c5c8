"""The grid: rows under columns, in which cells are selected, added up, copied and exported."""

from __future__ import annotations

import base64
import io
import logging
import secrets
import zlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
import traitlets as t

from cxreports.errors import BadSelection, CxreportsError, ProofNeeded
from cxreports.language import _
from cxreports.sheets.files import MEDIA, write
from cxreports.sheets.selection import Area, Selection
from cxreports.widgets.part import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxreports.sheets.selection import Sheet

INLINE_BYTES: Final = 48 * 1024
"""Rows that pack into no more travel with the widget's state; larger ones when they are asked for."""

FEW_TEXTS: Final = 0.2
"""A text column with no more different values than this share of its rows is sent as a dictionary."""

_log = logging.getLogger("cxreports.widgets")


class Grid(Part):
    """Shows a sheet; the browser selects, adds up and copies, Python exports.

    Attributes
    ----------
    title
        Heading above the grid; empty for none.
    tabs
        ``{"id", "label"}`` of tables to choose from; empty for none.
    tab
        Id of the tab shown; set by the browser too.
    note
        One line beside the tabs.
    columns
        The sheet's columns, as `selection.Column` describes them.
    rows
        The sheet's values: ``key``, ``count``, ``first`` (rows before them), ``places``,
        ``totals`` (whether the last row is the line of totals), and ``inline``, the packed rows in
        base64, or an empty text when they are sent on request.
    totals_label
        What stands under the first column.
    hidden
        Names of columns that are not shown; set by the browser too.
    zone
        IANA zone that times are shown in; exports are in UTC.
    empty
        Text shown when there are no rows.
    height
        Most pixels that the rows may take; fewer rows take less.
    remote
        Whether Python sorts: the sheet is a part of more rows than are sent.
    order
        ``{"column", "descending"}`` that such a sheet is sorted by; empty for its usual order.
        Set by the browser.
    behind
        Ways to the calls behind its cells, as `cxreports.pages.calls.behind` gives them; empty for none.
    python
        Code that gives the same rows, to be copied; empty for none.
    opens
        Whether a click on a row, or Enter, asks for what is behind it: ``{"open": row}``.
    opened
        The row that is open, counted from 0; -1 for none.
    """

    module = "grid"
    title = t.Unicode().tag(sync=True)
    tabs = t.List(t.Dict()).tag(sync=True)
    tab = t.Unicode().tag(sync=True)
    note = t.Unicode().tag(sync=True)
    columns = t.List(t.Dict()).tag(sync=True)
    rows = t.Dict().tag(sync=True)
    totals_label = t.Unicode().tag(sync=True)
    hidden = t.List(t.Unicode()).tag(sync=True)
    zone = t.Unicode("UTC").tag(sync=True)
    empty = t.Unicode().tag(sync=True)
    height = t.Int(420).tag(sync=True)
    remote = t.Bool(default_value=False).tag(sync=True)
    order = t.Dict().tag(sync=True)
    behind = t.Dict().tag(sync=True)
    python = t.Unicode().tag(sync=True)
    opens = t.Bool(default_value=False).tag(sync=True)
    opened = t.Int(-1).tag(sync=True)

    @t.default("empty")
    def _nothing(self) -> str:
        return _("Nothing to show.")

    def __init__(self, sheet: Sheet | None = None, **traits: Any) -> None:
        super().__init__(**traits)
        self.sheet: Sheet | None = None
        self._packed = b""
        self.on_msg(self._answer)
        if sheet is not None:
            self.show(sheet)

    def show(self, sheet: Sheet, *, first: int = 0) -> None:
        """Show a sheet in place of the one before; choices of columns stay where names do.

        Parameters
        ----------
        first
            How many rows come before the sheet's, where it is a page of more.
        """
        earlier = {column["name"] for column in self.columns}
        unseen = [column.name for column in sheet.columns if not column.shown and column.name not in earlier]
        self._packed = packed(sheet.held)
        inline = base64.b64encode(self._packed).decode() if len(self._packed) <= INLINE_BYTES else ""
        self.sheet = sheet
        with self.hold_sync():
            self.columns = [asdict(each) for each in sheet.columns]
            self.hidden = [*self.hidden, *(name for name in unseen if name not in self.hidden)]
            self.totals_label = sheet.totals_label
            self.rows = {
                # By their contents: another kernel's table of the same page may have others.
                "key": zlib.crc32(self._packed) or 1,
                "count": sheet.frame.height,
                "first": first,
                "totals": bool(sheet.totals),
                "places": sheet.places,
                "inline": inline,
            }

    def selection(self, asked: Mapping[str, Any], rows: bytes | memoryview) -> Selection:
        """Cells that the browser names, as a selection.

        Parameters
        ----------
        asked
            ``columns`` (names), ``areas`` (lists of top, left, bottom, right; half-open).
        rows
            Numbers of the frame's rows as little-endian 32-bit integers.

        Raises
        ------
        BadSelection
            The sheet has no such cells, or this names none.
        """
        assert self.sheet is not None  # noqa: S101 (the browser asks for what it was sent)
        try:
            picked = np.frombuffer(rows, "<u4").astype(np.int64)
            areas = [Area(*map(int, area)) for area in asked["areas"]]
            columns = [str(name) for name in asked["columns"]]
        except (KeyError, TypeError, ValueError) as error:
            raise BadSelection("this names no cells: rows, columns and areas are needed") from error
        return Selection.of(self.sheet, picked, columns, areas)

    def _answer(self, _widget: Any, content: Mapping[str, Any], buffers: list[memoryview]) -> None:
        if content.get("ask") == "rows":
            self.send({"rows": self.rows["key"]}, [self._packed])
        elif "export" in content:
            self._export(content["export"], buffers)

    def _export(self, asked: Mapping[str, Any], buffers: list[memoryview]) -> None:
        """Send a selection as a file; the grid shows what went wrong."""
        try:
            if asked["key"] != self.rows["key"]:
                self.send({"failed": _("The table has changed meanwhile: select again.")})
                return
            form = str(asked["form"])
            selection = self.selection(asked, buffers[0])
            contents = write(selection, form)
            self.announce_export(form, len(selection.rows))
        except CxreportsError as error:
            self.send({"failed": str(error), "confirm": isinstance(error, ProofNeeded)})
        except Exception:  # noqa: BLE001 (shown in the grid, logged with its traceback)
            code = secrets.token_hex(4)
            _log.exception("An export failed [%s]: %.200r", code, asked)
            self.send({"failed": _("The export failed; the log tells why, under {code}.").format(code=code)})
        else:
            name = f"{self.sheet.name if self.sheet else 'cxreports'}.{form}"
            self.send({"download": name, "type": MEDIA[form]}, [contents])


def packed(held: pl.DataFrame) -> bytes:
    """Pack columns for the browser: an Arrow IPC stream, deflated.

    100,000 CDRs of twelve columns are 5 MB; packing takes 0.4 s, opening in the browser 0.2 s.
    The same as JSON texts takes twice and three times that.
    """
    columns = [_sendable(series) for series in held.iter_columns()]
    out = io.BytesIO()
    pl.DataFrame(columns).write_ipc_stream(out, compat_level=pl.CompatLevel.oldest())
    return zlib.compress(out.getvalue(), 1)


def _sendable(series: pl.Series) -> pl.Series:
    if series.dtype == pl.Int128:
        return series.cast(pl.Decimal(38, 0))
    if series.dtype == pl.String and series.n_unique() <= FEW_TEXTS * len(series):
        return series.cast(pl.Categorical)
    return series
