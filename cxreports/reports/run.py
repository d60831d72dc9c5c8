"""Running a report: for one customer or many, in processes beside each other; a failure stops no other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cxreports.errors import BadReport
from cxreports.language import LANGUAGES
from cxreports.reports.reported import Reported

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cxreports.clock import Period
    from cxreports.settings import Home


class Form(StrEnum):
    """Form of a report's file."""

    PDF = "pdf"
    HTML = "html"
    XLSX = "xlsx"
    CSV = "csv"
    PNG = "png"
    """Each page as a picture."""
    THUMBNAIL = "thumbnail"
    """The first page as a small picture beside the PDF, for lists: see `thumbnail_of`."""


@dataclass(frozen=True)
class Finished:
    """A file of a report.

    Attributes
    ----------
    path
        Where it stands.
    form, customer, period
        What it is, whose figures, of which time.
    snapshot
        Version of the lake.
    as_of
        Time up to which the data reached; None without any.
    is_complete
        Whether the data reached the end of the period.
    pages
        How many a PDF has; None for other forms.
    """

    path: Path
    form: Form
    customer: str
    period: Reported
    snapshot: int
    as_of: datetime | None
    is_complete: bool
    pages: int | None = None


@dataclass(frozen=True)
class Failed:
    """A customer whose report was not made, and why."""

    customer: str
    reason: str


@dataclass(frozen=True)
class Asked:
    """What is asked of a report, whoever it is for.

    Attributes
    ----------
    notebook
        Path of the notebook.
    period
        As `Reported.of` reads it.
    forms
        Which files.
    folder
        Where they go.
    language
        Tag.
    zone
        Zone of graphs; empty for that of each company.
    version
        Version of the lake; None for the newest.
    now
        Time that relative periods are counted from.
    operator
        Who gives the report.
    parameters
        Values of the notebook's further parameters.
    home
        Folder of everything that cxreports keeps.
    threads
        Threads that a question to the lake may take; None for one for each core.
    """

    notebook: Path
    period: Reported
    forms: tuple[Form, ...]
    folder: Path
    language: str = "en"
    zone: str = ""
    version: int | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    operator: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    home: Path | None = None
    threads: int | None = None


def thumbnail_of(pdf: Path) -> Path:
    """Where the small picture of a PDF's first page stands."""
    return pdf.with_name(f"{pdf.stem}.thumbnail.png")


_NOTEBOOKS: Final = (Path(__file__).parent.parent / "notebooks", Path(__file__).parents[2] / "notebooks")
"""Where cxreports' own notebooks stand: in an installed package, and in its source."""


def run(
    notebook: str | Path,
    *,
    customer: str | Sequence[str],
    period: str | Period | Reported = "last-month",
    formats: Sequence[str] = ("pdf",),
    to: str | Path = ".",
    language: str = "en",
    zone: str = "",
    operator: str = "",
    parameters: Mapping[str, Any] | None = None,
    home: Home = None,
    version: int | None = None,
    now: datetime | None = None,
    jobs: int | None = None,
    progress: Callable[[int, int, Failed | None], None] | None = None,
) -> list[Finished | Failed]:
    """Run a notebook as a report.

    Parameters
    ----------
    notebook
        Path, or the name of one of cxreports' own: ``report``, ``review``, ``destinations``.
    customer
        A customer's id, several, or ``all``: a report for each customer.
    period
        ``2026-10``, ``last-month``, …: see `cxreports.reports.reported.Reported.of`.
    formats
        Out of ``pdf``, ``html``, ``xlsx``, ``csv``, and as pictures each page, ``png``, or the first one
        small, ``thumbnail``.
    to
        Folder that the files go to; made if it is not there.
    language
        Tag of one of the ten languages.
    zone
        Zone of graphs; by default that of each company.
    operator
        Name of who gives the report, on every page; by default the setting ``CXREPORTS_OPERATOR_NAME``.
    parameters
        Values of further parameters of the notebook.
    home
        As `cxreports.open` takes it.
    version
        Version of the lake; by default the newest, and the same for everybody.
    now
        Time that ``last-month`` and the like are before.
    jobs
        Processes beside each other, by default one for each core; 0 runs in this process, which works for
        nobody else meanwhile.
    progress
        Told after each customer how many are done, of how many, and the failure if there was one.

    Returns
    -------
    list of Finished or Failed
        The files, in the order of the customers; in their place the failures.

    Raises
    ------
    BadReport
        A form or language is not known.
    BadTime
        The period cannot be understood.
    BadNotebook
        The notebook cannot be read.
    """
    from cxreports.reports import crew  # noqa: PLC0415 (the command line asks for less)
    from cxreports.settings import Settings  # noqa: PLC0415

    settings = Settings.of(home)
    asked = Asked(
        notebook=found(notebook),
        period=Reported.of(period, now or datetime.now(UTC)),
        forms=_forms(formats),
        folder=Path(to),
        language=_language(language),
        zone=zone,
        version=version,
        now=now or datetime.now(UTC),
        operator=operator or settings.operator_name,
        parameters=dict(parameters or {}),
        home=settings.home.resolve(),
    )
    asked.folder.mkdir(parents=True, exist_ok=True)
    customers = None if customer == "all" else [customer] if isinstance(customer, str) else list(customer)
    return crew.run(asked, customers, jobs=jobs, progress=progress or (lambda *_: None))


def found(notebook: str | Path) -> Path:
    """Path of a notebook: as it is, or one of cxreports' own by its name."""
    path = Path(notebook)
    if path.exists() or path.suffix:
        return path.resolve()
    for folder in _NOTEBOOKS:
        if (own := folder / f"{path.name}.ipynb").exists() and path.name == str(path):
            return own
    return path.resolve()


def _forms(asked: Sequence[str]) -> tuple[Form, ...]:
    try:
        return tuple(dict.fromkeys(Form(each) for each in asked))
    except ValueError as error:
        raise BadReport(f"a report is written as {', '.join(Form)}: {error}") from error


def _language(tag: str) -> str:
    if tag not in LANGUAGES:
        raise BadReport(f"there is no language {tag!r}: there are {', '.join(LANGUAGES)}")
    return tag
