"""Letters to people: invitations, links for another password, codes.

`Post` makes each of them for whoever asks, the pages and the command line alike: in the language of
the person it goes to, with links to the portal's public address, and with an entry in the audit log.
"""

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from cxreports.language import _, current, is_right_to_left, speaking
from cxreports.portal.actor import CONSOLE
from cxreports.portal.audit import Event
from cxreports.portal.people import credentials, users, verification
from cxreports.portal.post import mail, sms
from cxreports.portal.post.mail import Letter
from cxreports.portal.tables import Purpose

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from cxreports.portal.actor import Actor
    from cxreports.portal.database import Database
    from cxreports.portal.tables import Role, User
    from cxreports.settings import Settings

PATHS: Final = {Purpose.INVITATION: "/invitation", Purpose.RESET: "/reset"}
"""Pages at which a link of each purpose is followed; the token is the end of their path."""

LOCAL_URL: Final = "http://localhost:8866"
"""Where the portal is reached while no public address is set and none is served."""


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

    def send_code(self, user: "User", purpose: Purpose) -> None:
        """Send a code that verifies a person's e-mail address or mobile number.

        Raises
        ------
        BadField
            The person has no such address or number.
        LoginRefused
            Too many were asked for; the error says how long to wait.
        NotSent
            It could not be handed over.
        """
        target = user.email if purpose is Purpose.EMAIL else user.mobile
        with self.database.writing() as db:
            code = verification.mail_code(db, user, purpose, target)
        with speaking_to(user):
            if purpose is Purpose.EMAIL:
                mail.send(email_code(user, code), self.settings)
            else:
                sms.send(target, mobile_code(code), self.settings)

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
    return _letter(
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
    return _letter(
        user.email,
        _("Choose another password"),
        [
            _("Hello {name},").format(name=user.name),
            _("somebody, you most likely, has asked for another password for your account. Choose it here:"),
            url,
            _("The link is good for 30 minutes, and once. If it was not you, do nothing and all stays."),
        ],
    )


def email_code(user: "User", code: str) -> Letter:
    """Letter with the code that verifies an e-mail address."""
    return _letter(
        user.email,
        _("{code} verifies your e-mail address").format(code=code),
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


def _letter(to: str, subject: str, paragraphs: list[str]) -> Letter:
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
