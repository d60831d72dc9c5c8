"""Files of finished reports, for those whose they are; links in mails lead here once one has logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from cxreports.errors import NotThere
from cxreports.language import _
from cxreports.portal.audit import Event
from cxreports.portal.database import now
from cxreports.portal.schedules import library, links
from cxreports.reports.run import thumbnail_of
from cxreports.web.reports.list_page import ReportsPage

if TYPE_CHECKING:
    from cxreports.portal.schedules.tables import ReportFile


class FileHandler(ReportsPage):
    """A file, as a download."""

    def _is_delicate(self) -> bool:
        return self.visitor.is_operator  # theirs may be of all customers

    async def get(self, asked: str) -> None:
        """Send it."""
        file, content = await self.look(self._read, asked)
        self.set_header("Content-Type", file.media_type)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(file.name, safe='')}")
        self.finish(content)

    def _file_id(self, asked: str) -> int:
        return int(asked)

    def _read(self, asked: str) -> tuple[ReportFile, bytes]:
        with self.database.writing() as db:
            file = library.file_of(db, self._file_id(asked), self.scope)
            content = (self.site.home / file.path).read_bytes()
            self.actor.did(
                db,
                Event.EXPORTED,
                company_id=self.scope,
                what=file.name,
                form=file.format,
                customer=self.scope,
            )
        return file, content


class ThumbnailHandler(ReportsPage):
    """Small picture of a PDF's first page, as PNG, for those whose the file is."""

    in_shell = False

    async def get(self, asked: str) -> None:
        """Send it; browsers keep it, and ask each time whether they may show it."""
        content = await self.look(self._read, int(asked))
        self.set_header("Content-Type", "image/png")
        self.set_header("Cache-Control", "private, no-cache")
        self.finish(content)

    def _read(self, file_id: int) -> bytes:
        with self.database.reading() as db:
            path = thumbnail_of(self.site.home / library.file_of(db, file_id, self.scope).path)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise NotThere(_("This report has no picture.")) from None


class LinkHandler(FileHandler):
    """A file by a link of a mail, which is good for a while."""

    def _file_id(self, asked: str) -> int:
        return links.file_of(self.vault, asked, now())


ROUTES: Final[list[tuple[Any, ...]]] = [
    (r"/reports/file/(\d{1,9})", FileHandler),
    (r"/reports/thumbnail/(\d{1,9})", ThumbnailHandler),
    (r"/reports/link/([0-9a-f.]{1,64})", LinkHandler),
]
