"""The commands for alert rules: what is watched, what would have fired, what fires."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cxreports.cli.context import As, portal_of, print_rows, settings_of
from cxreports.cli.frames import Output, iso
from cxreports.errors import CxreportsError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from cxreports.portal.alerts.tables import AlertRule

alerts: Final = typer.Typer(no_args_is_help=True, help="Rules, what they would have done, what fires.")

RuleId = Annotated[int, typer.Argument(metavar="RULE", help="Number of the rule: see alert list.")]
Customer = Annotated[
    str,
    typer.Option(
        metavar="C",
        help="A company's id; 'all': all calls together; 'each': every customer by itself.",
    ),
]
_LENGTH: Final = "such as 30m, 3h or 1d"


@alerts.command("list")
def list_rules(
    ctx: typer.Context,
    customer: Annotated[str | None, typer.Option(metavar="C", help="Rules of one company.")] = None,
    output: As = Output.TABLE,
) -> None:
    """List the rules, with what each says and where it stands."""
    from sqlalchemy import select

    from cxreports.portal.alerts import rules
    from cxreports.portal.alerts.tables import AlertState
    from cxreports.portal.database import now

    rows = []
    with portal_of(ctx) as database:
        _ensure_standing(database)
        with database.reading() as db:
            for rule in rules.listed(db, rules.OPERATORS, customer):
                states = list(db.scalars(select(AlertState).where(AlertState.rule_id == rule.id)))
                rows.append(_row(db, rule, states, is_paused=rules.is_paused(rule, now())))
    print_rows(rows, output, ids=["id"])


@alerts.command("add")
def add_rule(
    ctx: typer.Context,
    title: Annotated[str, typer.Argument(help="Unique in the company; it stands in the mail's subject.")],
    metric: Annotated[
        str,
        typer.Argument(help="A metric; channels_pct, balance, balance_days, silence (min), refused_files."),
    ],
    below: Annotated[str | None, typer.Option(help="It fires below this.")] = None,
    above: Annotated[str | None, typer.Option(help="It fires above this.")] = None,
    reset: Annotated[str, typer.Option(help="It is over here; by default at the threshold.")] = "",
    customer: Customer = "all",
    over: Annotated[str, typer.Option(metavar="LENGTH", help=f"Sample period, {_LENGTH}.")] = "30m",
    calls: Annotated[int, typer.Option(min=0, help="With fewer calls it is not judged.")] = 0,
    lasting: Annotated[
        str, typer.Option("--for", metavar="LENGTH", help=f"How long it lasts, {_LENGTH}.")
    ] = "",
    repeat: Annotated[str, typer.Option(metavar="LENGTH", help=f"Notices again after, {_LENGTH}.")] = "",
    level: Annotated[str, typer.Option(help="notice, warning or critical.")] = "warning",
    email: Annotated[list[str] | None, typer.Option(help="Address of a recipient; may be repeated.")] = None,
    operators: Annotated[bool, typer.Option("--operators", help="All operators get its mails.")] = False,
    webhook: Annotated[str, typer.Option(help="Address that JSON is posted to, signed by HMAC-SHA256.")] = "",
    destination: Annotated[str, typer.Option(help="Calls to it alone count.")] = "",
    sip: Annotated[str, typer.Option(help="Calls of a final SIP code alone count: 503 or 5xx.")] = "",
    direction: Annotated[str, typer.Option(help="inbound or outbound calls alone count.")] = "",
    change: Annotated[
        bool, typer.Option("--change", help="Watch the change on the same time a week before, in per cent.")
    ] = False,
) -> None:
    """Add a rule: cxreports alert add "ASR low" asr --below 35 --reset 40 --calls 20 --customer acme."""
    from cxreports.portal.actor import CONSOLE
    from cxreports.portal.alerts import rules

    if (below is None) is (above is None):
        raise CxreportsError("a rule fires either --below or --above a threshold: give one of them")
    typed = {
        "title": title,
        "metric": metric,
        "is_below": below is not None,
        "threshold": above if below is None else below,
        "reset": reset,
        "is_each": customer == "each",
        "sample_min": _minutes(over),
        "fewest_calls": calls,
        "lasting_min": _minutes(lasting),
        "repeat_min": _minutes(repeat),
        "level": level,
        "emails": email or [],
        "to_operators": operators,
        "webhook": webhook,
        "destination": destination,
        "sip": sip,
        "direction": direction,
        "compared": "week" if change else "",
    }
    company = None if customer in {"all", "each"} else customer
    with portal_of(ctx) as database, database.writing() as db:
        rule = rules.add(db, rules.OPERATORS, typed, company_id=company, by=CONSOLE)
        typer.echo(f"added rule {rule.id}: {_sentence(db, rule)}")


@alerts.command("test")
def try_rule(
    ctx: typer.Context,
    rule: RuleId,
    to: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="Mail a test notice to this address.")
    ] = None,
    webhook: Annotated[
        bool, typer.Option("--webhook", help="Post a test notice to the rule's webhook.")
    ] = False,
) -> None:
    """Judge a rule as of now, without firing it, and send a test notice if asked for."""
    from cxreports.alerts.trial import judged_now, send_test
    from cxreports.lake.store import Store
    from cxreports.portal.alerts import rules

    settings = settings_of(ctx)
    with portal_of(ctx) as database:
        with database.reading() as db:
            row = rules.get(db, rules.OPERATORS, rule)
            if webhook and not row.webhook:
                raise CxreportsError(f"rule {rule} has no webhook: give it one, or leave --webhook out")
            found = judged_now(db, Store(settings).snapshot(), row)
        for trial in found:
            typer.echo(f"{trial.customer}: {trial.text()}")
        if not found:
            typer.echo("there are no calls to judge")
        if found and (to or webhook):
            with database.writing() as db:
                row = rules.get(db, rules.OPERATORS, rule)
                send_test(db, settings, row, found[0], email=to or "", to_webhook=webhook)
                receivers = " and ".join(each for each in (to, row.webhook if webhook else "") if each)
            typer.echo(f"a test notice to {receivers} is in the outbox")


@alerts.command("secret")
def webhook_secret(ctx: typer.Context, rule: RuleId) -> None:
    """Print the secret that signatures of a rule's webhook are checked with: docs/webhooks.md says how."""
    from cxreports.delivery import webhook
    from cxreports.portal.alerts import rules
    from cxreports.portal.people.vault import Vault

    with portal_of(ctx) as database, database.reading() as db:
        if not (row := rules.get(db, rules.OPERATORS, rule)).webhook:
            raise CxreportsError(f"rule {rule} has no webhook")
    typer.echo(webhook.secret(Vault.of(settings_of(ctx)), row.company_id))


@alerts.command("replay")
def replay_rule(
    ctx: typer.Context,
    rule: RuleId,
    days: Annotated[int, typer.Option(min=1, max=366, help="How far back.")] = 30,
    customer: Annotated[
        str | None, typer.Option(metavar="C", help="Which customer, of a rule for each.")
    ] = None,
    output: As = Output.TABLE,
) -> None:
    """Print every time at which a rule would have fired, and how often other thresholds would have."""
    from cxreports.alerts import replay as past
    from cxreports.alerts.rule import Rule, customer_of
    from cxreports.alerts.sentences import why_text
    from cxreports.alerts.surroundings import surroundings
    from cxreports.clock import zone
    from cxreports.lake.store import Store
    from cxreports.portal.alerts import rules
    from cxreports.portal.database import now
    from cxreports.portal.tables import Company

    with portal_of(ctx) as database, database.reading() as db:
        row = rules.get(db, rules.OPERATORS, rule)
        whose = customer_of(row) or customer
        if whose is None:
            raise CxreportsError("this rule watches each customer by itself: name one with --customer")
        company = db.get(Company, whose)
        around = surroundings(db, Store(settings_of(ctx)).snapshot(), since=now() - timedelta(days=days + 1))
    found = past.replay(
        around, Rule.of(row), whose, now=now(), days=days, zone=zone(company.zone) if company else None
    )
    if found is None:
        typer.echo("there are no calls to judge")
        return
    rows = (
        {
            "fired": iso(each.fired.at),
            "over": iso(each.ended.at) if each.ended else None,
            "value": _figure(each.fired.reading.value),
            "calls": each.fired.reading.calls,
            "worst": _figure(each.worst),
            "repeats": each.repeats,
            "cause": why_text(why) if (why := each.fired.reading.why) else "",
        }
        for each in found.episodes
    )
    print_rows(rows, output)
    if output is Output.TABLE:
        counts = ", ".join(f"{each.threshold}: {each.times}" for each in found.neighbours)
        typer.echo(f"fired {len(found.episodes)} times in {days} days; by threshold: {counts}")


@alerts.command("history")
def history(
    ctx: typer.Context,
    customer: Annotated[str | None, typer.Option(metavar="C", help="Alerts of one company's rules.")] = None,
    firing: Annotated[bool, typer.Option("--firing", help="Only what fires now.")] = False,
    most: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    output: As = Output.TABLE,
) -> None:
    """List what fired, the newest first."""
    from cxreports.alerts.sentences import why_text
    from cxreports.portal.alerts import history as kept
    from cxreports.portal.alerts import rules

    with portal_of(ctx) as database, database.reading() as db:
        wanted = kept.Wanted(company_id=customer, is_open=firing)
        found = kept.listed(db, rules.OPERATORS, wanted, limit=most)
    rows = (
        {
            "id": each.id,
            "rule": each.rule_id,
            "title": each.title,
            "customer": each.customer,
            "level": each.level,
            "fired": iso(each.fired_at),
            "over": iso(each.ended_at) if each.ended_at else None,
            "by": each.ended_by,
            "value": _figure(each.value),
            "worst": _figure(each.worst),
            "acknowledged": each.acknowledged_by,
            "note": each.note,
            "cause": why_text(why) if (why := each.limits.get("why")) else "",
        }
        for each in found
    )
    print_rows(rows, output, ids=["id", "rule"])


@alerts.command("ack")
def acknowledge(
    ctx: typer.Context,
    alert: Annotated[int, typer.Argument(metavar="ALERT", help="Number of the alert: see alert history.")],
    note: Annotated[str, typer.Option(help="A word on what is being done.")] = "",
) -> None:
    """Take an alert on: it is not repeated until it is over."""
    from cxreports.portal.actor import CONSOLE
    from cxreports.portal.alerts import history as kept
    from cxreports.portal.alerts import rules

    with portal_of(ctx) as database, database.writing() as db:
        found = kept.acknowledge(db, rules.OPERATORS, alert, note, by=CONSOLE)
    typer.echo(f"acknowledged {found.id}: {found.title}")


@alerts.command("pause")
def pause_rule(
    ctx: typer.Context,
    rule: RuleId,
    until: Annotated[
        str | None, typer.Option(metavar="T", help="ISO 8601; by default until resumed.")
    ] = None,
) -> None:
    """Judge a rule no more for a while."""
    from cxreports.clock import time

    _done(ctx, "pause", rule, "paused", until=time(until) if until else None)


@alerts.command("resume")
def resume_rule(ctx: typer.Context, rule: RuleId) -> None:
    """Judge a paused rule again, from now on."""
    _done(ctx, "resume", rule, "resumed")


@alerts.command("mute")
def mute_rule(
    ctx: typer.Context,
    rule: RuleId,
    length: Annotated[str, typer.Option("--for", metavar="LENGTH", help=f"For so long, {_LENGTH}.")] = "",
    until: Annotated[str | None, typer.Option(metavar="T", help="Up to a time, ISO 8601.")] = None,
) -> None:
    """Judge a rule for a while without notifying anybody; it shows in the bell and in the history."""
    from cxreports.clock import time
    from cxreports.portal.database import now

    minutes = _minutes(length)
    if bool(minutes) is (until is not None):
        raise CxreportsError("a rule is muted --for a length of time or --until a time: give one of them")
    end = time(until) if until is not None else now() + timedelta(minutes=minutes)
    _done(ctx, "mute", rule, f"muted until {iso(end)}", until=end)


@alerts.command("unmute")
def unmute_rule(ctx: typer.Context, rule: RuleId) -> None:
    """Let a muted rule notify again."""
    _done(ctx, "unmute", rule, "unmuted")


@alerts.command("remove")
def remove_rule(ctx: typer.Context, rule: RuleId) -> None:
    """Remove a rule; its history stays, and restore brings it back within 30 days."""
    _done(ctx, "remove", rule, "removed")


@alerts.command("restore")
def restore_rule(ctx: typer.Context, rule: RuleId) -> None:
    """Bring a removed rule back."""
    _done(ctx, "bring_back", rule, "brought back")


@alerts.command("judge")
def judge(ctx: typer.Context) -> None:
    """Judge all rules now, as a worker does each minute; notices go to the outbox."""
    from cxreports.alerts.evaluation import evaluate
    from cxreports.lake.store import Store

    settings = settings_of(ctx)
    with portal_of(ctx) as database:
        done = evaluate(Store(settings), database, settings)
    typer.echo(
        f"{done.rules} rules judged: {done.fired} fired, {done.repeated} repeated, {done.reset} over, "
        f"{done.notices} notices"
    )


def _done(ctx: typer.Context, verb: str, rule: int, done: str, **given: Any) -> None:
    from cxreports.portal.actor import CONSOLE
    from cxreports.portal.alerts import rules

    with portal_of(ctx) as database, database.writing() as db:
        found = getattr(rules, verb)(db, rules.OPERATORS, rule, by=CONSOLE, **given)
    typer.echo(f"{done} rule {found.id}: {found.title}")


def _row(db: "Session", rule: "AlertRule", states: list[Any], *, is_paused: bool) -> dict[str, Any]:
    from cxreports.portal.alerts import rules
    from cxreports.portal.database import now

    firing = sum(state.alert_id is not None for state in states)
    only = states[0] if len(states) == 1 and not rule.is_each else None
    state = "paused" if is_paused else "firing" if firing else only.verdict if only else "ok"
    return {
        "id": rule.id,
        "customer": rule.company_id or ("each" if rule.is_each else "all"),
        "title": rule.title,
        "rule": _sentence(db, rule),
        "level": rule.level,
        "state": state,
        "value": _figure(only.value) if only else None,
        "calls": only.calls if only else None,
        "judged": iso(rule.judged_at) if rule.judged_at else None,
        "muted": iso(rule.muted_until) if rule.muted_until and rules.is_muted(rule, now()) else None,
        "to": " ".join([*(["operators"] if rule.to_operators else []), *rule.emails, rule.webhook]).strip(),
    }


def _sentence(db: "Session", rule: "AlertRule") -> str:
    from cxreports.alerts.sentences import rule_text
    from cxreports.portal.tables import Company

    company = db.get(Company, rule.company_id) if rule.company_id else None
    return rule_text(rule, company.currency if company else None)


def _figure(value: Any) -> str | None:
    """A figure with so many digits as people read; a decimal as it is."""
    if value is None or value == "":
        return None
    return f"{float(value):.6g}"


def _minutes(length: str) -> int:
    from cxreports.errors import BadTime

    if not length or length == "0":
        return 0
    units = {"m": 1, "h": 60, "d": 24 * 60}
    number, unit = length[:-1], length[-1:].lower()
    if not number.isdecimal() or unit not in units:
        raise BadTime(f"{length!r} is no length of time: write {_LENGTH}")
    return int(number) * units[unit]


def _ensure_standing(database: Any) -> None:
    from cxreports.alerts import standing
    from cxreports.portal.database import now

    standing.ensure(database, now=now())
