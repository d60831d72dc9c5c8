"""A process that works for a visitor reads that visitor's rows, whatever asks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import polars as pl
import preloaded
import pytest

import cxreports
from cxreports import Lake
from cxreports.visitor import Visitor

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, small_demo: Callable[[Path], None]) -> Path:
    home = tmp_path_factory.mktemp("home")
    small_demo(home)
    return home


def run(home: Path, code: str, visitor: Visitor | None) -> subprocess.CompletedProcess[str]:
    """Run code in a portal's process that works for a visitor, with ``lake`` open."""
    binding = f"{visitor.binding()}\n" if visitor else ""
    return preloaded.run(
        [sys.executable, "-c", f"{binding}import cxreports\nlake = cxreports.open({str(home)!r})\n{code}"],
        check=False,
        capture_output=True,
        text=True,
        env={"CXREPORTS_PORTAL": "1", "PATH": "", "PYTHONPATH": ":".join(filter(None, sys.path))},
    )


ACME = Visitor(1, "ann@acme.example", "Ann", "acme", "es")
OPERATOR = Visitor(2, "op@example.org", "Op", None)


def test_every_way_in_shows_the_visitors_rows_alone(home: Path) -> None:
    whole = Lake(home).sql("select count(*) n from cdr where customer = 'acme'").pl()["n"].item()
    answer = run(
        home,
        "print(lake.customers()['customer'].to_list())\n"
        "for table in ('cdr', 'hourly', 'daily', 'channels', 'reject'):\n"
        "    print(table, sorted(set(lake.sql(f'select customer from {table}').pl()['customer'])))\n"
        "print(lake.sql('select count(*) from cdr').fetchall()[0][0])\n"
        "print(lake.totals('all')['attempts'].item(), lake.cdrs('all').height)\n",
        ACME,
    )
    assert answer.stdout.splitlines() == [
        "['acme']",
        "cdr ['acme']",
        "hourly ['acme']",
        "daily ['acme']",
        "channels ['acme']",
        "reject []",
        str(whole),
        f"{whole} {whole}",
    ], answer.stderr


@pytest.mark.parametrize(
    "question",
    [
        "lake.summary({0!r})",
        "lake.series({0!r}, 'channels', every='1m')",
        "lake.cdrs({0!r})",
        "lake.totals({0!r})",
        "lake.charges({0!r})",
    ],
)
def test_another_customer_is_unknown_to_a_visitor(home: Path, question: str) -> None:
    other = next(each for each in Lake(home).customers()["customer"] if each != "acme")
    assert run(home, question.format(other), OPERATOR).returncode == 0
    refused = run(home, question.format(other), ACME)
    assert "NoSuchCustomer" in refused.stderr
    assert "did you mean" not in refused.stderr.split("NoSuchCustomer")[1] or "acme" in refused.stderr


def test_all_is_the_visitors_own_for_peaks_too(home: Path) -> None:
    mine = Lake(home).series("acme", "channels", every="1h")
    code = "print(lake.series('all', 'channels', every='1h').write_csv().strip())"
    answer = run(home, code, ACME)
    assert pl.read_csv(answer.stdout.encode())["max"].to_list() == mine["max"].to_list(), answer.stderr


def test_a_visitor_changes_nothing(home: Path) -> None:
    answer = run(home, f"lake.load({str(next((home / 'demo' / 'cdr').iterdir()))!r})", ACME)
    assert "OutOfReach" in answer.stderr


def test_a_visitor_verifies_nothing(home: Path) -> None:
    assert "OutOfReach" in run(home, "lake.verify()", ACME).stderr


def test_a_portals_process_without_a_visitor_opens_nothing(home: Path) -> None:
    assert "NotBound" in run(home, "lake.customers()", None).stderr


def test_a_process_is_bound_once(home: Path) -> None:
    assert "AlreadyBound" in run(home, OPERATOR.binding(), ACME).stderr


def test_an_operator_sees_everyone(home: Path) -> None:
    answer = run(home, "print(lake.customers().height)", OPERATOR)
    assert int(answer.stdout) == cxreports.open(home).customers().height > 1


def test_a_kernel_is_warmed_up_for_nobody_and_then_bound(home: Path) -> None:
    code = f"""
from cxreports.visitor import nobody
with nobody():
    print(cxreports.open({str(home)!r}).customers().height)
{ACME.binding()}
print(cxreports.open({str(home)!r}).customers()["customer"].to_list())
with nobody():
    pass
"""
    answer = preloaded.run(
        [sys.executable, "-c", f"import cxreports{code}"],
        check=False,
        capture_output=True,
        text=True,
        env={"CXREPORTS_PORTAL": "1", "PATH": "", "PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert answer.stdout.splitlines() == ["0", "['acme']"], answer.stderr
    assert "AlreadyBound" in answer.stderr
