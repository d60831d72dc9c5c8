"""Files that have grown: known by their beginning, and read from where they ended.

Each load is found again by the first lines of its file; whether the file really begins with all that was
loaded its digest says.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cxreports.cdr.content import CHUNK, HEAD, LONGEST_LINE, tail_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from cxreports.cdr.content import Content
    from cxreports.lake.calls.loads import Load

_END: Final = re.compile(rb"\r\n|\n|\r(?!$)")
"""End of a line; a return at the end of what is there may be half of one."""


@dataclass(frozen=True)
class Growth:
    """A file that has grown since it was loaded.

    Attributes
    ----------
    base
        Its last load.
    tail
        Its heading and what has come since, the line that was cut included.
    """

    base: Load
    tail: Content

    @property
    def dropped(self) -> tuple[int, ...]:
        """Numbers of loads that the tail replaces: the line that was cut."""
        return () if self.base.tail is None else (self.base.tail,)

    @property
    def cut_line(self) -> tuple[str, int] | None:
        """Digest and line under which the line that was cut may have been set aside."""
        return None if self.base.tail is None else (self.base.file_hash, self.base.lines)

    @property
    def shift(self) -> int:
        """Lines of the file that the tail leaves out."""
        return self.base.lines - len(self.dropped) - self.base.heading


@dataclass(frozen=True)
class Replaced:
    """Loads of a file that is read anew as a whole: what has come decides otherwise how to read it.

    Attributes
    ----------
    loads
        Those that go.
    digests
        Of their contents, as far as no other load has them too.
    """

    loads: Sequence[Load] = ()
    digests: Collection[str] = ()

    @property
    def dropped(self) -> tuple[int, ...]:
        """Numbers that their records are stored under."""
        return tuple(number for each in self.loads for number in each.numbers)


NONE_REPLACED: Final = Replaced()


def beginnings(content: Content, source: str, data: bytes | None = None) -> tuple[str, ...]:
    """What a file is known by when it has grown, the surest first; nothing where it cannot grow.

    Parameters
    ----------
    source
        How it is read: the same file read in another way is another one.
    data
        Its bytes, if they are at hand.
    """
    if not content.delivered or not (content.feeds or content.returns):
        return ()
    lines = _first_lines(_head(content.path, HEAD) if data is None else data[:HEAD], 2)
    digests = (hashlib.sha256(b"".join(lines[:count])).hexdigest() for count in range(len(lines), 0, -1))
    return tuple(f"begins {digest} {source}" for digest in digests)


def base_of(content: Content, bases: Iterable[Load]) -> Load | None:
    """The first of these loads that a file has grown since, None if it is none of their files."""
    digests: dict[int, str] = {}
    for base in bases:
        if base.size is None or base.size >= content.size:
            continue
        if base.size not in digests:
            digests[base.size] = digest_of(content.path, base.size)
        if digests[base.size] == base.file_hash:
            return base
    return None


def growth_of(content: Content, bases: Iterable[Load], folder: Path) -> Growth | None:
    """How a file has grown since one of these loads, None if it is none of their files."""
    base = base_of(content, bases)
    if base is None or base.size is None:
        return None
    begin = base.size if base.tail is None else _last_line(content.path, base.size)
    heading = b"".join(_first_lines(_head(content.path, HEAD), base.heading))
    return Growth(base, tail_of(content, folder / "tail", heading, begin))


def _first_lines(head: bytes, count: int) -> list[bytes]:
    """Lines that are whole, with their ends."""
    lines, at = list[bytes](), 0
    while len(lines) < count and (end := _END.search(head, at)):
        lines.append(head[at : end.end()])
        at = end.end()
    return lines


def _head(path: Path, size: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(size)


def digest_of(path: Path, size: int) -> str:
    """Digest of the first bytes of a file."""
    hasher = hashlib.sha256()
    with path.open("rb") as stream:
        while size and (block := stream.read(min(size, CHUNK))):
            hasher.update(block)
            size -= len(block)
    return hasher.hexdigest()


def _last_line(path: Path, size: int) -> int:
    """Where the line begins that the first `size` bytes end in."""
    begin = max(0, size - LONGEST_LINE)
    with path.open("rb") as stream:
        stream.seek(begin)
        held = stream.read(size - begin)
    return begin + max(held.rfind(b"\n"), held.rfind(b"\r")) + 1
