"""Pages of lists: which rows of how many."""

from __future__ import annotations

import pytest

from cxreports.web.forms.form import ROWS, Paged, last_page


@pytest.mark.parametrize("total", [1, ROWS - 1, ROWS, ROWS + 1, 2 * ROWS, 3 * ROWS - 7])
@pytest.mark.parametrize("asked", [1, 2, 3, 99])
def test_a_page_knows_the_places_of_its_rows(total: int, asked: int) -> None:
    places = list(range(1, total + 1))
    paged = Paged.of(places, asked)
    assert (paged.first, paged.last) == (paged.rows[0], paged.rows[-1])


@pytest.mark.parametrize(("total", "size", "last"), [(0, 8, 1), (8, 8, 1), (9, 8, 2), (16, 8, 2), (17, 8, 3)])
def test_the_last_page_has_the_rest(total: int, size: int, last: int) -> None:
    assert last_page(total, size) == last
