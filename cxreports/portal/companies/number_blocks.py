"""Internal numbers: a block for each company, out of which its SIP extensions are chosen.

The operator says once where blocks begin and how large they are (1000 and 1000, say); a company
gets the next free one (1000 to 1999, 2000 to 2999, …). An extension is unique in the whole
system. The right to write that `Database.writing` holds keeps two operators from being given the
same block; the tables' keys would refuse it too.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import count
from typing import Final

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from cxreports.errors import AlreadyThere, BadField, NoBlockLeft, NotThere
from cxreports.language import _
from cxreports.portal import fields
from cxreports.portal.actor import CONSOLE, Actor
from cxreports.portal.audit import Event
from cxreports.portal.companies import companies
from cxreports.portal.database import now as present
from cxreports.portal.tables import Extension, NumberBlock, NumberSettings

LAST_NUMBER: Final = 10**15 - 1
"""The largest number: no telephone dials more than 15 digits (ITU-T E.164)."""

_THE_ROW: Final = 1


def settings(db: Session) -> NumberSettings | None:
    """Where blocks begin and how large they are; None until somebody has said so."""
    return db.get(NumberSettings, _THE_ROW)


def choose_settings(
    db: Session, first: int | str, size: int | str, *, by: Actor = CONSOLE, now: datetime | None = None
) -> NumberSettings:
    """Choose where blocks begin and how large they are, while no block is assigned.

    Raises
    ------
    BadField
        Blocks are assigned already, or a number is none.
    """
    whole = partial(fields.whole, least=1, most=LAST_NUMBER)
    typed = {"first": partial(whole, "first", first), "size": partial(whole, "size", size)}
    first = int(fields.each_of(typed)["first"])
    size = fields.whole("size", size, least=1, most=LAST_NUMBER - first + 1)
    chosen = settings(db)
    if chosen and (chosen.first, chosen.size) == (first, size):
        return chosen
    assigned = db.scalar(select(func.count()).select_from(NumberBlock)) or 0
    if chosen and assigned:
        raise BadField(
            "size",
            _(
                "{count} blocks of {size} numbers from {first} on are assigned: they would overlap others. "
                "Release them first."
            ).format(count=assigned, size=chosen.size, first=chosen.first),
        )
    chosen = chosen or NumberSettings(id=_THE_ROW)
    chosen.first, chosen.size = first, size
    db.add(chosen)
    db.flush()
    by.did(db, Event.NUMBER_SETTINGS_CHANGED, now=now, first=first, size=size)
    return chosen


def assign(db: Session, company_id: str, *, by: Actor = CONSOLE, now: datetime | None = None) -> NumberBlock:
    """Give a company the lowest block that is free: nobody else's, and without others' extensions.

    Raises
    ------
    NotThere
        There is no such company.
    AlreadyThere
        It has a block.
    NoBlockLeft
        The settings are not chosen yet, or no block is left.
    """
    company = companies.get(db, company_id)
    if (own := block_of(db, company.id)) is not None:
        raise AlreadyThere(
            _("{company} has the block {first} to {last} already.").format(
                company=company.id, first=own.first, last=last(own)
            )
        )
    chosen = settings(db)
    if chosen is None:
        raise NoBlockLeft(_("Choose first where blocks begin and how large they are."))
    first = next((each for each in _free(db, chosen) if not _others(db, company.id, each, chosen.size)), None)
    if first is None:
        raise NoBlockLeft(_("Every block up to {last} is assigned.").format(last=LAST_NUMBER))
    now = now or present()
    block = NumberBlock(company_id=company.id, first=first, size=chosen.size, assigned_at=now)
    db.add(block)
    db.flush()
    by.did(db, Event.BLOCK_ASSIGNED, company_id=company.id, now=now, first=first, last=last(block))
    return block


def _free(db: Session, chosen: NumberSettings) -> Iterator[int]:
    """First numbers of the blocks that nobody has, ascending."""
    assigned = set(db.scalars(select(NumberBlock.first)))
    for first in count(chosen.first, chosen.size):
        if first + chosen.size - 1 > LAST_NUMBER:
            return
        if first not in assigned:
            yield first


def _others(db: Session, company_id: str, first: int, size: int) -> bool:
    """Whether another company has an extension among these numbers."""
    within = Extension.number.between(first, first + size - 1)
    return bool(db.scalar(select(exists().where(within, Extension.company_id != company_id))))


def release(
    db: Session,
    company_id: str,
    *,
    with_extensions: bool = False,
    by: Actor = CONSOLE,
    now: datetime | None = None,
) -> None:
    """Take a company's block back, and its extensions in it where that is said.

    Raises
    ------
    NotThere
        The company has no block.
    BadField
        There are extensions in the block, and it was not said that they shall go too.
    """
    block = _block(db, company_id)
    numbers = extensions_in(db, block)
    if numbers and not with_extensions:
        raise BadField(
            "company",
            _("{count} extensions of the block are in use, {number} the first: remove them before.").format(
                count=len(numbers), number=numbers[0]
            ),
        )
    db.execute(delete(Extension).where(Extension.company_id == company_id, Extension.number.in_(numbers)))
    ends = {"first": block.first, "last": last(block)}
    db.delete(block)
    db.flush()
    by.did(db, Event.BLOCK_RELEASED, company_id=company_id, now=now, **ends, extensions=numbers)


def extensions_in(db: Session, block: NumberBlock) -> list[int]:
    """Numbers of a block that are extensions of its company."""
    within = Extension.number.between(block.first, last(block))
    asked = select(Extension.number).where(Extension.company_id == block.company_id, within)
    return list(db.scalars(asked.order_by(Extension.number)))


def block_of(db: Session, company_id: str) -> NumberBlock | None:
    """A company's block; None without one."""
    return db.get(NumberBlock, company_id)


def all_blocks(db: Session) -> list[NumberBlock]:
    """Every block that is assigned, by number."""
    return list(db.scalars(select(NumberBlock).order_by(NumberBlock.first)))


def last(block: NumberBlock) -> int:
    """A block's last number."""
    return block.first + block.size - 1


def add_extension(
    db: Session,
    company_id: str,
    number: int | str,
    *,
    name: str = "",
    by: Actor = CONSOLE,
    now: datetime | None = None,
) -> Extension:
    """Give a company an extension: out of its block, or any free number where it has none.

    Raises
    ------
    NotThere
        There is no such company.
    AlreadyThere
        Somebody has this number: ``Duplicate User Detected``.
    BadField
        The number is none, lies outside of the company's block, or in another company's.
    """
    company = companies.get(db, company_id)
    values = fields.each_of(
        {"number": lambda: _free_number(db, company.id, number), "name": lambda: fields.line("name", name)}
    )
    now = now or present()
    extension = Extension(company_id=company.id, created_at=now, **values)
    db.add(extension)
    db.flush()
    by.did(db, Event.EXTENSION_ADDED, company_id=company.id, now=now, number=extension.number)
    return extension


def _free_number(db: Session, company_id: str, typed: int | str) -> int:
    """Number that a company may have as an extension."""
    number = fields.whole("number", typed, least=1, most=LAST_NUMBER)
    if db.get(Extension, number) is not None:
        raise AlreadyThere(_("Duplicate User Detected: {number} is in use.").format(number=number))
    block = block_of(db, company_id)
    if block is not None and not block.first <= number <= last(block):
        raise BadField(
            "number",
            _("{number} lies outside of the block {first} to {last}.").format(
                number=number, first=block.first, last=last(block)
            ),
        )
    if block is None and _is_in_a_block(db, number):
        raise BadField("number", _("{number} lies in the block of another customer.").format(number=number))
    return number


def _is_in_a_block(db: Session, number: int) -> bool:
    below = select(NumberBlock).where(NumberBlock.first <= number).order_by(NumberBlock.first.desc()).limit(1)
    block = db.scalars(below).first()
    return block is not None and number <= last(block)


def remove_extension(
    db: Session, company_id: str, number: int | str, *, by: Actor = CONSOLE, now: datetime | None = None
) -> None:
    """Take an extension of a company away.

    Raises
    ------
    NotThere
        The company has no such extension.
    BadField
        The number is none.
    """
    kept = extension(db, company_id, number)
    db.delete(kept)
    db.flush()
    by.did(db, Event.EXTENSION_REMOVED, company_id=company_id, now=now, number=kept.number)


def extension(db: Session, company_id: str, number: int | str) -> Extension:
    """An extension of a company.

    Raises
    ------
    NotThere
        The company has no such extension.
    BadField
        The number is none.
    """
    number = fields.whole("number", number, least=1, most=LAST_NUMBER)
    found = db.get(Extension, number)
    if found is None or found.company_id != company_id:
        raise NotThere(_("{company} has no extension {number}.").format(company=company_id, number=number))
    return found


def extensions(db: Session, company_id: str) -> list[Extension]:
    """A company's extensions, by number."""
    return list(
        db.scalars(select(Extension).where(Extension.company_id == company_id).order_by(Extension.number))
    )


def next_free_extension(db: Session, company_id: str) -> int | None:
    """Lowest number of a company's block that nobody uses; None without block or when full."""
    block = block_of(db, company_id)
    if block is None:
        return None
    within = Extension.number.between(block.first, last(block))
    used = db.scalars(select(Extension.number).where(within).order_by(Extension.number))
    free = block.first
    for number in used:
        if number > free:
            break
        free = number + 1
    return free if free <= last(block) else None


def warning(db: Session, company_id: str) -> str | None:
    """What risk a company without a block runs; None with one."""
    if block_of(db, company_id) is not None:
        return None
    return _(
        "No internal number block is defined for this account. Any free number can be chosen as an "
        "extension, but another customer or contact may be using it already, and then it is refused."
    )


def _block(db: Session, company_id: str) -> NumberBlock:
    block = block_of(db, company_id)
    if block is None:
        raise NotThere(_("{company} has no number block.").format(company=company_id))
    return block
