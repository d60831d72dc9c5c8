"""What a file is made of, below its records: digest, compression, encoding, line ends.

``reader`` asks for the ``Content`` of a path first. Whatever comes compressed or as UTF-16 is
written out as plain text once, so that everything after sees bytes of one kind and counts the
same lines as an editor does.
"""

import codecs
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

import numpy as np

from cxreports.cdr.gzipped import MAGIC, unpack
from cxreports.errors import NotACdrFile

CHUNK: Final = 1 << 22
FIRST: Final = 1 << 19
"""Whoever looks at the beginning of a file only, as for its heading or format, reads no more than this."""

CACHED: Final = 1 << 18
"""Small enough that the second pass over a block finds it in the processor's cache."""

LINE_FEED: Final = 10
RETURN: Final = 13

HEAD: Final = 1 << 16
LONGEST_LINE: Final = 1 << 26
"""No line of a text file is longer than this."""

FOREIGN: Final = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive (or an Office document, which is one)"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a sound or video recording"),
    (b"ID3", "a sound recording"),
    (b"OggS", "a sound recording"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"BZh", "compressed with bzip2; unpack it, or use gzip"),
    (b"\xfd7zXZ", "compressed with xz; unpack it, or use gzip"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it, or use gzip"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it"),
    (b"\xd4\xc3\xb2\xa1", "a packet capture"),
    (b"\x0a\x0d\x0d\x0a", "a packet capture"),
)
CONTROLS: Final = bytes(code for code in range(1, 32) if code not in {9, 10, 12, 13, 26, 27})
MARKUP: Final = (b"<!doctype", b"<html", b"<head", b"<body", b"<svg")
WIDE: Final = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Content:
    """A file as plain bytes, and what one pass over it found.

    Attributes
    ----------
    name, file_hash
        The file's name and the SHA-256 of its bytes as delivered.
    path
        Where its plain bytes are: the file itself, or an unpacked copy.
    lines
        Physical lines, blank ones too; the last may lack its end.
    feeds, returns, both
        How many LF, CR and CRLF there are.
    nul
        Whether there are NUL bytes.
    ended
        Whether the last line has its end.
    size
        Bytes of the plain text.
    delivered
        Whether the plain text is what was delivered, neither compressed nor in another encoding.
    """

    name: str
    file_hash: str
    path: Path
    lines: int
    feeds: int
    returns: int
    both: int
    nul: bool
    ended: bool
    size: int
    delivered: bool = True

    @property
    def even(self) -> bool:
        """Whether every line ends alike and no NUL byte is in the way."""
        ends = {(True, True, True), (True, False, False), (False, True, False)}
        same = not self.both or self.feeds == self.returns == self.both
        return not self.nul and (bool(self.feeds), bool(self.returns), bool(self.both)) in ends and same


@contextmanager
def content_of(path: Path) -> Iterator[Content]:
    """Open a file for reading: unpack it if need be, hash it and count its lines.

    Raises
    ------
    NotACdrFile
        The file cannot be read, is truncated, unpacks to more than is allowed, or is plainly something
        else.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD)
    except OSError as error:
        raise NotACdrFile(
            f"{path}: cannot be read ({error.strerror}); expected a file of call records"
        ) from error
    with ExitStack() as scratch:
        plain, digest = path, None
        if head.startswith(MAGIC):
            digest = _digest(path)
            plain = _folder(scratch) / "unpacked"
            unpack(path, plain)
            with plain.open("rb") as stream:
                head = stream.read(HEAD)
        encoding = next((name for mark, name in WIDE if head.startswith(mark)), None)
        if encoding is not None:
            digest = digest or _digest(path)
            plain = _transcoded(path, plain, _folder(scratch) / "plain", encoding)
            with plain.open("rb") as stream:
                head = stream.read(HEAD)
        _refuse_foreign(path, head)
        if any(character in str(plain) for character in "*?[]{}"):
            # DuckDB would read such a name as a pattern.
            link = _folder(scratch) / "file"
            link.symlink_to(plain.absolute())
            plain = link
        yield _counted(path.name, plain, digest)


def _folder(scratch: ExitStack) -> Path:
    """A folder for a copy: most files need none, and making it costs more than reading a small one."""
    return Path(scratch.enter_context(TemporaryDirectory(prefix="cxreports-")))


def _refuse_foreign(path: Path, head: bytes) -> None:
    kind = next((kind for mark, kind in FOREIGN if head.startswith(mark)), None)
    if kind is None and head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(MARKUP):
        kind = "a web page or other markup"
    if kind is None and head:
        controls = len(head) - len(head.translate(None, CONTROLS))
        if controls > len(head) // 50 + 4 or head.count(b"\0") > len(head) * 3 // 4:
            kind = "binary data"
    if kind is not None:
        raise NotACdrFile(f"{path}: is {kind}; expected call records as CSV or JSON text")


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _transcoded(path: Path, source: Path, target: Path, encoding: str) -> Path:
    try:
        with (
            source.open(encoding=encoding, newline="") as wide,
            target.open("w", encoding="utf-8", newline="") as plain,
        ):
            while text := wide.read(CHUNK):
                plain.write(text)
    except UnicodeError as error:
        raise NotACdrFile(f"{path}: begins as UTF-16 but is not ({error}); save it as UTF-8") from error
    return target


def content_in(path: Path, data: bytes) -> Content:
    """A file whose bytes are at hand, neither compressed nor in another encoding.

    Raises
    ------
    NotACdrFile
        It is plainly something else.
    """
    _refuse_foreign(path, data[:HEAD])
    return _tallied(path.name, path, [data], None)


def _counted(name: str, path: Path, digest: str | None) -> Content:
    """Hash and count in one pass: at a gigabyte a second it costs less than parsing does."""
    with path.open("rb") as stream:
        return _tallied(name, path, iter(lambda: stream.read(CACHED), b""), digest)


def _tallied(name: str, path: Path, blocks: Iterable[bytes], digest: str | None) -> Content:
    hasher = hashlib.sha256()
    feeds = returns = both = size = 0
    nul = False
    last = b""
    for block in blocks:
        hasher.update(block)
        size += len(block)
        feeds += block.count(b"\n")
        if b"\r" in block:
            returns += block.count(b"\r")
            both += block.count(b"\r\n")
        if last == b"\r" and block.startswith(b"\n"):
            both += 1
        nul = nul or b"\0" in block
        last = block[-1:]
    ended = last in {b"", b"\n", b"\r"}
    lines = feeds + returns - both + (not ended)
    whole = digest or hasher.hexdigest()
    return Content(name, whole, path, lines, feeds, returns, both, nul, ended, size, digest is None)


def tail_of(content: Content, target: Path, heading: bytes, begin: int) -> Content:
    """A file's heading and what follows from a byte on, as a file of its own."""
    with content.path.open("rb") as stream, target.open("wb") as tail:
        tail.write(heading)
        stream.seek(begin)
        while block := stream.read(CHUNK):
            tail.write(block)
    return _counted(content.name, target, content.file_hash)


def ends_like(content: "Content", last: str) -> bool:
    """Whether some line of an even file ends with one of these characters, or the file itself does."""
    wanted = np.zeros(256, np.bool_)
    wanted[list(last.encode())] = True
    end, back = (LINE_FEED, 2 if content.both else 1) if content.feeds else (RETURN, 1)
    before = b"\n\n"
    with content.path.open("rb") as stream:
        while block := stream.read(CACHED):
            characters = np.frombuffer(block, np.uint8)
            ends = np.flatnonzero(characters == end) - back
            # A line may end where the block begins: its last character is in the one before.
            early = [before[at] for at in ends[:2].tolist() if at < 0]
            if wanted[characters[ends[len(early) :]]].any() or wanted[early].any():
                return True
            before = (before + block[-2:])[-2:]
    return bool(wanted[before[-1]])


def delimiters(path: Path, delimiter: str, quote: str) -> int:
    """Count the delimiters outside quotes, of a file whose quotes are all doubled or closed.

    DuckDB drops a field too many if it is empty or a word for null. This count shows it.
    """
    mark, border = ord(quote), ord(delimiter)
    count, inside = 0, False
    with path.open("rb") as stream:
        while block := stream.read(CACHED):
            characters = np.frombuffer(block, np.uint8)
            if quote.encode() in block:
                borders = np.flatnonzero(characters == border)
                # How many come before each quote, the block's begin or end where a field is open there.
                before = np.searchsorted(borders, np.flatnonzero(characters == mark))
                turns = np.concatenate([[0] * inside, before])
                inside = len(turns) % 2 == 1
                turns = np.concatenate([turns, [len(borders)] * inside])
                count += len(borders) - int((turns[1::2] - turns[::2]).sum())
            elif not inside:
                count += int(np.count_nonzero(characters == border))
    return count


def text_blocks(path: Path) -> Iterator[tuple[int, str, dict[int, str]]]:
    """Yield a file's text in blocks of whole lines.

    Line ends become LF. Lines that are not UTF-8 are read as Windows-1252 (of which
    Latin-1's letters are a part) and NUL bytes are dropped.

    Yields
    ------
    tuple of int, str, dict of int to str
        The number of the block's first line from 1, its text without the last line's end,
        and what was mended, by line.
    """
    with path.open("rb") as stream:
        yield from blocks_of(stream, path)


def blocks_of(stream: BinaryIO, path: Path) -> Iterator[tuple[int, str, dict[int, str]]]:
    """Yield a text in blocks, see `text_blocks`."""
    number = 1
    for block in _line_blocks(stream, path):
        text, mended = _decoded(block, number)
        if number == 1:
            text = text.removeprefix("\ufeff")
        yield number, text, mended
        number += text.count("\n") + 1


def _line_blocks(stream: BinaryIO, path: Path) -> Iterator[bytes]:
    rest, size = b"", FIRST
    while block := stream.read(size):
        held, size = rest + block, CHUNK
        # A CR at the very end may be half of a CRLF.
        end = max(held.rfind(b"\n"), held.rfind(b"\r", 0, len(held) - 1))
        if end < 0:
            if len(held) > LONGEST_LINE:
                raise NotACdrFile(
                    f"{path}: has a line of more than {LONGEST_LINE:,} bytes; expected text lines"
                )
            rest = held
            continue
        yield held[: end + 1].replace(b"\r\n", b"\n").replace(b"\r", b"\n")[:-1]
        rest = held[end + 1 :]
    if rest:
        yield rest.removesuffix(b"\r")


def _decoded(block: bytes, number: int) -> tuple[str, dict[int, str]]:
    mended: dict[int, str] = {}
    if b"\0" in block:
        for i, line in enumerate(block.split(b"\n")):
            if b"\0" in line:
                mended[number + i] = "NUL bytes dropped"
        block = block.replace(b"\0", b"")
    try:
        return block.decode("utf-8"), mended
    except UnicodeDecodeError:
        lines = block.split(b"\n")
    texts = []
    for i, line in enumerate(lines):
        try:
            texts.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            texts.append(_western(line))
            mended[number + i] = "; ".join(
                filter(None, [mended.get(number + i), "not UTF-8, read as Latin-1"])
            )
    return "\n".join(texts), mended


def _western(line: bytes) -> str:
    try:
        return line.decode("cp1252")
    except UnicodeDecodeError:
        return line.decode("latin-1")
