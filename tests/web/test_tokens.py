"""Colours of the design tokens against WCAG 2.2 AA."""

import re

import pytest

from cxreports.charts.theme import tokens

TEXT, GRAPHIC = 4.5, 3.0


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("ink", "paper", "least"),
    [
        *((ink, paper, TEXT) for ink in ("ink", "muted") for paper in ("card", "bg", "soft")),
        *(
            (ink, "card", TEXT)
            for ink in ("channels", "asr", "acd", "dtmf", "limit", "good", "bad", "accent")
        ),
        ("bar-ink", "bar", TEXT),
        ("accent", "bg", GRAPHIC),
    ],
)
def test_text_and_lines_can_be_read(ink: str, paper: str, least: float, dark: bool) -> None:
    look = tokens(dark=dark)
    colours = [re.sub(r"^#(.)(.)(.)$", r"#\1\1\2\2\3\3", look[name].strip()) for name in (ink, paper)]
    assert contrast(*colours) >= least
