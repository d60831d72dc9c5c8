"""What a page's kernel has of the server: read from the system, not from the kernel's own word."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from driving import portal_of, until

from cxreports.web.kernels.surroundings import environment_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

SECRET = {
    "CXREPORTS_SECRET_KEY": "walrus" * 8,
    "CXREPORTS_SMTP_URL": "smtp://walrus:walrus@127.0.0.1:2525",
    "CXREPORTS_SMS_URL": "http://127.0.0.1/?walrus&to={to}&text={text}",
    "AWS_SECRET_ACCESS_KEY": "walrus",
    "GITHUB_TOKEN": "walrus",
    "LD_PRELOAD_WALRUS": "walrus",
}
NEEDED = {"PATH", "CXREPORTS_HOME", "CXREPORTS_PORTAL", "CXREPORTS_USER_SIDE_CODES", "LC_TIME"}


def test_a_kernel_has_no_secret_and_gets_no_more_rights(tmp_path: Path) -> None:
    with portal_of(tmp_path, CXREPORTS_USER_SIDE_CODES="486", LC_TIME="C", **SECRET) as portal:
        until(portal.kernels, "a kernel is being warmed")
        process = Path("/proc") / str(portal.kernels()[0])
        until(lambda: "NoNewPrivs:\t1" in (process / "status").read_text(), "it has given up rights")
        environment = (process / "environ").read_bytes().decode()
        names = {line.partition("=")[0] for line in environment.split("\0")}
        assert "walrus" not in environment
        assert not names & set(SECRET)
        assert names >= NEEDED
        until(lambda: any("no_new_privs" in line for line in portal.log), "the server says what is in force")


def test_what_is_not_listed_is_not_handed_over() -> None:
    given = dict.fromkeys(["PATH", "HOME", "LC_ALL", "TZ", "OPENBLAS_NUM_THREADS"], "x")
    assert environment_of(given | dict.fromkeys([*SECRET, "PGPASSWORD", "path", "XLC_ALL"], "y")) == given
    assert environment_of({}) == {}
    assert "PATH" in environment_of(os.environ)
