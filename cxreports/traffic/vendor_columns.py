"""Values as switches print them, shared by the writers of vendors' files."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from cxreports.traffic.endings import ANSWERED, ENDINGS

SECOND: Final = "%Y-%m-%d %H:%M:%S"
"""Time to the second."""

_ENDINGS: Final = (ANSWERED, *ENDINGS.values())


def second_text(column: str) -> pl.Expr:
    """Time to the second, as most switches print it."""
    return pl.col(column).dt.strftime(SECOND)


def epoch_seconds(column: str) -> pl.Expr:
    """Seconds since 1970 of a time, rounded down."""
    return pl.col(column).dt.epoch("us") // 1_000_000


def whole(column: str) -> pl.Expr:
    """Whole part of a number."""
    return pl.col(column).cast(pl.Int64)


def money(column: str) -> pl.Expr:
    """Amount with six decimals."""
    return pl.col(column).cast(pl.Decimal(18, 6))


def by_sip_code(names: Mapping[int, str], other: str) -> pl.Expr:
    """Name of the final SIP response in a vendor's words."""
    return pl.col("sip_code").replace_strict(names, default=other, return_dtype=pl.String)


def hangup_cause() -> pl.Expr:
    """Cause of the ending as FreeSWITCH names it."""
    names = {each.release_reason: each.hangup_cause for each in _ENDINGS}
    return pl.col("release_reason").replace_strict(names)


def q850_cause() -> pl.Expr:
    """Cause of the ending as ITU-T Q.850 numbers it."""
    numbers = {each.release_reason: each.q850 for each in _ENDINGS}
    return pl.col("release_reason").replace_strict(numbers)


def uuid() -> pl.Expr:
    """Id of the call, its 32 digits written as a UUID."""
    cuts = ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))
    return pl.concat_str([pl.col("call_id").str.slice(*cut) for cut in cuts], separator="-")


def eight_digits(number: pl.Expr) -> pl.Expr:
    """Eight digits that count up, as Asterisk's channel names have them."""
    return number.cast(pl.String).str.zfill(8)
