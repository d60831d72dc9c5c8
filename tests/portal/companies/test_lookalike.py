"""Customer ids that people cannot tell apart are refused when a company is added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxreports.errors import BadField
from cxreports.portal.companies import companies

if TYPE_CHECKING:
    from cxreports.portal.database import Database

CYRILLIC_A, ZERO_WIDTH, NO_BREAK = "\u0430", "\u200b", "\u00a0"
CYRILLIC_PACE = "\u0440\u0430\u0441\u0435"

UNSEEN = "\ufe0f\u034f\u3164\u2800\u115f\uffa0\u180b\U000e0100"
"""Selectors of variants, joiners and fillers: letters, marks and signs that no font draws."""


@pytest.mark.parametrize(
    "typed",
    [
        *(" pace", "pace ", f"pa{ZERO_WIDTH}ce", f"p{CYRILLIC_A}ce", f"pa{NO_BREAK}ce", CYRILLIC_PACE),
        "\uff50ace",
        *(f"pace{unseen}" for unseen in UNSEEN),
    ],
)
def test_an_id_that_looks_like_another_is_refused(database: Database, typed: str) -> None:
    with database.writing() as db:
        companies.add(db, "pace", "Pace")
        with pytest.raises(BadField) as refused:
            companies.add(db, typed, "Another")
    assert refused.value.field == "id"
    assert str(refused.value).startswith(("This looks like pace,", "This has blanks at an end, characters"))


@pytest.mark.parametrize(
    "typed", ["pace2", "Pace", "東京 voz", "Zoë-1_x", "\u043c\u043e\u0441\u043a\u0432\u0430"]
)
def test_other_ids_are_taken(database: Database, typed: str) -> None:
    with database.writing() as db:
        companies.add(db, "pace", "Pace")
        assert companies.add(db, typed, "Another").id == typed
