"""Letters of the portal, worded in `cxreports.portal.post.letters`, made out and handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxreports import language
from cxreports.portal.audit import Event
from cxreports.portal.people import credentials, users, verification
from cxreports.portal.post import letters, mail, sms
from cxreports.portal.tables import Purpose
from cxreports.settings import Settings

if TYPE_CHECKING:
    from cxreports.portal.actor import Actor
    from cxreports.portal.database import Database
    from cxreports.portal.tables import Role, User
    from cxreports.web.site import Site


def mail_reset(database: Database, site: Site, email: str, address: str) -> None:
    """Mail a link to choose a new password, if the address is somebody's who may log in.

    Raises
    ------
    NotSent
        The mail could not be handed over.
    """
    asked = credentials.reset_link(database, email, address=address)
    if asked is not None:
        _mail_reset(site, asked.user, asked.token)


def mail_reset_by(database: Database, site: Site, user: User, by: Actor) -> None:
    """Mail a user a link to choose a new password, because an operator says so.

    Raises
    ------
    NotSent
        The mail could not be handed over.
    """
    with database.writing() as db:
        token = verification.link(db, user, Purpose.RESET)
        by.did(db, Event.PASSWORD_RESET_ASKED, company_id=user.company_id, user=user.email)
    _mail_reset(site, user, token)


def _mail_reset(site: Site, user: User, token: str) -> None:
    with language.speaking(user.language):
        letter = letters.reset(user, letters.link(site.address, Purpose.RESET, token))
    mail.send(letter, Settings(home=site.home))


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
        user, token = users.invite(db, email, name, role=role, company_id=company_id, by=by)
    letter = letters.invitation(user, letters.link(site.address, Purpose.INVITATION, token))
    mail.send(letter, Settings(home=site.home))
    return user


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
    settings = Settings(home=site.home)
    if purpose is Purpose.EMAIL:
        mail.send(letters.email_code(user, code), settings)
    else:
        sms.send(target, letters.mobile_code(code), settings)
