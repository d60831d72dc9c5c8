"""What a page's kernel has of the server: read from the system, not from the kernel's own word."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from callers import Caller, Someone, introduce, session_of
from driving import portal_of, until

from cxreports.web.kernels import landlock, surroundings
from cxreports.web.kernels.landlock import Files
from cxreports.web.kernels.sandbox import reach
from cxreports.web.kernels.surroundings import environment_of, in_force

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

ANA = Someone("ana@acme.example", "acme")
SECRET = {
    "CXREPORTS_SECRET_KEY": "walrus" * 8,
    "CXREPORTS_SMTP_URL": "smtp://walrus:walrus@127.0.0.1:2525",
    "CXREPORTS_SMS_URL": "http://127.0.0.1/?walrus&to={to}&text={text}",
    "AWS_SECRET_ACCESS_KEY": "walrus",
    "GITHUB_TOKEN": "walrus",
    "LD_PRELOAD_WALRUS": "walrus",
}
NEEDED = {"PATH", "CXREPORTS_HOME", "CXREPORTS_PORTAL", "CXREPORTS_USER_SIDE_CODES", "LC_TIME"}

PROBE = """
import json, os, pathlib, socket, subprocess, sys
from cxreports.pages.dashboard import Dashboard

shown = Dashboard()
home, server = pathlib.Path(os.environ["CXREPORTS_HOME"]), os.getppid()
runtime = pathlib.Path(os.environ["TMPDIR"]).parent

def outcome(act):
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return "done"

found = {
    "the lake": lambda: [path.read_bytes() for path in (home / "lake").rglob("*.json")][0],
    "a file of its own": lambda: (pathlib.Path(os.environ["TMPDIR"]) / "own").write_text("x"),
    "the key": (home / "portal.key").read_bytes,
    "the people of the demo": (home / "demo-users.json").read_bytes,
    "the home": lambda: os.listdir(home),
    "the database": (home / "walrus.db").read_bytes,
    "the server's variables": pathlib.Path(f"/proc/{server}/environ").read_bytes,
    "the server's files": lambda: os.listdir(f"/proc/{server}/fd"),
    "another's connection": (runtime / "other.json").read_bytes,
    "all connections": lambda: os.listdir(runtime),
    "to remove its socket": lambda: (runtime / "desk").unlink(),
    "to write into the lake": lambda: (home / "lake" / "new").write_text("x"),
    "to write beside": lambda: (home.parent / "new").write_text("x"),
    "to run a program": lambda: subprocess.run([sys.executable, "-V"]),
    "tcp": lambda: socket.create_connection(("127.0.0.1", 9)),
    "to end the server": lambda: os.kill(server, 0),
}
found = {name: outcome(act) for name, act in found.items()}
loaded = sorted({"sqlalchemy", "alembic", "cxreports.portal.database"} & set(sys.modules))
raise RuntimeError("PROBED" + json.dumps([found, loaded]) + "PROBED")
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with things that are none of a page's business; its database has a name of its own."""
    home = tmp_path / "home"
    home.mkdir(0o700)
    monkeypatch.setenv("CXREPORTS_DATABASE_URL", f"sqlite:///{home}/walrus.db")
    for name in ("portal.key", "demo-users.json"):
        (home / name).write_text("a secret of this portal, and a long one")
        (home / name).chmod(0o600)
    introduce(home, ANA)
    return home


def test_a_page_has_no_secret_no_database_and_no_more_rights(home: Path, tmp_path: Path) -> None:
    page = tmp_path / "probe.ipynb"
    cells = [nbformat.v4.new_code_cell(code) for code in (PROBE, "shown")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), page)
    given = {"CXREPORTS_USER_SIDE_CODES": "486", "LC_TIME": "C", **SECRET}
    with portal_of(home, notebook=page, anew=True, **given) as portal:
        until(portal.kernels, "a kernel is being warmed")
        (kernel,) = portal.kernels()
        process = Path("/proc") / str(kernel)
        environment = (process / "environ").read_bytes().decode()
        variables = dict(line.split("=", 1) for line in environment.split("\0") if line)
        runtime = (process / "cwd").readlink().parent
        (runtime / "other.json").write_text("{}")
        answer = Caller(portal.address, {"cx-session": session_of(home, ANA.email)}).ask("/")
        assert "Part of the page failed" in answer.text
        assert kernel in portal.kernels(), "the page's own"

        assert "NoNewPrivs:\t1" in (process / "status").read_text()
        assert "walrus" not in environment
        assert not variables.keys() & {*SECRET, "CXREPORTS_DATABASE_URL"}
        assert variables.keys() >= NEEDED
        assert "walrus" not in (process / "maps").read_text()
        opened = [str(path.readlink()) for path in (process / "fd").iterdir()]
        assert opened
        assert not [path for path in opened if "walrus" in path or str(home) in path]

        text = "".join(portal.log)
        probed = re.search("RuntimeError: PROBED(.*)PROBED", text)
        assert probed, text
        found, loaded = json.loads(probed[1])
        assert loaded == []
        assert (found.pop("the lake"), found.pop("a file of its own")) == ("done", "done")
        assert (runtime / "desk").is_socket()
        if landlock.version():
            assert "(Landlock" in text
            assert {name: said for name, said in found.items() if said != "PermissionError"} == _left_open()
        until(lambda: any("no_new_privs" in line for line in portal.log), "the server says what is in force")


def _left_open() -> dict[str, str]:
    """What older systems cannot shut."""
    left = {}
    if landlock.version() < landlock.TCP_SINCE:
        left["tcp"] = "ConnectionRefusedError"
    if landlock.version() < landlock.SIGNALS_SINCE:
        left["to end the server"] = "done"
    return left


def test_what_is_not_listed_is_not_handed_over() -> None:
    given = dict.fromkeys(["PATH", "HOME", "LC_ALL", "TZ", "OPENBLAS_NUM_THREADS"], "x")
    others = [*SECRET, "CXREPORTS_DATABASE_URL", "PGPASSWORD", "path", "XLC_ALL"]
    assert environment_of(given | dict.fromkeys(others, "y")) == given
    assert environment_of({}) == {}
    assert "PATH" in environment_of(os.environ)


def test_of_a_home_only_the_lake_is_in_reach_wherever_it_lies(tmp_path: Path) -> None:
    home, run = tmp_path / "srv" / "home", tmp_path / "run"
    for folder in ("srv/home/lake", "srv/home/venv/lib", "srv/code/package", "run/scratch", "run/other"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("srv/home/portal.db", "srv/notes", "run/kernel.json"):
        (tmp_path / file).touch()
    (tmp_path / "srv" / "way-in").symlink_to(home)
    python = map(str, (tmp_path, tmp_path / "srv", home, home / "venv", run))
    found = reach(home, run / "scratch", run / "kernel.json", python)
    own = {path.relative_to(tmp_path).as_posix() for path in found.readable if path.is_relative_to(tmp_path)}
    assert own == {"srv/home/lake", "srv/home/venv", "srv/code", "srv/notes", "run/kernel.json"}
    assert found.writable == (run / "scratch", Path("/dev/null"))
    assert found.sockets == run
    rights = dict(found.rules())
    assert rights[run] == Files.MAKE_SOCK
    assert rights[home / "lake"] == Files.READ_FILE | Files.READ_DIR
    assert not any(Files.EXECUTE & right for right in rights.values())
    assert not {Path("/"), Path("/etc"), Path("/proc"), Path("/tmp"), Path("/root")} & set(rights)


@pytest.mark.parametrize(
    ("version", "says"),
    [
        (0, "without a sandbox for files, as this system has no Landlock"),
        (3, "in a sandbox (Landlock 3: files, TCP left open, signals left open)"),
        (4, "in a sandbox (Landlock 4: files, no TCP, signals left open)"),
        (7, "in a sandbox (Landlock 7: files, no TCP, no signals)"),
    ],
)
def test_the_server_says_what_is_in_force(monkeypatch: pytest.MonkeyPatch, version: int, says: str) -> None:
    monkeypatch.setattr(surroundings.landlock, "version", lambda: version)
    assert in_force().endswith(says)


def test_an_older_system_is_asked_for_no_right_that_it_does_not_know() -> None:
    assert landlock.handled(1) == Files(2**13 - 1)
    assert landlock.handled(2) == Files(2**14 - 1)
    assert landlock.handled(4) == Files(2**15 - 1)
    assert landlock.handled(7) == Files(2**16 - 1)
