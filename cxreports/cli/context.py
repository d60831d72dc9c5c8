"""What the commands of every group share: the home folder, its portal, and printing rows."""

import logging
import os
import sys
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cxreports.cli.frames import Output

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import polars as pl

    from cxreports.figures.analyst import Lake
    from cxreports.portal.database import Database
    from cxreports.settings import Settings

As = Annotated[
    Output, typer.Option("--output", "-o", help="JSON and CSV are exact, a table is rounded for eyes.")
]

Files = Annotated[
    list[Path],
    # Typer's own reading of a path takes longer than loading a file of one call does.
    typer.Argument(parser=Path, metavar="FILE...", help="CDR files, plain or gzip.", show_default=False),
]


@dataclass(frozen=True)
class Invocation:
    """One call of the command line.

    Attributes
    ----------
    home
        Folder that ``--home`` names; None for that of the settings.
    """

    home: Path | None

    @cached_property
    def settings(self) -> "Settings":
        """Settings of the environment, read by the first who needs them."""
        from cxreports.settings import Settings

        return Settings.of(self.home)


def settings_of(ctx: typer.Context) -> "Settings":
    """Settings that a command works with."""
    invocation: Invocation = ctx.obj
    return invocation.settings


def portal_of(ctx: typer.Context) -> "AbstractContextManager[Database]":
    """Open the portal's database, until the block ends."""
    from cxreports.portal.database import Database

    return closing(Database.of(settings_of(ctx)))


def print_frame(frame: "pl.DataFrame", output: Output, decimals: Mapping[str, int] | None = None) -> None:
    """Print a frame: see `cxreports.cli.frames.write`."""
    from cxreports.cli.frames import write

    write(frame, output, decimals=decimals)


def print_rows(rows: Iterable[Mapping[str, Any]], output: Output, *, ids: Collection[str] = ()) -> None:
    """Print rows of equal keys; a table of none is not printed.

    Parameters
    ----------
    ids
        Columns whose numbers are names: a table separates no thousands in them.
    """
    import polars as pl

    frame = pl.DataFrame(list(rows), infer_schema_length=None)
    if output is Output.TABLE:
        frame = frame.with_columns(pl.col(*ids).cast(pl.String)) if ids and frame.height else frame
    if frame.height or output is not Output.TABLE:
        print_frame(frame, output, {"seconds": 2})


AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="T", help="Answer from the lake as it stood: at a time, or at a version number."
    ),
]


def lake_of(ctx: typer.Context, as_of: str | None = None) -> "Lake":
    """Lake that a command asks, as it is or as it stood."""
    import cxreports

    return cxreports.open(settings_of(ctx), as_of=int(as_of) if as_of and as_of.isdecimal() else as_of)


def leave() -> None:
    """End this process when all that it had open is closed, without taking Python down piece by piece.

    DuckDB's binding would fill the terminal with what it misses meanwhile.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
