"""The interface's languages: texts, plural forms, numbers, money and dates.

Texts stand in the code in English, as ``_("Log in")``; ``locale/`` has the catalogues, which
`hatch_build.py` compiles. A process that serves many people sets the language for each request
(`speaking`), a page's kernel once (`speak`). Before that it has imported everything, so a text in
a constant is `marked` there and translated where it is shown.

Digits are 0 to 9 in every language: figures stand beside numbers, codes and times that nobody
writes otherwise.
"""

from __future__ import annotations

import gettext
import re
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal, localcontext
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel import Locale, localedata
from babel.dates import format_date
from babel.numbers import parse_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from babel.numbers import NumberPattern

LANGUAGES: Final = {
    "en": "English",
    "es": "Español",
    "pt": "Português",
    "fr": "Français",
    "de": "Deutsch",
    "ru": "Русский",
    "ar": "العربية",
    "hi": "हिन्दी",
    "zh": "中文",
    "ja": "日本語",
}
"""Name of each language in itself, by its tag."""

DOMAIN: Final = "cxreports"
CATALOGUES: Final = Path(__file__).parent / "locale"

DATES_IN_ENGLISH: Final = "en_GB"
"""The day comes before the month."""

_FALLBACK: Final = "en"
_ENGLISH: Final = {
    "MMMd": "d MMM",
    "yMMM": "MMM y",
    "yMMMM": "MMMM y",
    "MMMEd": "EEE d MMM",
    "yMMMd": "d MMM y",
    "yMMMEd": "EEE d MMM y",
}
"""How dates are written in English; elsewhere as CLDR says."""

_PATTERN_PART: Final = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")
_DIRECTIVES: Final = {
    "y": "%Y",
    "M": "%-m",
    "MMM": "%b",
    "LLL": "%b",
    "d": "%-d",
    "E": "%a",
    "EEE": "%a",
    "ccc": "%a",
}
"""CLDR's parts of a date as ``strftime`` names them."""

_everywhere = _FALLBACK
_here: ContextVar[str] = ContextVar("language", default="")


def current() -> str:
    """Tag of the language in use here."""
    return _here.get() or _everywhere


def of_process() -> str:
    """Tag of the language of this whole process, whatever a task of it speaks."""
    return _everywhere


def speak(tag: str) -> None:
    """Use a language in this whole process; an unknown one is English."""
    global _everywhere  # noqa: PLW0603 (a kernel has one reader)
    _everywhere = tag if tag in LANGUAGES else _FALLBACK


def speak_here(tag: str) -> None:
    """Use a language from here on, in this task alone; an unknown one is English."""
    _here.set(tag if tag in LANGUAGES else _FALLBACK)


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Use a language while the block runs, in this task alone."""
    before = _here.set(tag if tag in LANGUAGES else _FALLBACK)
    try:
        yield
    finally:
        _here.reset(before)


def preferred(accept_language: str) -> str:
    """Choose a language by a browser's ``Accept-Language``, as ``es-MX,es;q=0.9``; else English."""
    wishes: list[tuple[float, str]] = []
    for part in accept_language.split(","):
        tag, _, quality = part.partition(";")
        try:
            weight = float(quality.partition("=")[2] or 1)
        except ValueError:
            continue
        wishes.append((-weight, tag.strip().lower().partition("-")[0]))
    return next((tag for _, tag in sorted(wishes, key=lambda wish: wish[0]) if tag in LANGUAGES), _FALLBACK)


def is_right_to_left(tag: str | None = None) -> bool:
    """Whether a language (by default the current one) is written from right to left."""
    return locale(tag).text_direction == "rtl"


def locale(tag: str | None = None) -> Locale:
    """Locale (Babel's) of a language, by default of the current one."""
    return _locale(tag or current())


@cache
def _locale(tag: str) -> Locale:
    return Locale.parse(tag)


def _(text: str) -> str:
    """Text in the current language."""
    return catalogue(current()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Text in the plural form that a count asks for."""
    return catalogue(current()).ngettext(one, many, count)


def marked(text: str) -> str:
    """Text as it stands, collected for the catalogues; `_` translates it where it is shown."""
    return text


def number(value: float | Decimal, decimals: int = 0) -> str:
    """Figure with thousands separated and so many decimals."""
    if current() == _FALLBACK:
        return f"{value:,.{decimals}f}"
    exact = Decimal(f"{value:.{decimals}f}")
    # Babel rounds once more, within the context's digits.
    with localcontext(prec=len(exact.as_tuple().digits) + decimals + 1):
        return str(_number_pattern(current(), decimals).apply(exact, locale()))


@lru_cache(maxsize=256)
def _number_pattern(tag: str, decimals: int) -> NumberPattern:
    whole = locale(tag).decimal_formats[None].pattern.partition(".")[0]
    return parse_pattern(f"{whole}.{'0' * decimals}" if decimals else whole)


def isolated(text: str) -> str:
    """Amount or name that stays in one piece, whatever is written around it from right to left."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if is_right_to_left() else text


def date(moment: datetime, skeleton: str) -> str:
    """Date of a time in its own zone.

    Parameters
    ----------
    skeleton
        Its parts, as CLDR names them: ``MMMd``, ``MMMEd``, ``yMMMd``, ``yMMMEd``.
    """
    return format_date(moment.date(), date_pattern(skeleton), locale())


def date_and_time(moment: datetime, skeleton: str) -> str:
    """Date, as `date` writes it, with hours and minutes on the 24-hour clock."""
    joined = "{1}, {0}" if current() == _FALLBACK else str(locale().datetime_formats["medium"])
    return joined.replace("{1}", date(moment, skeleton)).replace("{0}", f"{moment:%H:%M}")


def date_pattern(skeleton: str) -> str:
    """Pattern of a date with some parts, in the order and with the separators of the language."""
    return (
        _ENGLISH[skeleton] if current() == _FALLBACK else str(locale().datetime_skeletons[skeleton].pattern)
    )


def date_directives(skeleton: str) -> str:
    """Date pattern (`date_pattern`) as graphs take it: ``%-d %b``."""
    parts = _PATTERN_PART.finditer(date_pattern(skeleton))
    return "".join(_DIRECTIVES[part[0]] if part[2] else (part[1] or part[0]) for part in parts)


def script_texts() -> str:
    """Texts of the pages' scripts as JSON, with their plural forms; empty in English."""
    tag = current()
    return "" if tag == _FALLBACK else _script_texts(tag)


@lru_cache(maxsize=len(LANGUAGES))
def _script_texts(tag: str) -> str:
    return (CATALOGUES / tag / "texts.json").read_text("utf-8")


def read_ahead() -> None:
    """Read every language's texts, and how its numbers and dates are written."""
    for tag in LANGUAGES:
        catalogue(tag)
        localedata.load(str(locale(tag)))
    localedata.load(DATES_IN_ENGLISH)


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(tag: str) -> gettext.NullTranslations:
    """Catalogue of a language; what it lacks is English, as in the code itself."""
    return gettext.translation(DOMAIN, CATALOGUES, [tag], fallback=True)
