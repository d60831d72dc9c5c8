"""Letters are the same whoever asks for them: a page of the portal or the command line."""

from __future__ import annotations

import re
from contextlib import closing
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import driving
import pytest
from driving import free_port, portal_of
from small_office import BEA, OLGA, Client, people_of
from sqlalchemy import select
from typer.testing import CliRunner

from cxreports.cli.app import app
from cxreports.portal.database import Database
from cxreports.portal.people import sessions, users
from cxreports.portal.tables import AuditEntry, Role, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

PUBLIC = "http://reports.example.org"
DORA = "dora@bravo.example"

GREETING = {"de": "Guten Tag Dora", "ar": "مرحبًا"}


@pytest.fixture(name="home", scope="module")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("letters")
    with closing(Database.of(home)) as database:
        people_of(database)
        with database.writing() as db:
            users.invite(db, DORA, "Dora", role=Role.CUSTOMER, company_id="bravo")
            for email, tag in ((OLGA, "es"), (DORA, "de"), (BEA, "ar")):
                users.choose_language(db, users.get(db, email), tag)
    return home


@pytest.fixture(name="olga", scope="module")
def _olga(home: Path) -> Iterator[Client]:
    port = free_port()
    with pytest.MonkeyPatch.context() as patch, closing(Database.of(home)) as database:
        patch.setattr(driving, "free_port", lambda: port)
        with portal_of(home, warm=0, CXREPORTS_PUBLIC_URL=PUBLIC):
            with database.writing() as db:
                session = sessions.begin(db, users.get(db, OLGA), stage=Stage.FULL)
            yield Client(f"http://127.0.0.1:{port}", session)


def by_page(home: Path, olga: Client, email: str) -> None:
    with closing(Database.of(home)) as database, database.reading() as db:
        user = users.get(db, email).id
    assert olga.post("/operator/users", act="send", user=str(user)).status == 200


def by_command(home: Path, *arguments: str) -> None:
    environment = {"CXREPORTS_HOME": str(home), "CXREPORTS_PUBLIC_URL": PUBLIC}
    done = CliRunner().invoke(app, ["user", *arguments], env=environment)
    assert done.exit_code == 0, done.output


def last(home: Path) -> tuple[dict[str, str], str, tuple[str, str | None, dict[str, object]]]:
    """The newest letter, its link, and the newest entry of the log but for who did it."""
    path = max((home / "mail").iterdir())
    letter: EmailMessage = message_from_bytes(path.read_bytes(), policy=policy.default)  # type: ignore[arg-type]
    parts = {part.get_content_type(): part.get_content() for part in letter.walk() if not part.is_multipart()}
    (url,) = re.findall(r"http\S+", parts["text/plain"])
    token = url.rpartition("/")[2]
    texts = {kind: text.replace(token, "TOKEN") for kind, text in parts.items()}
    with closing(Database.of(home)) as database, database.reading() as db:
        entry = db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        entered = (entry.event, entry.company_id, entry.detail)
    return texts | {"to": letter["To"], "subject": letter["Subject"]}, url, entered


@pytest.mark.parametrize(
    ("email", "tag", "command", "path", "event"),
    [
        (DORA, "de", ("invite", DORA, "Dora", "--company", "bravo"), "/invitation/", "user_invited"),
        (BEA, "ar", ("reset-password", BEA, "--mail"), "/reset/", "password_reset_asked"),
    ],
)
def test_page_and_command_line_send_the_same_letter(
    home: Path, olga: Client, email: str, tag: str, command: tuple[str, ...], path: str, event: str
) -> None:
    by_page(home, olga, email)
    letter, url, entry = last(home)
    assert letter["to"] == email
    assert GREETING[tag] in letter["text/plain"]
    assert f'<html lang="{tag}"' in letter["text/html"]
    assert url.startswith(PUBLIC + path)
    assert entry[:2] == (event, "bravo")
    assert entry[2]["user"] == email
    by_command(home, *command)
    again, another_url, another_entry = last(home)
    assert another_url != url
    assert another_url.startswith(PUBLIC + path)
    assert (again, another_entry) == (letter, entry)
