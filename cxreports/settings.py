"""Settings, read from the environment (prefix ``CXREPORTS_``)."""

from pathlib import Path

from pydantic import PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from cxreports.metrics import USER_SIDE_CODES


class Settings(BaseSettings):
    """What an installation can choose.

    Attributes
    ----------
    home
        Folder of everything that cxreports keeps: ``lake/`` and ``portal.db``.
    user_side_codes
        SIP codes that count as user-side endings in the NER.
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
        believed.
    payment_url
        Address at which customers pay, such as
        ``https://pay.example.org/?account={account}&amount={amount}&currency={currency}``; empty for none.
    unpacked_most_mb
        Megabytes that a compressed CDR file may unpack to; a larger one is refused.
    unpacked_most_ratio
        How many times its size a compressed CDR file may unpack to; call records reach some 30. Files that
        unpack to less than 64 MB are taken whatever their ratio.
    json_most_mb
        Megabytes of a JSON file of call records, which is read into memory as a whole.
    """

    model_config = SettingsConfigDict(env_prefix="CXREPORTS_", frozen=True)

    home: Path = Path("data/home")
    user_side_codes: tuple[int, ...] = USER_SIDE_CODES
    database_url: str = ""
    secret_key: SecretStr = SecretStr("")
    smtp_url: str = ""
    mail_from: str = "cxreports@localhost"
    sms_url: str = ""
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    payment_url: str = ""
    unpacked_most_mb: PositiveInt = 8192
    unpacked_most_ratio: PositiveInt = 100
    json_most_mb: PositiveInt = 512

    @property
    def lake(self) -> Path:
        """Folder of the Delta tables."""
        return self.home / "lake"
