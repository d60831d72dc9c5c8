"""Internal numbers: blocks that nobody else has, extensions that are unique."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import preloaded
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from cxreports.errors import AlreadyThere, BadField, NoBlockLeft, NotThere
from cxreports.portal import audit
from cxreports.portal.companies import companies, number_blocks
from cxreports.portal.database import Database
from cxreports.portal.tables import Extension, NumberBlock, NumberSettings

RUSH = Path(__file__).parents[2] / "support" / "number_block_rush.py"
PROCESSES = 6
EACH = 8


@pytest.fixture(name="numbers")
def _numbers(database: Database) -> Database:
    """Three companies, and blocks of 1000 from 1000 on."""
    with database.writing() as db:
        for company_id in ("a", "b", "c"):
            companies.add(db, company_id, company_id.upper())
        number_blocks.choose_settings(db, 1000, "1000")
    return database


def blocks(database: Database) -> dict[str, tuple[int, int]]:
    with database.reading() as db:
        return {
            each.company_id: (each.first, number_blocks.last(each)) for each in number_blocks.all_blocks(db)
        }


def test_each_company_gets_the_next_block(numbers: Database) -> None:
    with numbers.writing() as db:
        for company_id in ("b", "a", "c"):
            number_blocks.assign(db, company_id)
        told = audit.entries(db, events=[audit.Event.BLOCK_ASSIGNED], company_id="a")
        assert [each.detail for each in told] == [{"first": 2000, "last": 2999}]
    assert blocks(numbers) == {"b": (1000, 1999), "a": (2000, 2999), "c": (3000, 3999)}


def test_a_released_block_is_the_next_one(numbers: Database) -> None:
    with numbers.writing() as db:
        for company_id in ("a", "b"):
            number_blocks.assign(db, company_id)
        number_blocks.release(db, "a")
        number_blocks.assign(db, "c")
    assert blocks(numbers) == {"c": (1000, 1999), "b": (2000, 2999)}


def test_a_block_with_anothers_extension_is_passed_over(numbers: Database) -> None:
    with numbers.writing() as db:
        number_blocks.add_extension(db, "b", 1999)
        assert number_blocks.assign(db, "a").first == 2000
        assert number_blocks.assign(db, "b").first == 1000


def test_a_company_has_one_block(numbers: Database) -> None:
    with numbers.writing() as db:
        number_blocks.assign(db, "a")
        with pytest.raises(AlreadyThere, match="1000 to 1999"):
            number_blocks.assign(db, "a")
        with pytest.raises(NotThere, match="nobody"):
            number_blocks.assign(db, "nobody")


def test_blocks_need_settings_and_end_with_the_longest_number(database: Database) -> None:
    with database.writing() as db:
        for company_id in ("a", "b"):
            companies.add(db, company_id, company_id)
        assert number_blocks.settings(db) is None
        with pytest.raises(NoBlockLeft, match="Choose first"):
            number_blocks.assign(db, "a")
        number_blocks.choose_settings(db, 10**15 - 10, 9)
        assert number_blocks.last(number_blocks.assign(db, "a")) == 10**15 - 2
        with pytest.raises(NoBlockLeft, match="999999999999999"):
            number_blocks.assign(db, "b")


def test_settings_change_while_no_block_is_assigned(numbers: Database) -> None:
    with numbers.writing() as db:
        number_blocks.choose_settings(db, 200, 50)
        assert number_blocks.assign(db, "a").first == 200
        number_blocks.choose_settings(db, 200, 50)
        with pytest.raises(BadField, match="1 blocks of 50 numbers from 200"):
            number_blocks.choose_settings(db, 200, 100)
        number_blocks.release(db, "a")
        number_blocks.choose_settings(db, 5000, 100)
        chosen = number_blocks.settings(db)
        assert chosen
        assert (chosen.first, chosen.size) == (5000, 100)
        told = audit.entries(db, events=[audit.Event.NUMBER_SETTINGS_CHANGED])
        assert [each.detail["first"] for each in told] == [5000, 200, 1000]


@pytest.mark.parametrize(
    ("first", "size", "field"),
    [
        (0, 1, "first"),
        ("", 1, "first"),
        (-5, 1, "first"),
        (10**15, 1, "first"),
        (1, 0, "size"),
        (1, "many", "size"),
        (10**15 - 1, 2, "size"),
    ],
)
def test_settings_that_make_no_sense(database: Database, first: Any, size: Any, field: str) -> None:
    with database.writing() as db, pytest.raises(BadField) as caught:
        number_blocks.choose_settings(db, first, size)
    assert caught.value.field == field


def test_extensions_come_out_of_the_block(numbers: Database) -> None:
    with numbers.writing() as db:
        number_blocks.assign(db, "a")
        for number in (1000, "1001", 1003, 1999):
            number_blocks.add_extension(db, "a", number, name="Reception")
        assert [each.number for each in number_blocks.extensions(db, "a")] == [1000, 1001, 1003, 1999]
        assert number_blocks.next_free_extension(db, "a") == 1002
        for number in (999, 2000):
            with pytest.raises(BadField, match="1000 to 1999"):
                number_blocks.add_extension(db, "a", number)


@pytest.mark.parametrize("who", ["a", "b"])
def test_a_taken_number_is_a_duplicate_user(numbers: Database, who: str) -> None:
    with numbers.writing() as db:
        number_blocks.assign(db, "a")
        number_blocks.add_extension(db, "a", 1000)
        with pytest.raises(AlreadyThere) as caught:
            number_blocks.add_extension(db, who, 1000)
    assert str(caught.value).startswith("Duplicate User Detected")


def test_without_a_block_any_free_number_does_and_the_risk_is_told(numbers: Database) -> None:
    with numbers.writing() as db:
        number_blocks.assign(db, "a")
        number_blocks.add_extension(db, "b", 7)
        number_blocks.add_extension(db, "b", 2000)
        with pytest.raises(AlreadyThere, match="Duplicate User Detected"):
            number_blocks.add_extension(db, "c", 7)
        for number in (1000, 1500, 1999):
            with pytest.raises(BadField, match="another customer"):
                number_blocks.add_extension(db, "b", number)
        assert number_blocks.warning(db, "a") is None
        assert "already" in (number_blocks.warning(db, "b") or "")
        assert number_blocks.next_free_extension(db, "b") is None


@pytest.mark.parametrize("number", ["", "0", "007", "+7", "1e3", "\u0661", 10**15, None, 1.0, True])
def test_what_is_no_number(numbers: Database, number: Any) -> None:
    with numbers.writing() as db, pytest.raises(BadField) as caught:
        number_blocks.add_extension(db, "a", number)
    assert caught.value.field == "number"


def test_a_full_block_has_no_free_number(numbers: Database) -> None:
    with numbers.writing() as db:
        number_blocks.choose_settings(db, 10, 2)
        number_blocks.assign(db, "a")
        assert number_blocks.next_free_extension(db, "a") == 10
        for number in (10, 11):
            number_blocks.add_extension(db, "a", number)
        assert number_blocks.next_free_extension(db, "a") is None


def test_an_extension_is_removed_by_its_company_alone(numbers: Database) -> None:
    with numbers.writing() as db:
        number_blocks.add_extension(db, "a", 7)
        with pytest.raises(NotThere, match="b has no extension 7"):
            number_blocks.remove_extension(db, "b", 7)
        number_blocks.remove_extension(db, "a", "7")
        assert number_blocks.add_extension(db, "b", 7).company_id == "b"


def test_a_block_in_use_is_released_only_if_that_is_said(numbers: Database) -> None:
    with numbers.writing() as db:
        number_blocks.add_extension(db, "a", 5000)
        number_blocks.assign(db, "a")
        number_blocks.add_extension(db, "a", 1005)
        with pytest.raises(BadField, match="1005 the first"):
            number_blocks.release(db, "a")
        number_blocks.release(db, "a", with_extensions=True)
        assert [each.number for each in number_blocks.extensions(db, "a")] == [5000]
        with pytest.raises(NotThere, match="no number block"):
            number_blocks.release(db, "a")
        (told,) = audit.entries(db, events=[audit.Event.BLOCK_RELEASED])
        assert told.detail == {"first": 1000, "last": 1999, "extensions": [1005]}


class Model:
    """The numbering as sets: blocks of four numbers from 10 on."""

    def __init__(self) -> None:
        self.held: dict[str, range] = {}
        self.used: dict[int, str] = {}

    def others(self, who: str) -> set[int]:
        return {number for name, block in self.held.items() if name != who for number in block}

    def assign(self, who: str, _: int) -> bool:
        if who in self.held:
            return False
        closed = self.others(who) | {number for number, name in self.used.items() if name != who}
        every = (range(first, first + 4) for first in range(10, 1000, 4))
        self.held[who] = next(block for block in every if not closed & set(block))
        return True

    def release(self, who: str, _: int) -> bool:
        block = self.held.pop(who, None)
        self.used = {
            each: name for each, name in self.used.items() if name != who or each not in (block or ())
        }
        return block is not None

    def extend(self, who: str, number: int) -> bool:
        if number in self.used or number in self.others(who) or number not in self.held.get(who, [number]):
            return False
        self.used[number] = who
        return True

    def remove(self, who: str, number: int) -> bool:
        return self.used.get(number) == who and bool(self.used.pop(number))


ACTS: Final[dict[str, Callable[[Session, str, int], Any]]] = {
    "assign": lambda db, who, _: number_blocks.assign(db, who),
    "release": lambda db, who, _: number_blocks.release(db, who, with_extensions=True),
    "extend": number_blocks.add_extension,
    "remove": number_blocks.remove_extension,
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([*ACTS]), st.sampled_from("abc"), st.integers(8, 24)), max_size=30))
def test_whatever_is_done_nobody_has_anothers_number(
    numbers: Database, acts: list[tuple[str, str, int]]
) -> None:
    model = Model()
    with numbers.writing() as db:
        for table in (Extension, NumberBlock, NumberSettings):
            db.query(table).delete()
        number_blocks.choose_settings(db, 10, 4)
        for act, who, number in acts:
            try:
                ACTS[act](db, who, number)
                happened = True
            except (AlreadyThere, NotThere, BadField):
                happened = False
            assert happened == getattr(model, act)(who, number)
        held = {each.company_id: range(each.first, each.first + 4) for each in number_blocks.all_blocks(db)}
        used = {each.number: each.company_id for who in "abc" for each in number_blocks.extensions(db, who)}
    assert (held, used) == (model.held, model.used)


def rush(url: str, act: str, shares: list[list[str]]) -> list[tuple[str, str]]:
    """Let processes run at once, each for its companies; give what each one was given."""
    running = [
        preloaded.Popen(
            [sys.executable, RUSH, url, act, *share], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for share in shares
    ]
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    given = [line.partition(" ") for process in running for line in process.communicate()[0].splitlines()]
    assert [process.returncode for process in running] == [0] * len(running)
    return [(company_id, number) for company_id, _, number in given]


def test_processes_at_once_are_never_given_one_block(database: Database, database_url: str) -> None:
    shares = [[f"c{process}-{each}" for each in range(EACH)] for process in range(PROCESSES)]
    with database.writing() as db:
        for company_id in (each for share in shares for each in share):
            companies.add(db, company_id, company_id)
        number_blocks.choose_settings(db, 1000, 1000)
    given = rush(database_url, "assign", shares)
    assert len(given) == PROCESSES * EACH
    assert sorted(int(first) for _, first in given) == [
        1000 * each for each in range(1, PROCESSES * EACH + 1)
    ]
    assert {company_id: int(first) for company_id, first in given} == {
        company_id: first for company_id, (first, _) in blocks(database).items()
    }


def test_processes_at_once_give_a_company_one_block(numbers: Database, database_url: str) -> None:
    given = rush(database_url, "assign", [["a"]] * PROCESSES)
    assert [number for _, number in given].count("1000") == 1
    assert sum("already" in number for _, number in given) == PROCESSES - 1
    assert blocks(numbers) == {"a": (1000, 1999)}


def test_processes_at_once_never_get_one_number(numbers: Database, database_url: str) -> None:
    with numbers.writing() as db:
        number_blocks.assign(db, "a")
    given = rush(database_url, "0", [["a"] * EACH] * PROCESSES)
    assert sorted(int(number) for _, number in given) == list(range(1000, 1000 + PROCESSES * EACH))


def test_of_processes_at_once_one_gets_the_number(numbers: Database, database_url: str) -> None:
    given = rush(database_url, "7", [["a"], ["b"], ["c"]] * 2)
    assert [number for _, number in given].count("7") == 1
    assert sum(number.startswith("Duplicate User Detected") for _, number in given) == 5
