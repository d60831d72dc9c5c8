"""What the machine below cannot do is one line that says where, and what to do."""

import errno
import subprocess
import sys
from pathlib import Path

import duckdb
import preloaded
import pytest
from typer.testing import CliRunner

from cxreports.cli.app import app
from cxreports.lake.store import Store


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "/srv/lake/x.parquet"),
            "/srv/lake/x.parquet: the disk is full",
        ),
        (
            duckdb.IOException('IO Error: Could not write file "/srv/a": No space left on device'),
            "the disk is full",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "/srv/lake/.lock"),
            "/srv/lake/.lock: it is on a file system",
        ),
        (PermissionError(errno.EACCES, "Permission denied", "/srv/lake"), "/srv/lake: this user may not"),
        (OSError(errno.EIO, "Input/output error", "/srv/lake/x"), "the disk gives an error"),
    ],
)
def test_a_fault_of_the_machine_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: Exception, said: str
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(Store, "load", failing)
    result = CliRunner().invoke(app, ["--home", str(tmp_path), "load", "calls.csv"])
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("cxreports: ")
    assert said in line


def test_a_defect_of_our_own_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def failing(*_: object, **__: object) -> None:
        raise KeyError("defect")

    monkeypatch.setattr(Store, "load", failing)
    result = CliRunner().invoke(app, ["--home", str(tmp_path), "load", "calls.csv"])
    assert isinstance(result.exception, KeyError)


CALLS = "calldate,clid,src,dst,duration,billsec,disposition,uniqueid\n" + "".join(
    f"2024-03-{1 + nth % 28:02} 10:{nth % 60:02}:00,x,{nth * 7919 % 999983},{nth},20,10,ANSWERED,u{nth}\n"
    for nth in range(4_000)
)
COMMAND = "from cxreports.cli.app import app; app()"
AS_OTHERS_DO = """
import ctypes, os
if os.geteuid() == 0:
    # Heed the modes of files, which root need not: without CAP_DAC_OVERRIDE among what is in effect.
    head, sets = (ctypes.c_uint32 * 2)(0x20080522), (ctypes.c_uint32 * 6)()
    assert not ctypes.CDLL(None).capget(head, sets)
    sets[0] &= ~(1 << 1)
    assert not ctypes.CDLL(None).capset(head, sets)
"""


def ran(home: Path, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    done: subprocess.CompletedProcess[str] = preloaded.run(
        [sys.executable, "-c", f"{AS_OTHERS_DO}\n{before}\n{COMMAND}", "--home", str(home), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "calls.csv"
    path.write_text(CALLS)
    return path


@pytest.mark.parametrize("most", [0, 2_000, 40_000])
def test_a_disk_that_takes_no_more_is_one_line_and_the_next_load_works(
    tmp_path: Path, file: Path, most: int
) -> None:
    """No file may have more than so many bytes: a load fails at its first commit, or at its calls."""
    home = tmp_path / "home"
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))"
    failed = ran(home, "load", str(file), "--customer", "acme", before=limit)
    assert failed.returncode == 1
    (line,) = failed.stderr.strip().splitlines()
    assert line.startswith("cxreports: ")
    assert "what was under way is completed or taken back by the next load" in line
    loaded = ran(home, "load", str(file), "--customer", "acme")
    assert loaded.returncode == 0, loaded.stderr
    assert calls_of(home) == 4_000
    assert ran(home, "verify").returncode == 0


def calls_of(home: Path) -> int:
    """Attempts of the only month."""
    read = ran(home, "summary", "acme", "--by", "month", "-o", "csv")
    assert read.returncode == 0, read.stderr
    return int(read.stdout.splitlines()[1].split(",")[1])


def test_a_home_that_can_only_be_read_answers_and_takes_no_load(tmp_path: Path, file: Path) -> None:
    home, more = tmp_path / "home", tmp_path / "more.csv"
    assert ran(home, "load", str(file), "--customer", "acme").returncode == 0
    more.write_text(CALLS.replace(",u", ",v"))
    modes = {path: path.stat().st_mode for path in (home, *home.rglob("*"))}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    try:
        failed = ran(home, "load", str(more), "--customer", "acme")
        assert failed.returncode == 1
        (line,) = failed.stderr.strip().splitlines()
        assert line.startswith("cxreports: ")
        assert "this user may not" in line
        assert calls_of(home) == 4_000
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    assert ran(home, "load", str(more), "--customer", "acme").returncode == 0
    assert calls_of(home) == 8_000
    assert ran(home, "verify").returncode == 0
