"""Payments from a CSV file, such as a bank or payment provider gives: all of them or none."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from cxreports.errors import BadField, BadPaymentsFile, NotThere
from cxreports.language import _, ngettext
from cxreports.portal.actor import CONSOLE, Actor
from cxreports.portal.audit import Event
from cxreports.portal.companies import ledger
from cxreports.portal.database import now as present
from cxreports.portal.tables import Payment

NEEDED: Final = ("company", "amount", "reference")
"""Columns that the file must have."""

COLUMNS: Final = (*NEEDED, "currency", "kind", "status", "made_at", "note")
"""Columns that it may have, in any order."""

_DELIMITERS: Final = (",", ";", "\t")
_SHOWN: Final = 20
"""So many bad lines are told; the rest is counted."""


@dataclass(frozen=True)
class ImportReport:
    """What became of a file of payments.

    Attributes
    ----------
    rows
        Payments in the file.
    added
        Those that are new to the ledger.
    known
        Those whose reference was there already, with the same contents.
    """

    rows: int
    added: int
    known: int


def import_csv(db: Session, path: Path, *, by: Actor = CONSOLE, now: datetime | None = None) -> ImportReport:
    """Add the payments of a file that the ledger does not have yet, by company and reference.

    A payment that is there already keeps its status, whatever the file says: it may have been
    settled since.

    Parameters
    ----------
    path
        UTF-8, a heading line with the names of `COLUMNS`, separated by comma, semicolon or tab.

    Raises
    ------
    BadPaymentsFile
        Naming each bad line and what is wrong with it; nothing was added.
    """
    now = now or present()
    bad: list[str] = []
    new: dict[tuple[str, str], Payment] = {}
    kept: dict[str, dict[str, Payment]] = {}
    rows = 0
    for number, typed in _lines(path):
        rows += 1
        try:
            payment = ledger.read(db, typed, now=now)
            if payment.reference is None:
                raise BadField("reference", _("This is needed."))  # noqa: TRY301
            key = (payment.company_id, payment.reference)
            before = new.get(key) or _kept(db, kept, payment.company_id).get(payment.reference)
            if before is None:
                new[key] = payment
            else:
                _check_same(payment, before)
        except BadField as error:
            first, *others = error.faults.items()
            text = _("line {line}, {field}: {error}").format(line=number, field=first[0], error=first[1])
            bad.append("; ".join([text, *(f"{field}: {fault}" for field, fault in others)]))
        except NotThere as error:
            bad.append(_("line {line}, {field}: {error}").format(line=number, field="company", error=error))
    if bad:
        raise BadPaymentsFile(_refusal(path, bad))
    db.add_all(new.values())
    db.flush()
    _record(db, by, path, list(new.values()), now)
    return ImportReport(rows, len(new), rows - len(new))


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the number of its line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            heading = file.readline()
            delimiter = max(_DELIMITERS, key=heading.count)
            names = [name.strip().lower() for name in next(csv.reader([heading], delimiter=delimiter), [])]
            _check_heading(path, names)
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            for cells in reader:
                number = reader.line_num + 1
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) != len(names):
                    raise BadPaymentsFile(
                        _("{file}: line {line} has {found} cells where the heading has {expected}.").format(
                            file=path, line=number, found=len(cells), expected=len(names)
                        )
                    )
                yield number, dict(zip(names, cells, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadPaymentsFile(
            _("{file} cannot be read as CSV in UTF-8: {error}").format(file=path, error=error)
        ) from error


def _check_heading(path: Path, names: list[str]) -> None:
    missing = [name for name in NEEDED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing or unknown or len(set(names)) != len(names):
        raise BadPaymentsFile(
            _(
                "{file}: the first line names the columns, each once: {needed} are needed, {others} may "
                "be there; it says {found}."
            ).format(
                file=path,
                needed=", ".join(NEEDED),
                others=", ".join(COLUMNS[len(NEEDED) :]),
                found=", ".join(names)[: _SHOWN * 10],
            )
        )


def _kept(db: Session, kept: dict[str, dict[str, Payment]], company_id: str) -> dict[str, Payment]:
    """A company's entries by reference, read once."""
    if company_id not in kept:
        found = select(Payment).where(Payment.company_id == company_id, Payment.reference.is_not(None))
        kept[company_id] = {each.reference: each for each in db.scalars(found) if each.reference is not None}
    return kept[company_id]


def _check_same(payment: Payment, before: Payment) -> None:
    for field in ("amount", "kind"):
        if getattr(payment, field) != getattr(before, field):
            raise BadField(
                field,
                _("the reference {reference} is there already, with {before} instead of {after}.").format(
                    reference=payment.reference, before=getattr(before, field), after=getattr(payment, field)
                ),
            )


def _refusal(path: Path, bad: list[str]) -> str:
    text = ngettext(
        "{file}: nothing was added, {count} line is wrong:",
        "{file}: nothing was added, {count} lines are wrong:",
        len(bad),
    ).format(file=path, count=len(bad))
    more = [] if len(bad) <= _SHOWN else [_("… and {count} more").format(count=len(bad) - _SHOWN)]
    return "\n  ".join([text, *islice(bad, _SHOWN), *more])


def _record(db: Session, by: Actor, path: Path, new: list[Payment], now: datetime) -> None:
    for company_id in dict.fromkeys(each.company_id for each in new):
        own = [each for each in new if each.company_id == company_id]
        by.did(
            db,
            Event.PAYMENT_ADDED,
            company_id=company_id,
            now=now,
            file=path.name,
            payments=[
                {"reference": each.reference, "amount": str(each.amount), "currency": each.currency}
                for each in own
            ],
        )
