"""How many pages may be open at once."""

from __future__ import annotations

from cxreports.web.kernels.limits import pages_that_fit


def test_as_many_pages_may_be_open_as_fit_in_memory() -> None:
    gib = 2**30
    assert [pages_that_fit(each * gib) for each in (2, 8, 16, 24, 256)] == [32, 51, 153, 256, 300]
