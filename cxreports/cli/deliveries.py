"""The command line of what was loaded: listing it, and taking it back."""

from typing import Annotated

import typer

from cxreports.cli.context import As, AsOf, lake_of, print_frame
from cxreports.cli.frames import Output


def loads(ctx: typer.Context, as_of: AsOf = None, output: As = Output.TABLE) -> None:
    """List what was loaded: number, file, when, rows."""
    print_frame(lake_of(ctx, as_of).loads(), output)


def unload(
    ctx: typer.Context,
    ids: Annotated[
        list[int], typer.Argument(metavar="ID...", help="Numbers out of cxreports loads.", show_default=False)
    ],
) -> None:
    """Take files back as if they had never come, figures and all.

    What another file has brought too stays. A load in a wrong zone, or for a wrong customer, is mended
    by taking it back and loading the file again.
    """
    for file in lake_of(ctx).unload(*ids):
        typer.echo(f"took back {file}")
