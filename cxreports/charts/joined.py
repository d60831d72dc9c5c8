"""Graphs below one another."""

from __future__ import annotations

import warnings
from typing import Final

from cxreports.charts.theme import alt

_WIDTH: Final = 720


def joined(*graphs: alt.LayerChart, width: int = _WIDTH) -> alt.VConcatChart:
    """Graphs below one another, which share pointer and zoom.

    Parameters
    ----------
    width
        Pixels of each; Vega-Lite cannot make joined graphs as wide as their place.
    """
    with warnings.catch_warnings():
        # That they share their parameters is what is wanted; altair warns of it.
        warnings.filterwarnings("ignore", "Automatically deduplicated", UserWarning)
        return alt.vconcat(*(graph.properties(width=width) for graph in graphs))
