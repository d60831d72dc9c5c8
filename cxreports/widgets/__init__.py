"""Widgets of the pages: small anywidgets that display what Python decided.

``js/`` holds their sources; no number is computed there. They work alike in the portal, in
JupyterLab and in Notebook.

Each is imported when it is first used: the portal asks for the built front end (`bundle`) alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cxreports.widgets.call_records_page import CallRecordsPage
    from cxreports.widgets.chart import ChartWidget
    from cxreports.widgets.controls import Controls
    from cxreports.widgets.customers_page import CustomersPage
    from cxreports.widgets.dashboard_page import DashboardPage
    from cxreports.widgets.grid import Grid
    from cxreports.widgets.headline import Figures
    from cxreports.widgets.page import Page
    from cxreports.widgets.top_bar import TopBar

_MODULES: Final = {
    "CallRecordsPage": "call_records_page",
    "ChartWidget": "chart",
    "Controls": "controls",
    "CustomersPage": "customers_page",
    "DashboardPage": "dashboard_page",
    "Figures": "headline",
    "Grid": "grid",
    "Page": "page",
    "TopBar": "top_bar",
}

__all__ = [
    "CallRecordsPage",
    "ChartWidget",
    "Controls",
    "CustomersPage",
    "DashboardPage",
    "Figures",
    "Grid",
    "Page",
    "TopBar",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
