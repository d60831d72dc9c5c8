"""Reporting toolkit for VoIP call records.

>>> import cxreports as cx
>>> lake = cx.open()  # doctest: +SKIP
>>> lake.load("calls.csv", customer="acme")  # doctest: +SKIP
>>> lake.summary("acme", by="day")  # doctest: +SKIP
>>> cx.charts.asr(lake.series("acme", "asr", every="1h", tz="Europe/Madrid"))  # doctest: +SKIP

Names are loaded when they are first used, so that importing the package takes no time.

The rooms, each importing from those above it alone (``docs/architecture.md`` walks through them)::

    errors settings language wording collector csv_files clock visitor metrics sip sql   what everybody speaks
    cdr/        a file into typed rows and rejects; the formats as TOML
    traffic/    synthetic calls, and files of them as each vendor writes them
    lake/       every call once, in Delta tables; sums and live channels; consistent snapshots
    portal/     people/ who may log in; companies/ ledgers and numbers; post/ letters; the audit log
    desk/       what pages ask of the portal, without its database
    figures/    summaries, series, breakdowns, call records; the analyst's `Lake`
    feeds/      where calls come from by themselves
    accounts/   where lake and portal meet: balances, checklist, warnings
    demo/       a sample operator
    charts/     graphs in the portal's look     sheets/  tables free of widgets
    widgets/    what the browser draws          pages/   what is live
    reports/    notebooks as PDF, HTML, XLSX and CSV
    web/        the portal: forms/ and kernels/ behind one list of routes
    cli/        the command line
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

from cxreports import errors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cxreports import charts
    from cxreports.clock import Time
    from cxreports.figures.analyst import Lake
    from cxreports.reports.run import Failed, Finished
    from cxreports.settings import Home

    __version__: str

__all__ = ["Lake", "__version__", "charts", "errors", "open", "report"]


def open(home: Home = None, *, as_of: Time | int | None = None) -> Lake:  # noqa: A001 (cx.open)
    """Open the lake of a home folder, to be followed as calls are loaded.

    Parameters
    ----------
    home
        Folder of everything that cxreports keeps, by default the setting ``CXREPORTS_HOME``
        (``data/home``), or the settings, where they have been read already. It need not exist yet.
    as_of
        Time or version at which to stay; by default the newest state is read each time.
    """
    from cxreports.figures.analyst import Lake  # noqa: PLC0415 (imported when used)

    return Lake(home, as_of=as_of)


def report(notebook: str | Path, *, customer: str | Sequence[str], **options: Any) -> list[Finished | Failed]:
    """Run a notebook as a report, for a customer or for all: see `cxreports.reports.run.run`.

    >>> cx.report("report", customer="acme", period="2026-10", to="out")  # doctest: +SKIP
    """
    made: list[Finished | Failed] = import_module("cxreports.reports.run").run(
        notebook, customer=customer, **options
    )
    return made


def __getattr__(name: str) -> Any:
    if name == "Lake":
        return import_module("cxreports.figures.analyst").Lake
    if name == "charts":
        return import_module("cxreports.charts")
    if name == "__version__":
        return metadata.version("cxreports")
    raise AttributeError(f"module 'cxreports' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
