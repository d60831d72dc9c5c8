"""Files into S3 or what speaks its language: ``s3://KEY:SECRET@bucket/folder?region=eu-west-1&endpoint=https://…``."""

from datetime import timedelta
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from cxreports.delivery.parcel import Parcel
from cxreports.errors import NotDelivered, Refusal
from cxreports.portal.people.vault import Vault
from cxreports.portal.post import targets
from cxreports.settings import Settings

_REGION: Final = "us-east-1"
_PATIENCE: Final = timedelta(seconds=60)
_LONGEST: Final = timedelta(seconds=180)


class S3Carrier:
    """Puts a message's files into a bucket; an object appears whole or not at all."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._vault = Vault.of(settings)

    def close(self) -> None:
        """Keep nothing open."""

    def send(self, parcel: Parcel) -> str:
        """Put the files; those of the same name are written over, so that a second try changes nothing.

        Raises
        ------
        NotDelivered
            The endpoint cannot be reached, may not be, or refuses.
        """
        parts = urlsplit(parcel.target)
        folder = unquote(parts.path).strip("/")
        try:
            store = self._store(parcel.target)
            for attachment in parcel.attachments:
                name = f"{folder}/{attachment.name}".lstrip("/")
                obstore.put(store, name, self._settings.home / attachment.path)
        except (BaseError, OSError, ValueError) as error:
            # Its first line: the rest is Rust's view of the request.
            raise NotDelivered(str(error).partition("\n")[0]) from error
        return f"put into {parts.hostname}/{folder}".rstrip("/")

    def _store(self, target: str) -> S3Store:
        parts = urlsplit(target)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        region = asked.get("region", _REGION)
        endpoint = asked.get("endpoint") or f"https://s3.{region}.amazonaws.com"
        at = urlsplit(endpoint)
        is_plain = at.scheme == "http"
        if at.scheme not in {"http", "https"} or not at.hostname:
            raise NotDelivered(
                f"{endpoint} is no endpoint: write such as https://s3.example.org", Refusal.RECEIVER
            )
        targets.reachable(at.hostname, at.port or (80 if is_plain else 443), self._settings.private_targets)
        return S3Store(
            parts.hostname or "",
            endpoint=endpoint,
            region=region,
            access_key_id=unquote(parts.username or ""),
            secret_access_key=targets.password_of(target, self._vault),
            virtual_hosted_style_request=False,
            client_options={"allow_http": is_plain, "timeout": _PATIENCE, "connect_timeout": _PATIENCE},
            retry_config={"max_retries": 1, "retry_timeout": _LONGEST},
        )
