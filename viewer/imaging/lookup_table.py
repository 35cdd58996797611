"""Lookup tables as the Standard stores them: descriptor, data, and the traps in both (PS3.3 C.11.1.1, C.11.2.1.1).

Used by modality_lut, voi_lut, presentation_lut and palette_color_lut. All arithmetic is in 64-bit integers: a table
whose first mapped value is negative must not wrap.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _

ENTRIES_WHEN_ZERO = 65536
"""A descriptor's first value of 0 means 65536 entries."""

MAX_BITS = 16


@dataclass(frozen=True, slots=True, eq=False)
class LookupTable:
    """A table of unsigned outputs.

    Attributes:
        first: The input that meets the first entry; smaller inputs meet it too.
        entries: The outputs, int64.
        bits: How many bits an output has; 2**bits - 1 is the highest.
        explanation: LUT Explanation (0028,3003).
    """

    first: int
    entries: NDArray[np.int64]
    bits: int
    explanation: str = ""

    def __post_init__(self) -> None:
        if self.entries.ndim != 1 or not self.entries.size:
            raise DicomError(_("A lookup table has no entries"))
        if not 1 <= self.bits <= MAX_BITS:
            raise DicomError(_("A lookup table claims {bits} bits an entry").format(bits=self.bits))

    @property
    def last(self) -> int:
        """The input that meets the last entry; larger inputs meet it too."""
        return self.first + int(self.entries.size) - 1

    @property
    def maximum(self) -> int:
        """The highest output the declared bits allow."""
        return (1 << self.bits) - 1

    def apply(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """Map inputs onto outputs; fractions are rounded to the nearest entry, NaN meets the first."""
        if values.dtype.kind == "f":
            values = np.rint(np.nan_to_num(values, nan=float(self.first), posinf=self.last, neginf=self.first))
            index = np.clip(values, self.first, self.last).astype(np.int64) - self.first
        elif values.dtype == np.uint64:
            index = np.minimum(values, np.uint64(max(self.last, 0))).astype(np.int64) - self.first
        else:
            index = values.astype(np.int64) - self.first
        mapped: NDArray[np.int64] = self.entries[np.clip(index, 0, self.entries.size - 1)]
        return mapped


def descriptor_words(value: object, *, is_little_endian: bool = True) -> tuple[int, int, int]:
    """Return a LUT Descriptor as three unsigned 16-bit words: entries (never 0), first, bits.

    Args:
        value: Three integers of either sign, or the six bytes of them where the reader knew no better.
        is_little_endian: The byte order of such bytes.

    Raises:
        DicomError: If there are not three values.
    """
    if isinstance(value, bytes):
        value = np.frombuffer(value[:6], "<u2" if is_little_endian else ">u2").tolist() if len(value) >= 6 else ()
    if not isinstance(value, Iterable):
        raise DicomError(_("A LUT Descriptor does not have three values"))
    words = [int(word) & 0xFFFF for word in value]
    if len(words) != 3:
        raise DicomError(_("A LUT Descriptor does not have three values"))
    return words[0] or ENTRIES_WHEN_ZERO, words[1], words[2]


def signed_word(word: int) -> int:
    """Return a 16-bit word read as a signed one."""
    return word - 0x10000 if word & 0x8000 else word


def lut_data(data: object, count: int, bits: int, *, is_little_endian: bool = True) -> NDArray[np.int64]:
    """Return the entries of LUT Data (0028,3006), whichever way they are packed.

    Entries of 8 bits may lie two in a word or one in a word; the length tells which.

    Args:
        data: Integers (US, SS) or bytes (OW, OB, UN).
        count: Entries the descriptor announces.
        bits: Bits an entry that the descriptor announces.
        is_little_endian: The byte order of bytes.

    Raises:
        DicomError: If there are fewer values than the descriptor announces.
    """
    octets, words = _octets_and_words(data, is_little_endian=is_little_endian)
    if words.size >= count:
        entries = words[:count]
        # One 8-bit entry a word: some writers leave rubbish, or the same octet again, in the upper half.
        return entries & 0xFF if bits <= 8 else entries
    if bits <= 8 and octets.size >= count:
        return octets[:count]
    raise DicomError(
        _("A lookup table announces {count} entries and holds {found}").format(count=count, found=max(words.size, 0))
    )


def _octets_and_words(data: object, *, is_little_endian: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if isinstance(data, bytes | bytearray | memoryview):
        octets = np.frombuffer(bytes(data), np.uint8)
        words = np.frombuffer(octets[: octets.size // 2 * 2].tobytes(), "<u2" if is_little_endian else ">u2")
        if not is_little_endian:  # packed octets of a big-endian word lie the other way round
            octets = words.astype("<u2").view(np.uint8)
        return octets.astype(np.int64), words.astype(np.int64)
    try:
        values = [int(value) for value in data] if isinstance(data, Iterable) else [int(str(data))]
    except (TypeError, ValueError) as error:
        raise DicomError(_("LUT Data cannot be read")) from error
    words = np.asarray(values, np.int64) & 0xFFFF
    return words.astype("<u2").view(np.uint8).astype(np.int64), words
