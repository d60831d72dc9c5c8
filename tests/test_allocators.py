"""What a forked process copies of the memory that it shares, by the system's own count of it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what is shared")

FORKED = """
import ctypes, os
from pathlib import Path
from cxreports.allocators import fill_holes

KEPT, MADE, SIZE = 60_000, 1_500, {size}
libc = ctypes.CDLL(None)
libc.malloc.argtypes, libc.malloc.restype = [ctypes.c_size_t], ctypes.c_size_t
libc.free.argtypes, libc.free.restype = [ctypes.c_size_t], None
api = ctypes.pythonapi
api.PyObject_Malloc.argtypes, api.PyObject_Malloc.restype = [ctypes.c_size_t], ctypes.c_size_t
api.PyObject_Free.argtypes, api.PyObject_Free.restype = [ctypes.c_size_t], None
take, free = (api.PyObject_Malloc, api.PyObject_Free) if {of_python} else (libc.malloc, libc.free)

def copied():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:"))

places = [take(SIZE) for _ in range(KEPT)]
for place in places[:: KEPT // MADE]:
    ctypes.memset(place, 1, SIZE)
    free(place)
{fill}
reading, writing = os.pipe()
if not os.fork():
    for _ in range(MADE):
        ctypes.memset(take(SIZE), 2, SIZE)
    os.write(writing, str(copied()).encode())
    os._exit(0)
print(os.read(reading, 20).decode())
"""


def copied_kb(size: int, fill: str, *, of_python: bool) -> int:
    """What a process copies that makes 1,500 things; the memory that it shares had as many holes."""
    script = FORKED.format(size=size, fill=fill, of_python=of_python)
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return int(done.stdout)


@pytest.mark.parametrize(("size", "of_python"), [(64, True), (480, True), (600, False), (3000, False)])
def test_what_a_forked_process_makes_stands_side_by_side(size: int, *, of_python: bool) -> None:
    scattered = copied_kb(size, "", of_python=of_python)
    beside = copied_kb(size, "fill_holes()", of_python=of_python)
    assert scattered > beside + 1_500 * 2  # half a page of 4 KB more for each
    assert beside < 1.2 * 1_500 * size / 1024 + 1_600  # what it made, and what any forked Python copies
