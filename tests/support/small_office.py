"""A small operator for the pages of forms: three companies, their users, and calls made by hand."""

from __future__ import annotations

import csv
import http.client
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from aiosmtpd.controller import Controller
from driving import portal_of

from cxreports import Lake
from cxreports.portal.companies import companies
from cxreports.portal.database import Database
from cxreports.portal.people import sessions, users
from cxreports.portal.tables import Role, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from driving import Portal

PASSWORD = "four calm green lamps"
OLGA, ANA, BEA = "olga@operator.example", "ana@acme.example", "bea@bravo.example"

CALLS = (
    "dt",
    "callid",
    "customer_id",
    "dest_number",
    "duration",
    "sip_code",
    "customer_charge",
    "customer_card_currency",
)
DASH = "\N{EN DASH}"


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def load_calls(home: Path, calls: list[tuple[str, datetime, int, int, str, str]]) -> None:
    """Load calls: customer, time, seconds, SIP code, charge, currency."""
    path = home / f"calls-{len(list(home.glob('calls-*')))}.csv"
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(CALLS)
        for number, (customer, at, seconds, code, charge, currency) in enumerate(calls):
            called = f"{at:%Y-%m-%d %H:%M:%S}", f"{path.stem}-{number}", customer, "34911234567"
            lines.writerow([*called, seconds, code, charge, currency])
    (report,) = Lake(home).load(path)
    assert (report.refused, report.loaded) == (None, len(calls)), report


@dataclass(frozen=True)
class Answer:
    """What a page answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return unescape(self.body.decode())

    @property
    def said(self) -> str:
        """What the page says was done, or could not be."""
        found = re.search(r'<p class="cx-said[^>]*>(.*?)</p>', self.body.decode(), re.DOTALL)
        return unescape(found[1]) if found else ""

    def fault(self, field: str) -> str:
        """What is said to be wrong at a field."""
        found = re.search(
            rf'id="cx-{field}-note" class="cx-field-error[^>]*>(.*?)<', self.body.decode(), re.DOTALL
        )
        return unescape(found[1]) if found else ""

    def rows(self) -> list[list[str]]:
        """The cells of its table, by row."""
        table = re.search(r"<tbody>(.*?)</tbody>", self.body.decode(), re.DOTALL)
        lines = re.findall(r"<tr.*?</tr>", table[1], re.DOTALL) if table else []
        return [
            [" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in _cells(line)]
            for line in lines
        ]

    def figure(self, name: str, *, exact: bool = False) -> str:
        """One of the figures above the table, as it is shown or as it shows on hover."""
        pattern = rf'data-figure="{name}">.*?class="cx-v[^"]*"(?: title="([^"]*)")?[^>]*>(.*?)<'
        found = re.search(pattern, self.body.decode(), re.DOTALL)
        assert found, self.text
        return unescape((exact and found[1]) or found[2])


def _cells(line: str) -> list[str]:
    return re.findall(r"<t[hd]\b.*?>(.*?)</t[hd]>", line, re.DOTALL)


class Client:
    """A person's browser without a browser: keeps cookies, follows nothing."""

    def __init__(self, address: str, session_id: str = "") -> None:
        self.host = urlsplit(address).netloc
        self.cookies = {"cx-session": session_id} if session_id else {}

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form, and give the page that is shown after it."""
        answer = self.send(path, urlencode(fields | {"_xsrf": self.token(path)}))
        return self.get(answer.headers["location"]) if answer.status == 303 else answer

    def upload(self, path: str, name: str, contents: bytes, **fields: str) -> Answer:
        """Send a form with a file."""
        lines = [
            f'--cx\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in (fields | {"_xsrf": self.token(path)}).items()
        ]
        head = f'--cx\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = "".join([*lines, head]).encode() + contents + b"\r\n--cx--\r\n"
        answer = self._ask("POST", path, body, "multipart/form-data; boundary=cx")
        return self.get(answer.headers["location"]) if answer.status == 303 else answer

    def send(self, path: str, body: str) -> Answer:
        return self._ask("POST", path, body.encode(), "application/x-www-form-urlencoded")

    def token(self, path: str = "/login") -> str:
        if "_xsrf" not in self.cookies:
            self.get(path)
        return self.cookies.get("_xsrf", "")

    def _ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Answer:
        connection = http.client.HTTPConnection(self.host, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(
            method, path, body or None, {"Cookie": cookies} | ({"Content-Type": kind} if kind else {})
        )
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        given = Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
        connection.close()
        return given


class Mailbox:
    """Takes every letter."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"

    def link(self) -> str:
        """The link in the last letter, whose path says what it is for."""
        text = self.letters[-1].get_body(("plain",))
        assert text is not None
        (found,) = re.findall(r"http://\S+/\w+/[\w-]+", text.get_content())
        return str(found)


@dataclass
class Office:
    """A running portal of three companies, and a mailbox that takes what it sends."""

    portal: Portal
    database: Database
    mailbox: Mailbox

    def session(self, email: str) -> str:
        with self.database.writing() as db:
            return sessions.begin(db, users.get(db, email), stage=Stage.FULL)

    def client(self, email: str = "") -> Client:
        return Client(self.portal.address, self.session(email) if email else "")


def people_of(database: Database) -> None:
    """Add acme (USD), bravo (EUR) and the quiet ones, with their users."""
    with database.writing() as db:
        companies.add(db, "acme", "Acme Telecom", currency="USD", channel_limit=4, debit_limit="50")
        companies.add(db, "bravo", "Bravo & Söhne", currency="EUR", zone="Europe/Berlin")
        companies.add(db, "quiet", "Quiet Limited", currency="USD")
        users.add(db, OLGA, "Olga", role=Role.OPERATOR, password=PASSWORD)
        users.add(db, ANA, "Ana", role=Role.CUSTOMER, company_id="acme", password=PASSWORD)
        users.add(db, BEA, "Bea", role=Role.CUSTOMER, company_id="bravo", password=PASSWORD)


@contextmanager
def office_of(home: Path) -> Iterator[Office]:
    """Serve the small operator until the block is left."""
    database, mailbox = Database.of(home), Mailbox()
    people_of(database)
    with _taking_mail(mailbox) as port:
        before, os.environ["CXREPORTS_SMTP_URL"] = (
            os.environ.get("CXREPORTS_SMTP_URL"),
            f"smtp://127.0.0.1:{port}",
        )
        try:
            with portal_of(home, warm=0) as portal:
                yield Office(portal, database, mailbox)
        finally:
            os.environ.pop("CXREPORTS_SMTP_URL")
            if before is not None:
                os.environ["CXREPORTS_SMTP_URL"] = before
            database.close()


@contextmanager
def _taking_mail(mailbox: Mailbox) -> Iterator[int]:
    # Port 0 lets the system choose; the controller would ask itself for it.
    class Anywhere(Controller):
        def _trigger_server(self) -> None:
            assert self.server
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    controller = Anywhere(mailbox, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def hours_ago(hours: float) -> datetime:
    return now() - timedelta(hours=hours)
