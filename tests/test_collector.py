"""The collector rests while packages are imported, and collects again afterwards."""

from __future__ import annotations

import gc
import weakref

import pytest

from cxreports.collector import importing


class _Looped:
    def __init__(self) -> None:
        self.itself = self


def test_nothing_is_collected_while_something_is_imported() -> None:
    with importing():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_was_made_meanwhile_is_not_looked_at_and_what_comes_later_is() -> None:
    try:
        with importing():
            kept = weakref.ref(_Looped())
        assert gc.get_freeze_count()
        later = weakref.ref(_Looped())
        gc.collect()
        assert kept() is not None
        assert later() is None
    finally:
        gc.unfreeze()
        gc.collect()


def test_it_stays_off_where_it_was_off_and_comes_back_after_an_error() -> None:
    with pytest.raises(ImportError), importing():
        raise ImportError
    assert gc.isenabled()
    gc.disable()
    try:
        with importing():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
