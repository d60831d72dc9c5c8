"""The analyst's notebook: runs from top to bottom on a small lake, and shows what it promises."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import polars as pl
import pytest
from nbclient import NotebookClient

import cxreports as cx
from cxreports.traffic.days import Traffic
from cxreports.traffic.vendor_files import write_connexcs_api

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "explore.ipynb"


@pytest.fixture(scope="module")
def calls() -> pl.DataFrame:
    traffic = Traffic(scale=0.01)
    return pl.concat(traffic.day(date(2026, 3, day)) for day in (28, 29))


@pytest.fixture(scope="module")
def home(calls: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explore")
    write_connexcs_api(calls, folder / "calls.csv")
    (report,) = cx.open(folder / "home").load(folder / "calls.csv")
    assert (report.loaded, report.refused) == (calls.height, None)
    return folder / "home"


@pytest.fixture(scope="module")
def ran(home: Path) -> list[Any]:
    """Code cells of the notebook, run where a warning is an error."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook["cells"].insert(0, nbformat.v4.new_code_cell("import warnings; warnings.simplefilter('error')"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXREPORTS_HOME", str(home))
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return [cell for cell in notebook["cells"][1:] if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def outputs(ran: list[Any]) -> dict[str, Any]:
    return {
        cell["id"]: {kind: text for each in cell["outputs"] for kind, text in each.get("data", {}).items()}
        for cell in ran
    }


def test_it_is_kept_without_outputs_in_ten_cells() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert len(notebook["cells"]) == 10
    assert not any(cell.get("outputs") for cell in notebook["cells"])


def test_every_cell_shows_something(outputs: dict[str, Any]) -> None:
    assert len(outputs) == 9
    for name, shown in outputs.items():
        assert shown, f"cell {name} shows nothing"


def test_the_lake_introduces_itself(outputs: dict[str, Any], home: Path, calls: pl.DataFrame) -> None:
    assert str(home) in outputs["open"]["text/html"]
    assert f"{calls.height:,} of {calls['customer'].n_unique()} customers" in outputs["open"]["text/plain"]


def test_graphs_are_what_front_ends_draw_by_themselves(outputs: dict[str, Any]) -> None:
    for name in ("channels", "ratios"):
        assert set(outputs[name]) == {"application/vnd.vegalite.v5+json", "text/plain"}
    assert outputs["channels"]["application/vnd.vegalite.v5+json"]["width"] == 720
    joined = outputs["ratios"]["application/vnd.vegalite.v5+json"]
    assert [graph["width"] for graph in joined["vconcat"]] == [720, 720]
    assert {param["name"] for param in joined["params"]} == {"pointed", "zoom"}


def test_no_cell_warns_or_asks_the_network(ran: list[Any]) -> None:
    for cell in ran:
        assert {each["output_type"] for each in cell["outputs"]} == {"execute_result"}
        addresses = re.findall(r"(?:https?:)?//[\w.-]+[^\s\"']*", json.dumps(cell["outputs"]))
        assert set(addresses) <= {"https://vega.github.io/schema/vega-lite/v5.json"}, cell["id"]


def test_the_figures_are_those_of_the_lake(outputs: dict[str, Any], home: Path, calls: pl.DataFrame) -> None:
    lake = cx.open(home)
    busiest = calls.group_by("customer").len().sort("len")["customer"][-1]
    days = lake.summary(busiest, by="day")
    own = calls.filter(pl.col("customer") == busiest)
    assert days["attempts"].sum() == own.height
    assert days["charge"].sum() == own["charge"].sum()
    assert str(days["attempts"][0]) in outputs["summary"]["text/html"]


def test_a_lake_follows_what_is_loaded_unless_it_is_told_to_stay(home: Path, tmp_path: Path) -> None:
    lake = cx.open(tmp_path)
    assert "none yet" in repr(lake)
    # 210 different records of 174 calls, by their uniqueid.
    sample = NOTEBOOK.parents[1] / "data" / "asterisk" / "mockdata_cdr.csv"
    lake.load(sample)
    stays = cx.open(tmp_path, as_of=lake.snapshot().as_of)
    relation = lake.sql("select count(*) from cdr")
    lake.load(NOTEBOOK.parents[1] / "data" / "connexcs" / "portal.csv", customer="acme")
    assert lake.totals()["attempts"].item() == 178
    assert stays.totals()["attempts"].item() == 174
    assert relation.fetchall() == [(174,)]
    assert lake.summary("acme")["attempts"].sum() == lake.totals("acme")["attempts"].item()
    assert lake.charges("acme")["currency"].to_list() == lake.summary("acme")["currency"].unique().to_list()
    assert lake.series("acme", "attempts")["value"].sum() > 0
    assert "174" not in repr(lake)


def test_stored_minutes_agree_with_a_sweep_of_the_calls(home: Path) -> None:
    lake = cx.open(home)
    day = {"start": "2026-03-28T12:00", "end": "2026-03-29T12:00"}
    for customer in ("all", lake.customers()["customer"][0]):
        stored = lake.series(customer, "channels", every="1h", **day)
        swept = lake.series(customer, "channels", every="30s", **day)
        hours = swept.group_by_dynamic("start", every="1h").agg(pl.col("max").max(), pl.col("mean").mean())
        assert stored["max"].to_list() == hours["max"].to_list()
        assert stored["mean"].to_list() == pytest.approx(hours["mean"].to_list(), rel=1e-12)
