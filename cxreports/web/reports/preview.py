"""What arrives by a schedule that is typed: the report's pages, as pictures, and the mail."""

from __future__ import annotations

import logging
import tempfile
from collections import OrderedDict
from dataclasses import replace
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from cxreports import clock
from cxreports.errors import BadField, BadTime, PortalError
from cxreports.language import LANGUAGES, _
from cxreports.portal import site_map
from cxreports.portal.database import now
from cxreports.portal.schedules import period, schedules
from cxreports.schedules.foretold import foretold
from cxreports.web.forms.form import Fault
from cxreports.web.reports.list_page import ReportsPage
from cxreports.web.reports.typed import FIRST, LONGEST, Editor, wanted_of
from cxreports.web.sent import whole_number

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from cxreports.clock import Period
    from cxreports.schedules.foretold import Foretold

LOG: Final = logging.getLogger(__name__)
PATH: Final = f"{site_map.REPORTS.path}/preview"

MAIL: Final = f"{site_map.REPORTS.path}/mail"

PAGES: Final = "Cx-Pages"
"""Header with the number of pages there are."""

_MOST_KEPT: Final = 16

_kept: OrderedDict[tuple[Hashable, ...], Sequence[bytes]] = OrderedDict()
_drawing: Final = Lock()


class PreviewHandler(ReportsPage):
    """Picture of a page as PNG; one report is drawn at a time, whoever asks."""

    in_shell = False

    async def get(self) -> None:
        """Answer with it, or with what is wrong at which field."""
        self.set_header("Cache-Control", "no-store")
        found = await self.attempted(self.run(self._pictures))
        if isinstance(found, Fault):
            self.tell(found, "notebook")
            return
        if not found:
            self.set_status(HTTPStatus.TOO_MANY_REQUESTS)
            self.set_header("Retry-After", "5")
            self.finish({"faults": {"notebook": _("Another one is being drawn: try again in a moment.")}})
            return
        number = min(max(whole_number(self.get_query_argument("page", "")) or 1, 1), len(found))
        self.set_header(PAGES, str(len(found)))
        self.set_header("Content-Type", "image/png")
        self.finish(found[number - 1])

    def _pictures(self) -> Sequence[bytes]:
        """A picture of each page; none while another report is drawn."""
        names = ("notebook", "period", "language")
        asked = {name: self.get_query_argument(name, "")[:LONGEST] for name in names}
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
        customer = _customer(self)
        key = (str(self.site.home), version, customer, *asked.values(), zone, about.start, about.end)
        if (kept := _kept.get(key)) is not None:
            return kept
        if not _drawing.acquire(blocking=False):
            return ()
        try:
            drawn = _kept[key] = self._drawn(asked, customer, about, zone)
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
            return drawn
        finally:
            _drawing.release()

    def _drawn(self, asked: dict[str, str], customer: str, about: Period, zone: str) -> Sequence[bytes]:
        from cxreports.reports.run import Failed, run  # noqa: PLC0415 (few ask for it)

        with tempfile.TemporaryDirectory(prefix="cxreports-preview-") as folder:
            made = run(
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
            pages = []
            for each in made:
                if isinstance(each, Failed):
                    LOG.warning("no preview of %s: %s", customer, each.reason)
                    raise PortalError(_("It could not be drawn."))
                pages.append(each.path.read_bytes())
            return pages


class MailHandler(Editor):
    """The mail as it would read if the schedule were due now."""

    in_shell = False

    async def get(self) -> None:
        """Answer with it as a part of the page, or with what is wrong at which field."""
        self.set_header("Cache-Control", "no-store")
        found = await self.attempted(self.run(self._mail))
        if isinstance(found, Fault):
            self.tell(found, "to")
            return
        paragraphs = found.letter.text.strip().split("\n\n")
        self.show(
            "report_mail.html.j2", subject=found.letter.subject, paragraphs=paragraphs, files=found.files
        )

    def _mail(self) -> Foretold:
        wanted = wanted_of(self.sent(FIRST, is_form=False))
        if wanted.language not in LANGUAGES:
            raise BadField("language", _("There is no such language."))
        named = replace(wanted, name=wanted.name or _("New schedule"))
        snapshot = self.store.snapshot()
        return foretold(named, _customer(self), snapshot, self.site.settings, self.vault, now=now())


def _customer(page: ReportsPage) -> str:
    """Whose report is shown: one's own; an operator's first that is named, or whoever has most calls."""
    known = page.store.snapshot().customers().sort("cdrs", descending=True)["customer"].to_list()
    if page.scope in known:
        return str(page.scope)
    if page.scope is not None:
        known = []
    named = (each.strip() for each in page.get_query_argument("customers", "")[:LONGEST].split(","))
    chosen = next((each for each in named if each in known), None)
    if chosen is None and not known:
        raise PortalError(_("There are no calls to report on yet."))
    return chosen or str(known[0])


ROUTES: Final[list[tuple[Any, ...]]] = [(f"/{PATH}", PreviewHandler), (f"/{MAIL}", MailHandler)]
