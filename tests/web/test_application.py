"""What the portal decides by itself while it runs."""

from __future__ import annotations

import pytest

from cxreports.web.application import turns_of


@pytest.mark.parametrize(
    ("pages", "processors", "turns"),
    [(0, 2, 2), (32, 2, 2), (33, 2, 1), (300, 2, 1), (300, 1, 1), (300, 16, 8), (200, 16, 16), (17, 1, 1)],
)
def test_many_pages_leave_half_of_the_processors_to_whoever_waits(
    pages: int, processors: int, turns: int
) -> None:
    assert turns_of(pages, processors) == turns
