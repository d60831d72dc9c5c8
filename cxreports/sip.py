"""Final SIP responses: their reason phrases, and the side on which a call ended with them."""

from collections.abc import Collection
from typing import Final, Literal

from cxreports.language import _, marked

Ending = Literal["answered", "user side", "network side"]

REASONS: Final = {
    200: "OK", 202: "Accepted", 204: "No Notification",
    300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy",
    380: "Alternative Service",
    400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required",
    408: "Request Timeout", 410: "Gone", 412: "Conditional Request Failed", 413: "Request Entity Too Large",
    414: "Request-URI Too Long", 415: "Unsupported Media Type", 416: "Unsupported URI Scheme",
    420: "Bad Extension", 421: "Extension Required", 422: "Session Interval Too Small",
    423: "Interval Too Brief", 428: "Use Identity Header", 429: "Provide Referrer Identity",
    430: "Flow Failed", 433: "Anonymity Disallowed", 436: "Bad Identity Info",
    437: "Unsupported Credential", 438: "Invalid Identity Header",
    439: "First Hop Lacks Outbound Support", 440: "Max-Breadth Exceeded", 469: "Bad Info Package",
    470: "Consent Needed", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
    482: "Loop Detected", 483: "Too Many Hops", 484: "Address Incomplete", 485: "Ambiguous",
    486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here", 489: "Bad Event",
    491: "Request Pending", 493: "Undecipherable", 494: "Security Agreement Required",
    500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Server Time-out", 505: "Version Not Supported", 513: "Message Too Large",
    555: "Push Notification Service Not Supported", 580: "Precondition Failure",
    600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable",
    607: "Unwanted", 608: "Rejected",
}  # fmt: skip
"""Reason phrase of each final response (IANA's registry of SIP response codes)."""

CLASSES: Final = {
    2: "Success", 3: "Redirection", 4: "Request failure", 5: "Server failure", 6: "Global failure",
}  # fmt: skip
"""What the classes of final responses mean (RFC 3261, section 7.2)."""

SENTENCES: Final = {
    403: marked("The call was not allowed."),
    404: marked("The dialled number was not found."),
    408: marked("Somebody on the way did not answer in time."),
    480: marked("The called party could not be reached."),
    484: marked("The dialled number is incomplete."),
    486: marked("The called party was on another call."),
    487: marked("The caller hung up before there was an answer."),
    500: marked("A server on the way failed."),
    502: marked("A gateway got an answer that it could not use."),
    503: marked("The route had no capacity or was out of service."),
    504: marked("A server on the way waited too long for another."),
    600: marked("The called party was busy everywhere."),
    603: marked("The called party declined the call."),
    604: marked("The dialled number exists nowhere."),
}
"""What the usual responses mean for people who do not know the protocol."""

NO_CODE: Final = marked("Not said by the switch")
UNKNOWN: Final = marked("Unknown response")


def meaning(code: int | None) -> str:
    """Reason phrase of a final response; for one that is not registered, that of its class."""
    if code is None:
        return NO_CODE
    return REASONS.get(code) or CLASSES.get(code // 100, UNKNOWN)


def translated(text: str) -> str:
    """Text of `meaning` in the current language; reason phrases are the protocol's own."""
    return _(text) if text in {NO_CODE, UNKNOWN} else text


def ending(code: int | None, user_side_codes: Collection[int]) -> Ending | None:
    """Side on which a call ended with this response; None without a response.

    Parameters
    ----------
    user_side_codes
        Those that the called user causes, as the NER counts them.
    """
    if code is None:
        return None
    if code // 100 == 2:  # noqa: PLR2004 (2xx is success)
        return "answered"
    return "user side" if code in user_side_codes else "network side"
