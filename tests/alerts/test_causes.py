"""Causes: the parts of a change add up to it exactly, and the part that is named is the one that was made."""

from __future__ import annotations

import pytest

from cxreports.alerts.causes import Cause, Cell, cause, changes, shared_out
from cxreports.language import speaking

UK, FR = "United Kingdom Mobile", "France"
USUAL = {Cell("486", UK): 301, Cell("486", FR): 100, Cell("503", UK): 7, Cell("503", FR): 3}


@pytest.mark.parametrize("total", [0, 1, 2, 10, 411, 10**9 + 7])
def test_what_was_expected_is_shared_out_exactly(total: int) -> None:
    parts = shared_out(total, USUAL)
    assert sum(parts.values()) == total
    for cell, part in parts.items():
        assert abs(part - total * USUAL[cell] / 411) < 1


def test_largest_remainder_by_hand() -> None:
    # Of 10: 7.32, 2.43, 0.17, 0.07.
    assert list(shared_out(10, USUAL).values()) == [7, 3, 0, 0]


def test_changes_add_up_to_the_change() -> None:
    observed = {Cell("486", UK): 40, Cell("503", UK): 95, Cell("404", FR): 2}
    changed = changes(observed, USUAL, 41)
    assert sum(changed.values()) == 137 - 41
    assert changed[Cell("404", FR)] == 2
    # Of 41: 30.03, 9.98, 0.70, 0.30.
    assert changed == {
        Cell("486", UK): 10, Cell("486", FR): -10, Cell("503", UK): 94, Cell("503", FR): 0,
        Cell("404", FR): 2,
    }  # fmt: skip


def test_something_that_never_was_is_a_change_of_its_own() -> None:
    assert changes({Cell("", "Cuba"): 5}, {}, 2) == {Cell("", "Cuba"): 5, Cell("", ""): -2}


def test_the_cause_is_a_code_to_a_destination() -> None:
    changed = {Cell("503", UK): 94, Cell("486", UK): 2, Cell("404", FR): 4}
    found = cause("failures", changed)
    assert found == Cause("failures", is_more=True, share=0.94, code="503", destination=UK)
    with speaking("en"):
        assert found.sentence() == f"94 % of the extra failures: 503 to {UK}"
    assert Cause.of_kept(found.kept()) == found


def test_the_cause_is_a_destination_where_the_codes_are_many() -> None:
    changed = {Cell("503", UK): 40, Cell("486", UK): 40, Cell("404", FR): 20}
    assert cause("failures", changed) == Cause("failures", is_more=True, share=0.8, code="", destination=UK)


def test_the_cause_is_a_code_where_the_destinations_are_many() -> None:
    changed = {Cell("503", f"D{nth}"): 9 for nth in range(10)} | {Cell("486", UK): 10}
    assert cause("failures", changed) == Cause(
        "failures", is_more=True, share=0.9, code="503", destination=""
    )


def test_missing_calls_have_a_cause_too() -> None:
    found = cause("attempts", {Cell("", UK): -90, Cell("", FR): -10})
    assert found == Cause("attempts", is_more=False, share=0.9, code="", destination=UK)


def test_nothing_is_named_where_everything_changed_a_little() -> None:
    assert cause("attempts", {Cell("", f"D{nth}"): 1 for nth in range(10)}) is None
    assert cause("attempts", {Cell("", UK): 5, Cell("", FR): -5}) is None
