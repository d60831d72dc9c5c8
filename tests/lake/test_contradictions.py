"""What a record says when it is delivered again and says something else: who wins, and what is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from legs_oracle import COLUMNS, LEGS

import cxreports
from cxreports.cdr.definition import parse_format

if TYPE_CHECKING:
    from cxreports.figures.analyst import Lake

FORMAT = parse_format(LEGS, "legs.toml")
BEGIN, ANSWER, END, LATER = (f"2026-03-01T10:0{at}Z" for at in ("0:00", "0:05", "1:05", "2:05"))

Record = tuple[str, ...]
"""Answer, end, talk, billed, code, destination and price of the one record."""

FULL = (ANSWER, END, "60", "60", "200", "44", "1.25")
ANSWERED = ("", "", "", "", "200", "44", "")
UNDER_WAY = ("", "", "", "", "486", "44", "")


CASES = (
    # A price and an end that come later, or came before: nothing contradicts.
    ([(ANSWER, "", "", "", "200", "44", ""), FULL], 60, 60, 200, "44", "1.25", None),
    ([FULL, (ANSWER, "", "", "", "200", "44", "")], 60, 60, 200, "44", "1.25", None),
    # A call under way that was answered at last.
    ([UNDER_WAY, FULL], 60, 60, 200, "44", "1.25", None),
    # The same the other way round: nothing is undone, and it is noted.
    ([FULL, UNDER_WAY], 60, 60, 200, "44", "1.25", "connected"),
    # Both know as much: the later one.
    (
        [FULL, (ANSWER, LATER, "120", "120", "200", "33", "2.50")],
        120, 120, 200, "33", "2.50", "destination, duration_s, billed_duration_s, charge",
    ),
    # A correction that has a column less, and one that has one more.
    ([FULL, (ANSWER, END, "60", "60", "200", "", "0.75")], 60, 60, 200, "44", "0.75", "charge"),
    ([(*FULL[:3], "", *FULL[4:]), (*FULL[:5], "33", "1.25")], 60, 60, 200, "33", "1.25", "destination"),
    # Three versions, of which the last says nothing new.
    ([FULL, (*FULL[:6], "0.75"), (*FULL[:6], "")], 60, 60, 200, "44", "0.75", "charge"),
    # It was not answered after all, says one that knows less, and one that knows more.
    ([FULL, ("", END, "", "60", "486", "44", "1.25")], 60, 60, 200, "44", "1.25", "connected"),
    ([ANSWERED, ("", END, "", "0", "486", "44", "0")], 0, 0, 486, "44", "0", "connected"),
)  # fmt: skip
"""What is delivered one after the other, and what the lake makes of it: talk, billed, code, destination,
price, and of which fields it is noted that they were delivered otherwise."""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake of all cases: the first version of each record is in the first file, the next in the second."""
    folder = tmp_path_factory.mktemp("contradictions")
    lake = cxreports.open(folder / "home")
    for nth in range(max(len(versions) for versions, *_ in CASES)):
        path = folder / f"{nth}.csv"
        rows = [
            (f"r{case}", f"c{case}", "0", "caller", BEGIN, *versions[nth])
            for case, (versions, *_) in enumerate(CASES)
            if nth < len(versions)
        ]
        path.write_text("".join(f"{','.join(row)}\n" for row in (COLUMNS, *rows)), "utf-8")
        (report,) = lake.load(path, source_format=FORMAT)
        assert (report.refused, report.rejected, report.rows) == (None, 0, len(rows))
    assert lake.verify().rows() == []
    return lake


@pytest.mark.parametrize("case", range(len(CASES)))
def test_what_is_kept_and_what_is_noted(lake: Lake, case: int) -> None:
    _, talk, billed, code, to, price, note = CASES[case]
    columns = "duration_s, billed_duration_s, sip_code, destination, CAST(charge AS DECIMAL(9,2)), note"
    (call,) = lake.sql(f"SELECT {columns} FROM cdr WHERE call_id = 'r{case}'").fetchall()
    expected = note and f"delivered again with another {note}"
    assert (*call[:4], float(call[4]), call[5]) == (talk, billed, code, to, float(price), expected)
