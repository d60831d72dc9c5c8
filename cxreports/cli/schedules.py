"""Commands of schedules: add, list, pause, resume, remove, run; what was made, and what is due.

Each opens the portal's database, changes one thing in one transaction, and says what it did.
"""

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from cxreports.cli.context import As, portal_of, print_rows, settings_of
from cxreports.cli.frames import Output, iso
from cxreports.language import LANGUAGES

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.portal.schedules.due import Timing
    from cxreports.portal.schedules.tables import Part, Schedule

schedules: Final = typer.Typer(no_args_is_help=True, help="Reports that are made and sent by themselves.")

_USUAL_DAY: Final = {"last-week": "mon", "last-month": "1"}
"""Day on which a period is over, where it is not every day."""

ScheduleId = Annotated[int, typer.Argument(metavar="ID", help="As `report schedule list` has it.")]
Of = Annotated[
    str | None, typer.Option("--of", metavar="COMPANY", help="The company's own; else the operators'.")
]


@schedules.command("add")
def add_schedule(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the report is called.")],
    to: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TARGET",
            help="Mail address, or https://…, sftp://user:password@host/in, s3://KEY:SECRET@bucket/in "
            "(repeat it).",
        ),
    ] = None,
    notebook: Annotated[
        str, typer.Option(metavar="N", help="report, review, destinations, or the path of a notebook.")
    ] = "report",
    customer: Annotated[
        list[str] | None, typer.Option(metavar="C", help="Whom it is about (repeat it); by default all.")
    ] = None,
    of: Of = None,
    to_customers: Annotated[
        bool, typer.Option("--to-customers", help="Send each customer's own people theirs.")
    ] = False,
    period: Annotated[
        str, typer.Option(metavar="P", help="yesterday, last-week, last-month, last-7-days, last-30-days.")
    ] = "last-week",
    cron: Annotated[
        str, typer.Option(metavar="CRON", help="Minute, hour, day, month, weekday: '0 7 * * 1-5'.")
    ] = "",
    on: Annotated[
        str,
        typer.Option(
            metavar="DAYS",
            help="mon,thu for some days of the week; 1 to 28, or L, of the month; "
            "by default when the period is over.",
        ),
    ] = "",
    at: Annotated[
        str, typer.Option(metavar="TIME", help="Time of the day, where --cron is not given.")
    ] = "07:00",
    tz: Annotated[str, typer.Option(metavar="ZONE", help="Zone of the times.")] = "UTC",
    forms: Annotated[
        str, typer.Option("--format", metavar="F", help="pdf, html, xlsx, csv, with commas between them.")
    ] = "pdf",
    language: Annotated[str, typer.Option(help=f"{', '.join(LANGUAGES)}.")] = "en",
    missed: Annotated[
        str, typer.Option(help="What was missed while nothing ran: once (the newest), all, skip.")
    ] = "once",
    wait: Annotated[int, typer.Option(min=0, help="Hours to wait at most for the period's calls.")] = 6,
) -> None:
    """Add a schedule, and say when it is due."""
    from cxreports.portal.people.vault import Vault
    from cxreports.portal.schedules import schedules as kept

    wanted = kept.Wanted(
        name=name,
        timing=_timing(cron, on or _USUAL_DAY.get(period, ""), at, tz),
        to=to or [],
        notebook=notebook,
        period=period,
        formats=_listed(forms),
        language=language,
        customers=customer or ["all"],
        to_customers=to_customers,
        missed=missed,
        wait_h=wait,
    )
    with portal_of(ctx) as database, database.writing() as db:
        added = kept.add(db, wanted, company_id=of, vault=Vault.of(settings_of(ctx)))
        typer.echo(f"added {added.id}: {_sentence(added)}")


@schedules.command("list")
def list_schedules(ctx: typer.Context, of: Of = None, output: As = Output.TABLE) -> None:
    """List the schedules."""
    from cxreports.portal.schedules import schedules as kept

    with portal_of(ctx) as database, database.reading() as db:
        rows = [_row(each) for each in kept.listed(db, of)]
    print_rows(rows, output, ids=["id"])


@schedules.command("pause")
def pause_schedule(ctx: typer.Context, schedule: ScheduleId) -> None:
    """Let a schedule rest."""
    found = _changed(ctx, schedule, "pause")
    typer.echo(f"paused {found.name}")


@schedules.command("resume")
def resume_schedule(ctx: typer.Context, schedule: ScheduleId) -> None:
    """Go on with a schedule that rests; what passed meanwhile is not caught up."""
    found = _changed(ctx, schedule, "resume")
    typer.echo(f"resumed {found.name}: {_sentence(found)}")


@schedules.command("remove")
def remove_schedule(ctx: typer.Context, schedule: ScheduleId) -> None:
    """Remove a schedule; the reports that it made stay as long as they would."""
    found = _changed(ctx, schedule, "remove")
    typer.echo(f"removed {found.name}")


@schedules.command("run")
def run_schedule(
    ctx: typer.Context,
    schedule: ScheduleId,
    to: Annotated[
        str, typer.Option(metavar="EMAIL", help="Send it to this address alone; else to all receivers.")
    ] = "",
) -> None:
    """Run a schedule once now, with whatever else is due, and send what waits."""
    from cxreports.portal.schedules import schedules as kept
    from cxreports.portal.schedules.tables import Part
    from cxreports.schedules.worker import Worker
    from cxreports.schedules.workshop import LakeWorkshop

    settings = settings_of(ctx)
    with portal_of(ctx) as database:
        with database.writing() as db:
            run = kept.ask_run(db, kept.get(db, schedule, None), only_to=to)
        worker = Worker(database, settings, LakeWorkshop(settings))
        worker.reports()
        worker.mail()
        worker.files()
        with database.reading() as db:
            parts = db.query(Part).filter(Part.run_id == run.id).order_by(Part.customer).all()
            rows = [_part(each) for each in parts]
    print_rows((row for row in rows if not row["error"]), Output.TABLE)
    failed = [row for row in rows if row["error"]]
    for row in failed:
        typer.echo(f"failed: {row['customer']}: {row['error']}", err=True)
    raise typer.Exit(1 if failed else 0)


def worker(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
) -> None:
    """Run due reports, judge alerts and send what waits, until Ctrl-C; any number share it."""
    from cxreports.portal.database import Database
    from cxreports.schedules.worker import Worker, in_foreground
    from cxreports.schedules.workshop import LakeWorkshop

    settings = settings_of(ctx)
    if once:
        Worker(Database.of(settings), settings, LakeWorkshop(settings)).once()
    else:
        typer.echo(f"working for {settings.home} (Ctrl-C ends it)")
        in_foreground(settings)


def list_reports(ctx: typer.Context, of: Of = None, output: As = Output.TABLE) -> None:
    """List the newest reports: finished ones with their files in the home folder, others with the reason."""
    from cxreports.portal.schedules import library

    with portal_of(ctx) as database, database.reading() as db:
        rows = [_part(each) for each in library.newest(db, of, limit=100)]
    print_rows(rows, output)


def list_due(ctx: typer.Context, of: Of = None, output: As = Output.TABLE) -> None:
    """List what is due next, the soonest first."""
    from cxreports.portal.schedules import schedules as kept

    with portal_of(ctx) as database, database.reading() as db:
        waiting = [each for each in kept.listed(db, of) if each.next_due_at is not None]
        ordered = sorted(waiting, key=lambda each: each.next_due_at or each.created_at)
        rows = [
            {"due": _iso(each.next_due_at), "id": each.id, "name": each.name, "when": _when(each)}
            for each in ordered
        ]
    print_rows(rows, output, ids=["id"])


def _changed(ctx: typer.Context, schedule_id: int, act: Literal["pause", "resume", "remove"]) -> "Schedule":
    """Schedule as it is after an act, which is done for good."""
    from cxreports.portal.schedules import schedules as kept

    acts = {"pause": kept.pause, "resume": kept.resume, "remove": kept.remove}
    with portal_of(ctx) as database, database.writing() as db:
        found = kept.get(db, schedule_id, None)
        acts[act](db, found)
    return found


def _timing(cron: str, on: str, at: str, zone: str) -> "Timing":
    from cxreports.portal.schedules.due import WEEKDAYS, Timing

    if cron:
        return Timing(cron, zone)
    if not on:
        return Timing.daily(at, zone)
    days = [day.lower() for day in _listed(on)]
    return Timing.weekly(days, at, zone) if days[0] in WEEKDAYS else Timing.monthly(on.upper(), at, zone)


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _when(schedule: "Schedule") -> str:
    from cxreports.portal.schedules.schedules import timing_of

    return f"{timing_of(schedule).sentence()} {schedule.zone}"


def _sentence(schedule: "Schedule") -> str:
    """When a schedule is due, and next: ``every Monday, 07:00 Europe/Madrid, next 30 Nov 2026, 07:00``."""
    from cxreports import clock, wording

    if schedule.next_due_at is None:
        return f"{_when(schedule)}, paused"
    return f"{_when(schedule)}, next {wording.moment(schedule.next_due_at, clock.zone(schedule.zone))}"


def _row(schedule: "Schedule") -> dict[str, Any]:
    from cxreports.portal.post import targets

    to = [targets.shown(each.target) for each in schedule.recipients if each.removed_at is None]
    return {
        "id": schedule.id,
        "name": schedule.name,
        "company": schedule.company_id,
        "customers": ",".join(schedule.customers),
        "notebook": schedule.notebook,
        "period": schedule.period,
        "when": _when(schedule),
        "next": _iso(schedule.next_due_at),
        "to": " ".join([*to, *(["the customers"] if schedule.to_customers else [])]),
        "formats": ",".join(schedule.formats),
        "state": "paused" if schedule.paused_at else "on",
    }


def _part(part: "Part") -> dict[str, Any]:
    return {
        "made": iso(part.made_at),
        "name": part.run.schedule.name,
        "customer": part.customer,
        "start": iso(part.period_start),
        "end": iso(part.period_end),
        "complete": "yes" if part.is_complete else "no",
        "snapshot": part.snapshot,
        "files": " ".join(file.path for file in part.files),
        "error": part.error,
    }


def _iso(moment: "datetime | None") -> str | None:
    return None if moment is None else iso(moment)
