"""What a kernel gets of the server: a few environment variables, and no way to more rights."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import TYPE_CHECKING, Final

from cxreports.visitor import PORTAL_VARIABLE
from cxreports.web.kernels import landlock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NAMES: Final = frozenset(
    {
        "PATH",
        "HOME",
        "LANG",
        "TZ",
        "TMPDIR",
        "PYTHONPATH",
        "VIRTUAL_ENV",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        # Python on Windows does not start without these.
        "SYSTEMROOT",
        "TEMP",
        "TMP",
        "USERPROFILE",
        "OMP_NUM_THREADS",
        "POLARS_MAX_THREADS",
        "CXREPORTS_USER_SIDE_CODES",
        "CXREPORTS_PAYMENT_URL",
    }
)
"""Variables that kernels get. None says where the database is: the server answers for it."""

SCRATCH_VARIABLE: Final = "IPYTHONDIR"
"""Names a kernel's own folder, in which it writes what it must: IPython's profile and temporary files."""

PROCESS_NAME: Final = "cxreports-page"
"""Of a kernel's process, as ``ps`` lists it; 15 characters at the most."""

_FAMILIES: Final = ("LC_", "OPENBLAS_")

# A page's frames are small: to share one out among threads takes longer than to work through it.
_ONE_THREAD: Final = {"POLARS_MAX_THREADS": "1"}

_PR_SET_NO_NEW_PRIVS: Final = 38


def environment_of(variables: Mapping[str, str]) -> dict[str, str]:
    """Variables of the server that its kernels get too: none that is a secret of something they do not do."""
    return {name: text for name, text in variables.items() if name in _NAMES or name.startswith(_FAMILIES)}


def common_variables(home: Path) -> dict[str, str]:
    """Variables that every kernel of a home folder has, and the process that they are forked from."""
    own = {"CXREPORTS_HOME": str(home.resolve()), PORTAL_VARIABLE: "1"}
    return _ONE_THREAD | environment_of(os.environ) | own


def give_up_privileges() -> bool:
    """Keep this process and whatever it starts from ever getting more rights; False where that cannot be.

    A program that is set-uid or has capabilities then runs without them.
    """
    if not can_give_up_privileges():
        return False
    nothing = ctypes.c_ulong(0)
    library = ctypes.CDLL(None, use_errno=True)
    done: int = library.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), nothing, nothing, nothing)
    return done == 0


def can_give_up_privileges() -> bool:
    """Whether the system knows `give_up_privileges`."""
    return sys.platform == "linux"


def in_force() -> str:
    """What keeps a kernel apart from the server on this system, in a line."""
    rights = "no_new_privs" if can_give_up_privileges() else "not no_new_privs, which this system lacks"
    return (
        "Pages run as the server's user, with an allow-list of variables, without the database, with "
        f"{rights} and {_sandbox(landlock.version())}"
    )


def _sandbox(version: int) -> str:
    if not version:
        return "without a sandbox for files, as this system has no Landlock"
    tcp = "no TCP" if version >= landlock.TCP_SINCE else "TCP left open"
    signals = "no signals" if version >= landlock.SIGNALS_SINCE else "signals left open"
    return f"in a sandbox (Landlock {version}: files, {tcp}, {signals})"
