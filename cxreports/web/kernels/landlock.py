"""Landlock: a process of Linux gives up files and sockets for good, without rights of its own.

Only the system calls are here; what a kernel may reach, `cxreports.web.kernels.sandbox` says.

Source: Linux, Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import ctypes
import os
import sys
from enum import IntFlag
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System calls, of the same number on every architecture."""

_ASK_VERSION: Final = 1
_PATH_BENEATH: Final = 1


class Files(IntFlag):
    """What can be done with files, as far as it can be given up."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


READ: Final = Files.READ_FILE | Files.READ_DIR
WRITE: Final = (
    READ
    | Files.WRITE_FILE
    | Files.TRUNCATE
    | Files.REMOVE_DIR
    | Files.REMOVE_FILE
    | Files.MAKE_DIR
    | Files.MAKE_REG
    | Files.REFER
)
_OF_A_FILE: Final = Files.EXECUTE | Files.WRITE_FILE | Files.READ_FILE | Files.TRUNCATE | Files.IOCTL_DEV

_SINCE: Final = {Files.REFER: 2, Files.TRUNCATE: 3, Files.IOCTL_DEV: 5}
"""Version that a right came with; the others came with the first."""

TCP_SINCE: Final = 4
_TCP: Final = 0b11
"""To bind and to connect."""

SIGNALS_SINCE: Final = 6
_SCOPED: Final = 0b11
"""Abstract Unix sockets of others, and signals to them."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


@cache
def version() -> int:
    """Version of Landlock that the system has; 0 where it has none, or where it is turned off."""
    if sys.platform != "linux":
        return 0
    try:
        return _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    except OSError:  # ENOSYS, EOPNOTSUPP, or a container that filters the call
        return 0


def handled(version: int) -> Files:
    """Rights that a version can take away."""
    return Files(sum(right for right in Files if _SINCE.get(right, 1) <= version))


def restrict(allowed: Iterable[tuple[Path, Files]]) -> None:
    """Give up, for this process and those that it starts, every file that is not allowed.

    From version 4 on it gives up TCP as well, and from version 6 on signals to other processes. The process
    must have given up privileges before, and have one thread.

    Parameters
    ----------
    allowed
        Files and folders, all that is in them included; what is not there is left out.

    Raises
    ------
    OSError
        The system refuses.
    """
    own = handled(version())
    rules = _Ruleset(own, _TCP, _SCOPED)
    size = 8 if version() < TCP_SINCE else 16 if version() < SIGNALS_SINCE else 24
    ruleset = _call(_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path, rights in allowed:
            _allow(ruleset, path, rights & own)
        _call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: Files) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)  # type: ignore[attr-defined, unused-ignore]
    except OSError:
        return
    try:
        rule = _PathBeneath(rights if path.is_dir() else rights & _OF_A_FILE, opened)
        _call(
            _ADD_RULE,
            ctypes.c_int(ruleset),
            ctypes.c_int(_PATH_BENEATH),
            ctypes.byref(rule),
            ctypes.c_uint32(0),
        )
    finally:
        os.close(opened)


def _call(number: int, *arguments: object) -> int:
    done: int = ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *arguments)
    if done < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return done
