"""Pages of the ledger: an operator adds, settles and imports payments; a customer reads its own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import tornado.web

from cxreports import wording
from cxreports.accounts.balances import balance_of
from cxreports.accounts.pay_link import pay_link
from cxreports.desk.clerk import ledger_of
from cxreports.errors import BadField, BadPaymentsFile
from cxreports.language import _, ngettext
from cxreports.portal import site_map
from cxreports.portal.companies import companies, ledger, payment_file
from cxreports.portal.labels import payment_labels
from cxreports.portal.site_map import Access
from cxreports.portal.tables import PaymentStatus
from cxreports.web.forms.form import NO_FAULT, Fault, FormPage, Paged
from cxreports.web.forms.question import Question
from cxreports.web.sent import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxreports.accounts.balances import Balance
    from cxreports.portal.tables import Company, Payment

_TYPED: Final = ("amount", "kind", "status", "reference", "note", "made_at")


class _Ledger(FormPage):
    """What both pages read."""

    def read(self, company_id: str | None) -> tuple[Balance | None, Paged[Payment], list[Company]]:
        """Read a company's balance and ledger, or the ledgers of all."""
        with self.database.reading() as db:
            balance = None
            if company_id is not None:
                own = ledger_of(db, companies.get(db, company_id))
                balance = balance_of(own, self.store.snapshot())
            paged = Paged.of(ledger.entries(db, company_id), self.page_number)
            return balance, paged, companies.like(db, "")


class PaymentsHandler(_Ledger):
    """A customer's own ledger, read only."""

    access = Access.CUSTOMER

    async def get(self) -> None:
        """Show it."""
        balance, paged, _every = await self.look(self.read, self.visitor.customer)
        template = self.site.settings.payment_url
        pay_url = "" if balance is None else pay_link(template, balance)
        self.show("payments.html.j2", balance=balance, paged=paged, pay_url=pay_url, words=payment_labels())


class OperatorPaymentsHandler(_Ledger):
    """The ledger of a company, or of all."""

    access = Access.OPERATOR
    needs_recent = True
    acts: ClassVar[Mapping[str, str]] = {"add": "reference", "settle": "", "import": "file"}

    async def get(self) -> None:
        """Show it."""
        await self._page(NO_FAULT)

    async def post(self) -> None:
        """Add a payment, settle one, or import many."""
        do = {"add": self._add, "settle": self._settle, "import": self._import}[self.act]
        done = await self.attempt(do)
        if isinstance(done, Fault):
            await self._page(done)
            return
        kept = {name: self.get_query_argument(name, "") for name in ("company", "page")}
        self.go("operator/payments", self.act, *done, **kept)

    def question(self) -> Question | None:
        """What is asked before an entry is cancelled."""
        number = whole_number(self.get_body_argument("payment", ""))
        status = self.get_body_argument("status", "").lower()
        if self.act != "settle" or number is None or status != PaymentStatus.CANCELLED:
            return None
        with self.database.reading() as db:
            entry = ledger.get(db, number)
            company = companies.get(db, entry.company_id)
        amount = wording.money(entry.amount, entry.currency, exact=True)
        text = (
            _("{company} has it in its balance, which changes by it at once.")
            if entry.status == PaymentStatus.COMPLETED
            else _("{company} is still waiting for it to be completed.")
        ).format(company=company.name)
        stays = _("The entry stays in the ledger as cancelled, and cannot be brought back.")
        return Question(
            _("Cancel the entry {reference} of {amount}").format(reference=entry.reference, amount=amount)
            if entry.reference
            else _("Cancel the entry of {amount}").format(amount=amount),
            f"{text} {stays}",
            _("Keep the entry"),
        )

    async def _page(self, fault: Fault) -> None:
        company = self.get_query_argument("company", "")
        balance, paged, every = await self.look(self.read, company or None)
        self.show(
            "operator_payments.html.j2",
            balance=balance,
            paged=paged,
            names={each.id: each.name for each in every},
            company_options=[(each.id, f"{each.name} ({each.currency})") for each in every],
            words=payment_labels(),
            columns=payment_file.COLUMNS,
            fault=fault,
            message=self._message() if fault is NO_FAULT else "",
        )

    def _message(self) -> str:
        done, *figures = self.just_done()
        added, known = (whole_number(figure) or 0 for figure in (*figures, "0", "0")[:2])
        return {
            "add": _("The payment is added."),
            "settle": _("The payment is settled."),
            "import": ngettext(
                "{added} payment is added; {known} were there already.",
                "{added} payments are added; {known} were there already.",
                added,
            ).format(added=added, known=known),
        }.get(done, "")

    def _add(self) -> tuple[str, ...]:
        sent: dict[str, Any] = {name: value for name, value in self.typed().items() if name in _TYPED}
        amount = sent.pop("amount", "")
        with self.database.writing() as db:
            ledger.add(db, self.get_body_argument("company", ""), amount, by=self.actor, **sent)
        return ()

    def _settle(self) -> tuple[str, ...]:
        payment = whole_number(self.get_body_argument("payment", ""))
        status = self.get_body_argument("status", "")
        if payment is None:
            raise tornado.web.HTTPError(400)
        with self.database.writing() as db:
            ledger.change_status(db, payment, status, by=self.actor)
        return ()

    def _import(self) -> tuple[str, ...]:
        files = self.request.files.get("file", [])
        if not files:
            raise BadField("file", _("Choose a file."))
        name = Path(files[0]["filename"]).name or "payments.csv"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(files[0]["body"])
            try:
                with self.database.writing() as db:
                    report = payment_file.import_csv(db, path, by=self.actor)
            except BadPaymentsFile as error:
                # Where it lay meanwhile is nobody's business.
                raise BadPaymentsFile(str(error).replace(str(path), name)) from error
        return str(report.added), str(report.known)


ROUTES: Final[list[tuple[Any, ...]]] = [
    (site_map.PAYMENTS.route, PaymentsHandler),
    (site_map.ALL_PAYMENTS.route, OperatorPaymentsHandler),
]
