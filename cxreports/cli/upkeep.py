"""The command line of a lake's upkeep: fewer files, less of the past, figures anew."""

import typer

from cxreports.cli.context import lake_of


def compact(ctx: typer.Context) -> None:
    """Merge the small files that loads leave behind; every answer stays the same."""
    typer.echo(f"{lake_of(ctx).compact():,} files merged")


def vacuum(ctx: typer.Context) -> None:
    """Delete files that no version of the last days needs; older ones can then not be asked any more."""
    typer.echo(f"{lake_of(ctx).vacuum():,} files deleted")


def rebuild(ctx: typer.Context) -> None:
    """Compute every stored figure anew from the CDRs, after a setting that defines them changed."""
    lake_of(ctx).rebuild()
