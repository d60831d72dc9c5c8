"""The commands for people who may log in.

Each opens the portal's database, changes one person in one transaction, and says what it did.
"""

import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cxreports.cli.context import As, portal_of, print_rows, settings_of
from cxreports.cli.frames import Output, iso
from cxreports.errors import CxreportsError

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.portal.audit import Event
    from cxreports.portal.database import Database
    from cxreports.portal.tables import User

users: Final = typer.Typer(no_args_is_help=True, help="People who may log in.")

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Address that the person logs in with.")]
Belongs = Annotated[str | None, typer.Option("--company", metavar="ID", help="Company of a customer's user.")]
Operator = Annotated[bool, typer.Option("--operator", help="One who sees every company.")]
Generate = Annotated[
    bool, typer.Option("--generate", help="Make up the password and print it; else it is asked for.")
]


@users.command("add")
def add_user(
    ctx: typer.Context,
    email: Email,
    name: Annotated[str, typer.Argument(metavar="NAME", help="How the person is called.")],
    company: Belongs = None,
    operator: Operator = False,
    generate: Generate = False,
) -> None:
    """Add a user with a password; from a pipe, the password is its first line."""
    from cxreports.portal.people import users

    with portal_of(ctx) as database:
        password = _password(generate)
        with database.writing() as db:
            user = users.add(
                db, email, name, role=_role(company, operator), company_id=company, password=password
            )
    typer.echo(f"added {user.email}")
    if generate:
        typer.echo(f"password: {password}")


@users.command("invite")
def invite_user(
    ctx: typer.Context,
    email: Email,
    name: Annotated[str, typer.Argument(metavar="NAME", help="How the person is called.")],
    company: Belongs = None,
    operator: Operator = False,
) -> None:
    """Add a user and mail a link by which the person chooses the password; again: a new link."""
    from cxreports.portal.post.letters import Post

    with portal_of(ctx) as database:
        post = Post(database, settings_of(ctx))
        user = post.invite(email, name, role=_role(company, operator), company_id=company)
    _print_sent(ctx, user)


@users.command("list")
def list_users(ctx: typer.Context, company: Belongs = None, output: As = Output.TABLE) -> None:
    """List users: of one company, or all."""
    from cxreports.portal.people import users

    with portal_of(ctx) as database, database.reading() as db:
        found = users.all_users(db) if company is None else users.of_company(db, company)
        print_rows(map(_user_row, found), output)


@users.command("change")
def change_user(
    ctx: typer.Context,
    email: Email,
    name: Annotated[str | None, typer.Option(help="How the person is called.")] = None,
    new_email: Annotated[str | None, typer.Option(help="Another address.")] = None,
    department: Annotated[str | None, typer.Option(help="Department.")] = None,
    phone: Annotated[str | None, typer.Option(help="Telephone number.")] = None,
    mobile: Annotated[str | None, typer.Option(help="Number that text messages go to.")] = None,
) -> None:
    """Change somebody's profile."""
    from cxreports.portal.actor import CONSOLE
    from cxreports.portal.audit import Event
    from cxreports.portal.people import users

    fields: dict[str, Any] = {
        "name": name,
        "email": new_email,
        "department": department,
        "phone": phone,
        "mobile": mobile,
    }
    with portal_of(ctx) as database:
        with database.writing() as db:
            before = users.get(db, email)
            old = before.email
            user = users.change_profile(db, before, **fields, by=CONSOLE)
        if user.email != old:
            _tell_of_change(ctx, database, user, Event.EMAIL_CHANGED, to=old)
    typer.echo(f"changed {user.email}")


@users.command("disable")
def disable_user(ctx: typer.Context, email: Email) -> None:
    """Let a user in no more, and end every session; what the person did stays told."""
    from cxreports.portal.people import users

    with portal_of(ctx) as database, database.writing() as db:
        ended = users.disable(db, users.get(db, email))
    typer.echo(f"disabled {email}; {len(ended)} sessions ended")


@users.command("enable")
def enable_user(ctx: typer.Context, email: Email) -> None:
    """Let a disabled user in again."""
    from cxreports.portal.people import users

    with portal_of(ctx) as database, database.writing() as db:
        users.enable(db, users.get(db, email))
    typer.echo(f"enabled {email}")


@users.command("reset-password")
def reset_password(
    ctx: typer.Context,
    email: Email,
    generate: Generate = False,
    mail: Annotated[bool, typer.Option("--mail", help="Mail the person a link instead.")] = False,
) -> None:
    """Give a user another password, and end every session and every link that is on its way."""
    from cxreports.portal.audit import Event
    from cxreports.portal.people import users
    from cxreports.portal.post.letters import Post

    with portal_of(ctx) as database:
        if mail:
            with database.reading() as db:
                user = users.get(db, email)
            Post(database, settings_of(ctx)).send_reset(user)
            _print_sent(ctx, user)
            return
        password = _password(generate)
        with database.writing() as db:
            user = users.get(db, email)
            users.set_password(db, user, password)
        _tell_of_change(ctx, database, user, Event.PASSWORD_CHANGED)
    typer.echo(f"changed the password of {email}")
    if generate:
        typer.echo(f"password: {password}")


def _role(company: str | None, operator: bool) -> Any:
    from cxreports.portal.tables import Role

    if operator == (company is not None):
        raise CxreportsError("say whose user it is: --company ID, or --operator")
    return Role.OPERATOR if operator else Role.CUSTOMER


def _password(generate: bool) -> str:
    from cxreports.portal.people import users

    if generate:
        return users.made_up_password()
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def _print_sent(ctx: typer.Context, user: "User") -> None:
    from cxreports.portal.post.mail import FOLDER

    settings = settings_of(ctx)
    where = "mailed to" if settings.smtp_url else f"written into {settings.home / FOLDER}, for"
    typer.echo(f"a link was {where} {user.email}")


def _tell_of_change(
    ctx: typer.Context, database: "Database", user: "User", event: "Event", *, to: str | None = None
) -> None:
    """Write to a user what the operator changed; that it could not be sent undoes nothing."""
    from cxreports.errors import NotSent
    from cxreports.portal.database import now
    from cxreports.portal.post.letters import Change, Post

    change = Change(event, now(), by_operator=True, email=user.email if to else "")
    try:
        Post(database, settings_of(ctx)).tell_of_change(user.id, change, to=to)
    except NotSent as error:
        typer.echo(f"it is done, but {user.email} was not told: {error}", err=True)


def _user_row(user: "User") -> dict[str, Any]:
    return {
        "email": user.email,
        "name": user.name,
        "role": user.role.value,
        "company": user.company_id,
        "email_verified": user.email_verified_at is not None,
        "mobile_verified": user.mobile_verified_at is not None,
        "two_factor": user.totp_enabled_at is not None,
        "password": user.password_hash is not None,
        "disabled": _at(user.disabled_at),
    }


def _at(moment: "datetime | None") -> str | None:
    return None if moment is None else iso(moment)
