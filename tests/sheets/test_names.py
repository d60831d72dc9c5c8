"""Names of files and sheets: whose, what, when, in characters that every system takes."""

import re

import pytest

from cxreports.clock import Period
from cxreports.sheets.names import file_name, sheet_name

DAY = Period.of("2026-11-28T23:00Z", "2026-11-29T23:00Z")


def test_file_says_whose_figures_which_and_when() -> None:
    assert file_name("acme", "asr", DAY) == "acme-asr-2026-11-28T2300_2026-11-29T2300"
    assert file_name("acme", "asr", DAY, "Europe/Madrid") == "acme-asr-2026-11-29_2026-11-30"
    assert file_name("", "customers") == "customers"


@pytest.mark.parametrize(
    "customer", ["../../etc/passwd", 'a\\b:c*?"<>|', "Müller & Söhne", "x" * 300, "a\nb"]
)
def test_file_has_no_character_that_a_system_refuses(customer: str) -> None:
    name = file_name(customer, "asr", DAY)
    assert not re.search(r'[\s/\\:*?"<>|\x00-\x1f]', name)
    assert not name.startswith(".")
    assert len(name) < 120
    assert name.endswith("-asr-2026-11-28T2300_2026-11-29T2300")


def test_two_periods_have_two_names() -> None:
    periods = [DAY, DAY.previous(), Period.of("2026-11-28T23:00Z", "2026-11-29T22:00Z")]
    assert len({file_name("acme", "asr", each) for each in periods}) == len(periods)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Daily", "Daily"),
        ("A/B [c]: d*?", "A B c d"),
        ("'quoted'", "quoted"),
        ("", "cxreports"),
        ("y" * 40, "y" * 31),
    ],
)
def test_sheet_is_called_as_a_workbook_takes_it(title: str, name: str) -> None:
    assert sheet_name(title) == name
