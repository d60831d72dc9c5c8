"""Users: who they are, and what they may change of themselves."""

import inspect
from datetime import UTC, datetime
from typing import Any

import pytest

from cxreports.errors import AlreadyThere, BadField, NotThere
from cxreports.portal import audit
from cxreports.portal.actor import CONSOLE, Actor
from cxreports.portal.companies import companies
from cxreports.portal.database import Database
from cxreports.portal.people import passwords, sessions, users, verification
from cxreports.portal.tables import Purpose, Role, Stage, User

NOW = datetime(2026, 3, 18, 13, 15, 56, tzinfo=UTC)
PASSWORD = "correct horse battery staple"


@pytest.fixture(name="acme")
def _acme(database: Database) -> Database:
    with database.writing() as db:
        companies.add(db, "acme", "Acme", zone="Asia/Kolkata", currency="INR")
        companies.add(db, "other", "Other", zone="UTC", currency="EUR")
    return database


@pytest.fixture(name="ana")
def _ana(acme: Database) -> User:
    """A user with a verified address and mobile number."""
    with acme.writing() as db:
        user = users.add(db, "ana@acme.example", "Ana", role=Role.CUSTOMER, company_id="acme", now=NOW)
        user.mobile, user.email_verified_at, user.mobile_verified_at = "+919812345678", NOW, NOW
    return user


def test_a_user_is_found_however_the_address_is_capitalised(acme: Database) -> None:
    with acme.writing() as db:
        added = users.add(
            db,
            " Ana.B@ACME.example",
            "Ana",
            role=Role.CUSTOMER,
            company_id="acme",
            password=PASSWORD,
            now=NOW,
        )
    with acme.reading() as db:
        for written in ("ana.b@acme.example", "ANA.B@Acme.Example ", "Ana.B@acme.example"):
            found = users.get(db, written)
            assert found.id == added.id
        assert passwords.matches(found.password_hash, PASSWORD)
        assert (found.role, found.created_at, found.password_changed_at) == (Role.CUSTOMER, NOW, NOW)
        assert (found.email_verified_at, found.disabled_at) == (None, None)
        assert users.find(db, "ana.c@acme.example") is None
        with pytest.raises(NotThere, match="nobody"):
            users.get(db, "nobody")
        (told,) = audit.entries(db, events=[audit.Event.USER_ADDED])
        assert (told.company_id, told.detail) == (
            "acme",
            {"user": "Ana.B@acme.example", "role": "customer"},
        )


def test_an_address_is_one_persons(ana: User, acme: Database) -> None:
    with acme.writing() as db:
        for role, company_id in ((Role.CUSTOMER, "other"), (Role.OPERATOR, None)):
            with pytest.raises(AlreadyThere, match="There is a user"):
                users.add(db, "ANA@acme.example", "Ana", role=role, company_id=company_id)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("company", {"company_id": None}),
        ("company", {"role": Role.OPERATOR}),
        ("email", {"email": "ana"}),
        ("email", {"email": "ana@acme"}),
        ("email", {"email": "a b@acme.example"}),
        ("email", {"email": "ana@acme.example\nBcc: x@y.example"}),
        ("email", {"email": "x" * 250 + "@acme.example"}),
        ("email", {"email": "a@b.example, c@d.example"}),
        ("name", {"name": ""}),
        ("password", {"password": "short"}),
    ],
)
def test_what_cannot_be_taken_names_its_field(acme: Database, field: str, values: dict[str, Any]) -> None:
    good = {"email": "a@b.example", "name": "A", "role": Role.CUSTOMER, "company_id": "acme"}
    with acme.writing() as db, pytest.raises(BadField) as caught:
        users.add(db, **(good | values))
    assert caught.value.field == field


def test_a_company_must_be_there(acme: Database) -> None:
    with acme.writing() as db, pytest.raises(NotThere, match="nobody"):
        users.add(db, "a@b.example", "A", role=Role.CUSTOMER, company_id="nobody")


def test_users_are_listed_by_company(acme: Database) -> None:
    with acme.writing() as db:
        users.add(db, "z@acme.example", "Z", role=Role.CUSTOMER, company_id="acme")
        users.add(db, "B@acme.example", "B", role=Role.CUSTOMER, company_id="acme")
        users.add(db, "o@op.example", "O", role=Role.OPERATOR)
    with acme.reading() as db:
        assert [each.name for each in users.of_company(db, "acme")] == ["B", "Z"]
        assert [each.name for each in users.all_users(db)] == ["B", "O", "Z"]


def test_the_profile_has_five_fields() -> None:
    changeable = set(inspect.signature(users.change_profile).parameters) - {"db", "user", "by", "now"}
    assert changeable == {"name", "email", "department", "phone", "mobile"}


def test_the_five_fields_are_kept_and_told(acme: Database, ana: User) -> None:
    with acme.writing() as db:
        users.change_profile(
            db,
            ana,
            name="Ana Pérez",
            email="ana.perez@acme.example",
            department="Voice",
            phone="022 2778 0000",
            mobile="098123 45679",
            by=Actor("ana@acme.example", ana.id, "192.0.2.1"),
            now=NOW,
        )
    with acme.reading() as db:
        changed = users.get(db, "ana@acme.example")
        assert (changed.id, changed.name, changed.department) == (ana.id, "Ana Pérez", "Voice")
        assert (changed.phone, changed.mobile) == ("+912227780000", "+919812345679")
        assert (changed.email_verified_at, changed.mobile_verified_at) == (NOW, None)
        assert (changed.pending_email, changed.pending_email_at) == ("ana.perez@acme.example", NOW)
        assert users.find(db, "ana.perez@acme.example") is None
        (told,) = audit.entries(db, events=[audit.Event.PROFILE_CHANGED])
        assert (told.user_id, told.who, told.address) == (ana.id, "ana@acme.example", "192.0.2.1")
        assert set(told.detail["changed"]) == {"name", "department", "phone", "mobile"}
        (asked,) = audit.entries(db, events=[audit.Event.EMAIL_CHANGE_ASKED])
        assert asked.detail["email"] == "ana.perez@acme.example"


def test_what_stays_stays_verified(acme: Database, ana: User) -> None:
    with acme.writing() as db:
        users.change_profile(
            db, ana, email="ana@ACME.example", mobile="+91 98123 45678", name="Ana", department="Voice"
        )
        kept = users.get(db, "ana@acme.example")
        assert (kept.email_verified_at, kept.mobile_verified_at) == (NOW, NOW)
        users.change_profile(db, ana, mobile="")
        assert (kept.email_verified_at, kept.mobile, kept.mobile_verified_at) == (NOW, "", None)


def test_a_profile_is_changed_as_it_is_now(acme: Database, ana: User) -> None:
    with acme.writing() as db:
        users.change_profile(db, ana, department="Voice")
    with acme.writing() as db:
        users.change_profile(db, ana, name="Ana B")
        assert users.get(db, ana.email).department == "Voice"


def test_nobody_takes_anothers_address(acme: Database, ana: User) -> None:
    with acme.writing() as db:
        other = users.add(db, "b@other.example", "B", role=Role.CUSTOMER, company_id="other")
        with pytest.raises(AlreadyThere):
            users.change_profile(db, other, email="ANA@acme.example", by=CONSOLE)
        assert users.change_profile(db, other, email="ANA@acme.example").pending_email == "ANA@acme.example"
        assert users.get(db, "b@other.example").id == other.id


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("email", ""),
        ("department", "x" * 201),
        ("phone", "call me"),
        ("phone", "+91 22 2778 0000 ext. 5"),
        ("mobile", "12"),
        ("mobile", "+999 1234567"),
    ],
)
def test_what_a_profile_cannot_have(acme: Database, ana: User, field: str, value: str) -> None:
    with acme.writing() as db:
        with pytest.raises(BadField) as caught:
            users.change_profile(db, ana, **{field: value, "name": value if field == "name" else "New"})
        assert caught.value.field == field
        assert users.get(db, ana.email).name == "Ana"


def test_without_a_country_a_number_needs_its_code(acme: Database) -> None:
    with acme.writing() as db:
        user = users.add(db, "b@other.example", "B", role=Role.CUSTOMER, company_id="other")
        operator = users.add(db, "o@op.example", "O", role=Role.OPERATOR)
        for each in (user, operator):
            with pytest.raises(BadField, match="country code"):
                users.change_profile(db, each, phone="020 7946 0018")
            assert users.change_profile(db, each, phone="+44 (0)20 7946 0018").phone == "+442079460018"


def test_an_invited_user_has_no_password_and_a_link(acme: Database) -> None:
    who = {"role": Role.CUSTOMER, "company_id": "acme"}
    with acme.writing() as db:
        user, token = users.invite(db, "ana@acme.example", "Ana", **who, now=NOW)
        assert user.password_hash is None
        assert verification.peek(db, token, Purpose.INVITATION, now=NOW).id == user.id
        again, newer = users.invite(db, "Ana@acme.example", "Ana", **who, now=NOW)
        assert again.id == user.id
        assert verification.peek(db, newer, Purpose.INVITATION, now=NOW).id == user.id
        with pytest.raises(NotThere):
            verification.peek(db, token, Purpose.INVITATION, now=NOW)
        with pytest.raises(AlreadyThere):
            users.invite(db, "ana@acme.example", "Ana", role=Role.CUSTOMER, company_id="other")
        users.set_password(db, user, PASSWORD)
        with pytest.raises(AlreadyThere):
            users.invite(db, "ana@acme.example", "Ana", **who)


def test_a_disabled_user_has_no_session_and_comes_back(acme: Database, ana: User) -> None:
    with acme.writing() as db:
        cookie = sessions.begin(db, ana, stage=Stage.FULL, now=NOW)
        assert sessions.find(db, cookie, now=NOW)
        assert users.disable(db, ana, now=NOW) == [sessions.hashed(cookie)]
        assert users.disable(db, ana) == []
        assert users.get(db, ana.email).disabled_at == NOW
        users.enable(db, ana)
        users.enable(db, ana)
        assert users.get(db, ana.email).disabled_at is None
        assert sessions.find(db, cookie, now=NOW) is None
        told = audit.entries(db, events=[audit.Event.USER_DISABLED, audit.Event.USER_ENABLED])
        assert sorted(each.event for each in told) == ["user_disabled", "user_enabled"]


def test_another_password_ends_every_session(acme: Database, ana: User) -> None:
    with acme.writing() as db:
        cookie = sessions.begin(db, ana, stage=Stage.FULL, now=NOW)
        with pytest.raises(BadField, match="12"):
            users.set_password(db, ana, "short")
        assert sessions.find(db, cookie, now=NOW)
        users.set_password(db, ana, PASSWORD, now=NOW)
        assert sessions.find(db, cookie, now=NOW) is None
        assert passwords.matches(users.get(db, ana.email).password_hash, PASSWORD)
        assert not passwords.matches(users.get(db, ana.email).password_hash, PASSWORD + "!")
        (told,) = audit.entries(db, events=[audit.Event.PASSWORD_CHANGED])
        assert PASSWORD not in str(told.detail)


def test_a_language_is_one_that_is_spoken(acme: Database, ana: User) -> None:
    with acme.writing() as db:
        assert users.choose_language(db, ana, "ar").language == "ar"
        with pytest.raises(BadField) as caught:
            users.choose_language(db, ana, "tlh")
        assert caught.value.field == "language"
        assert users.choose_language(db, ana, "").language == ""
