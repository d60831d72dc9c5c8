"""Bytecode of what pages import: kept once, as a kernel in its sandbox may not write it."""

from __future__ import annotations

import asyncio
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from cxreports.web.kernels.surroundings import environment_of

_PAGES: Final = "import cxreports.pages.customers, cxreports.pages.warm_up"

_SIGNS: Final = ("cxreports.pages.warm_up", "altair", "pandas", "polars")
"""Modules by which it is seen whether an installation, or a change of it, has left anything to compile."""


async def keep_bytecode() -> None:
    """Import once what pages import, in a process of its own, unless that has been done before."""
    if not any(map(_is_missing, _SIGNS)):
        return
    # With the kernels' variables: the server's may say that no bytecode is to be written.
    variables = environment_of(os.environ)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _PAGES, env=variables)
    try:
        # What fails in it fails in every page, which says so.
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()


def _is_missing(module: str) -> bool:
    """Whether there is no bytecode of a module, and a place for it."""
    spec = find_spec(module)
    if spec is None or spec.origin is None or spec.cached is None:
        return False
    source, cached = Path(spec.origin), Path(spec.cached)
    if cached.exists() and cached.stat().st_mtime >= source.stat().st_mtime:
        return False
    return os.access(cached.parent if cached.parent.exists() else source.parent, os.W_OK)
