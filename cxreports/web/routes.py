"""Every route of the portal and who may use it: what is not here is not served."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import tornado.web

from cxreports.errors import CxreportsError
from cxreports.language import _
from cxreports.portal import site_map
from cxreports.web import zones
from cxreports.web.alerts import list_page, rule_page
from cxreports.web.feeds import feeds_page, push, under_way_page
from cxreports.web.forms import (
    companies,
    confirm,
    log_in,
    log_ins,
    numbers,
    open_pages,
    payments,
    profile,
    review,
    security,
    users,
    views,
)
from cxreports.web.handler import PortalHandler
from cxreports.web.kernels.handlers import (
    KERNEL_ID,
    KernelChannelsHandler,
    KernelEndHandler,
    KernelStateHandler,
)
from cxreports.web.page import BuiltFileHandler, OperatorPageHandler, PageHandler
from cxreports.web.reports import files, once_page, preview, schedule_page, typed, unsubscribe
from cxreports.web.reports import list_page as reports_page

NOTEBOOKS: Final = {
    "dashboard": (site_map.DASHBOARD.route, PageHandler, "head.html.j2"),
    "cdr": (site_map.CALL_RECORDS.route, PageHandler, "head_cdr.html.j2"),
    "operator": (site_map.OPERATOR.route, OperatorPageHandler, "head_operator.html.j2"),
}
"""Path, handler and first template of the pages that are notebooks, by the notebook's name."""

STATIC_PATH: Final = "/static/cxreports"

_HERE: Final = Path(__file__).resolve().parent


class NotFoundHandler(PortalHandler):
    """Says of every other path that there is no such page, and to strangers not even that."""

    async def prepare(self, **options: Any) -> None:
        """Send strangers to the login, others back to the dashboard."""
        await super().prepare(**options)
        if not self._finished:
            raise tornado.web.HTTPError(404)


def routes(base: str) -> list[tuple[Any, ...]]:
    """List the routes: pattern, handler, and what the handler is told."""
    listed: list[tuple[Any, ...]] = [
        (f"{STATIC_PATH}/(.*)", BuiltFileHandler),
        (f"/api/kernels/{KERNEL_ID}", KernelStateHandler),
        (f"/api/kernels/{KERNEL_ID}/channels", KernelChannelsHandler),
        (f"/api/kernels/{KERNEL_ID}/end", KernelEndHandler),
        *push.ROUTES,
        *under_way_page.ROUTES,
        *feeds_page.ROUTES,
        *log_in.ROUTES,
        *open_pages.ROUTES,
        *confirm.ROUTES,
        *zones.ROUTES,
        *profile.ROUTES,
        *security.ROUTES,
        *log_ins.ROUTES,
        *numbers.ROUTES,
        *companies.ROUTES,
        *users.ROUTES,
        *payments.ROUTES,
        *views.ROUTES,
        *review.ROUTES,
        *list_page.ROUTES,
        *rule_page.ROUTES,
        *reports_page.ROUTES,
        *schedule_page.ROUTES,
        *typed.ROUTES,
        *once_page.ROUTES,
        *preview.ROUTES,
        *files.ROUTES,
        *unsubscribe.ROUTES,
        *(
            (path, handler, {"notebook": notebook(name), "skeleton": skeleton})
            for name, (path, handler, skeleton) in NOTEBOOKS.items()
        ),
        ("/.*", NotFoundHandler),
    ]
    prefix = base.rstrip("/")
    return [(prefix + pattern, *rest) for pattern, *rest in listed]


def notebook(name: str) -> Path:
    """Find one of the project's notebooks, in a source tree or an installed wheel.

    Raises
    ------
    CxreportsError
        It is missing.
    """
    places = (_HERE.parent / "notebooks", _HERE.parent.parent / "notebooks")
    for place in places:
        path = place / f"{name}.ipynb"
        if path.is_file():
            return path
    raise CxreportsError(
        _("the notebook {name}.ipynb is missing from this installation ({place})").format(
            name=name, place=places[0]
        )
    )
