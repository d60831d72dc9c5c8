"""The format command: a first definition of a file that no format reads."""

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from cxreports.cli.context import print_frame
from cxreports.cli.frames import Output
from cxreports.errors import FormatError

format_commands: Final = typer.Typer(
    no_args_is_help=True, help="Definitions of formats, as small TOML files."
)

_SHOWN: Final = 10


@format_commands.callback()
def _formats() -> None:
    """Definitions of formats, as small TOML files."""


@format_commands.command("try")
def try_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of calls.", show_default=False)],
    to: Annotated[
        Path | None,
        typer.Option(metavar="TOML", help="Where to write it; by default FILE's name with .toml."),
    ] = None,
    tz: Annotated[str, typer.Option(metavar="ZONE", help="Zone of times that carry none.")] = "UTC",
    again: Annotated[
        bool, typer.Option("--again", help="Read FILE with the TOML that is there, after editing it.")
    ] = False,
) -> None:
    """Guess the columns of an unknown file: write a first TOML to edit, and show ten typed rows.

    Loads nothing.
    """
    import duckdb

    from cxreports.cdr import format_from, read
    from cxreports.cdr.evidence.draft import draft

    target = to or Path(f"{file.name.split('.')[0]}.toml")
    if again != target.exists():
        what = (
            "is there already; edit it and say --again, or name another"
            if target.exists()
            else "is not there"
        )
        raise FormatError(f"{target}: {what} with --to")
    if not again:
        target.write_text(draft(file, re.sub(r"\W+", "-", target.stem) or "own"), "utf-8")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        result = read(connection, file, source_format=format_from(target), zone=tz)
        described = connection.execute(
            f"SUMMARIZE SELECT * EXCLUDE (ordinal, file, record_key) FROM {result.cdr}"
        )
        filled = [row[0] for row in described.fetchall() if row[-1] is None or row[-1] < 100]  # noqa: PLR2004
        columns = ", ".join(filled) or "*"
        frame = connection.sql(f"SELECT {columns} FROM {result.cdr} ORDER BY ordinal LIMIT {_SHOWN}").pl()
        reasons = connection.execute(
            f"SELECT reason, count(*), min(line) FROM {result.reject} GROUP BY 1 ORDER BY 2 DESC LIMIT 5"
        ).fetchall()
    print_frame(frame, Output.TABLE)
    typer.echo(f"{result.rows:,} rows, {result.rejected:,} of them cannot be read", err=True)
    for reason, count, line in reasons:
        typer.echo(f"  {count:,} times, first in line {line}: {reason}", err=True)
    typer.echo(
        f"{target}: edit it, look again with --again --to {target}, then load with --format {target}",
        err=True,
    )
