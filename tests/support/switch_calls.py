"""Records as switches push them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any


def freeswitch_record(number: int, *, customer: str = "acme", talked_s: int = 29) -> dict[str, Any]:
    """A record of mod_json_cdr, of an answered call that began `number` seconds before now."""
    begun = datetime.now(UTC) - timedelta(seconds=number + 60)
    answered = begun + timedelta(seconds=1)

    def us(moment: datetime) -> str:
        return str(int(moment.timestamp() * 1_000_000))

    return {
        "core-uuid": "00000000-0000-4000-8000-00000000cafe",
        "switchname": "fs1",
        "variables": {
            "uuid": f"00000000-0000-4000-8000-{number:012x}",
            "direction": "inbound",
            "accountcode": customer,
            "hangup_cause": "NORMAL_CLEARING",
            "start_uepoch": us(begun),
            "answer_uepoch": us(answered),
            "end_uepoch": us(answered + timedelta(seconds=talked_s)),
            "billsec": str(talked_s),
            "billmsec": str(talked_s * 1000),
            "sip_term_status": "200",
        },
        "callflow": [
            {"caller_profile": {"caller_id_number": "+34910000001", "destination_number": "+442070000001"}}
        ],
    }
