"""Styles take their colours, their type and their radii from the tokens."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "cxreports/widgets/js/src"
STYLES = sorted(SOURCES.rglob("*.css"))
TOKENS = (ROOT / "cxreports/charts/tokens.css").read_text("utf-8")

COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b(?=[^{}]*;)|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\(|:[^;{}]*\b(?:white|black|red|green|blue|gr[ae]y)\b",
    re.IGNORECASE,
)
MOST_LINES = 270
AWAITED = {"band", "band-line", "scrim"}
"""Tokens that the next graphs and dialogs are drawn with; they leave this list when they are used."""


def rules(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)


def test_a_literal_colour_is_found() -> None:
    for found in ("a{color:#fff;}", "a {color: rgba(0, 0, 0, 0.1);}", "a{background: white;}"):
        assert COLOUR.search(found)
    for none in ("a{color: var(--card);}", "#cx-root ~ .cx-banner {top: 0;}", "a{white-space: nowrap;}"):
        assert not COLOUR.search(none)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_a_part_of_the_styles_is_short_and_has_tokens_alone(path: Path) -> None:
    text = rules(path)
    assert COLOUR.findall(text) == []
    assert re.findall(r"font(?:-size)?:[^;]*\d(?:px|r?em)", text) == []
    assert re.findall(r"prefers-color-scheme", text) == [], "the page's look is in the tokens, by data-theme"
    assert len(text.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_every_token_is_there(path: Path) -> None:
    asked = set(re.findall(r"var\(--((?!cx-)[\w-]+)\)", rules(path)))
    assert asked <= set(re.findall(r"--([\w-]+):", TOKENS))


def test_no_token_is_left_over() -> None:
    everywhere = "".join(rules(path) for path in STYLES)
    in_charts = (ROOT / "cxreports/charts/theme.py").read_text("utf-8")
    for name in set(re.findall(r"--([\w-]+):", TOKENS)) - AWAITED:
        assert f"var(--{name})" in everywhere or f'"{name}"' in in_charts, name
