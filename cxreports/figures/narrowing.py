"""What figures and lists of calls can be narrowed by: destination, SIP code, direction, number.

Neighbours: ``call_records`` lists the calls that a narrowing lets through, ``breakdown`` counts by the
same destinations, and a narrowed snapshot (`narrowed`) gives every figure of those calls alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict

from cxreports.errors import BadFilter
from cxreports.language import _
from cxreports.sip import NO_CODE
from cxreports.sql import literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxreports.lake.snapshot import Snapshot

Direction = Literal["", "inbound", "outbound"]

DIRECTIONS: Final[tuple[Direction, ...]] = ("", "inbound", "outbound")

PREFIX_DIGITS: Final = 3
"""Digits that a number without a named destination is counted by."""

DESTINATION: Final = (
    "COALESCE(NULLIF(destination_name, ''), NULLIF(destination_code, ''), "
    f"NULLIF(left(ltrim(destination, '+'), {PREFIX_DIGITS}), '') || '…', '{NO_CODE}')"
)
"""SQL of where a call went: the name that the source gives, else the dial code, else first digits."""

WITHOUT_CODE: Final = "none"
"""Stands for the SIP code of calls of which the switch says none."""

_SIP: Final = re.compile(r"([1-6])(\d\d|[xX]{2})")
_TELEPHONE: Final = re.compile(r"\+?[\d\s().\-/]*\d[\d\s().\-/]*")
_PUNCTUATION: Final = re.compile(r"[\s().\-/]")
_SIDES: Final = ("source", "destination", "source", "destination")


class Only(TypedDict, total=False):
    """The fields of `Narrowing`, as keywords."""

    number: str
    sip: str
    direction: Direction
    destination: str


@dataclass(frozen=True)
class Narrowing:
    """Which calls count; what is left out lets every call through.

    Attributes
    ----------
    number
        Beginning of the source or of the destination. A ``+`` in front is not looked at on
        either side, nor are blanks, dashes, dots, slashes and brackets in what is asked for.
    sip
        A final SIP response, ``486``, a class of them, ``4xx``, or ``none`` for calls of which the
        switch does not say it.
    direction
        ``inbound`` or ``outbound``.
    destination
        Where the call went, exactly as `cxreports.figures.breakdown.destinations` names it.

    Raises
    ------
    BadFilter
        The SIP code or the direction is none.
    """

    number: str = ""
    sip: str = ""
    direction: Direction = ""
    destination: str = ""

    def __post_init__(self) -> None:
        if self.sip and self.sip != WITHOUT_CODE and not _SIP.fullmatch(self.sip):
            raise BadFilter(
                _("{code} is no SIP code: write a code such as 486, or a class such as 4xx").format(
                    code=repr(self.sip)
                )
            )
        if self.direction not in DIRECTIONS:
            raise BadFilter(f"{self.direction!r} is no direction: it is inbound or outbound, or left out")

    @property
    def prefix(self) -> str:
        """The number as it is compared."""
        number = self.number.strip()
        if _TELEPHONE.fullmatch(number):
            number = _PUNCTUATION.sub("", number)
        return number.removeprefix("+")

    def conditions(self, bind: Callable[[Any], str]) -> list[str]:
        """SQL of what a call must fulfil, all of them together.

        Parameters
        ----------
        bind
            Gives the SQL that stands for a value.
        """
        wanted: list[str] = []
        if self.prefix:
            # Four comparisons that each know their prefix: Parquet's statistics apply to them.
            signs = ("", "", "+", "+")
            sides = (
                f"starts_with({side}, {bind(sign + self.prefix)})"
                for side, sign in zip(_SIDES, signs, strict=True)
            )
            wanted.append(f"({' OR '.join(sides)})")
        if self.sip == WITHOUT_CODE:
            wanted.append("sip_code IS NULL")
        elif match := _SIP.fullmatch(self.sip):
            low = int(match[1]) * 100
            is_code = match[2].isdecimal()
            wanted.append(
                f"sip_code = {bind(int(self.sip))}"
                if is_code
                else f"sip_code BETWEEN {bind(low)} AND {bind(low + 99)}"
            )
        if self.direction:
            wanted.append(f"direction = {bind(self.direction)}")
        if self.destination:
            wanted.append(f"{DESTINATION} = {bind(self.destination)}")
        return wanted


def narrowed(snapshot: Snapshot, only: Narrowing) -> Snapshot:
    """Snapshot in which a narrowing's calls alone count; the same one where it lets every call through.

    Every series, summary and breakdown of it is added up from the calls themselves, as nothing is
    stored for some calls of an hour. Customers and their spans stay those of all calls.
    """
    wanted = only.conditions(literal)
    return snapshot.narrowed(" AND ".join(wanted)) if wanted else snapshot
