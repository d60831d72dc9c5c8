"""The wheel stands by itself: built, installed into an empty environment, and used from another folder."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest
from callers import Caller

ROOT = Path(__file__).resolve().parents[1]
BIN = "Scripts" if os.name == "nt" else "bin"

PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")


def run(*command: str | Path, cwd: Path = ROOT, timeout_s: float = 900) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, *PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    return next(folder.glob("cxreports-*.whl"))


def test_the_wheel_has_all_that_runs_and_nothing_that_does_not(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "cxreports/py.typed",
        "cxreports/cdr/formats/asterisk.toml",
        "cxreports/notebooks/cdr.ipynb",
        "cxreports/notebooks/dashboard.ipynb",
        "cxreports/notebooks/explore.ipynb",
        "cxreports/notebooks/operator.ipynb",
        "cxreports/portal/people/common_passwords.txt.gz",
        "cxreports/portal/migrations/versions/0001_first_tables.py",
        "cxreports/charts/tokens.css",
        "cxreports/web/template/body.html.j2",
        "cxreports/widgets/static/manifest.json",
    ):
        assert wanted in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if "/js/" in name or "node_modules" in name or "/tests/" in name]


@pytest.mark.slow
def test_installed_by_itself_it_makes_the_demo_and_serves_it(wheel: Path, tmp_path: Path) -> None:
    environment, elsewhere = tmp_path / "environment", tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(sys.executable, "-m", "venv", environment)
    python, cxreports = environment / BIN / "python", environment / BIN / "cxreports"
    run(python, *PIP, "install", "--require-hashes", "-r", ROOT / "requirements.lock")
    run(python, *PIP, "install", "--no-deps", "--no-index", wheel)
    run(python, "-m", "pip", "check")

    run(cxreports, "demo", "--days", "1", cwd=elsewhere)
    assert "last_call" in run(cxreports, "customers", cwd=elsewhere)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (elsewhere / "serve.log").open("w+")
    server = subprocess.Popen(
        [cxreports, "serve", "--port", str(port)],
        cwd=elsewhere,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        answered(f"http://localhost:{port}/", server, patience_s=90)
        user = json.loads((elsewhere / "data/home/demo-users.json").read_text())[1]
        caller = Caller(f"http://localhost:{port}")
        assert caller.log_in(user["email"], user["password"]).location == "/"
        page = caller.ask("/").text
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=20)
        log.close()
    said = (elsewhere / "serve.log").read_text()
    assert f"http://localhost:{port}" in said
    assert "Live Channels" in page, said
    assert "Traceback" not in said


def answered(address: str, server: subprocess.Popen[bytes], patience_s: float) -> str:
    """Ask a server that is starting until it answers."""
    until = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(address, timeout=patience_s) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, ConnectionError):
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.2)
