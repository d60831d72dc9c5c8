"""Random legs, revisions, orders of delivery, growing files, unloads and kills, against a naive count."""

from __future__ import annotations

import random
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from legs_oracle import COLUMNS, LEGS, File, calls_of, records
from made_lake import check_minutes

import cxreports
from cxreports.cdr.definition import parse_format
from cxreports.errors import LakeError
from cxreports.lake.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cxreports.figures.analyst import Lake

FORMAT = parse_format(LEGS, "legs.toml")
CALLS = (
    "SELECT call_time AS begin, end_time AS end, connected, duration_s AS talk, billed_duration_s AS billed, "
    "sip_code AS code, destination AS to, charge AS price, legs, note FROM cdr ORDER BY call_time, end_time"
)


class KilledError(BaseException):
    """Stands for the end of the process."""


class Killer:
    """Ends the process before or after some commit, now and then."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.left = -1
        self.commit = Table.commit

    def run(self, patch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
        """Act, and after being killed act again."""
        self.left = self.chance.choice([-1, -1, 0, 1, 2, 3, 4, 5])
        whole, killer = self.chance.random() < 0.5, self

        def commit(table: Table, **given: Any) -> int:
            killer.left -= 1
            if killer.left == -1:
                if whole:
                    killer.commit(table, **given)
                raise KilledError
            return killer.commit(table, **given)

        with patch.context() as patched, suppress(KilledError):
            patched.setattr(Table, "commit", commit)
            act()
            return
        act()


def contradicted(note: str | None) -> set[str]:
    """Fields that notes of a call name as delivered again with another value."""
    parts = [part.split(" another ")[1] for part in (note or "").split("; ") if "delivered again" in part]
    return {field for part in parts for field in part.split(", ")}


def check(lake: Lake, files: list[File]) -> dict[str, Any]:
    calls = calls_of(files)
    found = lake.snapshot().query(CALLS).to_dicts()
    for each in found:
        each["noted"] = contradicted(each.pop("note"))
    expected = sorted(calls, key=lambda each: (each["begin"], each["end"]))
    order = lambda each: (each["begin"], each["end"], str(each))  # noqa: E731
    assert sorted(found, key=order) == sorted(expected, key=order)
    assert lake.verify().rows() == []
    check_minutes(lake, [("default", each["begin"], each["end"]) for each in calls])
    if not calls:
        return {}
    total = lake.totals().row(0, named=True)
    talked = [each["talk"] for each in calls if each["connected"]]
    prices = [each["price"] for each in calls if each["price"] is not None]
    assert (total["attempts"], total["connected"]) == (len(calls), len(talked))
    assert total["duration_unknown"] == talked.count(None)
    known = [each for each in talked if each is not None]
    assert total["duration_s"] == (sum(known) if known or not talked else None)
    assert total["charge"] == (sum(prices) if prices else total["charge"])
    assert (total["charge"] or Decimal(0)) == sum(prices)
    return total


@pytest.mark.parametrize(
    "seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)]
)
def test_whatever_is_delivered_and_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    lake, killer = cxreports.open(tmp_path / "home"), Killer(chance)
    pool = records(chance, 5)
    files: dict[str, File] = {}
    past: dict[int, dict[str, Any]] = {}
    for step in range(10):
        kind = chance.choice(["new", "new", "grow", "grow", "again", "unload"])
        name = chance.choice(sorted(files)) if files and kind != "new" else f"file-{step}"
        if kind == "unload" and name in files:
            numbers = {row["file"]: row["id"] for row in lake.loads().iter_rows(named=True)}

            def act(number: int = numbers[f"{name}.csv"]) -> None:
                # Killed late, it was taken back all the same.
                with suppress(LakeError):
                    lake.unload(number)

            killer.run(monkeypatch, act)
            del files[name]
        else:
            file = files.setdefault(name, File())
            if kind != "again" or not file.rows:
                if file.cut and file.rows:
                    file.rows[-1] = (step, file.rows[-1][1])
                file.rows += [(step, row) for row in chance.sample(pool, chance.randint(1, 4))]
                file.cut = file.rows[-1][1]["price"] != "" and chance.random() < 0.4
            path = tmp_path / f"{name}.csv"
            path.write_text(file.text(), "utf-8")
            killer.run(monkeypatch, lambda path=path: lake.load(path, source_format=FORMAT) and None)
        past[lake.snapshot().versions["channels"]] = check(lake, list(files.values()))
    for version, total in past.items():
        if total:
            then = cxreports.open(tmp_path / "home", as_of=version)
            assert then.totals().row(0, named=True) == total


def test_a_day_that_changes_beside_days_that_are_written_at_once(tmp_path: Path) -> None:
    """The second leg of a call, a call on the same day, and calls of four more days."""
    record = "{},{},{},,{},,{},,,200,44,\n".format
    heading = ",".join(COLUMNS) + "\n"
    begun = "2026-03-0{}T10:00:00Z".format
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(heading + record("1", "c1", "0", begun(1), begun(1)))
    rows = [record("2", "c1", "1", begun(1), begun(1))]
    rows += [record(f"d{day}", f"d{day}", "0", begun(day), begun(day)) for day in range(1, 6)]
    second.write_text(heading + "".join(rows))
    lake = cxreports.open(tmp_path / "home")
    for path in (first, second):
        lake.load(path, source_format=FORMAT)
    found = lake.snapshot().query("SELECT day(call_time) AS day, legs FROM cdr ORDER BY day, legs").rows()
    assert found == [(1, 1), (1, 2), (2, 1), (3, 1), (4, 1), (5, 1)]
    assert lake.verify().is_empty()
