"""Choices of a person, as a browser sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxreports.widgets.part import Chooser


def choose(part: Chooser, **choices: str) -> None:
    """Choose in a part of the page: the whole view comes back, with what was chosen."""
    part.set_state({"view": {**part.view, **choices}})
