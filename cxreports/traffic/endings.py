"""How attempts end that nobody answers: SIP codes, causes, and what switches call them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Ending:
    """How an attempt that is not answered ends.

    Attributes
    ----------
    sip_code, sip_reason
        Final SIP response (RFC 3261, section 21).
    release_reason
        The cause in the switch's words.
    q850
        Its number in ITU-T Q.850.
    hangup_cause
        Its name in FreeSWITCH.
    ring_s
        Shortest and longest time until the end, whole seconds, both included.
    rings
        True where the far end gave a sign first, so that a post-dial delay exists.
    """

    sip_code: int
    sip_reason: str
    release_reason: str
    q850: int
    hangup_cause: str
    ring_s: tuple[int, int]
    rings: bool = False


ENDINGS: Final[Mapping[str, Ending]] = {
    "busy": Ending(486, "Busy Here", "User Busy", 17, "USER_BUSY", (0, 1), rings=True),
    "cancel": Ending(
        487, "Request Terminated", "Originator Cancel", 16, "ORIGINATOR_CANCEL", (2, 38), rings=True
    ),
    "no answer": Ending(480, "Temporarily Unavailable", "No Answer", 19, "NO_ANSWER", (25, 60), rings=True),
    "absent": Ending(
        480, "Temporarily Unavailable", "Subscriber Absent", 20, "SUBSCRIBER_ABSENT", (0, 2), rings=True
    ),
    "decline": Ending(603, "Decline", "Call Rejected", 21, "CALL_REJECTED", (1, 14), rings=True),
    "unallocated": Ending(404, "Not Found", "Unallocated Number", 1, "UNALLOCATED_NUMBER", (0, 1)),
    "incomplete": Ending(
        484, "Address Incomplete", "Invalid Number Format", 28, "INVALID_NUMBER_FORMAT", (0, 0)
    ),
    "barred": Ending(403, "Forbidden", "Outgoing Call Barred", 52, "OUTGOING_CALL_BARRED", (0, 0)),
    "timeout": Ending(
        408, "Request Timeout", "Recovery On Timer Expire", 102, "RECOVERY_ON_TIMER_EXPIRE", (32, 32)
    ),
    "failure": Ending(
        500, "Server Internal Error", "Normal Temporary Failure", 41, "NORMAL_TEMPORARY_FAILURE", (0, 3)
    ),
    "no circuit": Ending(
        503, "Service Unavailable", "No Circuit Available", 34, "NORMAL_CIRCUIT_CONGESTION", (0, 2)
    ),
}  # fmt: skip
"""Endings of unanswered attempts by name."""

ANSWERED: Final = Ending(200, "OK", "Normal Clearing", 16, "NORMAL_CLEARING", (0, 0), rings=True)
"""How an answered call ends, for what the other endings have too."""

OUTAGE: Final = "no circuit"
"""What an attempt meets while the upstream carrier is down."""

Mix = Mapping[str, int]
"""Weights of endings by their names."""

OF_PEOPLE: Final[Mix] = {
    "busy": 30, "cancel": 34, "no answer": 22, "absent": 5, "decline": 3, "unallocated": 4, "timeout": 1,
    "no circuit": 1,
}  # fmt: skip
"""Offices and homes, which know whom they call."""

OF_CARRIERS: Final[Mix] = {
    "busy": 26, "cancel": 30, "no answer": 21, "absent": 4, "decline": 1, "unallocated": 9, "incomplete": 1,
    "timeout": 2, "failure": 2, "no circuit": 4,
}  # fmt: skip
"""Retail carriers."""

OF_TRANSIT: Final[Mix] = {
    "busy": 17, "cancel": 21, "no answer": 14, "absent": 6, "decline": 1, "unallocated": 17, "incomplete": 2,
    "barred": 1, "timeout": 5, "failure": 4, "no circuit": 12,
}  # fmt: skip
"""Wholesale, where many routes do not work."""

OF_LISTS: Final[Mix] = {
    "busy": 15, "cancel": 38, "no answer": 27, "absent": 3, "decline": 5, "unallocated": 9, "timeout": 1,
    "no circuit": 2,
}  # fmt: skip
"""Diallers, which work through bought lists."""
