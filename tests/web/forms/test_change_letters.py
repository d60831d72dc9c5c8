"""Every change of what one logs in with is told to its owner: what, when, from where, how to undo it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pyotp
import pytest
from account_people import OTHER_PASSWORD, PASSWORD
from authenticator import Authenticator
from callers import Caller
from driving import until

import cxreports.web
from cxreports.portal.audit import Event
from cxreports.portal.database import now
from cxreports.portal.people import passkeys, second_factor, verification
from cxreports.portal.people.vault import Vault
from cxreports.portal.tables import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import EmailMessage

    from account_people import Accounts

    from cxreports.portal.tables import User

AGENT: Final = {
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
}


def recovery_codes(accounts: Accounts, user: User) -> list[str]:
    """Turn the second factor on, without the pages."""
    vault = Vault.of(accounts.portal.home)
    with accounts.database.writing() as db:
        secret = second_factor.begin(db, user, vault).secret
    with accounts.database.writing() as db:
        return second_factor.confirm(db, user, pyotp.TOTP(secret).at(now()), vault)


def sent(caller: Caller, path: str, **body: Any) -> dict[str, Any]:
    """Send what a script of a page sends."""
    caller.ask("/forgot")
    headers = {**AGENT, "Content-Type": "application/json", "X-XSRFToken": caller.cookies["_xsrf"]}
    answer: dict[str, Any] = json.loads(caller.ask(path, "POST", json.dumps(body), headers).text)
    return answer


def change_password(_accounts: Accounts, _user: User, caller: Caller) -> None:
    typed = {"password": OTHER_PASSWORD, "again": OTHER_PASSWORD}
    caller.post("/profile/password", AGENT, current=PASSWORD, **typed)


def reset_password(accounts: Accounts, user: User, _caller: Caller) -> None:
    with accounts.database.writing() as db:
        token = verification.link(db, user, Purpose.RESET)
    stranger = Caller(accounts.portal.address)
    stranger.post(f"/reset/{token}", AGENT, password=OTHER_PASSWORD, again=OTHER_PASSWORD)


def enable_second_factor(accounts: Accounts, user: User, caller: Caller) -> None:
    caller.post("/profile/two-factor/begin")
    with accounts.database.reading() as db:
        made = second_factor.pending(db, user, Vault.of(accounts.portal.home))
    assert made is not None
    caller.post("/profile/two-factor/confirm", AGENT, code=pyotp.TOTP(made.secret).at(now()))


def disable_second_factor(accounts: Accounts, user: User, caller: Caller) -> None:
    code = recovery_codes(accounts, user)[0]
    caller.post("/profile/two-factor/disable", AGENT, password=PASSWORD, code=code)


def renew_recovery_codes(accounts: Accounts, user: User, caller: Caller) -> None:
    recovery_codes(accounts, user)
    caller.post("/profile/two-factor/codes", AGENT, password=PASSWORD)


def use_a_recovery_code(accounts: Accounts, user: User, _caller: Caller) -> None:
    code = recovery_codes(accounts, user)[3]
    caller = Caller(accounts.portal.address)
    assert caller.log_in(user.email, PASSWORD).location.startswith("/login/totp")
    caller.post("/login/totp", AGENT, code=code)


def add_a_passkey(accounts: Accounts, _user: User, caller: Caller) -> None:
    asked = sent(caller, "/profile/passkeys/options")
    made = Authenticator(origin=accounts.portal.address).create(asked["options"])
    sent(caller, "/profile/passkeys/answer", challenge=asked["challenge"], credential=made, name="Phone")


def remove_a_passkey(accounts: Accounts, user: User, caller: Caller) -> None:
    address, host = accounts.portal.address, urlsplit(accounts.portal.address).hostname or ""
    with accounts.database.writing() as db:
        asked = passkeys.registration_options(db, user, rp_id=host)
        made = Authenticator(origin=address).create(asked.options)
        kept = passkeys.register(db, user, asked.challenge_id, made, rp_id=host, origin=address)
    caller.post("/profile/passkeys/remove", AGENT, passkey=kept.credential_id, password=PASSWORD)


def ask_for_an_address(_accounts: Accounts, user: User, caller: Caller) -> None:
    caller.post("/profile", AGENT, email=f"new-{user.email}")


def verify_an_address(accounts: Accounts, user: User, caller: Caller) -> None:
    ask_for_an_address(accounts, user, caller)
    found = re.search(r"\b\d{6}\b", accounts.mailbox.letter_to(f"new-{user.email}"))
    assert found is not None
    caller.post("/profile/verify/email/code", AGENT, code=found[0])


CHANGES: Final[dict[Event, Callable[[Accounts, User, Caller], None]]] = {
    Event.PASSWORD_CHANGED: change_password,
    Event.PASSWORD_RESET: reset_password,
    Event.TWO_FACTOR_ENABLED: enable_second_factor,
    Event.TWO_FACTOR_DISABLED: disable_second_factor,
    Event.RECOVERY_CODES_RENEWED: renew_recovery_codes,
    Event.RECOVERY_CODE_USED: use_a_recovery_code,
    Event.PASSKEY_ADDED: add_a_passkey,
    Event.PASSKEY_REMOVED: remove_a_passkey,
    Event.EMAIL_CHANGE_ASKED: ask_for_an_address,
    Event.EMAIL_CHANGED: verify_an_address,
}
SUBJECTS: Final = {
    Event.PASSWORD_CHANGED: "Password changed",
    Event.PASSWORD_RESET: "Password chosen by a mailed link",
    Event.TWO_FACTOR_ENABLED: "Two-factor authentication turned on",
    Event.TWO_FACTOR_DISABLED: "Two-factor authentication turned off",
    Event.RECOVERY_CODES_RENEWED: "New recovery codes made",
    Event.RECOVERY_CODE_USED: "Recovery code used",
    Event.PASSKEY_ADDED: "Passkey added",
    Event.PASSKEY_REMOVED: "Passkey removed",
    Event.EMAIL_CHANGE_ASKED: "New e-mail address asked for",
    Event.EMAIL_CHANGED: "E-mail address changed",
}


@pytest.mark.parametrize("event", CHANGES)
def test_the_owner_gets_a_letter(accounts: Accounts, event: Event) -> None:
    user = accounts.add(f"Letters-{event.value}")
    caller = Caller(accounts.portal.address, {"cx-session": accounts.session(user)})
    CHANGES[event](accounts, user, caller)
    subject = f"A change to your account: {SUBJECTS[event]}"

    def found() -> list[EmailMessage]:
        letters = [each for each in accounts.mailbox.letters if each["To"] == user.email]
        return [each for each in letters if each["Subject"] == subject]

    until(lambda: len(found()) == 1, f"a letter about {event}")
    body = found()[0].get_body(("plain",))
    assert body is not None
    text = str(body.get_content()).replace("\r\n", "\n")
    assert re.search(r"^When: .*20\d\d.* \(UTC\)$", text, re.MULTILINE)
    assert "From: 127.0.0.1, Firefox 143 on Windows" in text
    if event is Event.EMAIL_CHANGED:
        assert "tell your operator at once" in text
        assert "/forgot" not in text, "a link would go to the new address"
    else:
        assert f"{accounts.portal.address}/forgot" in text
    assert (f"New address: new-{user.email}" in text) == event.value.startswith("email_")
    assert event.value in accounts.events(user)


def test_no_letter_and_no_change_is_forgotten_here() -> None:
    """Which events the pages write letters about, looked for in their source."""
    sources = [path.read_text() for path in Path(cxreports.web.__file__).parent.rglob("*.py")]
    calls = [found for text in sources for found in re.findall(r"tell_of_change\([^()]+, Event\.(\w+)", text)]
    assert {Event[name] for name in calls} == CHANGES.keys()
