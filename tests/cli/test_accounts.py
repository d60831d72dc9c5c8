"""The commands for people, companies, payments and numbers, from a shell's side."""

import json
import re
import shutil
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cxreports.cli.app import app
from cxreports.portal.database import Database
from cxreports.portal.people import passwords, users
from cxreports.private_file import private_folder

Command = Callable[..., Result]
PASSWORD = "correct horse battery staple"


@pytest.fixture(name="home")
def _home(tmp_path: Path, migrated_file: Path) -> Path:
    """A home whose database has its tables already."""
    home = private_folder(tmp_path / "home")
    shutil.copy(migrated_file, home / "portal.db")
    return home


@pytest.fixture(name="run")
def _run(home: Path) -> Command:
    def run(*arguments: Any, typed: str = "") -> Result:
        return CliRunner().invoke(
            app, [str(each) for each in arguments], input=typed, env={"CXREPORTS_HOME": str(home)}
        )

    return run


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(result: Result) -> str:
    assert result.exit_code == 1, result.output
    (line, *_) = result.stderr.splitlines()
    assert line.startswith("cxreports: ")
    return result.stderr


def rows(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done(result))
    return found


def password_of(home: Path, email: str) -> str | None:
    database = Database.of(home)
    with database.reading() as db:
        found = users.get(db, email).password_hash
    database.close()
    return found


@pytest.fixture(name="acme")
def _acme(run: Command) -> None:
    done(run("company", "add", "acme", "Acme Telecom", "--currency", "EUR", "--zone", "Europe/Madrid"))


def test_companies_are_added_changed_and_listed(run: Command, acme: None) -> None:
    done(
        run(
            "company", "change", "acme", "--debit-limit", "250.5", "--channel-limit", "1200", "--name", "ACME"
        )
    )
    (row,) = rows(run("company", "list", "-o", "json"))
    assert row == {
        "id": "acme",
        "name": "ACME",
        "currency": "EUR",
        "channel_limit": 1200,
        "zone": "Europe/Madrid",
        "debit_limit": "250.500000",
        "low_balance": None,
        "contact": "",
        "tax": "",
        "paypal": "",
        "received": "0.000000",
        "charged": "0.000000",
        "balance": "0.000000",
        "other_charges": "",
    }
    done(run("company", "change", "acme", "--channel-limit", ""))
    assert rows(run("company", "list", "-o", "json"))[0]["channel_limit"] is None
    assert "ACME" in done(run("company", "list"))
    assert "acme" in refused(run("company", "add", "acme", "Again"))
    assert "Mars/Olympus" in refused(run("company", "change", "acme", "--zone", "Mars/Olympus"))


def test_companies_are_listed_with_balances(run: Command, acme: None, home: Path) -> None:
    calls = home.parent / "calls.csv"
    calls.write_text(
        "dt,callid,customer_id,dest_number,duration,sip_code,customer_charge,customer_card_currency\n"
        "2026-01-01 10:00:00,a,acme,34911234567,60,200,100.25,EUR\n"
        "2026-01-01 11:00:00,b,acme,34911234567,60,200,50.25,\n"
        "2026-01-01 12:00:00,c,acme,34911234567,60,200,7.5,USD\n"
    )
    done(run("load", calls))
    done(run("payment", "add", "acme", "120"))
    (row,) = rows(run("company", "list", "-o", "json"))
    figures = [row[name] for name in ("received", "charged", "balance", "other_charges")]
    assert figures == ["120.000000", "150.500000", "-30.500000", "7.500000 USD"]


def test_a_users_password_comes_from_a_pipe(run: Command, acme: None, home: Path) -> None:
    added = run("user", "add", "ana@acme.example", "Ana", "--company", "acme", typed=f"{PASSWORD}\n")
    assert PASSWORD not in done(added)
    assert passwords.matches(password_of(home, "ana@acme.example"), PASSWORD)
    (row,) = rows(run("user", "list", "-o", "json"))
    assert row == {
        "email": "ana@acme.example",
        "name": "Ana",
        "role": "customer",
        "company": "acme",
        "email_verified": False,
        "mobile_verified": False,
        "two_factor": False,
        "password": True,
        "disabled": None,
    }


def test_a_password_can_be_made_up(run: Command, home: Path) -> None:
    told = done(run("user", "add", "o@op.example", "Olga", "--operator", "--generate"))
    given = re.search(r"^password: (\S{20})$", told, re.MULTILINE)
    assert given
    assert passwords.matches(password_of(home, "o@op.example"), given[1])
    told = done(run("user", "reset-password", "o@op.example", "--generate"))
    again = re.search(r"^password: (\S{20})$", told, re.MULTILINE)
    assert again
    assert again[1] != given[1]
    assert passwords.matches(password_of(home, "o@op.example"), again[1])
    assert not passwords.matches(password_of(home, "o@op.example"), given[1])


def test_a_user_belongs_to_a_company_or_the_operator(run: Command, acme: None) -> None:
    for whose in ([], ["--company", "acme", "--operator"]):
        assert "--operator" in refused(run("user", "add", "a@b.example", "A", *whose, "--generate"))
    assert "12" in refused(run("user", "add", "a@b.example", "A", "--operator", typed="short\n"))
    assert rows(run("user", "list", "-o", "json")) == []


def test_users_are_invited_by_mail(run: Command, acme: None, home: Path) -> None:
    told = done(run("user", "invite", "ana@acme.example", "Ana", "--company", "acme"))
    assert "ana@acme.example" in told
    (path,) = (home / "mail").iterdir()
    letter = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = letter.get_body(("plain",))
    assert body
    assert re.search(r"^http://localhost:8866/invitation/\S{40,}$", body.get_content(), re.MULTILINE)
    assert rows(run("user", "list", "-o", "json"))[0]["password"] is False
    done(run("user", "reset-password", "ana@acme.example", "--mail"))
    assert len(list((home / "mail").iterdir())) == 2


def test_users_are_changed_disabled_and_enabled(run: Command, acme: None) -> None:
    done(run("user", "add", "ana@acme.example", "Ana", "--company", "acme", "--generate"))
    done(run("user", "change", "ana@acme.example", "--new-email", "ana.b@acme.example", "--name", "Ana B"))
    done(run("user", "disable", "ANA.B@acme.example"))
    (row,) = rows(run("user", "list", "--company", "acme", "-o", "json"))
    assert (row["name"], row["email"]) == ("Ana B", "ana.b@acme.example")
    assert row["disabled"].endswith("Z")
    done(run("user", "enable", "ana.b@acme.example"))
    assert rows(run("user", "list", "-o", "json"))[0]["disabled"] is None
    assert "nobody@acme.example" in refused(run("user", "disable", "nobody@acme.example"))


def test_users_are_told_by_mail_what_the_operator_changed(run: Command, acme: None, home: Path) -> None:
    done(run("user", "add", "ana@acme.example", "Ana", "--company", "acme", "--generate"))
    done(run("user", "reset-password", "ana@acme.example", "--generate"))
    done(run("user", "change", "ana@acme.example", "--new-email", "ana.b@acme.example"))
    letters = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in home.glob("mail/*")]
    assert sorted((letter["To"], letter["Subject"]) for letter in letters) == [
        ("ana@acme.example", "A change to your account: E-mail address changed"),
        ("ana@acme.example", "A change to your account: Password changed"),
    ]
    for letter in letters:
        body = letter.get_body(("plain",))
        assert body
        text = body.get_content()
        assert "By: your operator" in text
        assert ("New address: ana.b@acme.example" in text) == ("E-mail" in letter["Subject"])


def test_payments_are_added_settled_and_listed(run: Command, acme: None) -> None:
    done(run("payment", "add", "acme", "1250.10", "--reference", "R1", "--at", "2026-03-01"))
    done(run("payment", "add", "acme", "-0.000001", "--kind", "adjustment", "--at", "2026-03-02"))
    done(run("payment", "add", "acme", "40", "--status", "pending", "--at", "2026-03-03T01:30+02:00"))
    pending, adjusted, paid = rows(run("payment", "list", "-o", "json"))
    assert (pending["amount"], pending["status"], pending["made_at"]) == (
        "40.000000",
        "pending",
        "2026-03-02T23:30:00Z",
    )
    assert (adjusted["amount"], adjusted["kind"]) == ("-0.000001", "adjustment")
    assert (paid["amount"], paid["currency"], paid["reference"]) == ("1250.100000", "EUR", "R1")
    assert "completed" in done(run("payment", "complete", pending["number"]))
    assert "cancelled" in done(run("payment", "cancel", paid["number"]))
    assert "cancelled" in refused(run("payment", "complete", paid["number"]))
    assert [row["status"] for row in rows(run("payment", "list", "acme", "-o", "json"))] == [
        "completed",
        "completed",
        "cancelled",
    ]
    assert "-0.000001" in done(run("payment", "list"))
    assert rows(run("payment", "list", "other", "-o", "json")) == []


def test_payments_are_imported_once(run: Command, acme: None, tmp_path: Path) -> None:
    path = tmp_path / "payments.csv"
    path.write_text("company,amount,reference\nacme,1,R1\nacme,2,R2\n")
    assert "2 payments, 2 added, 0 there already" in done(run("payment", "import", path))
    assert "2 payments, 0 added, 2 there already" in done(run("payment", "import", path))
    path.write_text("company,amount,reference\nacme,3,R3\nacme,x,R4\n")
    assert "line 3, amount" in refused(run("payment", "import", path))
    assert len(rows(run("payment", "list", "-o", "json"))) == 2


def test_numbers_are_assigned_and_extensions_chosen(run: Command, acme: None) -> None:
    done(run("company", "add", "other", "Other"))
    assert "not chosen" in done(run("numbers", "settings"))
    assert "Choose first" in refused(run("numbers", "assign", "acme"))
    assert "SIZE" in refused(run("numbers", "settings", 1000))
    done(run("numbers", "settings", 1000, 1000))
    assert "blocks of 1000 numbers from 1000" in done(run("numbers", "settings"))
    assert "1000 to 1999" in done(run("numbers", "assign", "acme"))
    assert run("numbers", "add", "acme", 1001).stderr == ""
    assert "Duplicate User Detected" in refused(run("numbers", "add", "other", 1001))
    risky = run("numbers", "add", "other", 5)
    assert done(risky)
    assert "already" in risky.stderr
    assert rows(run("numbers", "list", "-o", "json")) == [
        {"company": "acme", "first": 1000, "last": 1999, "extensions": "1001"},
        {"company": "other", "first": None, "last": None, "extensions": "5"},
    ]
    assert re.search(r"acme +1000 +1999 +1001\n", done(run("numbers", "list")))
    assert "1001" in refused(run("numbers", "release", "acme"))
    done(run("numbers", "remove", "acme", 1001))
    done(run("numbers", "release", "acme"))
    assert [row["company"] for row in rows(run("numbers", "list", "-o", "json"))] == ["other"]


def test_a_released_block_takes_its_extensions_along_if_that_is_said(run: Command, acme: None) -> None:
    for command in (["settings", 10, 10], ["assign", "acme"], ["add", "acme", 11]):
        done(run("numbers", *command))
    done(run("numbers", "release", "acme", "--with-extensions"))
    assert rows(run("numbers", "list", "-o", "json")) == []
