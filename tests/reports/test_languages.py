"""The report in each language: its script, its figures, and no font but those that come with packages.

The first page of each is kept in ``artifacts/reports``, to be looked at.
"""

from __future__ import annotations

import ctypes
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from babel.numbers import format_decimal
from pypdfium2 import raw
from report_operator import NOW

from cxreports import Lake
from cxreports.language import LANGUAGES, current
from cxreports.reports import Finished, run

if TYPE_CHECKING:
    from report_operator import Operator

ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts" / "reports"
SCRIPTS = {
    "ru": ("CYRILLIC", "NotoSans-Regular"),
    "ar": ("ARABIC", "NotoSansArabic"),
    "hi": ("DEVANAGARI", "NotoSansDevanagari"),
    "zh": ("CJK", "NotoSansCJKsc"),
    "ja": ("KATAKANA", "NotoSansCJKjp"),
}
"""Letters that a language cannot be without, and the font that has them; all others are Latin."""
SLOW = {"en", "es", "pt"}
"""Spanish and Portuguese write numbers as German does; English reports are those of ``test_report.py``."""


def fonts(page: pypdfium2.PdfPage) -> dict[str, bool]:
    """Fonts of the texts of a page, without the tags of their subsets, and whether each is embedded."""
    found = {}
    for each in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=8):
        font = raw.FPDFTextObj_GetFont(each.raw)
        name = ctypes.create_string_buffer(100)
        raw.FPDFFont_GetBaseFontName(font, name, len(name))
        found[name.value.decode().partition("+")[2]] = raw.FPDFFont_GetIsEmbedded(font) == 1
    return found


@pytest.mark.parametrize(
    "language",
    [pytest.param(each, marks=[pytest.mark.slow] * (each in SLOW)) for each in sorted(LANGUAGES)],
)
def test_a_report_is_printed_in_its_language(operator: Operator, tmp_path: Path, language: str) -> None:
    asked = {"customer": "acme", "period": "2026-10", "now": NOW, "jobs": 0, "language": language}
    (report,) = run("report", to=tmp_path, home=operator.home, formats=("pdf",), **asked)  # type: ignore[arg-type]
    assert isinstance(report, Finished)
    assert current() == "en", "whoever asks for it goes on in their own language"
    document = pypdfium2.PdfDocument(report.path)
    page = document[0]
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.render(scale=1.5).to_pil().save(ARTIFACTS / f"report-{language}.png")
    text, used = page.get_textpage().get_text_range(), fonts(page)
    document.close()
    assert set(used.values()) == {True}, "each font is in the file"
    assert all(name.startswith("NotoSans") for name in used), used
    script, font = SCRIPTS.get(language, ("LATIN", "NotoSans-Regular"))
    assert any(name.startswith(font) for name in used), used
    assert any(unicodedata.name(each, "").startswith(script) for each in text)
    attempts = Lake(operator.home).summary("acme", "month", start="2026-10-01", end="2026-11-01")["attempts"]
    assert format_decimal(attempts.item(), locale=language) in text
