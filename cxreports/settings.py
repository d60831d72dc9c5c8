"""Settings, read from the environment (prefix ``CXREPORTS_``)."""

from pathlib import Path

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
    payment_url
        Address at which customers pay, such as
        ``https://pay.example.org/?account={account}&amount={amount}&currency={currency}``; empty for none.
    """

    model_config = SettingsConfigDict(env_prefix="CXREPORTS_", frozen=True)

    home: Path = Path("data/home")
    user_side_codes: tuple[int, ...] = USER_SIDE_CODES
    payment_url: str = ""

    @property
    def lake(self) -> Path:
        """Folder of the Delta tables."""
        return self.home / "lake"
