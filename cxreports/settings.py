"""Settings, read from the environment (prefix ``CXREPORTS_``): once, where a process begins."""

import json
import os
from functools import cache
from ipaddress import ip_network
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, Final, Self
from urllib.parse import urlsplit

from pydantic import PositiveFloat, PositiveInt, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cxreports.errors import BadSetting
from cxreports.metrics import USER_SIDE_CODES
from cxreports.private_file import LAKE

PREFIX: Final = "CXREPORTS_"

_SIP_CODES: Final = range(100, 700)

_RIGHT: Final = {
    "user_side_codes": "write SIP codes from 100 to 699 with commas between them, such as 480,486,487",
    "private_targets": "write addresses or networks with commas between them, such as 10.0.0.0/8",
    "trusted_proxies": "write addresses or networks with commas between them, such as 10.0.0.1,10.1.0.0/16",
    "payment_url": "write an address such as https://pay.example.org/{account}?pay={amount}&in={currency}",
    "public_url": "write the address that people type, such as https://reports.example.org",
}
"""What is right, of each setting that can be wrong by itself."""


class Settings(BaseSettings):
    """What an installation can choose.

    Attributes
    ----------
    home
        Folder of everything that cxreports keeps: ``lake/`` and ``portal.db``.
    operator_name
        Who gives the reports, on their every page, such as ``Northwind Voice``; empty for nobody.
    user_side_codes
        SIP codes that count as user-side endings in the NER: ``480,486``.
    database_url
        The portal's database, such as ``postgresql://cx:secret@db/cxreports``; empty for
        ``portal.db`` in the home.
    secret_key
        What secrets in the database are encrypted with and cookies are signed by, at least 32 characters;
        empty for ``portal.key`` in the home, which is made at the first start.
    smtp_url
        Where mail is handed over: ``smtp://USER:PASSWORD@HOST:587`` (STARTTLS where the server offers
        it), ``smtps://HOST:465``; empty: mail is written into ``mail/`` in the home.
    mail_from
        Sender of mail.
    sms_url
        HTTP gateway for text messages; ``{to}`` and ``{text}`` are filled in, and a POST is made; empty:
        messages are written into ``sms.log`` in the home.
    public_url
        Address at which people reach the portal, such as ``https://reports.example.org``; links in mail
        and passkeys name it. Empty for the address that is served.
    trusted_proxies
        Addresses or networks of reverse proxies, whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are
        believed: ``10.0.0.1,10.1.0.0/16``.
    payment_url
        Address at which customers pay, such as
        ``https://pay.example.org/?account={account}&amount={amount}&currency={currency}``; empty for none.
    unpacked_most_mb
        Megabytes that a compressed CDR file may unpack to; a larger one is refused.
    unpacked_most_ratio
        How many times its size a compressed CDR file may unpack to; call records reach some 30. Files that
        unpack to less than 64 MB are taken whatever their ratio.
    session_life_h
        Hours after which a session ends, however busy.
    session_idle_h
        Hours after which a session ends that no page is open of.
    json_most_mb
        Megabytes of a JSON file of call records, which is read into memory as a whole.
    private_targets
        Addresses or networks of one's own that webhooks and files may be sent to, as ``10.0.0.0/8``. By
        default they go to public addresses alone, since customers may name them.
    mail_most_mb
        Megabytes that a mail has at most, its files as they are encoded in it, a third larger than they
        lie; larger reports go as a link, as do those that are too large for the server.
    reports_kept_days
        Days after which finished reports are deleted.
    polls_kept_days
        Days after which what the switches said of calls under way is deleted.
    sftp_key
        Private key file (OpenSSH) for SFTP targets that name no password; empty for none.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    home: Path = Path("data/home")
    operator_name: str = ""
    user_side_codes: Annotated[tuple[int, ...], NoDecode] = USER_SIDE_CODES
    database_url: str = ""
    secret_key: SecretStr = SecretStr("")
    smtp_url: str = ""
    mail_from: str = "cxreports@localhost"
    sms_url: str = ""
    public_url: str = ""
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    payment_url: str = ""
    unpacked_most_mb: PositiveInt = 8192
    unpacked_most_ratio: PositiveInt = 100
    session_life_h: PositiveFloat = 12.0
    session_idle_h: PositiveFloat = 2.0
    json_most_mb: PositiveInt = 512
    private_targets: Annotated[tuple[str, ...], NoDecode] = ()
    mail_most_mb: PositiveFloat = 10.0
    sftp_key: str = ""
    reports_kept_days: PositiveInt = 730
    polls_kept_days: PositiveInt = 60

    @classmethod
    def of(cls, home: "Home" = None) -> Self:
        """Settings of the environment, with a home folder of one's own; settings given stay as they are.

        Raises
        ------
        BadSetting
            A variable has a value that cannot be used; names it and says what is right.
        """
        if isinstance(home, cls):
            return home
        try:
            return cls() if home is None else cls(home=Path(home))  # type: ignore[arg-type]
        except ValidationError as error:
            raise BadSetting("; ".join(map(_in_words, error.errors()))) from error

    @property
    def database_file(self) -> Path:
        """The portal's database where no URL names another."""
        return self.home / "portal.db"

    @property
    def has_portal(self) -> bool:
        """Whether there are people and rules beside the calls; who only loads gets no database."""
        return bool(self.database_url) or self.database_file.exists()

    @property
    def lake(self) -> Path:
        """Folder of the Delta tables."""
        return self.home / LAKE

    @field_validator("user_side_codes", "trusted_proxies", "private_targets", mode="before")
    @classmethod
    def _listed(cls, typed: Any) -> Any:
        """Values out of a text: separated by commas, or a list of JSON."""
        if not isinstance(typed, str):
            return typed
        if typed.lstrip().startswith("["):
            return json.loads(typed)
        return [part.strip() for part in typed.split(",") if part.strip()]

    @field_validator("user_side_codes")
    @classmethod
    def _codes(cls, codes: tuple[int, ...]) -> tuple[int, ...]:
        if any(code not in _SIP_CODES for code in codes):
            raise ValueError("no SIP code")
        return codes

    @field_validator("trusted_proxies", "private_targets")
    @classmethod
    def _networks(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for address in addresses:
            ip_network(address, strict=False)
        return addresses

    @field_validator("public_url", "payment_url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        parts = urlsplit(_filled(url))
        if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("no address on the web")
        return url


Home = str | PathLike[str] | Settings | None
"""A home folder, or the settings that name it; None for the setting ``CXREPORTS_HOME``."""


@cache
def settings_of(home: Path) -> Settings:
    """Settings of a page's process, which reads its environment once."""
    return Settings.of(home)


def _filled(url: str) -> str:
    """Fill in the places that a payment address has; another address has none."""
    try:
        return url.format(account="", amount="0", currency="")
    except (KeyError, IndexError) as error:
        raise ValueError(f"there is nothing to fill in for {error}") from error


def _in_words(error: Any) -> str:
    """One wrong setting: its variable, its value, what is right."""
    name = str(error["loc"][0])
    variable = f"{PREFIX}{name.upper()}"
    typed = os.environ.get(variable, error["input"])
    return f"{variable}={typed} cannot be used: {_RIGHT.get(name, error['msg'])}"
