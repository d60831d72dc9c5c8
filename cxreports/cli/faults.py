"""Errors of the command line as one line, those of the machine below too: a full disk, a damaged file."""

import errno
import json
import os
from typing import Any, Final

import typer
from typer.core import TyperGroup

from cxreports.errors import CxreportsError

_OWNER: Final = "run the command as the owner of the home folder, or name another with --home"
_DONE: Final = (
    "what was loaded before is safe, and what was under way is completed or taken back by the next load"
)

_ADVICE: Final = {
    errno.ENOSPC: f"the disk is full; make room and run the command again: {_DONE}",
    errno.EDQUOT: f"the disk quota is used up; make room and run the command again: {_DONE}",
    errno.EFBIG: f"no file may grow so large there, for this user or at all; raise that limit: {_DONE}",
    errno.EROFS: "it is on a file system that can only be read; name another home with --home",
    errno.EACCES: f"this user may not; {_OWNER}",
    errno.EPERM: f"this user may not; {_OWNER}",
    errno.EIO: "the disk gives an error; check it, then run cxreports verify",
}


class Commands(TyperGroup):
    """Commands whose errors are one line and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            text = str(error) if isinstance(error, CxreportsError) else worded(error)
            if text is None or os.environ.get("CXREPORTS_DEBUG"):
                raise
            typer.echo(f"cxreports: {text}", err=True)
            raise typer.Exit(1) from error


def worded(error: Exception) -> str | None:
    """One line on a fault of disk or files; None where the error is another kind, a defect of cxreports."""
    code = _code(error)
    if code is not None:
        where = getattr(error, "filename", None)
        return f"{where}: {_ADVICE[code]}" if where else f"{_first_line(error)}: {_ADVICE[code]}"
    if isinstance(error, OSError):
        return (
            f"{error.filename}: {error.strerror}" if error.filename and error.strerror else _first_line(error)
        )
    package = type(error).__module__.partition(".")[0]
    names = {each.__name__ for each in type(error).__mro__}
    if "DeltaError" in names or isinstance(error, json.JSONDecodeError):
        return f"the log of the lake is damaged: {_first_line(error)}; restore it from a backup"
    if package in {"duckdb", "_duckdb"} and type(error).__name__ in {"IOException", "InvalidInputException"}:
        return f"a file of the lake is missing or damaged: {_first_line(error)}; run cxreports verify"
    return None


def _code(error: Exception) -> int | None:
    """Number of an operating system's error, also of one that DuckDB or delta-rs reports as text."""
    if isinstance(error, OSError) and error.errno in _ADVICE:
        return error.errno
    text = str(error).lower()
    texts = {
        errno.ENOSPC: "no space left on device",
        errno.EDQUOT: "disk quota exceeded",
        errno.EFBIG: "file too large",
        errno.EROFS: "read-only file system",
        errno.EACCES: "permission denied",
        errno.EIO: "input/output error",
    }
    return next((code for code, words in texts.items() if words in text), None)


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split("\n\n", maxsplit=1)[0].split())
