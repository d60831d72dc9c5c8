"""Letters to people: invitations, links for another password, codes.

`Post` makes each of them for whoever asks, the pages and the command line alike: in the language of
the person it goes to, with links to the portal's public address, and with an entry in the audit log.
"""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from cxreports import clock, wording
from cxreports.errors import BadField, LoginRefused
from cxreports.language import _, current, is_right_to_left, speaking
from cxreports.portal import audit
from cxreports.portal.actor import CONSOLE
from cxreports.portal.audit import Event
from cxreports.portal.people import credentials, preferences, users, verification
from cxreports.portal.post import browsers, mail, sms
from cxreports.portal.post.mail import Letter
from cxreports.portal.tables import Purpose, User

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.orm import Session

    from cxreports.portal.actor import Actor
    from cxreports.portal.database import Database
    from cxreports.portal.tables import Role
    from cxreports.settings import Settings

PATHS: Final = {Purpose.INVITATION: "/invitation", Purpose.RESET: "/reset"}
"""Pages at which a link of each purpose is followed; the token is the end of their path."""

LOCAL_URL: Final = "http://localhost:8866"
"""Where the portal is reached while no public address is set and none is served."""


FORGOT: Final = "/forgot"
"""Page at which whoever lost an account's password, or the account, asks for another."""


@dataclass(frozen=True)
class Change:
    """Change of what somebody logs in with, of which the owner is told.

    Attributes
    ----------
    event
        What was done.
    at
        When.
    by_operator
        Whether the operator did it, not the owner.
    address, agent
        Where from: network address, and what the browser calls itself.
    email
        The new e-mail address, where it is one's own that changes.
    """

    event: Event
    at: datetime
    by_operator: bool = False
    address: str = ""
    agent: str = ""
    email: str = ""


@dataclass(frozen=True)
class Post:
    """Letters of one portal, made out and handed over.

    Attributes
    ----------
    database
        Where links and codes are kept, and what was asked for is noted.
    settings
        Name the public address and the server that takes mail.
    served
        Address that is served, for links while the settings name no public one.
    """

    database: "Database"
    settings: "Settings"
    served: str = LOCAL_URL

    def invite(
        self, email: str, name: str, *, role: "Role", company_id: str | None = None, by: "Actor" = CONSOLE
    ) -> "User":
        """Add a user, and mail a link to choose a password.

        Raises
        ------
        AlreadyThere, NotThere, BadField
            The user cannot be added.
        NotSent
            The mail could not be handed over; the user can be invited again.
        """
        with self.database.writing() as db:
            user, token = users.invite(db, email, name, role=role, company_id=company_id, by=by)
        with speaking_to(user):
            letter = invitation(user, self._link(Purpose.INVITATION, token))
        mail.send(letter, self.settings)
        return user

    def send_reset(self, user: "User", *, by: "Actor" = CONSOLE) -> None:
        """Mail a user a link to choose another password, because somebody else says so.

        Raises
        ------
        NotSent
            The mail could not be handed over.
        """
        with self.database.writing() as db:
            token = verification.link(db, user, Purpose.RESET)
            by.did(db, Event.PASSWORD_RESET_ASKED, company_id=user.company_id, user=user.email)
        self._mail_reset(user, token)

    def answer_reset(self, email: str, address: str) -> None:
        """Mail a link to choose another password, if an address typed is somebody's who may log in.

        Parameters
        ----------
        address
            Network address that it was asked from.

        Raises
        ------
        NotSent
            The mail could not be handed over.
        """
        asked = credentials.reset_link(self.database, email, address=address)
        if asked is not None:
            self._mail_reset(asked.user, asked.token)

    def send_code(self, user: "User", purpose: Purpose, *, address: str = "") -> None:
        """Send a code that verifies a person's e-mail address or mobile number.

        Parameters
        ----------
        address
            Network address that it was asked from.

        Raises
        ------
        BadField
            The person has no such address or number.
        LoginRefused
            Too many were asked for; the error says how long to wait.
        NotSent
            It could not be handed over.
        """
        if purpose is Purpose.EMAIL:
            with self.database.writing() as db:
                letter = _email_code(db, users.of_id(db, user.id), address)
            mail.send(letter, self.settings)
            return
        with self.database.writing() as db:
            code = verification.mail_code(db, user, purpose, user.mobile)
        with speaking_to(user):
            sms.send(user.mobile, mobile_code(code), self.settings)

    def change_profile(self, user: "User", typed: dict[str, str], *, by: "Actor") -> str | None:
        """Change a user's own profile; a new e-mail address is sent a code, and pending until it comes back.

        What is sent to it, if it is another user's, is that somebody has entered it: the answer is the same.

        Returns
        -------
        str or None
            The address that is pending now; None where no new one was given.

        Raises
        ------
        BadField
            A field cannot be taken, or letters to this address were asked for too often.
        NotSent
            The letter could not be handed over; another can be asked for.
        """
        with self.database.writing() as db:
            before = verification.pending_email(users.of_id(db, user.id))
            changed = users.change_profile(db, user, by=by, **typed)  # type: ignore[arg-type]
            if changed.pending_email in {None, before}:
                return None
            try:
                letter = _email_code(db, changed, by.address)
            except LoginRefused as error:
                raise BadField("email", str(error)) from error
        mail.send(letter, self.settings)
        return changed.pending_email

    def tell_of_change(self, user_id: int, change: Change, *, to: str | None = None) -> None:
        """Tell a user of a change of what they log in with; call it after the transaction.

        Parameters
        ----------
        to
            Address; by default the user's.

        Raises
        ------
        NotSent
            The mail could not be handed over.
        """
        with self.database.reading() as db:
            user = users.of_id(db, user_id)
            chosen = preferences.load(db, user_id).get("zone")
        zone = chosen or (user.company.zone if user.company else "UTC")
        with speaking_to(user):
            url = f"{(self.settings.public_url or self.served).rstrip('/')}{FORGOT}"
            letter = change_notice(user, change, zone, url, to=to)
        mail.send(letter, self.settings)

    def _mail_reset(self, user: "User", token: str) -> None:
        with speaking_to(user):
            letter = reset(user, self._link(Purpose.RESET, token))
        mail.send(letter, self.settings)

    def _link(self, purpose: Purpose, token: str) -> str:
        return link(self.settings.public_url or self.served, purpose, token)


def speaking_to(user: "User") -> "AbstractContextManager[None]":
    """Speak a person's language while the block runs: the one chosen, else the one spoken here."""
    return speaking(user.language or current())


def link(address: str, purpose: Purpose, token: str) -> str:
    """Address at which a token is good.

    Parameters
    ----------
    address
        The portal's.
    purpose
        `Purpose.RESET` or `Purpose.INVITATION`.
    """
    return f"{address.rstrip('/')}{PATHS[purpose]}/{quote(token, safe='')}"


def invitation(user: "User", url: str) -> Letter:
    """Invitation to choose a password."""
    return letter_of(
        user.email,
        _("Your invitation to the call reports"),
        [
            _("Hello {name},").format(name=user.name),
            _("an account has been opened for you. Choose a password to enter:"),
            url,
            _("The link is good for 7 days, and once."),
        ],
    )


def reset(user: "User", url: str) -> Letter:
    """Letter with the link to another password."""
    return letter_of(
        user.email,
        _("Choose another password"),
        [
            _("Hello {name},").format(name=user.name),
            _("somebody, you most likely, has asked for another password for your account. Choose it here:"),
            url,
            _("The link is good for 30 minutes, and once. If it was not you, do nothing and all stays."),
        ],
    )


def _email_code(db: "Session", user: "User", address: str) -> Letter:
    """Letter to the address that a user wants to verify: the code, or word to whose it is already."""
    target = verification.pending_email(user) or user.email
    code = verification.mail_code(db, user, Purpose.EMAIL, target)
    other = verification.owner_of(db, target)
    if other is None or other.id == user.id:
        with speaking_to(user):
            return email_code(user, code)
    audit.of_user(db, Event.EMAIL_CLAIMED, other, address=address)
    with speaking_to(other):
        return claimed(other)


def claimed(user: "User") -> Letter:
    """Letter that somebody else has entered one's address; of whom and where it says nothing."""
    return letter_of(
        user.email,
        _("Somebody wanted to use your e-mail address"),
        [
            _("Hello {name},").format(name=user.name),
            _(
                "somebody has entered your e-mail address for another account. Nothing has changed, and you "
                "need not do anything."
            ),
        ],
    )


def change_notice(user: "User", change: Change, zone: str, url: str, *, to: str | None = None) -> Letter:
    """Letter that what one logs in with has changed: what, when, from where, and how to undo it.

    Parameters
    ----------
    zone
        Time zone of the user.
    url
        Page for another password.
    """
    title = _(change.event.sentence)
    paragraphs = [_("Hello {name},").format(name=user.name), title]
    if change.email:
        paragraphs.append(_("New address: {email}").format(email=change.email))
    time = wording.moment(change.at, clock.zone(zone))
    paragraphs.append(_("When: {time} ({zone})").format(time=time, zone=zone))
    if change.by_operator:
        paragraphs.append(_("By: your operator"))
    else:
        browser = browsers.plain(change.agent)
        paragraphs.append(_("From: {address}, {browser}").format(address=change.address, browser=browser))
    if change.event is Event.EMAIL_CHANGED:
        paragraphs.append(
            _(
                "If it was not you, tell your operator at once: a link for another password would go to the "
                "new address."
            )
        )
    else:
        paragraphs += [
            _("If it was not you, choose another password at once, and tell your operator:"),
            url,
        ]
    subject = _("A change to your account: {change}").format(change=title)
    return letter_of(to or user.email, subject, paragraphs)


def email_code(user: "User", code: str) -> Letter:
    """Letter with the code that verifies an e-mail address, the pending one if there is one."""
    return letter_of(
        verification.pending_email(user) or user.email,
        _("Verify your e-mail address"),
        [
            _("Hello {name},").format(name=user.name),
            _("type this code into your profile to verify your e-mail address:"),
            code,
            _("It is good for 15 minutes. Nobody of ours will ever ask you for it."),
        ],
    )


def mobile_code(code: str) -> str:
    """Text message with the code that verifies a mobile number."""
    return _(
        "{code} is your code for the call reports. It is good for 15 minutes; tell it to nobody."
    ).format(code=code)


def letter_of(to: str, subject: str, paragraphs: "Sequence[str]") -> Letter:
    """Letter as text and HTML, in the language spoken here; a paragraph that is an address becomes a link."""
    direction = "rtl" if is_right_to_left() else "ltr"
    body = "".join(f"<p>{_as_html(paragraph)}</p>" for paragraph in paragraphs)
    return Letter(
        to,
        subject,
        "\n\n".join(paragraphs) + "\n",
        f'<!doctype html><html lang="{current()}" dir="{direction}"><meta charset="utf-8">'
        f"<body>{body}</body></html>",
    )


def _as_html(paragraph: str) -> str:
    text = escape(paragraph)
    return f'<a href="{text}">{text}</a>' if paragraph.startswith(("https://", "http://")) else text
