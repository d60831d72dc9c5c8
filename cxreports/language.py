"""The interface's languages: texts, plural forms, numbers, money and dates.

Texts stand in the code in English, as ``_("Log in")``; ``locale/`` has the catalogues, which
`hatch_build.py` compiles. A process that serves many people sets the language for each request
(`speaking`), a page's kernel once (`speak`).
"""

from __future__ import annotations

import gettext
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel import Locale

if TYPE_CHECKING:
    from collections.abc import Iterator

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

_FALLBACK: Final = "en"
_everywhere = _FALLBACK
_here: ContextVar[str] = ContextVar("language", default="")


def current() -> str:
    """Give the tag of the language that is spoken here."""
    return _here.get() or _everywhere


def speak(tag: str) -> None:
    """Speak a language in this whole process; an unknown one is English."""
    global _everywhere  # noqa: PLW0603 (a kernel has one reader)
    _everywhere = tag if tag in LANGUAGES else _FALLBACK


def speak_here(tag: str) -> None:
    """Speak a language from here on, in this task alone; an unknown one is English."""
    _here.set(tag if tag in LANGUAGES else _FALLBACK)


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Speak a language while the block runs, in this task alone."""
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
    """Tell whether a language (by default the current one) is written from right to left."""
    return locale(tag).text_direction == "rtl"


def locale(tag: str | None = None) -> Locale:
    """Give Babel's locale of a language, by default of the current one."""
    return Locale.parse(tag or current())


def _(text: str) -> str:
    """Say a text in the current language."""
    return catalogue(current()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Say a text in the plural form that a count asks for."""
    return catalogue(current()).ngettext(one, many, count)


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(tag: str) -> gettext.NullTranslations:
    """Give the catalogue of a language; what it lacks is English, as in the code itself."""
    return gettext.translation(DOMAIN, CATALOGUES, [tag], fallback=True)
