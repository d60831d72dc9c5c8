"""Reports: a notebook, run for a customer and a period, as PDF, HTML, XLSX and CSV.

``notebook`` runs the cells and ``document`` is what they show, as blocks. ``contents/`` makes the blocks of
cxreports' own notebooks from the same figures as pages have; ``forms/`` writes a document in each form.
``run`` makes one report, or those of many customers in the processes of ``crew``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cxreports.reports.run import Failed, Finished, Form, run

if TYPE_CHECKING:
    from cxreports.reports.contents.report import Report

__all__ = ["Failed", "Finished", "Form", "Report", "run"]


def __getattr__(name: str) -> Any:
    # Altair and the rest take seconds to import; whoever only has reports run imports none of it.
    if name == "Report":
        return import_module("cxreports.reports.contents.report").Report
    raise AttributeError(f"module 'cxreports.reports' has no attribute {name!r}")
