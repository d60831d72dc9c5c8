"""What is written to people: invitations, links for a new password, codes. In the current language."""

from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from cxreports.language import _, current, is_right_to_left
from cxreports.portal.post.mail import Letter
from cxreports.portal.tables import Purpose

if TYPE_CHECKING:
    from cxreports.portal.tables import User

PATHS: Final = {Purpose.INVITATION: "/invitation", Purpose.RESET: "/reset"}
"""Pages at which a link of each purpose is followed; the token is the end of their path."""

LOCAL_URL: Final = "http://localhost:8866"
"""Where the portal is reached while no public address is set."""


def link(public_url: str, purpose: Purpose, token: str) -> str:
    """Give the address at which a token is good.

    Parameters
    ----------
    public_url
        The portal's, as the settings have it; empty for this machine's.
    purpose
        `Purpose.RESET` or `Purpose.INVITATION`.
    """
    return f"{(public_url or LOCAL_URL).rstrip('/')}{PATHS[purpose]}/{quote(token, safe='')}"


def invitation(user: "User", url: str) -> Letter:
    """Invite somebody to choose a password."""
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
    """Send somebody the link to another password."""
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
    """Send the code that verifies an e-mail address."""
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
    """Word the text message with the code that verifies a mobile number."""
    return _(
        "{code} is your code for the call reports. It is good for 15 minutes; tell it to nobody."
    ).format(code=code)


def _letter(to: str, subject: str, paragraphs: list[str]) -> Letter:
    direction = "rtl" if is_right_to_left() else "ltr"
    body = "".join(f"<p>{_as_html(each)}</p>" for each in paragraphs)
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
