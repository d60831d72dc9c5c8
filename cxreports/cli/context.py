"""What the commands of every group share: the home folder, its portal, and printing rows."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cxreports.cli.frames import Output

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import polars as pl

    from cxreports.portal.database import Database

As = Annotated[
    Output, typer.Option("--output", "-o", help="JSON and CSV are exact, a table is rounded for eyes.")
]


def home_of(ctx: typer.Context) -> Path:
    """Home folder: the one that ``--home`` names, else that of the settings."""
    from cxreports.settings import Settings

    named: Path | None = ctx.obj
    return named or Settings().home


def portal_of(ctx: typer.Context) -> "AbstractContextManager[Database]":
    """Open the portal's database, until the block ends."""
    from cxreports.portal.database import Database

    return closing(Database.of(home_of(ctx)))


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
