"""Bytecode that kernels may not write is there before them."""

from __future__ import annotations

import asyncio
import importlib
import os
from typing import TYPE_CHECKING

from cxreports.web.kernels import bytecode

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


class Process:
    """A process that has ended."""

    returncode = 0

    async def wait(self) -> int:
        return self.returncode


def test_what_is_not_compiled_is_imported_once_outside_of_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []

    async def run(*command: str, env: dict[str, str]) -> Process:
        runs.append(command[-1])
        return Process()

    monkeypatch.setattr(asyncio, "create_subprocess_exec", run)
    monkeypatch.setattr(bytecode, "_SIGNS", ("walrus_numbers",))
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    monkeypatch.setattr("sys.pycache_prefix", None)
    monkeypatch.syspath_prepend(tmp_path)
    source = tmp_path / "walrus_numbers.py"
    source.write_text("x = 1\n")
    asyncio.run(bytecode.keep_bytecode())
    assert runs == ["import cxreports.pages.customers, cxreports.pages.warm_up"]
    importlib.invalidate_caches()
    importlib.import_module("walrus_numbers")
    monkeypatch.delitem(__import__("sys").modules, "walrus_numbers")
    asyncio.run(bytecode.keep_bytecode())
    assert len(runs) == 1
    later = source.stat().st_mtime + 60
    os.utime(source, (later, later))
    asyncio.run(bytecode.keep_bytecode())
    assert len(runs) == 2
    monkeypatch.setattr(os, "access", lambda *_: False)
    asyncio.run(bytecode.keep_bytecode())
    assert len(runs) == 2, "where it cannot be kept nothing is gained"
