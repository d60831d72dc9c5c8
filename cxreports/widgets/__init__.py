"""Widgets of the pages: small anywidgets that display what Python decided.

``js/`` holds their sources; no number is computed there. They work alike in the portal, in
JupyterLab and in Notebook.
"""

from cxreports.widgets.call_records_page import CallRecordsPage
from cxreports.widgets.chart import ChartWidget
from cxreports.widgets.controls import Controls
from cxreports.widgets.customers_page import CustomersPage
from cxreports.widgets.dashboard_page import DashboardPage
from cxreports.widgets.grid import Grid
from cxreports.widgets.headline import Figures
from cxreports.widgets.page import Page
from cxreports.widgets.top_bar import TopBar

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
