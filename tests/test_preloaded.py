"""What runs in a forked process of the tests finds what it would find in one of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import preloaded
import pytest

TELLS = """
import json, os, sys, tempfile, threading
print(json.dumps([sys.argv, dict(os.environ), os.getcwd(), os.umask(0), __name__]))
print(sys.stdin.read(), tempfile.gettempdir(), threading.active_count(), len(os.listdir("/proc/self/fd")))
sys.stderr.write("to standard error\\n")
"""
ENDS = {
    "pass": 0,
    "raise SystemExit(7)": 7,
    "raise SystemExit('in words')": 1,
    "1 / 0": 1,
    "import os, signal; os.kill(os.getpid(), signal.SIGTERM)": -signal.SIGTERM,
    "import os; os._exit(3)": 3,
    "import atexit, os; atexit.register(print, 'at the end', flush=True)": 0,
    "import threading; threading.Thread(target=print, args=['in a thread']).start()": 0,
}


def test_it_finds_its_arguments_environment_folder_and_descriptors(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("typed")
    before = os.umask(0o027)
    answers = []
    try:
        for runs in (subprocess.run, preloaded.run):
            with (tmp_path / "in.txt").open() as typed:
                command = [sys.executable, "-c", TELLS, "one", "two"]
                given = {"env": {"LANG": "C.UTF-8", "TMPDIR": str(tmp_path)}, "cwd": tmp_path, "text": True}
                done = runs(command, stdin=typed, capture_output=True, check=True, **given)
                answers.append((done.stdout, done.stderr))
    finally:
        os.umask(before)
    assert answers[0] == answers[1]
    assert '["-c", "one", "two"]' in answers[1][0]


@pytest.mark.parametrize("code", ENDS)
def test_it_ends_as_a_process_of_its_own_does(code: str) -> None:
    command = [sys.executable, "-c", code]
    own = subprocess.run(command, check=False, capture_output=True, text=True)
    forked = preloaded.run(command, capture_output=True, text=True)
    assert own.returncode == forked.returncode == ENDS[code]
    assert own.stdout == forked.stdout
    assert own.stderr.splitlines()[-1:] == forked.stderr.splitlines()[-1:]


def test_it_is_waited_for_and_killed() -> None:
    with preloaded.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert not Path(f"/proc/{process.pid}").exists()
