"""Choices that are kept from one visit of a page to the next, and the view that a page opens with.

What the address says wins over what is kept, this over what the browser brings along (its time
zone), and that over the standard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from cxreports.desk.desk import desk_of
from cxreports.pages.call_records_view import CallRecordsView
from cxreports.pages.view import View
from cxreports.visitor import current, customer_in_reach

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

AnyView = TypeVar("AnyView", bound=View | CallRecordsView)


class KeptChoices:
    """The choices of this page's visitor, which the portal keeps; outside a portal nothing is kept.

    They are texts by name, as addresses have them: ``zone`` (IANA name), ``widgets`` (ids in their
    order, joined by commas), ``opens`` (the default period), ``theme``.

    Parameters
    ----------
    home
        The home folder.
    user_id
        The visitor; None for nobody, whose choices are not kept.
    """

    def __init__(self, home: Path, user_id: int | None) -> None:
        self._home, self._user_id = home, user_id

    def load(self) -> Mapping[str, str]:
        """What the user has chosen, on whichever device."""
        return {} if self._user_id is None else desk_of(self._home).choices()

    def save(self, changed: Mapping[str, str]) -> None:
        """Keep what the user has just chosen; all else stays as it is kept."""
        if self._user_id is not None:
            desk_of(self._home).keep(changed)


def kept_choices(home: Path) -> KeptChoices:
    """The choices of the user that this page's process works for."""
    visitor = current()
    return KeptChoices(home, None if visitor is None else visitor.user_id)


def first_view(view: AnyView, kept: KeptChoices) -> AnyView:
    """The view that a page is prepared with, before its browser says anything.

    Parameters
    ----------
    view
        What shows when nobody asks for anything.
    kept
        Read only where a visitor is known, with what their address asks for.
    """
    visitor = current()
    return view if visitor is None else opened(view, dict(visitor.wishes), kept.load())


def opened(view: AnyView, hello: Mapping[str, str], kept: Mapping[str, str]) -> AnyView:
    """The view that a page opens with.

    Parameters
    ----------
    view
        What it shows when nobody asks for anything.
    hello
        What the browser says: the address's wishes, and its own zone as ``browser_zone``.
    kept
        The user's kept choices.
    """
    browser = {"zone": hello["browser_zone"]} if "browser_zone" in hello else {}
    own = customer_in_reach()
    wishes = hello if own is None else {**hello, "customer": own}
    found: Any = view.asked(browser).asked(kept).asked(wishes)
    return found  # type: ignore[no-any-return]


def worth_keeping(before: View | CallRecordsView, after: View | CallRecordsView) -> dict[str, str]:
    """The changed choices that are kept; the others are of this visit alone."""
    kept = before.preferred()
    return {name: text for name, text in after.preferred().items() if text != kept[name]}
