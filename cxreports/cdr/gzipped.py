"""Gzip as it is unpacked: a stream into a file, ended as soon as it grows beyond its limits.

A few megabytes can unpack to gigabytes. Nothing beyond a limit is written to the disk or held in memory;
``content`` is the neighbour that asks for the plain text.
"""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from cxreports.errors import NotACdrFile
from cxreports.settings import Settings

if TYPE_CHECKING:
    from typing import BinaryIO

MAGIC: Final = b"\x1f\x8b"

CHUNK: Final = 1 << 20
_MEGABYTE: Final = 1 << 20

SMALL: Final = 64 * _MEGABYTE
"""So many bytes are unpacked whatever their ratio: they do no harm, and a short file may repeat itself."""


@dataclass(frozen=True)
class Limits:
    """How much a compressed file may unpack to.

    Attributes
    ----------
    unpacked_mb
        Megabytes (2**20 bytes) of plain text.
    ratio
        Bytes of plain text for a byte of the file, once it has unpacked to more than `SMALL`.
    """

    unpacked_mb: int
    ratio: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Limits of an installation."""
        return cls(settings.unpacked_most_mb, settings.unpacked_most_ratio)

    def check(self, path: Path, size: int, packed: int) -> None:
        """Refuse a file that has unpacked to so many bytes.

        Raises
        ------
        NotACdrFile
            Naming the limit and its setting.
        """
        if size > self.unpacked_mb * _MEGABYTE:
            raise NotACdrFile(
                f"{path}: unpacks to more than {self.unpacked_mb:,} MB and was not loaded; split it, or "
                "raise CXREPORTS_UNPACKED_MOST_MB"
            )
        if size > max(SMALL, self.ratio * packed):
            raise NotACdrFile(
                f"{path}: unpacks to more than {self.ratio:,} times its {packed:,} bytes, as no call records "
                "do, and was not loaded; if it is an honest file, raise CXREPORTS_UNPACKED_MOST_RATIO"
            )


def unpack(path: Path, target: Path, limits: Limits | None = None) -> None:
    """Write what a gzip file holds to another file.

    Parameters
    ----------
    limits
        How much is taken; by default what the settings allow.

    Raises
    ------
    NotACdrFile
        The file is broken, cut short, or unpacks to more than the limits; of the last, nothing beyond
        them was unpacked.
    """
    limits = limits or Limits.of(Settings.of())
    try:
        with gzip.open(path, "rb") as packed, target.open("wb") as plain:
            _copy(path, packed, plain, limits)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise NotACdrFile(
            f"{path}: its gzip compression is broken or cut short ({error}); fetch the file again. "
            "Nothing of it was loaded, because how much is missing cannot be known."
        ) from error


def _copy(path: Path, packed: "BinaryIO | gzip.GzipFile", plain: "BinaryIO", limits: Limits) -> None:
    size, packed_size = 0, path.stat().st_size
    while block := packed.read(CHUNK):
        size += len(block)
        limits.check(path, size, packed_size)
        plain.write(block)
