"""Notices: what a page says in a plain panel when it has nothing to show, or something failed."""

from __future__ import annotations

from typing import Literal

from cxreports.language import _


def notice(kind: Literal["error", "empty"], title: str, text: str, code: str = "") -> dict[str, str]:
    """A notice as the pages' widgets take it."""
    return {"kind": kind, "title": title, "text": text, "code": code}


def no_calls() -> dict[str, str]:
    """Say that the lake is empty, and how to fill it."""
    text = _("Load CDR files, or make a sample operator with 60 days of calls:")
    return notice("empty", _("There are no calls yet"), text, "cxreports demo")


def no_calls_of(customer: str) -> dict[str, str]:
    """Say that a customer has no call."""
    title = _("There are no calls of {customer}").format(customer=customer)
    return notice("empty", title, _("Choose another customer in the bar above."))
