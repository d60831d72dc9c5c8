"""Random numbers that are functions of keys: the same for one key, whatever else is asked for."""

import hashlib
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

GOLDEN: Final = 0x9E3779B97F4A7C15
"""2**64 divided by the golden ratio: steps of it are spread evenly over the words."""


class Draws:
    """Random numbers as a function of keys: the n-th draw of one key is always the same."""

    def __init__(self, keys: Words, *, skip: int = 0) -> None:
        self._keys = keys
        self._drawn = skip

    def words(self) -> Words:
        """Next 64 random bits of every key."""
        self._drawn += 1
        return mix(self._keys ^ np.uint64(self._drawn * GOLDEN & 0xFFFFFFFFFFFFFFFF))

    def uniform(self) -> Floats:
        """Next number in [0, 1) of every key."""
        return (self.words() >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, bound: int) -> Integers:
        """Next integer in [0, bound) of every key."""
        return (self.uniform() * bound).astype(np.int64)

    def normals(self) -> tuple[Floats, Floats]:
        """Two independent standard normals of every key (Box and Muller, 1958)."""
        radius = np.sqrt(-2 * np.log1p(-self.uniform()))
        angle = 2 * np.pi * self.uniform()
        return radius * np.cos(angle), radius * np.sin(angle)


def mix(words: Words) -> Words:
    """Scramble 64-bit words (the finaliser of SplitMix64; Steele, Lea and Flood, 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def block_key(seed: int, customer: str, day: date, what: str) -> int:
    """Key of what a customer does on a day."""
    text = f"{seed}|{customer}|{day.isoformat()}|{what}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


_HEX: Final = np.array([f"{word:04x}" for word in range(65_536)], dtype="S4")


def hex_ids(high: Words, low: Words) -> pl.Series:
    """Ids of 32 hexadecimal digits."""
    quarters = np.column_stack((high, low)).view(np.uint16)
    letters = np.ascontiguousarray(_HEX[quarters])
    offsets = np.arange(len(high) + 1, dtype=np.int32) * 32
    strings = pa.StringArray.from_buffers(len(high), pa.py_buffer(offsets), pa.py_buffer(letters))
    return pl.Series(strings)
