"""Webhooks: JSON by POST, signed as Standard Webhooks (standardwebhooks.com) has it.

``webhook-id`` is the same for every try of a message; ``webhook-signature`` is ``v1,`` and the base64 of the
HMAC-SHA256 of ``{id}.{timestamp}.{body}`` under the company's secret.
"""

import base64
import hmac
import socket
import ssl
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import unquote, urlsplit

from cxreports.delivery.parcel import Parcel
from cxreports.errors import NotDelivered, Refusal
from cxreports.portal.people.vault import Vault
from cxreports.portal.post import targets
from cxreports.settings import Settings

PATIENCE_S: Final = 10.0

_GONE: Final = 410
_TAKEN: Final = range(200, 300)
_SHOWN: Final = 200
_PREFIX: Final = "whsec_"


def secret(vault: Vault, company_id: str | None) -> str:
    """Secret that a company checks its webhooks' signatures with; operators have one of their own."""
    whose = "operators" if company_id is None else f"company {company_id}"
    return _PREFIX + base64.b64encode(vault.key(f"webhooks of {whose}")).decode()


def signature(secret_text: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Signature of a webhook."""
    key = base64.b64decode(secret_text.removeprefix(_PREFIX))
    signed = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(signed).decode()}"


class WebhookCarrier:
    """Posts to public addresses, and to others that the settings allow; follows no redirect."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._vault = Vault.of(settings)
        self._trusted = ssl.create_default_context()

    def close(self) -> None:
        """Keep nothing open."""

    def send(self, parcel: Parcel) -> str:
        """Post a message; give the receiver's answer.

        Raises
        ------
        NotDelivered
            The receiver cannot be reached, may not be reached, or answers anything but 2xx. Permanent: 410.
        """
        parts = urlsplit(parcel.target)
        body = parcel.text.encode()
        path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        try:
            connection = self._connection(parcel.target)
            try:
                connection.request("POST", path, body, self._headers(parcel, body))
                answer = connection.getresponse()
                text = answer.read(_SHOWN).decode(errors="replace")
            finally:
                connection.close()
        except (OSError, HTTPException, ValueError) as error:
            raise NotDelivered(str(error) or type(error).__name__) from error
        worded = f"{answer.status} {answer.reason} {text}".strip()
        if answer.status not in _TAKEN:
            raise NotDelivered(worded, Refusal.RECEIVER if answer.status == _GONE else Refusal.NOTHING)
        return worded

    def _headers(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        now = int(time.time())
        parts = urlsplit(parcel.target)
        headers = {
            **parcel.headers,
            "Host": parts.netloc.rpartition("@")[2],
            "Content-Type": "application/json",
            "User-Agent": "cxreports",
            "webhook-id": parcel.name,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(secret(self._vault, parcel.company_id), parcel.name, now, body),
        }
        if parts.username:
            login = f"{unquote(parts.username)}:{targets.password_of(parcel.target, self._vault)}"
            headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        return headers

    def _connection(self, target: str) -> HTTPConnection:
        """Connection to the address that was looked at: the name is asked once."""
        parts = urlsplit(target)
        host, is_private = parts.hostname or "", parts.scheme.lower() == "https"
        port = parts.port or (443 if is_private else 80)
        address = targets.reachable(host, port, self._settings.private_targets)
        if not is_private:
            return HTTPConnection(address, port, timeout=PATIENCE_S)
        return _Pinned(host, port, address, self._trusted)


class _Pinned(HTTPSConnection):
    """Connection to an address, with the certificate of a name."""

    def __init__(self, host: str, port: int, address: str, trusted: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=PATIENCE_S, context=trusted)
        self._address, self._trusted = address, trusted

    def connect(self) -> None:
        """Connect to the address; the certificate must be the name's."""
        plain = socket.create_connection((self._address, self.port), PATIENCE_S)
        self.sock = self._trusted.wrap_socket(plain, server_hostname=self.host)
