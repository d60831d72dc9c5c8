"""Readers beside a writer: no error, and never a part of a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


def soak(seconds: int, readers: int, every: float) -> None:
    command = [sys.executable, str(SOAK), "--seconds", str(seconds), "--readers", str(readers)]
    ran = subprocess.run([*command, "--every", str(every)], check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"0 of {readers} readers saw an error; verify finds 0 differences" in ran.stdout


def test_readers_see_whole_files_while_one_is_loaded_after_the_other() -> None:
    soak(3, 2, 0.1)


@pytest.mark.soak
def test_twenty_readers_beside_a_writer_of_ten_minutes() -> None:
    soak(600, 20, 1.0)
