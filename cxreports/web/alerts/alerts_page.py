"""What the pages of alerts share: whose rules are in reach, and what is done to one rule from either page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cxreports import clock
from cxreports.alerts.sentences import title_text
from cxreports.alerts.trial import judged_now, send_test
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.errors import PortalError
from cxreports.language import _
from cxreports.portal.alerts import history, rules
from cxreports.portal.alerts.rules import Keeper
from cxreports.portal.database import now
from cxreports.portal.people import throttle, verification
from cxreports.web.forms.form import FormPage
from cxreports.web.forms.question import Question
from cxreports.web.sent import whole_number

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session


class AlertsPage(FormPage):
    """A page of alerts."""

    @property
    def keeper(self) -> Keeper:
        """Whose rules are in reach."""
        return Keeper(self.visitor.customer)

    @property
    def within(self) -> ZoneInfo:
        """Zone of the page's times."""
        shell = self.shell()
        return clock.zone(shell.zone if shell else "UTC")

    def company_asked(self) -> str | None:
        """For operators: the company whose rules are shown; None for all."""
        asked = self.get_query_argument("company", "")
        return None if not self.visitor.is_operator or asked in {"", ALL_CUSTOMERS} else asked

    def question_of(self, rule_id: int) -> Question:
        """What is asked before a rule is removed."""
        with self.database.reading() as db:
            rule = rules.get(db, self.keeper, rule_id)
            fired = history.count(db, self.keeper, history.Wanted(rule_id=rule.id, is_open=True))
        firing = _("It is firing now: nobody is told any more when it is over.")
        stays = _("Its history stays, and it can be brought back within 30 days.")
        return Question(
            _("Delete the rule “{title}”").format(title=title_text(rule.standing, rule.title)),
            f"{firing} {stays}" if fired else stays,
            _("Keep the rule"),
        )

    def mute(self, db: Session, rule_id: int) -> None:
        """Mute a rule for the hours that the form says."""
        until = now() + self.length_of("mute_for", rules.LONGEST_MUTE)
        rules.mute(db, self.keeper, rule_id, until, by=self.actor)

    def length_of(self, field: str, longest: timedelta) -> timedelta:
        """Hours that a field has; of too many one more than the longest, which will be refused."""
        hours = whole_number(self.get_body_argument(field, "")) or 0
        return timedelta(hours=min(hours, longest // timedelta(hours=1) + 1))

    def send_test_of(self, rule_id: int) -> None:
        """Mail a notice of a rule as it is kept to whoever asks, and post it to the rule's webhook."""
        asker = throttle.send_user(self.visitor.user_id, "send-report")
        with self.database.writing() as db:
            verification.refuse_if_too_soon(throttle.attempt(db, asker))
        with self.database.reading() as db:
            rule = rules.get(db, self.keeper, rule_id)
            trials = judged_now(db, self.store.snapshot(), rule)
        if not trials:
            raise PortalError(_("There are no calls to judge yet, so there is nothing to send."))
        with self.database.writing() as db:
            send_test(
                db,
                self.site.settings,
                rule,
                trials[0],
                email=self.visitor.email,
                to_webhook=bool(rule.webhook),
            )

    def test_text(self) -> str:
        """What is said once a test notice is on its way."""
        return _("A test notice to {email} is on its way.").format(email=self.visitor.email)
