"""Receivers by name: of one's own people alone, and never one of two who are called alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from portal_people import add_user

from cxreports.portal.people.receivers import Receivers
from cxreports.portal.tables import Role

if TYPE_CHECKING:
    from cxreports.portal.database import Database


@pytest.mark.parametrize(
    ("target", "to_acme", "to_operators"),
    [
        ("Ana@Acme.example", "Ana", "Ana"),
        ("bea@bravo.example", "bea@bravo.example", "Bea"),
        ("olga@operator.example", "olga@operator.example", "Olga"),
        ("kim@acme.example", "Kim", "kim@acme.example"),
        ("nobody@acme.example", "nobody@acme.example", "nobody@acme.example"),
        ("sftp://in:secret@files.example/x", "sftp://in@files.example/x", "sftp://in@files.example/x"),
    ],
)
def test_a_receiver_goes_by_name_where_it_is_known_whose_address_it_is(
    database: Database, target: str, to_acme: str, to_operators: str
) -> None:
    add_user(database, "ana@acme.example", name="Ana")
    add_user(database, "kim@acme.example", name="Kim")
    add_user(database, "bea@bravo.example", name="Bea", company_id="bravo")
    add_user(database, "kim@bravo.example", name="Kim", company_id="bravo")
    add_user(database, "olga@operator.example", name="Olga", company_id=None, role=Role.OPERATOR)
    with database.reading() as db:
        assert Receivers.of(db, "acme").name(target) == to_acme
        assert Receivers.of(db, None).name(target) == to_operators
