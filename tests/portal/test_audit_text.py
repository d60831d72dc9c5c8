"""The audit log in words."""

import pytest

from cxreports.portal import audit_text
from cxreports.portal.audit import Event
from cxreports.portal.tables import AuditEntry


@pytest.mark.parametrize("event", Event)
def test_every_event_has_words_of_its_own(event: Event) -> None:
    assert audit_text.title(event.value) != event.value
    assert [audit_text.title(each) for each in Event].count(audit_text.title(event)) == 1


def test_an_event_of_another_release_is_shown_by_its_name() -> None:
    assert audit_text.title("moon_landed") == "moon_landed"
    assert audit_text.detail(AuditEntry(event="moon_landed", detail={"by": "rocket"})) == ""


@pytest.mark.parametrize(
    ("event", "detail", "words"),
    [
        (Event.LOGIN, {"by": "password and recovery_code"}, "by password and recovery code"),
        (Event.LOGIN_FAILED, {"step": "second factor", "wait_s": 4}, "the code was not right"),
        (Event.RECOVERY_CODE_USED, {"left": 1}, "1 code is left"),
        (Event.SESSION_ENDED, {"count": 3}, "3 browsers"),
        (Event.PASSKEY_REMOVED, {"name": "Key <1>"}, "Key <1>"),
        (
            Event.PROFILE_CHANGED,
            {"user": "a@b", "changed": {"phone": ["", "+4930901820"], "name": ["Ana", "Anna"]}},
            "Phone: \N{EN DASH} → +4930901820; Name: Ana → Anna",
        ),
        (Event.LOGOUT, {}, ""),
    ],
)
def test_the_detail_is_told_in_words(event: Event, detail: dict[str, object], words: str) -> None:
    assert audit_text.detail(AuditEntry(event=event.value, detail=detail)) == words
