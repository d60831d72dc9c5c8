"""What people choose for their pages is kept, and no more than that."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cxreports.errors import BadField, NotThere
from cxreports.portal.database import Database
from cxreports.portal.people import preferences
from cxreports.portal.tables import Preferences, Role, User


@pytest.fixture(name="user_id")
def _user_id(database: Database) -> int:
    with database.writing() as db:
        user = User(
            email="a@b.c", email_key="a@b.c", name="A", role=Role.OPERATOR, created_at=datetime.now(UTC)
        )
        db.add(user)
        db.flush()
        return user.id


def test_nothing_is_chosen_at_first(database: Database, user_id: int) -> None:
    with database.reading() as db:
        assert preferences.load(db, user_id) == {}


def test_choices_are_kept_beside_each_other(database: Database, user_id: int) -> None:
    first = {"zone": "Asia/Kolkata", "widgets": "acd,summary", "columns": ""}
    with database.writing() as db:
        assert preferences.save(db, user_id, first) == first
    with database.writing() as db:
        preferences.save(db, user_id, {"widgets": "summary,acd,ner", "theme": "dark"})
    with database.reading() as db:
        assert preferences.load(db, user_id) == first | {"widgets": "summary,acd,ner", "theme": "dark"}


def test_none_forgets_a_choice(database: Database, user_id: int) -> None:
    with database.writing() as db:
        preferences.save(db, user_id, {"zone": "UTC", "tab": "daily"})
        assert preferences.save(db, user_id, {"zone": None}) == {"tab": "daily"}


def test_a_choice_that_is_known_no_more_is_left_out(database: Database, user_id: int) -> None:
    with database.writing() as db:
        db.add(Preferences(user_id=user_id, values={"tab": "daily", "colour": "red"}))
        db.flush()
        assert preferences.load(db, user_id) == {"tab": "daily"}
        assert preferences.save(db, user_id, {"theme": "dark"}) == {"tab": "daily", "theme": "dark"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "red"),
        ("zone", "Mars/Olympus"),
        ("zone", ""),
        ("theme", ["dark"]),
        ("theme", "x" * 17),
        ("compare", True),
        ("tab", "da\nily"),
        ("widgets", "a," * 501),
        ("columns", {"daily": "asr"}),
    ],
)
def test_what_is_no_choice_is_refused(database: Database, user_id: int, name: str, value: Any) -> None:
    with database.writing() as db:
        with pytest.raises(BadField) as caught:
            preferences.save(db, user_id, {"tab": "live", name: value})
        assert caught.value.field == name
        assert preferences.load(db, user_id) == {}


def test_nobody_chooses_nothing(database: Database) -> None:
    with database.writing() as db, pytest.raises(NotThere):
        preferences.save(db, 999, {"tab": "live"})
