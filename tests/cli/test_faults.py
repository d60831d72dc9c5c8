"""What the machine below cannot do is one line that says where, and what to do."""

import errno
from pathlib import Path

import duckdb
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
