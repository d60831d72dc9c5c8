"""What was refused is in the audit log: who, whose, from where, and nothing that is a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from callers import Caller, Someone, introduce, session_of
from driving import portal_of, until

from cxreports.portal import audit
from cxreports.portal.database import Database
from cxreports.web.refusals import MOST_A_MINUTE, Refusals, shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driving import Portal

ANA = Someone("ana@acme.example", "acme")
TOKEN = "quiet-grey-stone-lake-quiet-grey-stone"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    home = tmp_path_factory.mktemp("home")
    introduce(home, ANA)
    with portal_of(home, warm=0) as running:
        yield running


def entries(portal: Portal, event: str) -> list[tuple[str, str | None, str, dict[str, Any]]]:
    database = Database.of(portal.home)
    with database.reading() as db:
        found = audit.entries(db, events=[audit.EVENTS[event]])
        listed = [(each.who, each.company_id, each.address, each.detail) for each in found]
    database.close()
    return listed


def ana(portal: Portal) -> Caller:
    return Caller(portal.address, {"cx-session": session_of(portal.home, ANA.email)})


def test_a_page_that_is_not_for_this_person(portal: Portal) -> None:
    assert ana(portal).ask(f"/operator/payments?company={TOKEN}").status == 403
    detail = {"outcome": "refused", "method": "GET", "path": "/operator/payments"}
    expected = [(ANA.email, "acme", "127.0.0.1", detail)]
    until(lambda: entries(portal, "access_refused") == expected, "the log has the refusal")


def test_a_link_and_a_code_that_are_not_right(portal: Portal) -> None:
    assert Caller(portal.address).ask(f"/reset/{TOKEN}").status == 410
    expected = [("", None, "127.0.0.1", {"outcome": "refused", "purpose": "reset"})]
    until(lambda: entries(portal, "link_refused") == expected, "the log has the link")
    assert ana(portal).post("/profile/verify/email/code", code="123456").status == 422
    of_ana = [(ANA.email, "acme", "127.0.0.1", {"outcome": "refused", "purpose": "email"})]
    until(lambda: entries(portal, "code_refused") == of_ana, "the log has the code")


def test_tries_that_come_too_often(portal: Portal) -> None:
    stranger, status = Caller(portal.address), 0
    for _ in range(12):
        status = stranger.log_in("nobody@acme.example", "wrong wrong wrong").status
        if status == 429:
            break
    assert status == 429
    expected = [("", None, "127.0.0.1", {"outcome": "refused", "method": "POST", "path": "/login"})]
    until(lambda: entries(portal, "too_many_tries") == expected, "the log has the try")


def test_language_and_second_factor(portal: Portal) -> None:
    assert ana(portal).post("/profile/language", language="fr").status == 303
    assert entries(portal, "language_changed") == [(ANA.email, "acme", "127.0.0.1", {"language": "fr"})]
    assert ana(portal).post("/profile/two-factor/begin").status == 303
    assert entries(portal, "two_factor_begun") == [(ANA.email, "acme", "127.0.0.1", {})]


def test_a_socket_that_is_not_for_this_person(portal: Portal) -> None:
    kernel = "0a1b2c3d-0000-4000-8000-0123456789ab"
    assert ana(portal).socket(kernel) == 403
    assert Caller(portal.address).socket(kernel) == 403
    detail = {"outcome": "refused", "method": "GET", "path": "/api/kernels/…/channels"}
    expected = [("", None, "127.0.0.1", detail), (ANA.email, "acme", "127.0.0.1", detail)]

    def sockets() -> list[tuple[str, str | None, str, dict[str, Any]]]:
        found = [each for each in entries(portal, "access_refused") if each[3] == detail]
        return sorted(found, key=lambda each: each[0])

    until(lambda: len(sockets()) == 2, "the log has both handshakes")
    assert sockets() == expected


def test_a_flood_of_refusals_is_a_few_entries() -> None:
    time = [600.0]
    refusals = Refusals(lambda: time[0])
    counted = [refusals.place("192.0.2.1") for _ in range(1000)]
    assert counted == [*range(1, MOST_A_MINUTE + 1), *[0] * (1000 - MOST_A_MINUTE)]
    assert refusals.place("192.0.2.2") == 1
    kept = sum(refusals.place(f"2001:db8::{host:x}") > 0 for host in range(5000))
    assert kept <= 1000 + MOST_A_MINUTE
    time[0] += 60
    assert refusals.place("192.0.2.1") == 1


def test_no_token_and_no_line_break_is_in_a_path() -> None:
    assert shown_path(f"/invitation/{TOKEN}/x\ny") == "/invitation/…/x\N{REPLACEMENT CHARACTER}y"
