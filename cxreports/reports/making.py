"""Making one customer's report in this process: bound to the customer, from notebook to files."""

from __future__ import annotations

import itertools
import os
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from cxreports.errors import NotThere
from cxreports.figures.bucket_sums import MIXED
from cxreports.lake.calls.at_once import AtOnce
from cxreports.lake.calls.held import held
from cxreports.lake.store import Store
from cxreports.language import _, isolated, speaking
from cxreports.portal.companies import companies
from cxreports.portal.database import database_of
from cxreports.reports.completeness import reach_at
from cxreports.reports.contents.figures import whole
from cxreports.reports.document import Document, Head, Heading
from cxreports.reports.forms.html import html
from cxreports.reports.forms.pdf import page_count, page_pictures, pdf, thumbnail
from cxreports.reports.forms.svg import drawn
from cxreports.reports.forms.workbook import csv, xlsx
from cxreports.reports.notebook import Notebook
from cxreports.reports.run import Finished, Form, thumbnail_of
from cxreports.reports.running import Running, running
from cxreports.settings import PREFIX, Settings
from cxreports.sheets.names import file_name
from cxreports.visitor import Visitor, working_for
from cxreports.wording import moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cxreports.clock import Period
    from cxreports.lake.log import Held
    from cxreports.lake.snapshot import Snapshot
    from cxreports.reports.run import Asked

_NOBODY: Final = 0
_MANY: Final = 8
"""Reports after which reading everybody's rows at once is worth it."""

_HOME: Final = f"{PREFIX}HOME"


def made(asked: Asked, customer: str) -> list[Finished]:
    """Make the report of one customer.

    From the notebook's first cell to the last byte this process is bound to the customer, so that every
    lake and database that it opens holds that customer's rows and no others.
    """
    settings = _settings(asked)
    lake = _lake(settings.home)
    everything = _state(settings.home, asked.version, asked.threads)
    visitor = Visitor(_NOBODY, "", "", customer=customer, language=asked.language)
    with _at_home(settings), working_for(visitor), speaking(asked.language):
        held, at_once = _held(asked, everything)
        head = replace(everything.head, reach=_reach(everything, asked.period.period.end))
        snapshot = replace(lake.reaching(everything, customer, held), head=head, at_once=at_once)
        with running(Running(settings, snapshot, asked.now)):
            return _made(asked, customer, snapshot, settings)


def prepare(asked: Asked) -> None:
    """Compile the notebook, which workers that are forked from here then have.

    Raises
    ------
    BadNotebook
        It cannot be read.
    """
    _notebook(asked.notebook)


def customers(asked: Asked) -> list[str]:
    """Every customer that has calls."""
    return list(_state(_settings(asked).home, asked.version, asked.threads).by_customer)


def version(asked: Asked) -> int:
    """Version of the lake that reports are made of."""
    return _lake(_settings(asked).home).snapshot(asked.version).head.version


_last_settings: list[tuple[Asked, Settings]] = []


def _settings(asked: Asked) -> Settings:
    """Settings, read from the environment once for all customers."""
    if not _last_settings or _last_settings[0][0] is not asked:
        _last_settings[:] = [(asked, Settings.of(asked.home))]
    return _last_settings[0][1]


@cache
def _lake(home: Path) -> Store:
    return Store(home)


@lru_cache(maxsize=1)
def _state(home: Path, version: int | None, threads: int | None) -> Snapshot:
    """State of the lake that reports are made of, read once for all customers."""
    state = _lake(home).snapshot(version)
    if threads is not None:
        state.connection.execute(f"SET threads = {threads}")
    return state


_reach = lru_cache(maxsize=1)(reach_at)
"""Reach of everybody's calls at the end of a period, found once for all customers."""

_reports_made = itertools.count()


def _held(asked: Asked, everything: Snapshot) -> tuple[Mapping[str, Held], AtOnce | None]:
    """Rows of all customers and answers for them, of a process that makes many of their reports."""
    if next(_reports_made) < _MANY:
        return {}, None
    return _read_at_once(everything, asked.period.period)


@lru_cache(maxsize=1)
def _read_at_once(everything: Snapshot, period: Period) -> tuple[Mapping[str, Held], AtOnce]:
    rows = held(everything, period, "reports")
    return rows, AtOnce(everything, rows)


@contextmanager
def _at_home(settings: Settings) -> Iterator[None]:
    """Have whatever a notebook opens by itself be in the same home."""
    before = os.environ.get(_HOME)
    os.environ[_HOME] = str(settings.home)
    try:
        yield
    finally:
        os.environ.pop(_HOME)
        if before is not None:
            os.environ[_HOME] = before


@cache
def _notebook(path: Path) -> Notebook:
    return Notebook.of(path)


def _made(asked: Asked, customer: str, snapshot: Snapshot, settings: Settings) -> list[Finished]:
    notebook = _notebook(asked.notebook)
    name, zone = _company(settings, customer)
    zone = asked.zone or zone
    period = asked.period
    parameters = {
        "customer": customer,
        "period": period.text,
        "start": period.period.start.isoformat(),
        "end": period.period.end.isoformat(),
        "language": asked.language,
        "zone": zone,
        **asked.parameters,
    }
    blocks = notebook.run(parameters)
    if not any(isinstance(each, Heading) and each.level == 1 for each in blocks):
        blocks.insert(0, Heading(notebook.title, 1, period.sentence()))
    reach = snapshot.reach.complete
    head = Head(
        company=name,
        title=f"{period.kind} · {period.title}",
        operator=asked.operator,
        foot=_foot(snapshot, customer, asked, zone),
        language=asked.language,
        created=snapshot.as_of,
    )
    is_complete = reach is not None and reach >= period.period.end
    document = Document(head, tuple(blocks), period, is_complete)
    stem = file_name(customer, f"{notebook.name}-{period.slug}")
    return [
        Finished(path, form, customer, period, snapshot.head.version, reach, is_complete, _pages(path, form))
        for form in asked.forms
        for path in _written(document, form, asked.folder / stem)
    ]


def _pages(path: Path, form: Form) -> int | None:
    return page_count(path.read_bytes()) if form is Form.PDF else None


def _written(document: Document, form: Form, stem: Path) -> list[Path]:
    """Write the files of a form; they appear when they are whole."""
    if form is Form.CSV:
        return [
            _put(stem.with_name(f"{stem.name}-{name}.csv"), content)
            for name, content in csv(document).items()
        ]
    if form is Form.XLSX:
        return [_put(stem.with_name(f"{stem.name}.xlsx"), xlsx(document))]
    graphs = document.graphs()
    pictures = dict(zip(map(id, graphs), _drawn_once(document), strict=True))
    if form is Form.PNG:
        return [
            _put(stem.with_name(f"{stem.name}-{number}.png"), content)
            for number, content in enumerate(page_pictures(document, pictures), 1)
        ]
    write = {Form.PDF: pdf, Form.THUMBNAIL: thumbnail, Form.HTML: html}[form]
    path = stem.with_name(f"{stem.name}.{Form.PDF if form is Form.THUMBNAIL else form}")
    return [_put(thumbnail_of(path) if form is Form.THUMBNAIL else path, write(document, pictures))]


_last_drawn: list[tuple[Document, list[str]]] = []


def _drawn_once(document: Document) -> list[str]:
    """Graphs of a document, drawn once for all of its forms."""
    if not _last_drawn or _last_drawn[0][0] is not document:
        _last_drawn[:] = [(document, drawn(document.graphs()))]
    return _last_drawn[0][1]


def _put(path: Path, content: bytes) -> Path:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
    return path


def _company(settings: Settings, customer: str) -> tuple[str, str]:
    """Name and zone of a customer's company; of one that the portal does not know, the id and UTC."""
    with database_of(settings.home).reading() as db:
        try:
            company = companies.get(db, customer)
        except NotThere:
            return customer, "UTC"
        return company.name, company.zone


def _foot(snapshot: Snapshot, customer: str, asked: Asked, zone: str) -> str:
    """Up to when the data reaches, which snapshot it is, zones and currency."""
    reach = snapshot.reach.complete
    period = asked.period.period
    currency = whole(snapshot, customer, period)["currency"]
    parts = [
        _("as of {time} UTC").format(time=isolated(moment(reach))) if reach else _("no data yet"),
        _("snapshot {version}").format(version=snapshot.head.version),
        _("graphs in {zone}, tables in UTC").format(zone=isolated(zone)),
    ]
    if currency == MIXED:
        parts.append(_("charges in several currencies"))
    elif currency:
        parts.append(_("charges in {currency}").format(currency=currency))
    return " · ".join(map(isolated, parts))
