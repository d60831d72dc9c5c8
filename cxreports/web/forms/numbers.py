"""Pages of internal numbers: a company's block and extensions, and the operator's numbering of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sqlalchemy import func, select

from cxreports.errors import NoBlockLeft
from cxreports.language import _, ngettext, number
from cxreports.portal import site_map
from cxreports.portal.companies import companies, number_blocks
from cxreports.portal.site_map import Access
from cxreports.portal.tables import Extension
from cxreports.web.forms.form import NO_FAULT, Fault, FormPage, Paged
from cxreports.web.forms.question import Asked, Question

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from cxreports.portal.tables import Company, NumberBlock, NumberSettings


@dataclass(frozen=True)
class Numbers:
    """What there is to say of a company's numbers.

    Attributes
    ----------
    last
        The block's last number; 0 without a block.
    used
        Numbers of the block that are extensions.
    next_free
        The lowest number of the block that is none; None where there is none.
    warning
        What risk the company runs without a block; empty with one.
    """

    company: Company
    block: NumberBlock | None
    last: int
    extensions: Sequence[Extension]
    used: int
    next_free: int | None
    warning: str

    @classmethod
    def of(cls, db: Session, company_id: str) -> Numbers:
        """Read a company's numbers.

        Raises
        ------
        NotThere
            There is no such company.
        """
        company = companies.get(db, company_id)
        block = number_blocks.block_of(db, company_id)
        own = number_blocks.extensions(db, company_id)
        last = 0 if block is None else number_blocks.last(block)
        used = 0 if block is None else sum(block.first <= each.number <= last for each in own)
        return cls(
            company,
            block,
            last,
            own,
            used,
            number_blocks.next_free_extension(db, company_id),
            number_blocks.warning(db, company_id) or "",
        )


class _Extensions(FormPage):
    """What both pages do to a company's extensions."""

    acts: ClassVar[Mapping[str, str]] = {"add": "number", "next": "number", "remove": ""}

    def change(self, company_id: str) -> None:
        """Add or remove an extension of a company."""
        with self.database.writing() as db:
            if self.act == "remove":
                number = self.get_body_argument("number", "")
                number_blocks.remove_extension(db, company_id, number, by=self.actor)
                return
            name = self.get_body_argument("name", "")
            free: int | str | None = self.get_body_argument("number", "")
            if self.act == "next":
                free = number_blocks.next_free_extension(db, company_id)
            if free is None:
                raise NoBlockLeft(_("No number of the block is free."))
            number_blocks.add_extension(db, company_id, free, name=name, by=self.actor)

    def removal(self, company_id: str) -> Question | None:
        """What is asked before an extension of a company is removed; None for other acts."""
        if self.act != "remove":
            return None
        with self.database.reading() as db:
            number = self.get_body_argument("number", "")
            extension = number_blocks.extension(db, company_id, number)
        text = (
            _("{name} has it now. It is free for another use at once; its calls stay in the records.").format(
                name=extension.name
            )
            if extension.name
            else _("It is free for another use at once; its calls stay in the records.")
        )
        return Question(
            _("Remove extension {number}").format(number=extension.number), text, _("Keep the extension")
        )

    def message(self) -> str:
        """What was done before the page was shown again."""
        return {
            "add": _("The extension is added."),
            "next": _("The next free number is taken."),
            "remove": _("The extension is removed."),
            "settings": _("The numbering is set."),
            "assign": _("The next free block is assigned."),
            "release": _("The block is released."),
        }.get(self.just_done()[0], "")


class NumbersHandler(_Extensions):
    """A customer's own block and extensions."""

    access = Access.CUSTOMER

    async def get(self) -> None:
        """Show them."""
        await self._page(NO_FAULT)

    def question(self) -> Question | None:
        """What is asked before an extension is removed."""
        return self.removal(str(self.visitor.customer))

    async def post(self) -> None:
        """Change the extensions."""
        done = await self.attempt(self.change, self.visitor.customer)
        if isinstance(done, Fault):
            await self._page(done)
        else:
            self.go("numbers", self.act)

    async def _page(self, fault: Fault) -> None:
        numbers = await self.look(self._read)
        self.show("numbers.html.j2", numbers=numbers, fault=fault, message=self.message())

    def _read(self) -> Numbers:
        with self.database.reading() as db:
            return Numbers.of(db, str(self.visitor.customer))


@dataclass(frozen=True)
class Line:
    """A company in the operator's list."""

    company: Company
    block: NumberBlock | None
    last: int
    extensions: int


class OperatorNumbersHandler(_Extensions):
    """Where blocks begin, who has which, and the extensions of any company."""

    access = Access.OPERATOR
    needs_recent = True
    acts: ClassVar[Mapping[str, str]] = {
        **_Extensions.acts,
        "settings": "first",
        "assign": "",
        "release": "",
    }

    async def get(self) -> None:
        """Show all companies, or the extensions of one."""
        await self._page(NO_FAULT)

    def question(self) -> Question | None:
        """What is asked before an extension is removed or a block released."""
        company_id = self.get_body_argument("company", "")
        if self.act != "release":
            return self.removal(company_id)
        with self.database.reading() as db:
            company = companies.get(db, company_id)
            block = number_blocks.block_of(db, company_id)
            within = number_blocks.extensions_in(db, block) if block else []
        if block is None:
            return None
        return Question(
            _("Release the block of {company}").format(company=company.name),
            _("{first} to {last} can be given to another company at once.").format(
                first=block.first, last=number_blocks.last(block)
            ),
            _("Keep the block"),
            (Asked("with_extensions", _removed_too(len(within)), "checkbox"),) if within else (),
        )

    async def post(self) -> None:
        """Choose the settings, assign or release a block, or change a company's extensions."""
        do = self.change if self.act in _Extensions.acts else self._number
        done = await self.attempt(do, self.get_body_argument("company", ""))
        if isinstance(done, Fault):
            await self._page(done)
            return
        kept = {name: self.get_query_argument(name, "") for name in ("company", "q", "page")}
        self.go("operator/numbers", self.act, **kept)

    def _number(self, company: str) -> None:
        with self.database.writing() as db:
            match self.act:
                case "settings":
                    first, size = self.get_body_argument("first", ""), self.get_body_argument("size", "")
                    number_blocks.choose_settings(db, first, size, by=self.actor)
                case "assign":
                    number_blocks.assign(db, company, by=self.actor)
                case _:
                    too = self.get_body_argument("with_extensions", "") == "1"
                    number_blocks.release(db, company, with_extensions=too, by=self.actor)

    async def _page(self, fault: Fault) -> None:
        company, sought = self.get_query_argument("company", ""), self.get_query_argument("q", "")
        if company:
            numbers = await self.look(self._one, company)
            self.show(
                "operator_numbers_company.html.j2",
                numbers=numbers,
                fault=fault,
                message=self.message(),
            )
            return
        chosen, lines, assigned = await self.look(self._all, sought)
        self.show(
            "operator_numbers.html.j2",
            chosen=chosen,
            assigned=assigned,
            paged=Paged.of(lines, self.page_number),
            sought=sought,
            fault=fault,
            message=self.message(),
        )

    def _one(self, company: str) -> Numbers:
        with self.database.reading() as db:
            return Numbers.of(db, company)

    def _all(self, sought: str) -> tuple[NumberSettings | None, list[Line], int]:
        with self.database.reading() as db:
            blocks = {each.company_id: each for each in number_blocks.all_blocks(db)}
            counted = select(Extension.company_id, func.count()).group_by(Extension.company_id)
            used = dict(db.execute(counted).tuples().all())
            found = companies.like(db, sought)
            lines = [_line(each, blocks.get(each.id), used.get(each.id, 0)) for each in found]
            return number_blocks.settings(db), lines, len(blocks)


def _removed_too(count: int) -> str:
    return ngettext(
        "Remove its {count} extension too; the block is kept otherwise",
        "Remove its {count} extensions too; the block is kept otherwise",
        count,
    ).format(count=number(count))


def _line(company: Company, block: NumberBlock | None, used: int) -> Line:
    return Line(company, block, 0 if block is None else number_blocks.last(block), used)


ROUTES: Final[list[tuple[Any, ...]]] = [
    (site_map.NUMBERS.route, NumbersHandler),
    (site_map.ALL_NUMBERS.route, OperatorNumbersHandler),
]
