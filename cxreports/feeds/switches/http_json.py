"""Any switch that lists its calls under way as JSON: ``feeds.toml`` says where each thing stands in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cxreports.feeds.switches import http_rpc
from cxreports.feeds.switches.source import NoAnswer, Silent
from cxreports.portal.feeds.under_way import Dialog

if TYPE_CHECKING:
    from cxreports.feeds.configuration import Switch

_OWN: Final = frozenset({"id", "caller", "callee", "since", "answered_at"})
_MILLISECONDS: Final = 10**11
"""Epochs from here on count milliseconds: as seconds they would be in the year 5138."""


class HttpJson(Silent):
    """A switch that is asked over HTTP."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def channels_now(self) -> list[Dialog]:
        """Calls of the list."""
        switch = self._switch
        answer = http_rpc.ask(
            switch.url, timeout_s=switch.timeout_s, user=switch.user, password=switch.password.read()
        )
        found = _at(answer, switch.calls)
        if not isinstance(found, list):
            raise NoAnswer(f"{http_rpc.where(switch.url)}: there is no list at {switch.calls or 'the top'}")
        return [self._dialog(each) for each in found]

    def _dialog(self, found: Any) -> Dialog:
        values = {name: _at(found, path) for name, path in self._switch.fields.items()}
        if values["id"] is None:
            path = self._switch.fields["id"]
            raise NoAnswer(f"{http_rpc.where(self._switch.url)}: a call has no {path}")
        answered = _time(values.get("answered_at"))
        says_when = "answered_at" in self._switch.fields
        return Dialog(
            id=str(values["id"]),
            caller=_text(values.get("caller")),
            callee=_text(values.get("callee")),
            since=_time(values.get("since")),
            answered_at=answered,
            state="ringing" if says_when and answered is None else "answered",
            attributes=tuple((name, _text(value)) for name, value in values.items() if name not in _OWN),
        )


def _at(found: Any, path: str) -> Any:
    """What stands at a path of names with dots between them; None where nothing does."""
    for name in filter(None, path.split(".")):
        if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        elif isinstance(found, dict):
            found = found.get(name)
        else:
            return None
    return found


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _time(value: Any) -> datetime | None:
    """Time of an epoch in seconds or milliseconds, or in ISO 8601, UTC where it has no offset."""
    if value in {None, "", 0, "0"}:
        return None
    try:
        if isinstance(value, int | float) or str(value).replace(".", "", 1).isdecimal():
            seconds = float(value)
            return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS else seconds, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
