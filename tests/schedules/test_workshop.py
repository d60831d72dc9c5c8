"""The workshop on a lake: real reports of some customers, made in processes beside this one."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from made_lake import made_store

import cxreports as cx
from cxreports.clock import Period
from cxreports.reports import Finished
from cxreports.reports.run import thumbnail_of
from cxreports.schedules.workshop import LakeWorkshop, Made, Task
from cxreports.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("forked_crews")

DAY = Period.of("2026-05-01", "2026-05-02")
NOON = datetime(2026, 5, 2, 12, tzinfo=UTC)


def test_reports_of_two_customers_of_whom_one_has_no_calls(tmp_path: Path) -> None:
    home = tmp_path.resolve()
    calls = [
        {"customer": "acme", "call_time": f"2026-05-01T{hour}:00", "end_time": f"2026-05-01T{hour}:01"}
        for hour in (10, 11, 12)
    ]
    made_store(home, calls)
    workshop = LakeWorkshop(Settings(home=home))
    assert workshop.customers() == ["acme"]
    assert workshop.reach(DAY.end) == datetime(2026, 5, 1, 12, 1, tzinfo=UTC)
    told: list[int] = []
    folder = home / "out"
    task = Task("report", ["acme", "nobody"], DAY, ["csv"], "en", "UTC", folder)
    outcomes = workshop.make(task, lambda: told.append(1))
    made = outcomes["acme"]
    assert isinstance(made, Made)
    assert {form for form, _path in made.files} == {"csv"}
    assert all(path.is_relative_to(folder) and path.stat().st_size for _form, path in made.files)
    assert made.figures["attempts"] == "3"
    assert made.pages is None, "a CSV has none"
    assert not made.is_complete, "the calls reach noon, not the day's end"
    assert isinstance(outcomes["nobody"], str)
    assert len(told) == 2


MIDNIGHT = datetime(2026, 5, 2, tzinfo=UTC)


def ended(switch: str, first: datetime, last: datetime, every: timedelta) -> list[dict[str, object]]:
    """Calls of a minute that end at equal distances."""
    count = (last - first) // every
    ends = [first + every * nth for nth in range(count + 1)]
    minute = timedelta(minutes=1)
    return [{"customer": "acme", "switch": switch, "call_time": e - minute, "end_time": e} for e in ends]


@pytest.mark.parametrize(
    ("files_to", "reached"),
    [(MIDNIGHT - timedelta(minutes=50), MIDNIGHT - timedelta(minutes=50)), (MIDNIGHT, MIDNIGHT)],
)
def test_a_report_waits_for_a_switch_whose_files_come_later_and_for_none_that_is_closed(
    tmp_path: Path, files_to: datetime, reached: datetime
) -> None:
    minute, days = timedelta(minutes=1), timedelta(days=3)
    offices = [MIDNIGHT - timedelta(days=nth) for nth in (1, 2, 3)]
    made_store(
        tmp_path,
        [
            *ended("live", MIDNIGHT - days, MIDNIGHT + 5 * minute, 5 * minute),
            *ended("files", MIDNIGHT - days, files_to, 10 * minute),
            # Somebody loaded a few calls that were missing, from a file that names no switch.
            *ended("", MIDNIGHT - days / 2, MIDNIGHT - days / 2 + 4 * minute, minute),
            # An office that is closed from six in the evening until nine.
            *(
                each
                for day in offices
                for each in ended("office", day + 540 * minute, day + 1080 * minute, 30 * minute)
            ),
        ],
    )
    workshop = LakeWorkshop(Settings(home=tmp_path))
    assert workshop.reach(MIDNIGHT) == reached
    task = Task("report", ["acme"], DAY, ["csv"], "en", "UTC", tmp_path / "out")
    made = workshop.make(task, lambda: None)["acme"]
    assert isinstance(made, Made)
    assert made.is_complete == (files_to == MIDNIGHT)
    assert made.as_of == workshop.reach(MIDNIGHT)


def test_a_pdf_has_a_small_picture_of_its_first_page_beside_it(tmp_path: Path) -> None:
    home = tmp_path.resolve()
    made_store(home, [{"customer": "acme", "call_time": "2026-05-01T10:00"}])
    task = Task("destinations", ["acme"], DAY, ["csv", "pdf"], "en", "UTC", home / "out")
    made = LakeWorkshop(Settings(home=home)).make(task, lambda: None)["acme"]
    assert isinstance(made, Made)
    assert {form for form, _path in made.files} == {"csv", "pdf"}
    (pdf,) = (path for form, path in made.files if form == "pdf")
    assert made.pages == len(pypdfium2.PdfDocument(pdf))
    picture = thumbnail_of(pdf).read_bytes()
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    assert (width, height) == (248, 351)
    assert len(picture) < 40_000
    assert {path.name for path in (home / "out").iterdir()} == {
        thumbnail_of(pdf).name,
        *(path.name for _form, path in made.files),
    }


def texts_of_pages(path: Path) -> list[str]:
    document = pypdfium2.PdfDocument(path)
    texts = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return texts


def test_every_page_names_the_operator_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path.resolve()
    made_store(home, [{"customer": "acme", "call_time": "2026-05-01T10:00"}])
    task = Task("report", ["acme"], DAY, ["pdf"], "en", "UTC", home / "out")
    settings = Settings(home=home, operator_name="Northern Carrier")
    made = LakeWorkshop(settings).make(task, lambda: None)["acme"]
    assert isinstance(made, Made)
    ((_form, path),) = made.files
    texts = texts_of_pages(path)
    assert texts
    assert all("Northern Carrier" in text for text in texts)
    monkeypatch.setenv("CXREPORTS_OPERATOR_NAME", "Northern Carrier")
    for name, more in (("Northern Carrier", {}), ("Another", {"operator": "Another"})):
        (file,) = cx.report(
            "destinations", customer="acme", period=DAY, to=home / name, home=home, now=NOON, jobs=1, **more
        )
        assert isinstance(file, Finished)
        assert all(name in text for text in texts_of_pages(file.path))
