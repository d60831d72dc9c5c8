"""The link to the calls behind an alert: the call records of its sample period, narrowed as the rule is."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cxreports.portal.alerts.watched import WATCHED
from cxreports.portal.site_map import CALL_RECORDS

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.portal.alerts.tables import AlertRule


def calls_address(rule: AlertRule, customer: str, start: datetime, end: datetime) -> str:
    """Address below the portal's base; empty for what is not of calls."""
    if not WATCHED[rule.metric].is_metric:
        return ""
    ends = [each.astimezone(UTC).isoformat() for each in (start, max(end, start + timedelta(minutes=1)))]
    asked = {
        "customer": customer,
        "period": "custom",
        "from": ends[0],
        "to": ends[1],
        "sip": rule.sip,
        "direction": rule.direction,
        "destination": rule.destination,
    }
    return f"{CALL_RECORDS.path}?{urlencode({name: text for name, text in asked.items() if text})}"
