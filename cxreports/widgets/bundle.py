"""The built front end: one module a widget, the portal's page, vega, and the styles.

`hatch_build.py` makes these files from ``js/`` with esbuild; they are not kept in git and are
shipped in the wheel.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Final

from cxreports.errors import CxreportsError

STATIC: Final = Path(__file__).parent / "static"
"""Folder of the built files."""


def manifest() -> dict[str, str]:
    """Built files by their plain name: ``{"vega.js": "vega-92b3….js", …}``.

    Raises
    ------
    CxreportsError
        The front end is not built.
    """
    path = STATIC / "manifest.json"
    try:
        # Files that are built anew while a portal runs have other names.
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise CxreportsError(
            f"the front end is not built ({path} is missing): run python hatch_build.py"
        ) from None


@lru_cache(maxsize=1)
def _read(path: Path, _: int) -> dict[str, str]:
    names: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return names


def built(name: str) -> Path:
    """Find a built file by its plain name, such as ``vega.js``."""
    return STATIC / manifest()[name]
