"""The portal in the browser: a Voilà application, its template and the design tokens.

`serve` is all that the command line needs. The page is a notebook that a kernel runs; its
widgets come with the HTML and then talk to the kernel.

`serve` is loaded when it is first used: a kernel's own process is a module of this package, and
must answer before anything of a page is imported.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxreports.web.serving import serve

__all__ = ["serve"]

# jsonschema, which Jupyter's server brings, builds a grammar of IRIs for seconds where it finds this package.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def __getattr__(name: str) -> Any:
    if name == "serve":
        return import_module("cxreports.web.serving").serve
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
