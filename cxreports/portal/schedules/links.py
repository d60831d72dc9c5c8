"""Links in mail about reports, signed: to a file, for a while, and to unsubscribing."""

import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from cxreports.errors import NotThere
from cxreports.language import _
from cxreports.portal.people.vault import Vault
from cxreports.portal.post.letters import LOCAL_URL
from cxreports.portal.schedules import recipients
from cxreports.portal.schedules.tables import Recipient
from cxreports.settings import Settings

LIBRARY: Final = "/reports"
FILE: Final = "/reports/link"
UNSUBSCRIBE: Final = "/unsubscribe"

LIFE: Final = timedelta(days=14)
"""So long a link to a file is good; in the library the file stays."""

_PURPOSE: Final = "link to a report's file"
_SIGNED: Final = 40
_LINK: Final = re.compile(r"[0-9]{1,9}\.[0-9]{1,10}\.[0-9a-f]{40}")


def file_link(settings: Settings, vault: Vault, file_id: int, now: datetime) -> str:
    """Address of a report's file, for those who may see it once they have logged in."""
    until = int((now + LIFE).timestamp())
    return f"{base(settings)}{FILE}/{file_id}.{until}.{_signature(vault, file_id, until)}"


def file_of(vault: Vault, token: str, now: datetime) -> int:
    """Id of the file that a link leads to.

    Raises
    ------
    NotThere
        It was not made here, or its time is over.
    """
    parts = token.split(".")
    if _LINK.fullmatch(token):
        file_id, until = int(parts[0]), int(parts[1])
        is_ours = hmac.compare_digest(_signature(vault, file_id, until), parts[2])
        if is_ours and now < datetime.fromtimestamp(until, UTC):
            return file_id
    raise NotThere(_("This link is over. The report is in the portal, under Reports, if it is still kept."))


def unsubscribe_link(settings: Settings, vault: Vault, recipient: Recipient) -> str:
    """Address that ends a schedule for one receiver; mail programs post to it at one click (RFC 8058)."""
    return f"{base(settings)}{UNSUBSCRIBE}/{recipients.token(vault, recipient)}"


def any_stop(settings: Settings) -> str:
    """What such an address looks like, for a mail that is only shown."""
    return f"{base(settings)}{UNSUBSCRIBE}/\N{HORIZONTAL ELLIPSIS}"


def one_click(address: str) -> dict[str, str]:
    """Headers of a mail by which its receiver's mail program offers to unsubscribe at an address."""
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def base(settings: Settings) -> str:
    """Address of the portal, without a slash at its end."""
    return (settings.public_url or LOCAL_URL).rstrip("/")


def _signature(vault: Vault, file_id: int, until: int) -> str:
    return vault.sign(_PURPOSE, f"{file_id} {until}")[:_SIGNED]
