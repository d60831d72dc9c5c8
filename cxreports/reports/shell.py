"""What stands in for a notebook's front end: takes what cells show, and makes blocks of it."""

from __future__ import annotations

import base64
import io
import os
import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from IPython.core.displaypub import DisplayPublisher
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from cxreports.charts.theme import alt, config
from cxreports.reports import frames, markdown
from cxreports.reports.document import Graph, Picture, Plain, Shown, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxreports.reports.document import Block

_BLOCK: Final = "application/x.cxreports.block"
_FIGURE_BACKEND: Final = "module://matplotlib_inline.backend_inline"
_POINTS_A_PIXEL: Final = 0.75
_FIGURE_DPI: Final = 200
_POINTS_AN_INCH: Final = 72
_PICTURES: Final = ("image/svg+xml", "image/png", "image/jpeg")


class Shell:
    """The one front end of this process."""

    def __init__(self) -> None:
        self._shown: list[Block] = []
        os.environ.setdefault("MPLBACKEND", _FIGURE_BACKEND)
        quiet = Config()
        # Its history is kept by a thread, and workers are forked from here.
        quiet.HistoryManager.enabled = False
        self._shell = _Quiet.instance(config=quiet)
        self._formatter = _Formatter(parent=self._shell)
        self._shell.display_formatter = self._formatter
        self._shell.display_pub = _Publisher(self, parent=self._shell)
        alt.data_transformers.disable_max_rows()

    @staticmethod
    @cache
    def of_process() -> Shell:
        """Front end of this process, made when the first notebook runs."""
        return Shell()

    @contextmanager
    def showing(self, names: dict[str, Any]) -> Iterator[list[Block]]:
        """Collect what is shown while the block runs, of a notebook with these names."""
        before, self._shown = self._shown, []
        kept = self._shell.user_ns
        names["get_ipython"] = lambda: self._shell
        names["display"] = _display
        self._shell.user_ns = names
        try:
            yield self._shown
        finally:
            self._shown = before
            self._shell.user_ns = kept

    def show(self, value: Any) -> None:
        """Show a value as the last of a cell."""
        if value is None:
            return
        block = block_of(value)
        if block is None:
            self.show_data(self._formatter.format(value)[0])
        else:
            self._shown.append(block)

    def show_data(self, data: Mapping[str, Any]) -> None:
        """Show what an object says of itself, in the richest form that a report can have."""
        if _BLOCK in data:
            self._shown.append(data[_BLOCK])
            return
        spec = next((data[each] for each in data if each.startswith("application/vnd.vegalite")), None)
        if spec is not None:
            self._shown.append(Graph(spec))
            return
        for media in _PICTURES:
            if media in data:
                content = data[media]
                if isinstance(content, str):
                    content = content.encode() if media.endswith("xml") else base64.b64decode(content)
                self._shown.append(Picture(content, media, alternative=data.get("text/plain", "")[:200]))
                return
        if "text/markdown" in data:
            self._shown.extend(markdown.blocks(data["text/markdown"]))
        elif "application/vnd.jupyter.widget-view+json" not in data and data.get("text/plain", "").strip():
            self._shown.append(Plain(data["text/plain"]))

    def show_open_figures(self) -> None:
        """Show matplotlib's figures that a cell has left open, as notebooks do."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None:
            return
        for number in pyplot.get_fignums():
            self.show(pyplot.figure(number))
        pyplot.close("all")


class _Quiet(InteractiveShell):
    """IPython without anybody before it."""

    def enable_gui(self, gui: Any = None) -> None:
        """Show no windows: there is nobody to see them."""


class _Formatter(DisplayFormatter):
    """Formats what a report has a block for as that block."""

    def format(
        self, obj: Any, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        block = block_of(obj)
        if block is not None:
            return {_BLOCK: block}, {}
        data, metadata = super().format(obj, include=include, exclude=exclude)  # type: ignore[no-untyped-call]
        return data, metadata


class _Publisher(DisplayPublisher):
    """Publishes into the document."""

    def __init__(self, to: Shell, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._to = to

    def publish(self, data: Any, *_: Any, **__: Any) -> None:
        self._to.show_data(data)

    def clear_output(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002 (as IPython calls it)
        """Leave what was shown: paper forgets nothing."""


def block_of(value: Any) -> Block | None:
    """Block of a value; None for one that says itself how it is shown."""
    if isinstance(value, Shown):
        return value  # type: ignore[return-value]
    if isinstance(value, pl.DataFrame):
        return Table(frames.sheet_of(value), "table")
    if isinstance(value, pl.Series):
        return Table(frames.sheet_of(value.to_frame()), "table")
    if isinstance(value, pl.LazyFrame):
        return Table(frames.sheet_of(value.collect()), "table")
    if isinstance(value, alt.TopLevelMixin):
        return Graph(_spec(value))
    return _of_another_library(value)


def _of_another_library(value: Any) -> Block | None:
    """Block of a value whose library is loaded only where a notebook uses it."""
    pandas, duckdb = sys.modules.get("pandas"), sys.modules.get("duckdb")
    if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series)):
        return Table(frames.sheet_of(frames.of_pandas(value)), "table")
    if duckdb is not None and isinstance(value, duckdb.DuckDBPyRelation):
        return Table(frames.sheet_of(value.pl()), "table")
    figure = sys.modules.get("matplotlib.figure")
    if figure is not None and isinstance(value, figure.Figure):
        return _picture(value)
    return None


def _picture(figure: Any) -> Picture:
    out = io.BytesIO()
    # Without the library's name and version the same figures give the same bytes.
    figure.savefig(out, format="png", dpi=_FIGURE_DPI, bbox_inches="tight", metadata={"Software": None})
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    width = int.from_bytes(out.getvalue()[16:20], "big") / _FIGURE_DPI * _POINTS_AN_INCH
    return Picture(out.getvalue(), "image/png", width, "; ".join(titles) or "figure")


def _spec(chart: Any) -> dict[str, Any]:
    spec: dict[str, Any] = chart.to_dict()
    # The look of the theme comes with the paper's fonts and size.
    own = spec.get("config", {})
    theirs = {key: value for key, value in own.items() if config().get(key) != value}
    return {**{key: value for key, value in spec.items() if key != "config"}, "config": theirs}


def _display(*values: Any, **options: Any) -> None:
    from IPython.display import display  # noqa: PLC0415

    display(*values, **options)  # type: ignore[no-untyped-call]
