"""Words that a time zone is found by: its old names, abbreviations in use, its country and city.

The names come from the IANA database's own tables (``tzdata``), countries and cities in the reader's language
from CLDR (Babel). A page asks for them once, when its list of zones is opened.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo

from cxreports import language
from cxreports.language import LANGUAGES
from cxreports.web.handler import PortalHandler

KEPT_S: Final = 86_400
"""How long a browser keeps the words: they change with a release of the database."""

_TABLES: Final = files("tzdata").joinpath("zoneinfo")
_LETTERS: Final = re.compile(r"[A-Z]{2,5}")


class ZonesHandler(PortalHandler):
    """Words of all zones, in the reader's language."""

    in_shell = False

    def get(self, tag: str) -> None:
        """Send them."""
        self.set_header("Cache-Control", f"private, max-age={KEPT_S}")
        self.finish(search_words(tag, datetime.now(UTC).year))


@lru_cache(maxsize=len(LANGUAGES))
def search_words(tag: str, year: int) -> dict[str, str]:
    """Words that zones are found by beside their names, by zone: ``Asia/Calcutta · IST · India``.

    Parameters
    ----------
    tag
        Language of the reader; countries are in English too.
    year
        Year whose abbreviations count.
    """
    here, english = language.locale(tag), language.locale("en")
    countries = _countries()
    old = _old_names(countries)
    words = {}
    for zone, codes in countries.items():
        names = (zone, *old.get(zone, ()))  # CLDR has cities under the names that zones had first.
        cities = (each.time_zones.get(name, {}).get("city", "") for each in (here, english) for name in names)
        lands = (each.territories.get(code, "") for code in codes for each in (here, english))
        found = [*names[1:], *_abbreviations(zone, year), *lands, *cities]
        words[zone] = " · ".join(dict.fromkeys(each.replace("_", " ") for each in found if each))
    return words


def _rows(table: str) -> list[list[str]]:
    lines = _TABLES.joinpath(table).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def _countries() -> dict[str, list[str]]:
    """Codes of the countries that keep the time of a zone (ISO 3166), by zone."""
    countries = {zone: [code] for code, _place, zone, *_ in _rows("zone.tab")}
    for codes, _place, zone, *_ in _rows("zone1970.tab"):
        own = countries.setdefault(zone, [])
        own += [code for code in codes.split(",") if code not in own]
    return countries


def _old_names(zones: dict[str, list[str]]) -> dict[str, list[str]]:
    """Names that zones had before, by their present name; a zone that people live in is no old name."""
    old: dict[str, list[str]] = {}
    for line in _TABLES.joinpath("tzdata.zi").read_text("utf-8").splitlines():
        kind, *names = line.split(" ")
        if kind == "L" and names[1] not in zones:
            old.setdefault(names[0], []).append(names[1])
    return old


def _abbreviations(zone: str, year: int) -> list[str]:
    """What its clocks call their time in winter and in summer, where that is letters: ``EST``, ``EDT``."""
    names = (datetime(year, month, 1, tzinfo=ZoneInfo(zone)).tzname() for month in (1, 7))
    return [name for name in names if name and _LETTERS.fullmatch(name)]


ROUTES: Final[list[tuple[Any, ...]]] = [(f"/zones/({'|'.join(LANGUAGES)})", ZonesHandler)]
