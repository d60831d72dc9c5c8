"""The command line: each command opens the lake, asks it one thing and prints the answer.

What takes time to import is imported by the command that needs it: help and completion answer at once.
"""

from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cxreports.cli.accounts import companies, numbers, payments
from cxreports.cli.alerts import alerts
from cxreports.cli.context import (
    As,
    AsOf,
    Files,
    Invocation,
    lake_of,
    leave,
    portal_of,
    print_frame,
    print_rows,
    settings_of,
)
from cxreports.cli.deliveries import loads, unload
from cxreports.cli.faults import Commands
from cxreports.cli.feeds import feeds, watch
from cxreports.cli.formats import format_commands
from cxreports.cli.frames import Output
from cxreports.cli.people import users
from cxreports.cli.progress import loading_bar
from cxreports.cli.reports import reports
from cxreports.cli.schedules import list_due, list_reports, schedules, worker
from cxreports.cli.upkeep import compact, rebuild, vacuum
from cxreports.errors import CxreportsError


class By(StrEnum):
    """Buckets of a summary."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Count(StrEnum):
    """What a load counts."""

    CALLS = "calls"
    LEGS = "legs"


class Dates(StrEnum):
    """Orders of day, month and year."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


app: Final = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="An error is one line, and exit code 1 (2: wrong usage); CXREPORTS_DEBUG=1 traces it.",
)

for _command in (loads, unload, compact, vacuum, rebuild, worker, watch):
    app.command()(_command)
app.add_typer(users, name="user")
app.add_typer(companies, name="company")
app.add_typer(payments, name="payment")
app.add_typer(numbers, name="numbers")
app.add_typer(format_commands, name="format")
app.add_typer(alerts, name="alert")
app.add_typer(reports, name="report")
app.add_typer(feeds, name="feeds")
reports.add_typer(schedules, name="schedule")
reports.command("list")(list_reports)
reports.command("due")(list_due)

_TIME: Final = "ISO 8601, UTC unless it has an offset: 2026-03-29, 2026-03-29T01:30+02:00"

Whose = Annotated[
    str, typer.Argument(metavar="CUSTOMER", help="A customer's id, or 'all' for every customer together.")
]
From = Annotated[str | None, typer.Option("--from", metavar="T", help=f"First moment that counts. {_TIME}.")]
To = Annotated[str | None, typer.Option("--to", metavar="T", help="First moment that no longer counts.")]


def _print_version(asked: bool) -> None:
    if asked:
        from cxreports import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _everywhere(
    ctx: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="Folder where everything is kept (else CXREPORTS_HOME, else data/home)."),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version.",
        ),
    ] = False,
) -> None:
    """CDR files in, exact numbers out: reports on VoIP call records."""
    ctx.obj = Invocation(home)


@app.command()
def demo(
    ctx: typer.Context,
    days: Annotated[
        int, typer.Option(min=0, help="Whole days of calls before today, where no demo stands yet.")
    ] = 60,
    seed: Annotated[int | None, typer.Option(help="Another seed, other calls.")] = None,
    scale: Annotated[float, typer.Option(min=0.0, help="Multiplies the traffic.")] = 1.0,
    rate: Annotated[
        float | None,
        typer.Option(min=0.0, help="Keep adding calls as time passes, so many a second, until Ctrl-C."),
    ] = None,
) -> None:
    """Make a sample operator: 12 customers and 60 days of CDRs up to now.

    Run again, it adds what has happened since.
    """
    from cxreports.demo.calls import demo as make
    from cxreports.traffic.days import SEED

    settings = settings_of(ctx)
    report = make(
        settings,
        days=days,
        seed=SEED if seed is None else seed,
        scale=scale,
        rate=rate or None,
        is_watched=True,
        progress=typer.echo,
    )
    typer.echo(
        f"{settings.home}: {report.loaded:,} of {report.calls:,} calls from {report.files:,} files loaded "
        f"in {report.seconds:.1f} s; the demo goes up to {report.end:%Y-%m-%d %H:%M} UTC"
    )


@app.command()
def serve(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen at.")] = 8866,
    folder: Annotated[
        Path | None, typer.Option("--watch", metavar="DIR", help="Load CDR files that land in this folder.")
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen at; by default this machine's own.")
    ] = "127.0.0.1",
    cert: Annotated[Path | None, typer.Option(metavar="PEM", help="TLS certificate.", exists=True)] = None,
    key: Annotated[Path | None, typer.Option(metavar="PEM", help="Its key.", exists=True)] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Let passwords cross a network without TLS all the same.")
    ] = False,
    work: Annotated[
        bool,
        typer.Option(
            "--worker/--no-worker", help="Run due reports and alerts too; without, `cxreports worker` does."
        ),
    ] = True,
) -> None:
    """Serve the portal on http://localhost:8866 until Ctrl-C.

    People log in (cxreports user add; cxreports demo makes some). Beyond this machine it takes a TLS
    certificate, or a proxy named in CXREPORTS_TRUSTED_PROXIES.
    """
    from cxreports.alerts.evaluation import after_load
    from cxreports.feeds.feeding import feeding
    from cxreports.schedules.worker import working
    from cxreports.web import serve as serve_pages

    settings = settings_of(ctx)
    lake_of(ctx).create()
    with ExitStack() as beside:
        beside.enter_context(feeding(settings, folder, after_load))
        if work:
            beside.enter_context(working(settings))
        serve_pages(settings, port=port, host=host, certificate=cert, key=key, insecure=insecure)
    leave()


@app.command()
def load(
    ctx: typer.Context,
    files: Files,
    source_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="F",
            help="A format by name (cxreports formats), or the path of your own TOML.",
        ),
    ] = None,
    customer: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose calls they are, where the file does not say.")
    ] = None,
    tz: Annotated[str, typer.Option(metavar="ZONE", help="Zone of times that carry none.")] = "UTC",
    count: Annotated[
        Count, typer.Option(help="Count a call once, or each of its legs, for those who bill by leg.")
    ] = Count.CALLS,
    dates: Annotated[
        Dates | None, typer.Option(help="Order of dates in numbers; else the file's own, by its evidence.")
    ] = None,
    output: As = Output.TABLE,
) -> None:
    """Load CDR files, each call exactly once, whatever is loaded twice or cut short.

    Says for each file how many rows it has, how many were loaded, were there already, or were
    rejected (table reject says why). Exit code 1 if a file was refused, or nothing of it could be loaded.
    """
    lake = lake_of(ctx)
    with loading_bar() as progress:
        reports = lake.load(
            *files,
            source_format=source_format,
            customer=customer,
            zone=tz,
            by_leg=count is Count.LEGS,
            dates=dates,
            progress=progress,
        )
    columns = ["file", "format", "rows", "loaded", "duplicates", "rejected", "paired", "seconds"]
    rows = (
        {name: getattr(report, name) for name in columns} | {"refused": report.refused} for report in reports
    )
    if output is Output.TABLE:
        rows = (row for row in rows if not row.pop("refused"))
    print_rows(rows, output)
    refused = [report for report in reports if report.refused]
    if settings_of(ctx).has_portal and any(report.loaded for report in reports):
        from cxreports.alerts.evaluation import after_load

        after_load(settings_of(ctx))
    for report in refused:
        typer.echo(f"refused: {report.refused}", err=True)
    nothing = [report for report in reports if report.nothing]
    for report in nothing:
        typer.echo(
            f"nothing loaded: {report.file}: all {report.rows:,} rows were rejected; {report.nothing}",
            err=True,
        )
    raise typer.Exit(1 if refused or nothing else 0)


@app.command()
def formats(output: As = Output.TABLE) -> None:
    """List the known formats; a file's own is found from the file itself."""
    from cxreports.cdr import known_formats

    print_rows(
        (
            {"format": each.name, "title": each.title, "follows": " ".join(each.documents)}
            for each in known_formats().values()
        ),
        output,
    )


@app.command()
def customers(ctx: typer.Context, as_of: AsOf = None, output: As = Output.TABLE) -> None:
    """List the customers: ids, names, CDR counts, first and last call."""
    import polars as pl

    from cxreports.portal.companies import companies as kept

    with portal_of(ctx) as database, database.reading() as db:
        names = {company.id: company.name for company in kept.all_companies(db)}
    found = lake_of(ctx, as_of).customers()
    named = pl.col("customer").replace_strict(names, default=None, return_dtype=pl.String).alias("name")
    print_frame(found.select("customer", named, pl.exclude("customer")), output)


@app.command()
def summary(
    ctx: typer.Context,
    customer: Whose,
    by: Annotated[By, typer.Option(help="A row for each; weeks begin on Monday.")] = By.DAY,
    start: From = None,
    end: To = None,
    as_of: AsOf = None,
    output: As = Output.TABLE,
) -> None:
    """Print a customer's figures by hour, day, week or month, in UTC: those that billing uses."""
    found = lake_of(ctx, as_of).summary(customer, by, start=start, end=end)
    if output is not Output.TABLE:
        print_frame(found, output)
        return
    from cxreports.figures.summary import UNKNOWN
    from cxreports.wording import unknown_parts

    print_frame(found.drop(UNKNOWN), output)
    for sentence in unknown_parts(found.select("attempts", "connected", *UNKNOWN).sum().row(0, named=True)):
        typer.echo(sentence)


@app.command()
def series(
    ctx: typer.Context,
    customer: Whose,
    metric: Annotated[
        str,
        typer.Argument(
            metavar="METRIC",
            help="channels, asr, acd, ner, pdd, dtmf, cps, attempts, connected, duration or charge.",
        ),
    ],
    start: From = None,
    end: To = None,
    every: Annotated[str, typer.Option(metavar="WIDTH", help="Width of a bucket: 1m, 5m, 1h, 1d …")] = "1h",
    tz: Annotated[str, typer.Option(metavar="ZONE", help="Zone whose clock the buckets follow.")] = "UTC",
    as_of: AsOf = None,
    output: As = Output.TABLE,
) -> None:
    """Print a metric over time, by default over the 24 hours up to the customer's last call."""
    from cxreports.metrics import metric_named

    asked = metric_named(metric)
    frame = lake_of(ctx, as_of).series(customer, asked.name, every=every, start=start, end=end, tz=tz)
    all_known = output is Output.TABLE and "unknown" in frame.columns and not frame["unknown"].sum()
    decimals = {"value": asked.decimals, "max": asked.decimals, "mean": 2, "p50": 0, "p95": 0}
    print_frame(frame.drop("unknown") if all_known else frame, output, decimals)


@app.command()
def verify(ctx: typer.Context, output: As = Output.TABLE) -> None:
    """Recompute every stored figure from the CDRs and print the differences; exit code 1 if any."""
    differences = lake_of(ctx).verify()
    if output is not Output.TABLE or differences.height:
        print_frame(differences, output)
    else:
        typer.echo("every stored figure agrees with the CDRs")
    raise typer.Exit(1 if differences.height else 0)


@app.command()
def sql(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(help='Such as "select customer, count(*) from cdr group by all".')],
    as_of: AsOf = None,
    output: As = Output.TABLE,
) -> None:
    """Ask DuckDB about one snapshot: tables cdr, hourly, daily, channels and reject."""
    import duckdb
    from polars.exceptions import PolarsError

    lake = lake_of(ctx, as_of)
    try:
        answer: Any = lake.sql(query)  # None where there is nothing to answer (SET …)
        frame = None if answer is None else answer.pl()
    except duckdb.Error as error:
        message = str(error).partition("\n\nLINE ")[0]
        raise CxreportsError(f"DuckDB: {' '.join(message.split())}") from error
    except PolarsError as error:
        raise CxreportsError(
            f"an answer of this type cannot be shown ({error}); cast it, as in x::varchar"
        ) from error
    if frame is not None:
        print_frame(frame, output)


@app.command()
def export(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.duckdb", help="DuckDB database to write.", show_default=False)
    ],
    customer: Annotated[str, typer.Option(metavar="C", help="One customer only.")] = "all",
    start: From = None,
    end: To = None,
    as_of: AsOf = None,
) -> None:
    """Write the snapshot as a DuckDB database, for any DuckDB tool."""
    lake_of(ctx, as_of).export(file, customer=customer, start=start, end=end)
    typer.echo(f"{file}: {file.stat().st_size:,} bytes")


def main() -> None:
    """Run the command line."""
    app(prog_name="cxreports")
