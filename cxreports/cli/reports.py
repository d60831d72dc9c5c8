"""Commands of reports."""

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cxreports.cli.context import As, print_rows, settings_of
from cxreports.cli.frames import Output
from cxreports.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cxreports.reports.run import Failed, Finished

reports: Final = typer.Typer(no_args_is_help=True, help="Reports as PDF, HTML, XLSX and CSV.")

_PERIODS: Final = (
    "2026-10, 2026-W41, 2026-10-05, 2026, last-month (last-, this-; day, week, year), yesterday, 7d, "
    "or 2026-10-01/2026-10-08, whose end no longer counts; in UTC."
)


@reports.command("run")
def run(
    ctx: typer.Context,
    notebook: Annotated[
        str,
        typer.Argument(
            metavar="NOTEBOOK",
            help="Path of a notebook, or one of cxreports' own: report, review, destinations.",
        ),
    ],
    customer: Annotated[
        list[str],
        typer.Option(metavar="C", help="A customer's id (several: repeat it), or 'all': a report for each."),
    ],
    period: Annotated[str, typer.Option(metavar="P", help=_PERIODS)] = "last-month",
    forms: Annotated[
        str, typer.Option("--format", metavar="F", help="pdf, html, xlsx, csv, with commas between them.")
    ] = "pdf",
    to: Annotated[Path, typer.Option(metavar="DIR", help="Folder that the files go to.")] = Path(),
    language: Annotated[str, typer.Option(help=f"{', '.join(LANGUAGES)}.")] = "en",
    tz: Annotated[str, typer.Option(metavar="ZONE", help="Zone of graphs, else that of each company.")] = "",
    operator: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Who gives the report, on every page; by default CXREPORTS_OPERATOR_NAME."
        ),
    ] = "",
    parameter: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Another parameter of the notebook; repeat it."),
    ] = None,
    as_of: Annotated[
        int | None, typer.Option(metavar="V", help="Version of the lake; by default the newest.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=0, help="Processes beside each other; by default one for each core.")
    ] = None,
    output: As = Output.TABLE,
) -> None:
    """Run a notebook for a customer and a period, or for every customer at once.

    Says each file; a customer whose report fails is named with the reason and stops no other. Exit code 1
    if any failed.
    """
    from cxreports.reports.run import Failed
    from cxreports.reports.run import run as make

    with _progress_bar() as progress:
        outcomes = make(
            notebook,
            customer="all" if "all" in customer else customer,
            period=period,
            formats=[each.strip() for each in forms.split(",") if each.strip()],
            to=to,
            language=language,
            zone=tz,
            operator=operator,
            parameters=dict(map(_parameter, parameter or ())),
            home=settings_of(ctx),
            version=as_of,
            jobs=jobs,
            progress=progress,
        )
    print_rows((_row(each) for each in outcomes if not isinstance(each, Failed)), output)
    failed = [each for each in outcomes if isinstance(each, Failed)]
    for each in failed:
        typer.echo(f"failed: {each.customer}: {each.reason}", err=True)
    raise typer.Exit(1 if failed else 0)


def _row(file: "Finished") -> dict[str, Any]:
    return {
        "customer": file.customer,
        "period": file.period.slug,
        "format": str(file.form),
        "file": str(file.path),
        "snapshot": str(file.snapshot),
        "as_of": file.as_of,
        "complete": "yes" if file.is_complete else "no",
    }


def _parameter(text: str) -> tuple[str, Any]:
    """Name and value; a value that is JSON is what it says, any other a text."""
    import json

    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise typer.BadParameter(f"{text!r} is no NAME=VALUE", param_hint="--set")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


@contextmanager
def _progress_bar() -> "Iterator[Callable[[int, int, Failed | None], None] | None]":
    """Show how many reports are made, on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.SpinnerColumn(),
        progress.TextColumn("reports"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[failures]}"),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, failures="")
        count = 0

        def tell(done: int, total: int, failed: "Failed | None") -> None:
            nonlocal count
            count += failed is not None
            bar.update(task, completed=done, total=total, failures=f"{count} failed" if count else "")

        yield tell
