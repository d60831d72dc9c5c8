"""The audit log in words: every event with every detail that it is written with, in every language."""

# ruff: noqa: RUF001 (ranges have a dash)

import ast
import re
from typing import Any

import pytest
from source import own_files, syntax_of

from cxreports.language import LANGUAGES, speaking
from cxreports.portal import audit_text
from cxreports.portal.audit import Event
from cxreports.portal.tables import AuditEntry, Company

ANA, EVA = "ana@x.example", "eva@x.example"
COMPANIES = {"k-77": Company(id="k-77", name="Kupfer", currency="EUR")}
PAYMENT = {
    "payment": 9017, "kind": "adjustment", "status": "completed", "amount": "120.500000", "currency": "EUR",
    "reference": "R-5",
}  # fmt: skip

WRITTEN: dict[Event, list[tuple[dict[str, Any], str]]] = {
    Event.LOGIN: [
        ({"by": "password"}, "by password"),
        ({"by": "passkey"}, "by passkey"),
        ({"by": "password and totp"}, "by password and authenticator code"),
        ({"by": "password and recovery_code"}, "by password and recovery code"),
        ({"by": "password and passkey"}, "by password and passkey"),
    ],
    Event.LOGIN_FAILED: [
        ({"step": "password", "wait_s": 0}, "the password was not right"),
        ({"step": "passkey", "wait_s": 1}, "the passkey was not accepted; next try after 1 second"),
        ({"step": "second factor", "wait_s": 4}, "the code was not right; next try after 4 seconds"),
        (
            {"step": "confirmation", "wait_s": 0},
            "the password was not right when it was asked for again",
        ),
    ],
    Event.LOGOUT: [({}, "")],
    Event.SESSION_ENDED: [({"count": 3}, "3 browsers")],
    Event.PASSWORD_CHANGED: [({}, ""), ({"user": EVA}, EVA)],
    Event.PASSWORD_RESET_ASKED: [({}, ""), ({"user": EVA}, EVA)],
    Event.PASSWORD_RESET: [({"by": "invitation"}, "by an invitation"), ({"by": "reset"}, "")],
    Event.TWO_FACTOR_BEGUN: [({}, "")],
    Event.TWO_FACTOR_ENABLED: [({}, "")],
    Event.TWO_FACTOR_DISABLED: [
        ({}, ""),
        ({"by": "command line"}, "by command line"),
        ({"by": EVA}, f"by {EVA}"),
    ],
    Event.RECOVERY_CODE_USED: [({"left": 1}, "1 code is left"), ({"left": 9}, "9 codes are left")],
    Event.RECOVERY_CODES_RENEWED: [({}, "")],
    Event.PASSKEY_ADDED: [({"name": "Key <1>"}, "Key <1>")],
    Event.PASSKEY_REMOVED: [({"name": "Key <1>"}, "Key <1>")],
    Event.ALERT_RULE_ADDED: [({"title": "ASR low"}, "ASR low")],
    Event.ALERT_RULE_CHANGED: [({"title": "ASR low", "changed": {"threshold": "30"}}, "ASR low")],
    Event.ALERT_RULE_PAUSED: [({"title": "ASR low"}, "ASR low")],
    Event.ALERT_RULE_RESUMED: [({"title": "ASR low"}, "ASR low")],
    Event.ALERT_RULE_MUTED: [
        ({"title": "ASR low", "until": "2026-06-01T14:30:00+00:00"}, "ASR low; 1 Jun 2026, 14:30")
    ],
    Event.ALERT_RULE_UNMUTED: [({"title": "ASR low"}, "ASR low")],
    Event.ALERT_RULE_REMOVED: [({"title": "ASR low"}, "ASR low")],
    Event.ALERT_RULE_BROUGHT_BACK: [({"title": "ASR low"}, "ASR low")],
    Event.ALERT_NOTICES_PAUSED: [({"until": "2026-06-01T14:30:00+00:00"}, "1 Jun 2026, 14:30")],
    Event.ALERT_NOTICES_RESUMED: [({}, "")],
    Event.ALERT_ACKNOWLEDGED: [({"title": "ASR low", "note": "ticket 7"}, "ASR low; ticket 7")],
    Event.ALERT_UNACKNOWLEDGED: [({"title": "ASR low"}, "ASR low")],
    Event.VIEW_SAVED: [({"name": "Nachts", "shared": True}, "Nachts")],
    Event.VIEW_SHARED: [({"name": "Nachts"}, "Nachts")],
    Event.VIEW_UNSHARED: [({"name": "Nachts"}, "Nachts")],
    Event.VIEW_DELETED: [({"name": "Nachts"}, "Nachts")],
    Event.SCHEDULE_ADDED: [({"name": "Nachts"}, "Nachts")],
    Event.SCHEDULE_CHANGED: [({"name": "Nachts"}, "Nachts")],
    Event.SCHEDULE_PAUSED: [({"name": "Nachts"}, "Nachts")],
    Event.SCHEDULE_RESUMED: [({"name": "Nachts"}, "Nachts")],
    Event.SCHEDULE_REMOVED: [({"name": "Nachts"}, "Nachts")],
    Event.REPORT_ASKED: [({"name": "Nachts"}, "Nachts")],
    Event.RECEIVER_REMOVED: [
        ({"name": "Nachts", "target": EVA, "answer": "550 5.1.1"}, f"Nachts; {EVA}; 550 5.1.1")
    ],
    Event.UNSUBSCRIBED: [({"name": "Nachts"}, "Nachts")],
    Event.PROFILE_CHANGED: [
        (
            {
                "user": EVA,
                "changed": {
                    "phone": ["", "+493090"],
                    "name": ["Eva", "Ewa"],
                    "email": [ANA, EVA],
                    "mobile": ["+34", ""],
                },
            },
            f"{EVA}; Phone: – → +493090; Name: Eva → Ewa; E-mail: {ANA} → {EVA}; Mobile: +34 → –",
        ),
        ({"user": ANA, "changed": {"department": ["B7", "B8"]}}, "Department: B7 → B8"),
    ],
    Event.EMAIL_CHANGE_ASKED: [({"user": ANA, "email": EVA}, f"{ANA} → {EVA}")],
    Event.EMAIL_CHANGED: [({"before": EVA}, f"{EVA} → {ANA}")],
    Event.EMAIL_CLAIMED: [({}, "")],
    Event.EMAIL_VERIFIED: [({}, "")],
    Event.MOBILE_VERIFIED: [({}, "")],
    Event.USER_ADDED: [
        ({"user": EVA, "role": "operator"}, f"{EVA}; Operator: sees every company"),
        ({"user": EVA, "role": "customer"}, f"{EVA}; User of a company"),
    ],
    Event.USER_INVITED: [({"user": EVA, "role": "customer"}, f"{EVA}; User of a company")],
    Event.USER_CHANGED: [({"user": EVA, "unlocked": True}, f"{EVA}; may try to log in again at once")],
    Event.USER_DISABLED: [({"user": EVA}, EVA)],
    Event.USER_ENABLED: [({"user": EVA}, EVA)],
    Event.COMPANY_ADDED: [
        (
            {
                "name": "Kupfer",
                "contact": "",
                "currency": "JPY",
                "zone": "UTC",
                "tax": "",
                "paypal": "",
                "debit_limit": "250.000000",
                "low_balance": None,
                "channel_limit": 30,
            },
            "Company Name: Kupfer; Currency: JPY; Time zone: UTC; Debit Limit: ¥250; Channels: 30",
        ),
    ],
    Event.COMPANY_CHANGED: [
        (
            {"debit_limit": "1250.125000", "low_balance": "10.000000"},
            "Debit Limit: €1,250.125; Warn at a balance of: €10.00",
        ),
    ],
    Event.PAYMENT_ADDED: [
        (PAYMENT, "€120.50; Adjustment; Completed; R-5"),
        (
            {
                "file": "march.csv",
                "payments": [
                    {"reference": "R-6", "amount": "1.000000", "currency": "EUR"},
                    {"reference": "R-7", "amount": "2.500000"},
                ],
            },
            "2 entries from march.csv: €1.00 (R-6), 2.50 (R-7)",
        ),
    ],
    Event.PAYMENT_CHANGED: [
        (PAYMENT | {"before": "pending", "after": "cancelled"}, "€120.50; R-5; Pending → Cancelled"),
        ({"payment": 9017, "before": "pending", "after": "completed"}, "Pending → Completed"),
    ],
    Event.BLOCK_ASSIGNED: [({"first": 1000, "last": 1999}, "1000–1999")],
    Event.BLOCK_RELEASED: [
        ({"first": 1000, "last": 1999, "extensions": []}, "1000–1999"),
        ({"first": 1000, "extensions": [1001, 1005]}, "from 1000 on; with 2 extensions: 1001, 1005"),
    ],
    Event.NUMBER_SETTINGS_CHANGED: [({"first": 1000, "size": 500}, "blocks of 500 numbers from 1000 on")],
    Event.EXTENSION_ADDED: [({"number": 1001}, "1001")],
    Event.EXTENSION_REMOVED: [({"number": 1001}, "1001")],
    Event.EXPORTED: [
        ({"what": "access log", "rows": 1200}, "Access log; 1,200 rows"),
        ({"what": "weekly review", "rows": 1}, "Weekly review; 1 row"),
        (
            {"what": "dashboard", "form": "csv", "rows": 24, "customer": "k-77"},
            "Dashboard; Kupfer; CSV; 24 rows",
        ),
        (
            {"what": "call records", "form": "xlsx", "rows": 2, "customer": "all"},
            "Call records; All customers; XLSX; 2 rows",
        ),
        (
            {"what": "customers", "form": "csv", "rows": 2, "customer": "all"},
            "Customers; All customers; CSV; 2 rows",
        ),
    ],
    Event.LANGUAGE_CHANGED: [({"language": "ja"}, "日本語")],
    Event.ACCESS_REFUSED: [({"outcome": "refused", "method": "GET", "path": "/x9"}, "GET /x9")],
    Event.TOO_MANY_TRIES: [
        (
            {"outcome": "refused", "method": "POST", "path": "/x9", "more": "left out"},
            "POST /x9; further ones of this minute are left out",
        )
    ],
    Event.CODE_REFUSED: [
        ({"outcome": "refused", "purpose": "email"}, "for the e-mail address"),
        ({"outcome": "refused", "purpose": "mobile"}, "for the mobile number"),
    ],
    Event.LINK_REFUSED: [
        ({"outcome": "refused", "purpose": "reset"}, "to choose another password"),
        ({"outcome": "refused", "purpose": "invitation"}, "of an invitation"),
    ],
}
"""Details that entries are written with, and what is made of them in English."""

CASES = [(event, detail, text) for event, cases in WRITTEN.items() for detail, text in cases]
FOREIGN_SCRIPT = ("ru", "ar", "hi", "zh", "ja")
THE_SAME = {"PayPal", "CSV", "XLSX", "GET", "POST", "Name", "E-mail"}
"""Words that other languages have too."""


def entry(event: Event, detail: dict[str, Any]) -> AuditEntry:
    return AuditEntry(event=event.value, who=ANA, company_id="k-77", detail=detail)


def leaves(detail: Any) -> list[str]:
    if isinstance(detail, dict):
        return [text for value in detail.values() for text in leaves(value)]
    if isinstance(detail, list):
        return [text for value in detail for text in leaves(value)]
    return [str(detail)]


def words(text: str, detail: dict[str, Any]) -> set[str]:
    """Words of a text but those that people typed."""
    typed = [value for value in leaves(detail) if re.search(r"[A-Z0-9@/<.]", value)]
    for value in sorted([*typed, ANA, "Kupfer", "日本語"], key=len, reverse=True):
        text = text.replace(value, " ")
    return set(re.findall(r"[A-Za-z_][A-Za-z_-]{2,}", text)) - THE_SAME


@pytest.mark.parametrize("event", Event)
def test_every_event_has_words_of_its_own(event: Event) -> None:
    assert audit_text.title(event.value) != event.value
    assert [audit_text.title(each) for each in Event].count(audit_text.title(event)) == 1


def test_an_event_of_another_release_is_shown_by_its_name() -> None:
    assert audit_text.title("moon_landed") == "moon_landed"
    assert audit_text.detail(AuditEntry(event="moon_landed", detail={"by": "rocket"})) == ""


def test_company_is_named_and_the_command_line_translated() -> None:
    assert audit_text.company_name("k-77", COMPANIES) == "Kupfer"
    assert audit_text.company_name("gone", COMPANIES) == "gone"
    assert audit_text.company_name(None, COMPANIES) == ""
    with speaking("de"):
        assert audit_text.company_name("all") == "Alle Kunden"
        assert audit_text.person(AuditEntry(who="command line")) == "Befehlszeile"
        assert audit_text.person(AuditEntry(who=ANA)) == ANA


def test_every_event_is_tried() -> None:
    assert set(WRITTEN) == set(Event)


def test_every_detail_that_the_code_writes_is_tried() -> None:
    apart = {"who", "user_id", "company_id", "address", "now"}
    for path in own_files(".py"):
        for call in ast.walk(syntax_of(path)):
            if not isinstance(call, ast.Call) or ast.unparse(call.func).split(".")[-1] not in {
                "did",
                "record",
                "of_user",
                "note_refusal",
            }:
                continue
            events = [
                each.attr
                for each in call.args
                if isinstance(each, ast.Attribute) and each.attr in Event.__members__
            ]
            written = {each.arg for each in call.keywords if each.arg} - apart
            for name in events:
                tried = {key for detail, _ in WRITTEN[Event[name]] for key in detail}
                assert written <= tried, f"{path.name}: {name} is written with {written - tried}"


@pytest.mark.parametrize(("event", "detail", "text"), CASES)
def test_detail_is_told_in_words(event: Event, detail: dict[str, Any], text: str) -> None:
    assert audit_text.detail(entry(event, detail), COMPANIES) == text


@pytest.mark.parametrize("tag", LANGUAGES)
def test_no_language_has_an_id_a_key_or_an_english_word(tag: str) -> None:
    for event, detail, text in CASES:
        with speaking(tag):
            told = audit_text.detail(entry(event, detail), COMPANIES)
            title = audit_text.title(event.value)
        assert not re.search("k-77|9017|_", told), told
        assert (told == "") == (text == ""), (event, detail)
        if tag in FOREIGN_SCRIPT:
            assert not words(told, detail) | words(title, {}), (told, title)
        elif tag != "en":
            assert told != text or not words(told, detail), told
            assert title != event.sentence
