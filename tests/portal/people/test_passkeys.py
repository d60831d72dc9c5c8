"""Passkeys, with an authenticator in software: what is signed right lets in, once; nothing else does."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from authenticator import Authenticator, to_bytes, to_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from portal_people import ADDRESS, NOON, PASSWORD, add_user, change, confirmed, everything, later
from sqlalchemy import select

from cxreports.errors import AlreadyThere, BadField, LoginRefused, NotThere
from cxreports.portal import audit
from cxreports.portal.audit import Event
from cxreports.portal.people import confirmation, login, passkeys, sessions, throttle
from cxreports.portal.tables import Challenge, Passkey, Stage

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.portal.database import Database
    from cxreports.portal.people.vault import Vault
    from cxreports.portal.tables import User

HOST = "reports.example.org"
ORIGIN = f"https://{HOST}"


def options_to_make(database: Database, user: User, now: datetime = NOON) -> passkeys.Ceremony:
    with database.writing() as db:
        return passkeys.registration_options(db, user, rp_id=HOST, now=now)


def register(
    database: Database,
    user: User,
    ceremony: passkeys.Ceremony,
    answer: Any,
    now: datetime = NOON,
    name: str = "Phone",
) -> Passkey:
    with database.writing() as db:
        return passkeys.register(
            db, user, ceremony.challenge_id, answer, rp_id=HOST, origin=ORIGIN, name=name, now=now
        )


def added(database: Database, user: User, phone: Authenticator) -> Passkey:
    ceremony = options_to_make(database, user)
    return register(database, user, ceremony, phone.create(ceremony.options))


def options_to_use(database: Database, user: User | None = None, now: datetime = NOON) -> passkeys.Ceremony:
    with database.writing() as db:
        return passkeys.authentication_options(db, rp_id=HOST, user=user, now=now)


def enter(
    database: Database,
    ceremony: passkeys.Ceremony,
    answer: Any,
    *,
    session_id: str | None = None,
    now: datetime = NOON,
) -> login.LoggedIn:
    return login.with_passkey(
        database,
        ceremony.challenge_id,
        answer,
        rp_id=HOST,
        origin=ORIGIN,
        session_id=session_id,
        address=ADDRESS,
        now=now,
    )


@pytest.mark.parametrize("attestation", ["none", "packed"])
def test_a_passkey_in_place_of_the_password(database: Database, ana: User, attestation: str) -> None:
    phone = Authenticator(attestation=attestation)
    ceremony = options_to_make(database, ana)
    assert json.dumps(ceremony.options)  # goes to the browser as JSON
    assert ceremony.options["user"]["name"] == ana.email
    passkey = register(database, ana, ceremony, phone.create(ceremony.options))
    assert (passkey.name, passkey.user_id) == ("Phone", ana.id)
    ceremony = options_to_use(database)
    assert ceremony.options["allowCredentials"] == []
    assert ceremony.options["userVerification"] == "required"
    logged_in = enter(database, ceremony, phone.get(ceremony.options))
    assert (logged_in.stage, logged_in.user_id) == (Stage.FULL, ana.id)
    with database.reading() as db:
        assert sessions.find(db, logged_in.session_id, now=NOON) is not None
        assert [each.event for each in audit.entries(db)] == [Event.LOGIN, Event.PASSKEY_ADDED]
        kept = db.get_one(Passkey, passkey.credential_id)
        assert (kept.sign_count, kept.used_at) == (1, NOON)


def test_a_passkey_as_second_factor(database: Database, ana: User, vault: Vault) -> None:
    token = Authenticator(verifies=False)
    confirmed(database, ana, vault)
    added(database, ana, token)
    half = login.with_password(database, ana.email, PASSWORD, now=NOON)
    assert half.stage is Stage.SECOND_FACTOR
    ceremony = options_to_use(database, ana)
    assert [each["id"] for each in ceremony.options["allowCredentials"]] == [to_text(token.keys[0].id)]
    whole = enter(database, ceremony, token.get(ceremony.options), session_id=half.session_id)
    assert whole.stage is Stage.FULL
    assert whole.session_id != half.session_id
    with database.reading() as db:
        assert sessions.find(db, half.session_id, stage=Stage.SECOND_FACTOR, now=NOON) is None
        assert sessions.find(db, whole.session_id, now=NOON) is not None


def test_without_its_user_verified_a_passkey_is_no_password(database: Database, ana: User) -> None:
    token = Authenticator(verifies=False)
    added(database, ana, token)
    ceremony = options_to_use(database)
    with pytest.raises(LoginRefused):
        enter(database, ceremony, token.get(ceremony.options))


def test_anothers_passkey_is_no_second_factor(database: Database, ana: User, vault: Vault) -> None:
    phone = Authenticator()
    added(database, add_user(database, "bob@example.org"), phone)
    confirmed(database, ana, vault)
    half = login.with_password(database, ana.email, PASSWORD, now=NOON)
    for whose in (ana, None):
        ceremony = options_to_use(database, whose)
        with pytest.raises(LoginRefused):
            enter(database, ceremony, phone.get(ceremony.options), session_id=half.session_id)


def test_a_challenge_for_a_second_factor_is_none_in_place_of_a_password(
    database: Database, ana: User, vault: Vault
) -> None:
    phone = Authenticator()
    confirmed(database, ana, vault)
    added(database, ana, phone)
    ceremony = options_to_use(database, ana)
    with pytest.raises(LoginRefused):
        enter(database, ceremony, phone.get(ceremony.options))


def test_an_answer_counts_once(database: Database, ana: User) -> None:
    phone = Authenticator(counts=False)
    added(database, ana, phone)
    ceremony = options_to_use(database)
    answer = phone.get(ceremony.options)
    enter(database, ceremony, answer)
    with pytest.raises(LoginRefused):
        enter(database, ceremony, answer)
    with pytest.raises(LoginRefused):
        enter(database, options_to_use(database), answer)


def test_a_challenge_is_used_up_by_a_wrong_answer(database: Database, ana: User) -> None:
    phone = Authenticator()
    added(database, ana, phone)
    ceremony = options_to_use(database)
    good = phone.get(ceremony.options)
    wrong = copy.deepcopy(good)
    wrong["response"]["signature"] = to_text(bytes(70))
    with pytest.raises(LoginRefused):
        enter(database, ceremony, wrong)
    with pytest.raises(LoginRefused):
        enter(database, ceremony, good)


def test_an_answer_comes_within_five_minutes(database: Database, ana: User) -> None:
    phone = Authenticator()
    added(database, ana, phone)
    ceremony = options_to_use(database)
    with pytest.raises(LoginRefused):
        enter(database, ceremony, phone.get(ceremony.options), now=later(minutes=5))
    ceremony = options_to_make(database, ana)
    with pytest.raises(BadField):
        register(database, ana, ceremony, Authenticator().create(ceremony.options), later(minutes=5))


def test_a_count_that_goes_back_is_refused(database: Database, ana: User) -> None:
    phone = Authenticator()
    added(database, ana, phone)
    copied = copy.copy(phone.keys[0])
    for _ in range(3):
        ceremony = options_to_use(database)
        enter(database, ceremony, phone.get(ceremony.options))
    ceremony = options_to_use(database)
    with pytest.raises(LoginRefused):
        enter(database, ceremony, Authenticator(keys=[copied]).get(ceremony.options))


def test_another_place_another_key_and_another_signature_are_refused(database: Database, ana: User) -> None:
    phone = Authenticator()
    added(database, ana, phone)
    key = phone.keys[0]
    forger = Authenticator(keys=[copy.copy(key)])
    forger.keys[0].private = type(key)(HOST, b"").private
    elsewhere = Authenticator("https://reports.example.com", keys=[key])
    for liar in (forger, elsewhere):
        ceremony = options_to_use(database)
        with pytest.raises(LoginRefused):
            enter(database, ceremony, liar.get(ceremony.options))
    ceremony = options_to_use(database)
    key.rp_id = "example.com"
    with pytest.raises(LoginRefused):
        enter(database, ceremony, phone.get(ceremony.options | {"rpId": "example.com"}))
    ceremony = options_to_make(database, ana)
    with pytest.raises(BadField):
        register(database, ana, ceremony, Authenticator("https://evil.example").create(ceremony.options))


def test_a_handle_that_names_somebody_else_is_refused(database: Database, ana: User) -> None:
    phone = Authenticator()
    added(database, ana, phone)
    phone.keys[0].user_handle = (ana.id + 1).to_bytes(8, "big")
    ceremony = options_to_use(database)
    with pytest.raises(LoginRefused):
        enter(database, ceremony, phone.get(ceremony.options))


def test_who_is_disabled_has_no_passkey(database: Database, ana: User) -> None:
    phone = Authenticator()
    added(database, ana, phone)
    change(database, ana, disabled_at=NOON)
    ceremony = options_to_use(database)
    with pytest.raises(LoginRefused):
        enter(database, ceremony, phone.get(ceremony.options))


def test_failures_are_told_and_slowed_down(database: Database, ana: User) -> None:
    with database.writing() as db:
        for _ in range(29):
            throttle.failed(db, throttle.address(ADDRESS), now=NOON)
    ceremony = options_to_use(database)
    with pytest.raises(LoginRefused) as caught:
        enter(database, ceremony, {"id": "unknown"})
    assert caught.value.wait_s == 0
    with pytest.raises(LoginRefused) as caught:
        enter(database, ceremony, {"id": "unknown"})
    assert caught.value.wait_s == 1
    with database.reading() as db:
        (entry,) = audit.entries(db, events=[Event.LOGIN_FAILED])
    assert entry.detail == {"step": "passkey", "wait_s": 1}


def test_a_right_passkey_waits_for_no_stranger(database: Database, ana: User) -> None:
    phone = Authenticator()
    added(database, ana, phone)
    with database.writing() as db:
        for _ in range(60):
            throttle.failed(db, throttle.address(ADDRESS), throttle.account(ana.email), now=NOON)
    ceremony = options_to_use(database)
    assert enter(database, ceremony, phone.get(ceremony.options)).user_id == ana.id


@pytest.mark.parametrize("verifies", [True, False])
def test_in_place_of_a_password_that_is_asked_for_again_its_user_is_verified(
    database: Database, ana: User, verifies: bool
) -> None:
    phone = Authenticator(verifies=verifies)
    added(database, ana, phone)
    with database.writing() as db:
        session_id = sessions.begin(db, ana, stage=Stage.FULL, now=NOON)
        session = sessions.find(db, session_id, now=NOON)
        assert session is not None
    now = NOON + timedelta(minutes=31)
    with database.writing() as db:
        asked = passkeys.authentication_options(db, rp_id=HOST, user=ana, stands_alone=True, now=now)
    assert asked.options["userVerification"] == "required"
    try:
        confirmation.by_passkey(
            database,
            session,
            asked.challenge_id,
            phone.get(asked.options),
            rp_id=HOST,
            origin=ORIGIN,
            now=now,
        )
    except LoginRefused:
        assert not verifies
    with database.reading() as db:
        found = sessions.find(db, session_id, now=now)
        assert found is not None
        assert sessions.is_recent(found, now=now) == verifies


def test_one_registration_for_one_person(database: Database, ana: User) -> None:
    phone = Authenticator()
    ceremony = options_to_make(database, ana)
    answer = phone.create(ceremony.options)
    with pytest.raises(BadField):
        register(database, add_user(database, "bob@example.org"), ceremony, answer)
    register(database, ana, ceremony, answer)
    with pytest.raises(BadField):
        register(database, ana, ceremony, answer)
    with pytest.raises(LookupError, match="InvalidStateError"):
        phone.create(options_to_make(database, ana).options)
    # An authenticator that makes the same key for somebody else takes nothing over.
    ceremony = options_to_make(database, ana)
    twin = Authenticator()
    twin.create(ceremony.options)
    ceremony = options_to_make(database, ana)
    made = twin.create(ceremony.options)
    register(database, ana, ceremony, made)
    with pytest.raises((AlreadyThere, BadField)):
        register(database, ana, options_to_make(database, ana), made)


def test_the_same_key_twice_is_refused(
    database: Database, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    import authenticator

    monkeypatch.setattr(authenticator.secrets, "token_bytes", lambda size: b"i" * size)
    added(database, ana, Authenticator())
    bob = add_user(database, "bob@example.org")
    with pytest.raises(AlreadyThere):
        added(database, bob, Authenticator())


def test_only_ones_own_passkeys_are_removed(database: Database, ana: User) -> None:
    phone, bob = Authenticator(), add_user(database, "bob@example.org")
    passkey = added(database, ana, phone)
    with pytest.raises(NotThere), database.writing() as db:
        passkeys.remove(db, bob, passkey.credential_id)
    with database.writing() as db:
        assert passkeys.count_of(db, ana.id) == 1
        passkeys.remove(db, ana, passkey.credential_id, now=NOON)
        assert passkeys.of_user(db, ana.id) == []
    ceremony = options_to_use(database)
    with pytest.raises(LoginRefused):
        enter(database, ceremony, phone.get(ceremony.options))


def test_the_database_has_no_challenge_id(database: Database, ana: User) -> None:
    ceremony = options_to_use(database)
    assert ceremony.challenge_id not in everything(database)
    assert len(to_bytes(ceremony.options["challenge"])) == 32


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nonsense_from_a_browser_is_refused(database: Database, data: st.DataObject) -> None:
    """One field of a real answer is replaced by anything that JSON can say."""
    with database.reading() as db:
        ana = db.query(passkeys.User).first()
    ana = ana or add_user(database)
    phone = Authenticator()
    making = data.draw(st.booleans())
    if making:
        ceremony = options_to_make(database, ana)
        answer: Any = phone.create(ceremony.options)
    else:
        added(database, ana, phone)
        ceremony = options_to_use(database)
        answer = phone.get(ceremony.options)
    field = data.draw(st.sampled_from(["id", "rawId", "type", "response", "", *answer["response"]]))
    nonsense = data.draw(JSON | st.binary().map(to_text))
    if field in answer["response"]:
        answer["response"][field] = nonsense
    elif field:
        answer[field] = nonsense
    else:
        answer = nonsense
    if field == "userHandle" and not nonsense:
        return  # an authenticator need not name anybody
    if making:
        with database.writing() as db:
            db.query(Passkey).delete()
        with pytest.raises(BadField):
            register(database, ana, ceremony, answer)
    else:
        with pytest.raises(LoginRefused):
            enter(database, ceremony, answer)
        with database.writing() as db:
            db.query(Passkey).delete()
            db.query(throttle.Throttle).delete()


def test_strangers_cannot_fill_the_database_with_challenges(
    database: Database, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passkeys, "MOST_CHALLENGES", 3)
    with database.writing() as db:
        passkeys.authentication_options(db, rp_id="localhost", user=ana, now=NOON)
        for second in range(7):
            passkeys.authentication_options(db, rp_id="localhost", now=NOON + timedelta(seconds=second))
    with database.reading() as db:
        kept = list(db.scalars(select(Challenge)))
        begun = sorted(
            (each.expires_at - NOON).total_seconds() - 300 for each in kept if each.user_id is None
        )
        assert begun == [4, 5, 6]
        assert sum(each.user_id == ana.id for each in kept) == 1, "who is logged in goes on"
