"""Turns of the pages that follow the lake: no more at once than were made, and none is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import preloaded

from cxreports.lake.lock import make_turns, take_turn

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, time, pathlib
from cxreports.lake.lock import take_turn
turn = take_turn(pathlib.Path(sys.argv[1]))
print("had none" if turn is None else "holds", flush=True)
time.sleep(600)
"""


def test_there_are_as_many_turns_as_were_made(tmp_path: Path) -> None:
    make_turns(tmp_path, 2)
    first, second = take_turn(tmp_path), take_turn(tmp_path)
    assert first
    assert second
    assert take_turn(tmp_path) is None
    first.close()
    again = take_turn(tmp_path)
    assert again
    assert take_turn(tmp_path) is None
    again.close()
    second.close()


def test_a_machine_with_fewer_processors_has_fewer(tmp_path: Path) -> None:
    make_turns(tmp_path, 3)
    make_turns(tmp_path, 1)
    turn = take_turn(tmp_path)
    assert turn
    assert take_turn(tmp_path) is None
    turn.close()


def test_without_turns_nobody_waits(tmp_path: Path) -> None:
    turns = [take_turn(tmp_path) for _ in range(3)]
    for turn in turns:
        assert turn
        turn.close()


def test_a_page_that_is_killed_leaves_its_turn(tmp_path: Path) -> None:
    make_turns(tmp_path, 1)
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with preloaded.Popen(command, stdout=subprocess.PIPE, text=True) as page:
        assert page.stdout
        assert page.stdout.readline() == "holds\n"
        assert take_turn(tmp_path) is None
        os.kill(page.pid, signal.SIGKILL)
    turn = take_turn(tmp_path)
    assert turn
    turn.close()
