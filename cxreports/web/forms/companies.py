"""The operator's pages of companies: the list, a new one, and the fields of one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final

from babel.numbers import list_currencies

from cxreports.language import _
from cxreports.pages.view import zone_names
from cxreports.portal import site_map
from cxreports.portal.companies import companies
from cxreports.portal.site_map import Access
from cxreports.web.forms.form import NO_FAULT, Fault, FormPage, Paged
from cxreports.wording import currency_decimals, exact_digits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxreports.portal.tables import Company

FIELDS: Final = (
    "name",
    "contact",
    "currency",
    "zone",
    "tax",
    "paypal",
    "debit_limit",
    "low_balance",
    "channel_limit",
)
"""Fields of a company that are typed; its id is chosen once."""

_STANDARD: Final = {"currency": "USD", "zone": "UTC", "debit_limit": "0"}


class CompaniesHandler(FormPage):
    """All companies."""

    access = Access.OPERATOR

    async def get(self) -> None:
        """List them, or those that have a text in their name or id."""
        sought = self.get_query_argument("q", "")
        found = await self.run(self._found, sought)
        message = _("The company is added.") if "add" in self.just_done() else ""
        self.show(
            "companies.html.j2",
            paged=Paged.of(found, self.page_number),
            sought=sought,
            message=message,
        )

    def _found(self, sought: str) -> list[Company]:
        with self.database.reading() as db:
            return companies.like(db, sought)


class _Company(FormPage):
    """The form of a company's fields."""

    access = Access.OPERATOR
    needs_recent = True

    def sent(self) -> dict[str, Any]:
        """Fields that were sent."""
        return {name: value for name, value in self.typed().items() if name in FIELDS}

    def form(self, values: Mapping[str, str], fault: Fault, **more: Any) -> None:
        """Show the form, filled in with what was typed or else with what is kept."""
        self.show(
            "company.html.j2",
            values=fault.typed or values,
            fault=fault,
            zones=zone_names(),
            currencies=sorted(list_currencies()),
            **more,
        )


class AddCompanyHandler(_Company):
    """A new company."""

    acts: ClassVar[Mapping[str, str]] = {"add": "id"}

    async def get(self) -> None:
        """Show the form; a customer whose calls have come already is named in the address."""
        self._form(NO_FAULT)

    async def post(self) -> None:
        """Add it."""
        done = await self.attempt(self._add)
        if isinstance(done, Fault):
            self._form(done)
        else:
            self.go("operator/companies", "add", q=done.id)

    def _form(self, fault: Fault) -> None:
        self.form({**_STANDARD, "id": self.get_query_argument("company", "")}, fault, company=None)

    def _add(self) -> Company:
        sent = self.sent()
        with self.database.writing() as db:
            return companies.add(
                db, self.get_body_argument("id", ""), sent.pop("name", ""), by=self.actor, **sent
            )


class ChangeCompanyHandler(_Company):
    """The fields of a company."""

    acts: ClassVar[Mapping[str, str]] = {"change": ""}

    async def get(self) -> None:
        """Show them."""
        await self._form(NO_FAULT)

    async def post(self) -> None:
        """Change those that differ."""
        done = await self.attempt(self._change)
        if isinstance(done, Fault):
            await self._form(done)
        else:
            self.go("operator/companies/change", "change", company=done.id)

    async def _form(self, fault: Fault) -> None:
        company = await self.look(self._read)
        values = {name: _as_typed(getattr(company, name), company.currency) for name in FIELDS}
        is_changed = fault is NO_FAULT and "change" in self.just_done()
        message = _("The company is changed.") if is_changed else ""
        self.form(values, fault, company=company, message=message)

    def _read(self) -> Company:
        with self.database.reading() as db:
            return companies.get(db, self.get_query_argument("company", ""))

    def _change(self) -> Company:
        with self.database.writing() as db:
            company_id = self.get_query_argument("company", "")
            return companies.change(db, company_id, by=self.actor, **self.sent())


def _as_typed(value: Any, currency: str) -> str:
    if isinstance(value, Decimal):
        return exact_digits(value, currency_decimals(currency))
    return "" if value is None else str(value)


ROUTES: Final[list[tuple[Any, ...]]] = [
    (site_map.COMPANIES.route, CompaniesHandler),
    ("/operator/companies/add", AddCompanyHandler),
    ("/operator/companies/change", ChangeCompanyHandler),
]
