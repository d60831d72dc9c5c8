"""A portal's home, and how people reach it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxreports.errors import CxreportsError

if TYPE_CHECKING:
    from pathlib import Path

    from cxreports.settings import Settings


@dataclass(frozen=True)
class Site:
    """A portal's home and how people reach it.

    Attributes
    ----------
    settings
        The installation's: its home, its public address, its proxies.
    host, port
        Address to listen at.
    certificate, key
        Files of a TLS certificate and its key, PEM; None for plain HTTP.
    """

    settings: Settings
    host: str = "127.0.0.1"
    port: int = 8866
    certificate: Path | None = None
    key: Path | None = None

    @property
    def home(self) -> Path:
        """Folder of the lake and the database."""
        return self.settings.home

    @property
    def trusted_proxies(self) -> tuple[str, ...]:
        """Addresses or networks whose ``X-Forwarded-…`` headers are believed."""
        return self.settings.trusted_proxies

    @property
    def is_local(self) -> bool:
        """Whether this machine alone can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_encrypted(self) -> bool:
        """Whether people reach it over TLS."""
        return self.certificate is not None or self.settings.public_url.startswith("https://")

    @property
    def host_name(self) -> str:
        """Name of the host that people type, which passkeys are made for."""
        return urlsplit(self.address).hostname or "localhost"

    @property
    def address(self) -> str:
        """Where people reach it; links in mail begin so."""
        if self.settings.public_url:
            return self.settings.public_url.rstrip("/")
        host = "localhost" if self.host in {"127.0.0.1", "::1"} else self.host
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"

    def check(self, *, insecure: bool = False) -> None:
        """Refuse to let passwords cross a network in the clear.

        Raises
        ------
        CxreportsError
            Others can reach the address, and there is neither TLS nor a trusted proxy.
        """
        if self.is_local or self.certificate is not None or self.trusted_proxies or insecure:
            return
        raise CxreportsError(
            f"{self.host} can be reached from other machines, and passwords would cross the network in the "
            "clear: give --cert and --key, or put a TLS proxy before the portal and name it in "
            "CXREPORTS_TRUSTED_PROXIES, or say --insecure"
        )
