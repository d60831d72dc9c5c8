"""Unsubscribing by a signed link: a button for people, one click for mail programs (RFC 8058)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from jupyter_server.auth.decorator import allow_unauthenticated

from cxreports.alerts.sentences import title_text
from cxreports.portal.alerts import receivers
from cxreports.portal.post import targets
from cxreports.portal.schedules import recipients
from cxreports.portal.schedules.tables import Schedule
from cxreports.portal.site_map import Access
from cxreports.web.forms.form import FormPage

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class UnsubscribeHandler(FormPage):
    """One receiver of one schedule, or of one alert rule, who wants no more."""

    access = Access.PUBLIC
    in_shell = False

    def check_xsrf_cookie(self) -> None:
        """Ask for no token: a mail program has no cookie, and the signed link says all that it may do."""

    @allow_unauthenticated
    async def get(self, token: str) -> None:
        """Ask; a link that is only looked at, by a scanner say, changes nothing."""
        name, address = await self.look(self._read, token)
        self.show("unsubscribe.html.j2", name=name, address=address, is_done=False)

    @allow_unauthenticated
    async def post(self, token: str) -> None:
        """Take the receiver off."""
        name, address = await self.look(self._take_off, token)
        self.show("unsubscribe.html.j2", name=name, address=address, is_done=True)

    def _read(self, token: str) -> tuple[str, str]:
        with self.database.reading() as db:
            return self._found(db, token)

    def _take_off(self, token: str) -> tuple[str, str]:
        with self.database.writing() as db:
            found = self._found(db, token)
            if receivers.is_token(token):
                receivers.unsubscribe(db, receivers.of_token(db, self.vault, token), address=self.address)
            else:
                recipients.unsubscribe(db, recipients.of_token(db, self.vault, token), address=self.address)
            return found

    def _found(self, db: Session, token: str) -> tuple[str, str]:
        if receivers.is_token(token):
            rule, address = receivers.of_token(db, self.vault, token)
            return title_text(rule.standing, rule.title), address
        recipient = recipients.of_token(db, self.vault, token)
        return db.get_one(Schedule, recipient.schedule_id).name, targets.shown(recipient.target)


ROUTES: Final[list[tuple[Any, ...]]] = [(r"/unsubscribe/([0-9a-f.]{1,64})", UnsubscribeHandler)]
