"""What a person prefers, kept from one visit to the next.

Pages know the `Preferences` alone; `cxreports.pages.visit` says where they are kept. Outside a portal
nothing is kept, and a view lives in its address only.

What the address says wins over preferences, these over what the browser brings along (its time
zone), and that over the standard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cxreports.visitor import customer_in_reach

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxreports.pages.view import View


class Preferences(Protocol):
    """Where the preferences of the person who looks at a page are kept.

    They are texts by name, as addresses have them: ``zone`` (IANA name), ``widgets`` (ids in their
    order, joined by commas), ``opens`` (the default period), ``theme``.
    """

    def load(self) -> Mapping[str, str]:
        """Give what is kept. What a page does not know or understand, it leaves out."""

    def save(self, changed: Mapping[str, str]) -> None:
        """Keep what the person has just chosen; all else stays as it is kept."""


class AddressOnly:
    """Keeps nothing."""

    def load(self) -> Mapping[str, str]:
        """Give nothing."""
        return {}

    def save(self, changed: Mapping[str, str]) -> None:
        """Forget it."""


def opened(view: View, hello: Mapping[str, str], kept: Mapping[str, str]) -> View:
    """Give the view that a page opens with.

    Parameters
    ----------
    view
        What it shows when nobody asks for anything.
    hello
        What the browser says: the address's wishes, and its own zone as ``browser_zone``.
    kept
        The person's preferences.
    """
    browser = {"zone": hello["browser_zone"]} if "browser_zone" in hello else {}
    own = customer_in_reach()
    return view.asked(browser).asked(kept).asked(hello if own is None else {**hello, "customer": own})


def changed(before: View, after: View) -> dict[str, str]:
    """Give what of a choice is worth keeping; the rest is of this visit alone."""
    kept = before.preferred()
    return {name: text for name, text in after.preferred().items() if text != kept[name]}
