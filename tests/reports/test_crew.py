"""Many customers at once: each sees its own calls alone, and what fails or dies stops no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from report_operator import NOW

from cxreports import Lake
from cxreports.errors import BadReport, BadTime
from cxreports.reports import Failed, Finished, run
from notebooks import notebook

if TYPE_CHECKING:
    from pathlib import Path

    from report_operator import Operator

SPY = """import json, os, signal
import polars as pl
import cxreports as cx
from cxreports.accounts.account import company_names

lake = cx.open()
seen = lake.sql("select distinct customer from cdr").pl()["customer"].to_list()
names = company_names(lake.home)
if customer == "acme" and fault == "error":
    raise ValueError("no route")
if customer == "acme" and fault == "death":
    os.kill(os.getpid(), signal.SIGKILL)
pl.DataFrame({"seen": [json.dumps([seen, sorted(names), lake.customers()["customer"].to_list()])]})
"""


@pytest.fixture(scope="module")
def spy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spy") / "spy.ipynb"
    return notebook(path, SPY, parameters="customer = ''\nfault = ''")


def test_each_customer_sees_its_own_calls_and_one_that_dies_stops_no_other(
    operator: Operator, spy: Path, tmp_path: Path
) -> None:
    told: list[tuple[int, int, bool]] = []
    outcomes = run(
        spy,
        customer=["acme", "bravo"],
        period="2026-10",
        formats=("csv",),
        to=tmp_path,
        home=operator.home,
        now=NOW,
        jobs=2,
        parameters={"fault": "death"},
        progress=lambda done, total, failed: told.append((done, total, failed is not None)),
    )
    lost, made = outcomes
    assert isinstance(lost, Failed)
    assert lost.customer == "acme"
    assert "has died" in lost.reason
    assert isinstance(made, Finished)
    line = made.path.read_text("utf-8-sig").splitlines()[1]
    assert json.loads(line.strip('"').replace('""', '"')) == [["bravo"], ["bravo"], ["bravo"]]
    assert [each[:2] for each in told] == [(1, 2), (2, 2)]
    assert sum(failed for *_, failed in told) == 1


def test_all_is_a_report_for_each_and_one_that_fails_says_why(
    operator: Operator, spy: Path, tmp_path: Path
) -> None:
    asked = {"period": "2026-10", "formats": ("csv",), "home": operator.home, "now": NOW, "jobs": 0}
    failed, made = run(spy, customer="all", to=tmp_path, parameters={"fault": "error"}, **asked)
    assert failed == Failed(
        "acme", 'spy.ipynb, cell 2, line 10 (raise ValueError("no route")): ValueError: no route'
    )
    assert isinstance(made, Finished)
    assert made.customer == "bravo"
    assert len(Lake(operator.home).customers()) == 2, "this process works for nobody again"


def test_what_cannot_be_made_at_all_is_refused_at_once(operator: Operator, tmp_path: Path) -> None:
    asked = {"customer": "acme", "home": operator.home, "to": tmp_path, "jobs": 0}
    with pytest.raises(BadReport, match="pdf, html, xlsx, csv"):
        run("report", formats=("doc",), **asked)
    with pytest.raises(BadReport, match="no language 'xx'"):
        run("report", language="xx", **asked)
    with pytest.raises(BadTime, match="no period of a report"):
        run("report", period="2026-13", **asked)
    (outcome,) = run(tmp_path / "none.ipynb", **asked)
    assert isinstance(outcome, Failed)
    assert "there is no such notebook" in outcome.reason
    (outcome,) = run("report", **{**asked, "customer": "acne"})
    assert isinstance(outcome, Failed)
    assert "there are no calls of 'acne'" in outcome.reason


def test_a_long_and_wide_frame_is_printed_to_its_last_cell(operator: Operator, tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "long.ipynb",
        "import polars as pl\n"
        "pl.DataFrame({'row': [f'r{n}' for n in range(300)]} | "
        "{f'column_{c:02d}': [1_000_000 * c + n for n in range(300)] for c in range(20)})",
    )
    (made,) = run(path, customer="acme", period="2026-10", home=operator.home, to=tmp_path, now=NOW, jobs=0)
    assert isinstance(made, Finished)
    document = pypdfium2.PdfDocument(made.path)
    words = {
        word for at in range(len(document)) for word in document[at].get_textpage().get_text_range().split()
    }
    document.close()
    expected = {f"{1_000_000 * column + row:,}" for column in range(20) for row in range(300)}
    assert expected | {f"r{row}" for row in range(300)} <= words
    assert "…" not in words
