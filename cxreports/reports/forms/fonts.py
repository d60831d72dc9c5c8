"""The fonts of reports: Noto Sans, out of packages, so that a machine without any font prints every language.

``manimgx-fonts`` has Noto's own files of 21 scripts, ``manimgx-fonts-cjk`` those of Chinese, Japanese and
Korean: variable fonts, so that one file is regular and bold. Both carry the SIL Open Font License.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

PACKAGES: Final = ("manimgx_fonts", "manimgx_fonts_cjk")

_FIRST: Final = "Noto Sans"
_BY_LANGUAGE: Final = {
    "ar": "Noto Sans Arabic",
    "hi": "Noto Sans Devanagari",
    "ja": "Noto Sans CJK JP",
}
_OTHERS: Final = ("Noto Sans CJK SC", "Noto Sans Arabic", "Noto Sans Devanagari", "Noto Sans Symbols")


@cache
def folders() -> tuple[Path, ...]:
    """Folders of the font files."""
    return tuple(Path(str(files(each))) for each in PACKAGES)


def families(tag: str) -> tuple[str, ...]:
    """Families to set a language in: first Latin, then its own script, then the other languages' scripts."""
    own = _BY_LANGUAGE.get(tag, _OTHERS[0])
    return tuple(dict.fromkeys((_FIRST, own, *_OTHERS)))
