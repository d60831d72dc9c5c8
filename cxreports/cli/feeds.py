"""The command line of the feeds: what ``feeds.toml`` names, whether it answers, tokens, and feeding alone."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cxreports.cli.context import As, portal_of, print_rows, settings_of
from cxreports.cli.frames import Output
from cxreports.errors import BadFeed

feeds: Final = typer.Typer(no_args_is_help=True, help="Where calls come from by themselves (feeds.toml).")


@feeds.command("list")
def list_feeds(ctx: typer.Context, output: As = Output.TABLE) -> None:
    """List the feeds: what they are, and what they delivered last."""
    from cxreports.feeds.configuration import feeds_of
    from cxreports.portal.feeds import states

    every = list(feeds_of(settings_of(ctx).home).all())
    with portal_of(ctx) as database, database.reading() as db:
        found = states.by_feed(db, [each.name for _, each in every])
    print_rows((_row(kind, each, found.get(each.name)) for kind, each in every), output)


@feeds.command("test")
def try_feeds(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help="Feeds to test; all by default.")
    ] = None,
    output: As = Output.TABLE,
) -> None:
    """Ask each feed once; exit code 1 if one does not answer. Nothing is loaded."""
    from cxreports.feeds.configuration import feeds_of
    from cxreports.feeds.trying import tried

    every = list(feeds_of(settings_of(ctx).home).all())
    known = {each.name for _, each in every}
    if missing := sorted(set(names or ()) - known):
        raise BadFeed(f"there is no feed {', '.join(missing)}; feeds.toml names {', '.join(sorted(known))}")
    outcomes = [
        tried(kind, each, settings_of(ctx).home) for kind, each in every if not names or each.name in names
    ]
    print_rows(
        ({"feed": each.name, "kind": each.kind, "works": each.works, "says": each.text} for each in outcomes),
        output,
    )
    raise typer.Exit(0 if all(each.works for each in outcomes) else 1)


@feeds.command("token")
def token(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A [[push]] of feeds.toml.")],
) -> None:
    """Make a new token for a switch that pushes, and print it this once; the one before ends."""
    from cxreports.feeds.configuration import feeds_of
    from cxreports.portal.feeds import tokens

    known = [push.name for push in feeds_of(settings_of(ctx).home).push]
    if name not in known:
        listed = ", ".join(known) or "none"
        raise BadFeed(f"there is no [[push]] named {name} in feeds.toml (it names {listed})")
    with portal_of(ctx) as database, database.writing() as db:
        made = tokens.renew(db, name)
    typer.echo(made)


def watch(
    ctx: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A folder to watch besides those of feeds.toml.")
    ] = None,
) -> None:
    """Load what the feeds deliver, and ask the switches, without a portal, until Ctrl-C."""
    from cxreports.alerts.evaluation import after_load
    from cxreports.cli.context import lake_of
    from cxreports.feeds.feeding import in_foreground

    settings = settings_of(ctx)
    lake_of(ctx).create()
    in_foreground(settings, folder, after_load if settings.has_portal else None)


def _row(kind: str, feed: Any, state: Any) -> dict[str, Any]:
    names = ("delivered_at", "last_call", "rows", "loaded", "duplicates", "rejected", "refused", "failure")
    what = feed.kind if kind == "switch" else kind
    return {"feed": feed.name, "kind": what} | {name: getattr(state, name, None) for name in names}
