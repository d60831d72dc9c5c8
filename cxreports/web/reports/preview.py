"""The first page of a report as a picture, of what is typed into the editor of a schedule."""

from __future__ import annotations

import logging
import tempfile
from collections import OrderedDict
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from cxreports import clock
from cxreports.errors import BadField, BadTime, PortalError
from cxreports.language import LANGUAGES, _
from cxreports.portal import site_map
from cxreports.portal.database import now
from cxreports.portal.schedules import period, schedules
from cxreports.web.forms.form import Fault
from cxreports.web.reports.list_page import ReportsPage

if TYPE_CHECKING:
    from collections.abc import Hashable

    from cxreports.clock import Period

LOG: Final = logging.getLogger(__name__)
PATH: Final = f"{site_map.REPORTS.path}/preview"

_MOST_KEPT: Final = 32
_LONGEST: Final = 4_000

_kept: OrderedDict[tuple[Hashable, ...], bytes] = OrderedDict()
_drawing: Final = Lock()


class PreviewHandler(ReportsPage):
    """A picture as PNG; one is drawn at a time, whoever asks."""

    in_shell = False

    async def get(self) -> None:
        """Answer with it, or with what is wrong at which field."""
        self.set_header("Cache-Control", "no-store")
        found = await self.attempted(self.run(self._picture))
        if isinstance(found, Fault):
            self.set_status(HTTPStatus.UNPROCESSABLE_ENTITY)
            self.finish({"faults": dict(found.faults) or {"notebook": found.wrong}})
            return
        if not found:
            self.set_status(HTTPStatus.TOO_MANY_REQUESTS)
            self.set_header("Retry-After", "5")
            self.finish({"faults": {"notebook": _("Another one is being drawn: try again in a moment.")}})
            return
        self.set_header("Content-Type", "image/png")
        self.finish(found)

    def _picture(self) -> bytes:
        """The picture; empty while another one is drawn."""
        names = ("notebook", "period", "language")
        asked = {name: self.get_query_argument(name, "")[:_LONGEST] for name in names}
        if asked["notebook"] not in schedules.NOTEBOOKS:
            raise BadField("notebook", _("There is no such notebook."))
        if asked["language"] not in LANGUAGES:
            raise BadField("language", _("There is no such language."))
        try:
            zone = clock.zone(self.get_query_argument("zone", "") or "UTC").key
        except BadTime as error:
            raise BadField("zone", str(error)) from error
        about = period.period_before(asked["period"], now(), zone)
        version = self.store.snapshot().head.version
        customer = self._customer()
        key = (str(self.site.home), version, customer, *asked.values(), zone, about.start, about.end)
        if key in _kept:
            return _kept[key]
        if not _drawing.acquire(blocking=False):
            return b""
        try:
            _kept[key] = self._drawn(asked, customer, about, zone)
        finally:
            _drawing.release()
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
        return _kept[key]

    def _drawn(self, asked: dict[str, str], customer: str, about: Period, zone: str) -> bytes:
        from cxreports.reports.run import Failed, run  # noqa: PLC0415 (few ask for it)

        with tempfile.TemporaryDirectory(prefix="cxreports-preview-") as folder:
            (made,) = run(
                asked["notebook"],
                customer=[customer],
                period=about,
                formats=("png",),
                to=folder,
                language=asked["language"],
                zone=zone,
                home=self.site.settings,
                jobs=1,
            )
            if isinstance(made, Failed):
                LOG.warning("no preview of %s: %s", customer, made.reason)
                raise PortalError(_("It could not be drawn."))
            return made.path.read_bytes()

    def _customer(self) -> str:
        """Whose report is drawn: one's own; an operator's first that is named, or whoever has most calls."""
        known = self.store.snapshot().customers().sort("cdrs", descending=True)["customer"].to_list()
        if self.scope in known:
            return str(self.scope)
        if self.scope is not None:
            known = []
        named = (each.strip() for each in self.get_query_argument("customers", "")[:_LONGEST].split(","))
        chosen = next((each for each in named if each in known), None)
        if chosen is None and not known:
            raise PortalError(_("There are no calls to report on yet."))
        return chosen or str(known[0])


ROUTES: Final[list[tuple[Any, ...]]] = [(f"/{PATH}", PreviewHandler)]
