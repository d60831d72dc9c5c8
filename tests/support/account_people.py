"""People of a portal without calls: their passwords, mailbox, telephone and browsers."""

from __future__ import annotations

import email
import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from email import policy
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from driving import login_cookie, until, visit

from cxreports.portal import audit
from cxreports.portal.companies import companies
from cxreports.portal.database import now
from cxreports.portal.people import passwords, sessions, users
from cxreports.portal.post import sms as text_messages
from cxreports.portal.tables import AuditEntry, Company, LoginSession, Role, Stage, User

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from email.message import EmailMessage

    from driving import Portal
    from playwright.sync_api import APIResponse, Browser, Page, SetCookieParam

    from cxreports.portal.database import Database

PASSWORD: Final = "correct horse battery staple"
OTHER_PASSWORD: Final = "seven green apples on a plate"

_CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"
)


_hashed = cache(passwords.hashed)


@dataclass
class Mailbox:
    """Takes mail as an SMTP server does, but for some addresses."""

    letters: list[EmailMessage] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    async def handle_RCPT(self, *said: Any) -> str:  # noqa: N802 (its protocol)
        envelope, address = said[2:4]
        if address in self.refused:
            return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 taken"

    async def handle_DATA(self, *said: Any) -> str:  # noqa: N802 (its protocol)
        envelope = said[2]
        self.letters.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"

    def letter_to(self, address: str, *, count: int = 1) -> str:
        """Wait for so many letters to an address, and give the text of the last one."""
        until(lambda: len(self._to(address)) >= count, f"{count} letters to {address}")
        text = self._to(address)[-1].get_body(("plain",))
        assert text is not None
        return str(text.get_content())

    def _to(self, address: str) -> list[EmailMessage]:
        return [letter for letter in self.letters if letter["To"] == address]


@dataclass
class Accounts:
    """A running portal, its database, and where its mail goes."""

    portal: Portal
    database: Database
    mailbox: Mailbox

    def add(self, name: str, *, company: str = "acme") -> User:
        """Add a customer's user, whose password is `PASSWORD`."""
        with self.database.writing() as db:
            if db.get(Company, company) is None:
                companies.add(db, company, company.title())
            address = f"{name.lower()}@example.org"
            user = users.add(db, address, name, role=Role.CUSTOMER, company_id=company)
            user.password_hash = _hashed(PASSWORD)
            return user

    def session(self, user: User, *, age: timedelta = timedelta(), agent: str = _CHROME) -> str:
        """Log a user in without a browser, some time ago, and give the session's id."""
        with self.database.writing() as db:
            session_id = sessions.begin(db, user, stage=Stage.FULL, address="192.0.2.9", agent=agent)
            session = sessions.find(db, session_id)
            assert session is not None
            session.created_at = now() - age
        return session_id

    def sessions(self, user: User) -> list[LoginSession]:
        """Give the sessions of a user that go on."""
        with self.database.reading() as db:
            return sessions.of_user(db, user.id)

    def user(self, user: User) -> User:
        """Give a user as the database has them now."""
        with self.database.reading() as db:
            return users.get(db, db.get_one(User, user.id).email)

    def events(self, user: User) -> list[str]:
        """Give what the log tells of a user, the newest first."""
        return [entry.event for entry in self.entries(user)]

    def entries(self, user: User) -> list[AuditEntry]:
        with self.database.reading() as db:
            return audit.entries(db, user_id=user.id)

    def message_to(self, number: str) -> str:
        """Give the last text message to a number."""
        lines = (self.portal.home / text_messages.FILE_NAME).read_text().splitlines()
        return str([said["text"] for said in map(json.loads, lines) if said["to"] == number][-1])

    def cookie(self, user: User) -> SetCookieParam:
        """Log a user in without a browser, and give the cookie for one."""
        return login_cookie(self.portal.address, self.session(user))

    def visit(
        self, browser: Browser, path: str, session_id: str, **options: Any
    ) -> AbstractContextManager[Page]:
        """Open a page of the portal."""
        address = f"{self.portal.address}/{path}"
        return visit(browser, address, session_id=session_id, wait=False, **options)

    def own(self, browser: Browser, path: str, user: User, **options: Any) -> AbstractContextManager[Page]:
        """Open a page as a user who has just logged in."""
        return self.visit(browser, path, self.session(user), **options)


def log_in(page: Page, user: User, password: str = PASSWORD) -> None:
    """Type address and password into the form."""
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()


def log_out(page: Page) -> None:
    """Log out by the user menu, and wait for the log-in form."""
    page.get_by_role("button", name=re.compile("^Account: ")).click()
    page.get_by_role("menuitem", name="Log Out").click()
    page.get_by_label("E-mail").wait_for()


def path_of(page: Page) -> str:
    """Give the path of a page's address."""
    found = re.match(r"https?://[^/]+/([^?#]*)", page.url)
    assert found is not None
    return found[1]


def posted(page: Page, path: str, **typed: str) -> APIResponse:
    """Send a form as the page's browser would, whatever fields the page has."""
    token = page.locator("input[name=_xsrf]").first.input_value()
    origin = re.match(r"https?://[^/]+", page.url)
    assert origin is not None
    return page.request.post(
        f"{origin[0]}/{path}", form={"_xsrf": token, **typed}, max_redirects=0, fail_on_status_code=False
    )


def unchecked(page: Page) -> None:
    """Let the page send what its browser would not."""
    page.evaluate("for (const form of document.forms) form.noValidate = true")
