"""Notices: what a page says in a plain panel when it has nothing to show, or something failed."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING, Literal

from cxreports.errors import CxreportsError
from cxreports.language import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxreports.widgets import CdrPage, OperatorPage, Page

_log = logging.getLogger("cxreports.pages")


def notice(kind: Literal["error", "empty"], title: str, text: str, code: str = "") -> dict[str, str]:
    """Give a notice as the pages' widgets take it."""
    return {"kind": kind, "title": title, "text": text, "code": code}


def no_calls() -> dict[str, str]:
    """Say that the lake is empty, and how to fill it."""
    text = _("Load CDR files, or make a sample operator with 60 days of calls:")
    return notice("empty", _("There are no calls yet"), text, "cxreports demo")


def no_calls_of(customer: str) -> dict[str, str]:
    """Say that a customer has no call."""
    title = _("There are no calls of {customer}").format(customer=customer)
    return notice("empty", title, _("Choose another customer in the bar above."))


def guarded(page: Page | CdrPage | OperatorPage, act: Callable[[], None], view: object) -> None:
    """Do what a person asked for; a failure is said on the page and logged under an id.

    Parameters
    ----------
    view
        What was to be shown, for the log.
    """
    try:
        act()
    except CxreportsError as error:
        page.notice = notice("error", _("This cannot be shown"), str(error))
    except Exception:  # noqa: BLE001 (the page outlives whatever a choice leads to)
        code = secrets.token_hex(4)
        _log.exception("A page failed [%s] with %s", code, view)
        text = _("The page goes on with what it showed before. The log tells what happened, under this id:")
        page.notice = notice("error", _("Something went wrong"), text, code)
