"""The built front end: one module a widget, the portal's page, vega, and the styles.

`hatch_build.py` makes these files from ``js/`` with esbuild; they are not kept in git and are
shipped in the wheel.
"""

import json
from functools import cache
from pathlib import Path
from typing import Final

from cxreports.errors import CxreportsError

STATIC: Final = Path(__file__).parent / "static"
"""Folder of the built files."""


@cache
def manifest() -> dict[str, str]:
    """Give the built files by their plain name: ``{"vega.js": "vega-92b3….js", …}``.

    Raises
    ------
    CxreportsError
        The front end is not built.
    """
    path = STATIC / "manifest.json"
    if not path.is_file():
        raise CxreportsError(f"the front end is not built ({path} is missing): run python hatch_build.py")
    names: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return names


def built(name: str) -> Path:
    """Find a built file by its plain name, such as ``vega.js``."""
    return STATIC / manifest()[name]
