"""Saved views: own ones, those shared within a company, and nobody else's."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from cxreports.errors import AlreadyThere, BadField, NotThere
from cxreports.portal.actor import Actor
from cxreports.portal.database import Database
from cxreports.portal.people import saved_views
from cxreports.portal.tables import AuditEntry, Company, Role, SavedView, User

BY = Actor("test")
CHOICES = {"customer": "acme", "period": "7d", "sip": "5xx", "destination": "O'Hara & 1"}


@pytest.fixture(name="people")
def _people(database: Database) -> dict[str, int]:
    """Two of one company, one of another, two operators."""
    ids = {}
    with database.writing() as db:
        for name in ("acme", "other"):
            db.add(Company(id=name, name=name, created_at=datetime.now(UTC)))
        db.flush()
        for name, company in (("ann", "acme"), ("al", "acme"), ("bob", "other"), ("op", None), ("ora", None)):
            role = Role.CUSTOMER if company else Role.OPERATOR
            user = User(
                email=f"{name}@x.y", email_key=f"{name}@x.y", name=name, role=role, company_id=company,
                created_at=datetime.now(UTC),
            )  # fmt: skip
            db.add(user)
            db.flush()
            ids[name] = user.id
    return ids


def save(
    database: Database, user_id: int, name: str, *, shared: bool = False, page: str = "dashboard"
) -> int:
    with database.writing() as db:
        user = db.get_one(User, user_id)
        return saved_views.save(db, user, name, page, CHOICES, shared=shared, by=BY).id


def seen(database: Database, user_id: int) -> list[str]:
    with database.reading() as db:
        return [view.name for view in saved_views.listed(db, db.get_one(User, user_id))]


def test_a_shared_view_is_seen_within_the_company_alone(database: Database, people: dict[str, int]) -> None:
    save(database, people["ann"], "own")
    save(database, people["ann"], "common", shared=True)
    save(database, people["op"], "operators'", shared=True)
    assert seen(database, people["ann"]) == ["common", "own"]
    assert seen(database, people["al"]) == ["common"]
    assert seen(database, people["bob"]) == []
    assert seen(database, people["ora"]) == ["operators'"]


def test_choices_come_back_without_what_is_none(database: Database, people: dict[str, int]) -> None:
    with database.writing() as db:
        user = db.get_one(User, people["ann"])
        asked = CHOICES | {"call": "5", "magic": "x", "number": ""}
        saved_views.save(db, user, "  a \t b ", "cdr", asked, shared=False, by=BY)
    with database.reading() as db:
        (view,) = saved_views.listed(db, db.get_one(User, people["ann"]))
        assert (view.name, view.page, view.choices) == ("a b", "cdr", CHOICES)


def test_a_name_is_there_once_for_each_user_and_once_among_the_shared(
    database: Database, people: dict[str, int]
) -> None:
    save(database, people["ann"], "Busy hours", shared=True)
    with pytest.raises(AlreadyThere, match="You have"):
        save(database, people["ann"], "BUSY  HOURS")
    with pytest.raises(AlreadyThere, match="shared"):
        save(database, people["al"], "busy hours", shared=True)
    own = save(database, people["al"], "busy hours")
    with pytest.raises(AlreadyThere, match="shared"), database.writing() as db:
        saved_views.share(db, db.get_one(User, people["al"]), own, shared=True, by=BY)
    save(database, people["bob"], "busy hours", shared=True)


def test_only_its_owner_changes_a_view(database: Database, people: dict[str, int]) -> None:
    view = save(database, people["ann"], "common", shared=True)
    for other in ("al", "bob", "op"):
        with database.writing() as db:
            user = db.get_one(User, people[other])
            with pytest.raises(NotThere):
                saved_views.delete(db, user, view, by=BY)
            with pytest.raises(NotThere):
                saved_views.share(db, user, view, shared=False, by=BY)
    with database.writing() as db:
        saved_views.share(db, db.get_one(User, people["ann"]), view, shared=False, by=BY)
    assert seen(database, people["al"]) == []
    with database.writing() as db:
        assert saved_views.delete(db, db.get_one(User, people["ann"]), view, by=BY) == "common"
    assert seen(database, people["ann"]) == []
    with database.reading() as db:
        events = list(db.scalars(select(AuditEntry.event).order_by(AuditEntry.id)))
    assert events == ["view_saved", "view_unshared", "view_deleted"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b"])
def test_a_view_needs_a_name(database: Database, people: dict[str, int], name: str) -> None:
    with pytest.raises(BadField) as refused:
        save(database, people["ann"], name)
    assert refused.value.field == "name"


def test_choices_are_texts_of_an_address(database: Database, people: dict[str, int]) -> None:
    with database.writing() as db:
        user = db.get_one(User, people["ann"])
        for wrong in ({"sip": "x" * 9}, {"number": "1\n2"}):
            with pytest.raises(BadField):
                saved_views.save(db, user, "a", "cdr", wrong, shared=False, by=BY)
        with pytest.raises(BadField):
            saved_views.save(db, user, "a", "../etc", {}, shared=False, by=BY)


def test_nobody_fills_the_database(
    database: Database, people: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 2)
    save(database, people["ann"], "1")
    save(database, people["ann"], "2")
    with pytest.raises(BadField, match="delete one"):
        save(database, people["ann"], "3")
    save(database, people["al"], "3")


def test_views_go_with_their_user(database: Database, people: dict[str, int]) -> None:
    save(database, people["ann"], "common", shared=True)
    with database.writing() as db:
        db.delete(db.get_one(User, people["ann"]))
    with database.reading() as db:
        assert list(db.scalars(select(SavedView))) == []
