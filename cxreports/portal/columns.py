"""Column types that mean the same in SQLite and PostgreSQL: instants in UTC, exact money."""

from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, DateTime
from sqlalchemy.types import TypeDecorator

from cxreports.errors import BadAmount

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

MONEY_DECIMALS: Final = 6
"""Decimals that an amount may have."""

_SCALE: Final = 10**MONEY_DECIMALS
_MOST: Final = 2**63
_MOST_DIGITS: Final = len(str(_MOST))
_MILLIONTH: Final = Decimal(1).scaleb(-MONEY_DECIMALS)
_EXACT: Final = Context(prec=2 * _MOST_DIGITS, traps=[Inexact])


class Instant(TypeDecorator[datetime]):
    """A moment, in UTC; a time without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: "Dialect") -> datetime | None:
        """Write UTC to the database; SQLite, which knows no zones, is given none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: "Dialect") -> datetime | None:
        """Read UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An amount of money, exact to six decimals, kept as a whole number of millionths.

    SQLite has no decimals: a NUMERIC column of it holds floats.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: "Dialect") -> int | None:
        """Write millionths to the database.

        Raises
        ------
        BadAmount
            The amount has more decimals, or is too large to keep.
        """
        del dialect
        return None if value is None else millionths(value)

    def process_result_value(self, value: Any, dialect: "Dialect") -> Decimal | None:
        """Read the amount."""
        del dialect
        return None if value is None else Decimal(int(value)).scaleb(-MONEY_DECIMALS)


def millionths(amount: Decimal) -> int:
    """An amount as a whole number of millionths.

    Raises
    ------
    BadAmount
        The amount has more decimals, is too large to keep, or is no number.
    """
    if not amount.is_finite():
        raise BadAmount(f"{amount} is not an amount of money")
    if amount and amount.adjusted() + MONEY_DECIMALS >= _MOST_DIGITS:
        raise BadAmount(f"{amount} is more than can be kept ({_MOST // _SCALE:,})")
    try:
        # In a context of its own: the usual one rounds to 28 digits.
        scaled = int(_EXACT.quantize(amount, _MILLIONTH).scaleb(MONEY_DECIMALS, _EXACT))
    except Inexact as error:
        raise BadAmount(f"{amount} has more than {MONEY_DECIMALS} decimals") from error
    if abs(scaled) >= _MOST:
        raise BadAmount(f"{amount} is more than can be kept ({_MOST // _SCALE:,})")
    return scaled
