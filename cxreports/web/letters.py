"""What the portal writes to people: links to choose a password, codes that verify an address or number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxreports import language
from cxreports.language import _
from cxreports.portal import credentials, mail, people, sms, verification
from cxreports.portal.audit import Event
from cxreports.portal.mail import Letter
from cxreports.portal.tables import Purpose
from cxreports.settings import Settings

if TYPE_CHECKING:
    from cxreports.portal.actor import Actor
    from cxreports.portal.database import Database
    from cxreports.portal.tables import Role, User
    from cxreports.web.serving import Site


def mail_reset(database: Database, site: Site, email: str, address: str) -> None:
    """Mail a link to choose a new password, if the address is somebody's who may log in.

    Raises
    ------
    LoginRefused
        It was asked for a moment ago.
    NotSent
        The mail could not be handed over.
    """
    asked = credentials.ask_reset(database, email, address=address)
    if asked is None:
        return
    user, token = asked.user, asked.token
    with language.speaking(user.language):
        text = _(
            "Hello {name},\n\nsomebody, hopefully you, asked for a new password at {site}. Choose it here "
            "within 30 minutes:\n\n{link}\n\nIf it was not you, nothing has changed and nothing needs doing."
        ).format(name=user.name, site=site.address, link=f"{site.address}/reset/{token}")
        _send(site, Letter(user.email, _("A new password"), text))


def mail_invitation(
    database: Database, site: Site, email: str, name: str, role: Role, company_id: str | None, by: Actor
) -> User:
    """Add a user, and mail a link to choose a password.

    Raises
    ------
    AlreadyThere, NotThere, BadField
        The user cannot be added.
    NotSent
        The mail could not be handed over; the user can be invited again.
    """
    with database.writing() as db:
        user, token = people.invite(db, email, name, role=role, company_id=company_id, by=by)
    text = _(
        "Hello {name},\n\nthere is an account for you at {site}. Choose its password here within seven "
        "days:\n\n{link}"
    ).format(name=user.name, site=site.address, link=f"{site.address}/invitation/{token}")
    _send(site, Letter(user.email, _("Your account"), text))
    return user


def mail_reset_from(database: Database, site: Site, user: User, by: Actor) -> None:
    """Mail a user a link to choose a new password, because an operator says so.

    Raises
    ------
    NotSent
        The mail could not be handed over.
    """
    with database.writing() as db:
        token = verification.link(db, user, Purpose.RESET)
        by.did(db, Event.PASSWORD_RESET_ASKED, company_id=user.company_id, user=user.email)
    with language.speaking(user.language):
        text = _(
            "Hello {name},\n\nchoose a new password for {site} here within 30 minutes:\n\n{link}"
        ).format(name=user.name, site=site.address, link=f"{site.address}/reset/{token}")
        _send(site, Letter(user.email, _("A new password"), text))


def send_code(database: Database, site: Site, user: User, purpose: Purpose) -> None:
    """Send a code that verifies a person's e-mail address or mobile number.

    Raises
    ------
    LoginRefused
        Too many were asked for; the error says how long to wait.
    NotSent
        It could not be handed over.
    """
    target = user.email if purpose is Purpose.EMAIL else user.mobile
    with database.writing() as db:
        code = verification.mail_code(db, user, purpose, target)
    text = _("{code} is your code for {site}. It is good for 15 minutes.").format(
        code=code, site=site.address
    )
    if purpose is Purpose.EMAIL:
        _send(site, Letter(target, _("{code} is your code").format(code=code), text))
    else:
        sms.send(target, text, Settings(home=site.home))


def _send(site: Site, letter: Letter) -> None:
    mail.send(letter, Settings(home=site.home))
