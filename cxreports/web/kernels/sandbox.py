"""The sandbox of a page's kernel: the files that it needs, and no other."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cxreports.private_file import LAKE
from cxreports.web.kernels import landlock
from cxreports.web.kernels.landlock import Files
from cxreports.web.kernels.surroundings import SCRATCH_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PACKAGE: Final = Path(__file__).parents[2]

_SYSTEM: Final = (
    *("/usr", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store"),
    *(
        "/etc/ld.so.cache",
        "/etc/localtime",
        "/etc/timezone",
        "/etc/passwd",
        "/etc/group",
        "/etc/nsswitch.conf",
    ),
    *("/etc/ssl/openssl.cnf", "/etc/fonts", "/etc/mime.types", "/etc/os-release", "/etc/locale.alias"),
    *("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"),
    # Its own part of /proc, not the server's; how many processors and how much memory there are.
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/filesystems", "/proc/sys/vm"),
    *("/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm"),
)
"""Libraries, zones, fonts. Of ``/etc`` what is named: a service's secrets may stand in the rest."""


@dataclass(frozen=True)
class Reach:
    """What a kernel may reach.

    Attributes
    ----------
    readable
        Files and folders.
    writable
        Folders in which it may do as it likes, and files that it may write.
    sockets
        Folder in which it may make sockets, but neither list, read nor remove anything.
    """

    readable: tuple[Path, ...]
    writable: tuple[Path, ...]
    sockets: Path

    def rules(self) -> Iterator[tuple[Path, Files]]:
        """Rights by path."""
        yield from ((path, landlock.READ) for path in self.readable)
        yield from ((path, landlock.WRITE) for path in self.writable)
        yield self.sockets, Files.MAKE_SOCK


def reach(home: Path, scratch: Path, connection: Path, python: Iterable[str]) -> Reach:
    """What a kernel may reach.

    Parameters
    ----------
    home
        Of which nothing is in reach but the lake: neither the database nor the key.
    scratch
        The kernel's own folder.
    connection
        File that says where its sockets are to be, in the folder of all kernels' sockets.
    python
        Folders that Python imports from.
    """
    shut = (home.resolve(), connection.parent.resolve())
    wanted = {Path(path).resolve() for path in (*_SYSTEM, *python)} | {_PACKAGE.resolve()}
    readable = sorted(path for folder in wanted for path in _without(folder, shut))
    own = ((home / LAKE).resolve(), connection.resolve())
    return Reach((*readable, *own), (scratch.resolve(), Path("/dev/null")), connection.parent.resolve())


def _without(folder: Path, shut: Sequence[Path]) -> Iterator[Path]:
    """A folder, or where something in it is shut, what else is in it."""
    if folder in shut:
        return
    if not any(path.is_relative_to(folder) for path in shut):
        yield folder
        return
    with suppress(PermissionError):
        for path in folder.iterdir():
            if not path.is_symlink():
                yield from _without(path, shut)


def enter(arguments: Sequence[str]) -> None:
    """Confine this process, a kernel with these arguments, where the system can.

    Raises
    ------
    OSError
        The system can, and refuses.
    """
    if not landlock.version():
        return
    # Not out of the settings, which import half of what a page needs.
    home = Path(os.environ["CXREPORTS_HOME"])
    connection = Path(arguments[arguments.index("-f") + 1])
    python = (sys.prefix, sys.base_prefix, *filter(None, sys.path))
    scratch = Path(os.environ[SCRATCH_VARIABLE])
    landlock.restrict(reach(home, scratch, connection, python).rules())
