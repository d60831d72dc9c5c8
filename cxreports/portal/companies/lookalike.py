"""Customer ids that look alike: one id that people take for another puts money on the wrong account."""

import unicodedata
from collections.abc import Iterable
from typing import Final

_SCRIPTS: Final = frozenset({"LATIN", "GREEK", "CYRILLIC"})
"""Scripts with letters that look like those of another of them."""

_UNSEEN: Final = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x2800, 0x3164, 0xFFA0),
            *range(0x180B, 0x180E),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ),
    )
)
"""What no font draws although it counts as a letter, mark or sign: fillers, selectors of variants, Braille's
blank (Unicode, DerivedCoreProperties.txt, Default_Ignorable_Code_Point)."""

_LOOKS: Final = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοѵιαν",  # noqa: RUF001 (that is the point)
    "ABESIJKMHOPCTYXaesijopcyxdqwABEZHIKMNOPTYXoviav",
)


def is_plain(company_id: str) -> bool:
    """Whether all of an id can be seen, and its letters are of one script."""
    if company_id != company_id.strip():
        return False
    # Cf: zero-width joiners, marks of direction; Zs but the blank: blanks of other widths.
    if any(unicodedata.category(each) in {"Cf", "Cn", "Co"} for each in company_id):
        return False
    if any(each in _UNSEEN or (unicodedata.category(each) == "Zs" and each != " ") for each in company_id):
        return False
    scripts = {unicodedata.name(each, "").partition(" ")[0] for each in company_id if each.isalpha()}
    return len(scripts & _SCRIPTS) <= 1


def look(company_id: str) -> str:
    """What an id looks like: the same for ids that people cannot tell apart."""
    text = unicodedata.normalize("NFKC", company_id)
    seen = "".join(each for each in text if unicodedata.category(each) != "Cf" and each not in _UNSEEN)
    return " ".join(seen.translate(_LOOKS).split())


def like(company_id: str, others: Iterable[str]) -> str | None:
    """First of other ids that an id looks like; None where it looks like none."""
    mine = look(company_id)
    return next((other for other in others if other != company_id and look(other) == mine), None)
