"""Palette Color LUT: indices to RGB (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6, C.7.9.2)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.imaging.lookup_table import LookupTable

OCTET_MAX = 255
OCTET_BITS = 8
MAX_STEPS = 1 << 18
"""Segments one table may be made of: some for each entry, repeated ones counted each time."""


@dataclass(frozen=True, slots=True)
class PaletteColorLut:
    """Three tables of equal length.

    Attributes:
        is_supplemental: Values below the first mapped one stay grey and take the grayscale pipeline.
    """

    red: LookupTable
    green: LookupTable
    blue: LookupTable
    is_supplemental: bool = False

    @property
    def first(self) -> int:
        """The first stored value that has a colour of its own."""
        return self.red.first

    def apply(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Return RGB of 8 bits, one more axis than the values."""
        tables = (self.red, self.green, self.blue)
        # Legacy tables of "16 bits" may hold octets: that is told by all three, for one channel alone may be dark.
        are_octets = all(int(table.entries.max()) <= OCTET_MAX for table in tables)
        return np.stack([_octets(table, are_octets=are_octets)[_index(table, values)] for table in tables], axis=-1)


def _octets(table: LookupTable, *, are_octets: bool) -> NDArray[np.uint8]:
    if are_octets or table.bits <= OCTET_BITS:
        return table.entries.astype(np.uint8)
    return (np.minimum(table.entries, 0xFFFF) >> OCTET_BITS).astype(np.uint8)


def _index(table: LookupTable, values: NDArray[Any]) -> NDArray[np.int64]:
    return np.clip(values.astype(np.int64) - table.first, 0, table.entries.size - 1)


def expand_segments(words: NDArray[np.int64], entries: int, bits: int = 16) -> NDArray[np.int64]:
    """Return the table that segments describe (C.7.9.2.1).

    Args:
        words: Segmented Palette Color LUT Data, a word an item; an octet an item where entries have 8 bits.
        entries: How many the descriptor announces: the quota, and what must come out.
        bits: Of an entry and of every number in a segment, 8 or 16; offsets take 32 bits of them together.

    Raises:
        DicomError: If segments are cut, unknown, nested where they must not be, or give another number of entries.
    """
    expansion = _Expansion(words, entries, bits)
    position = 0
    while position < words.size and len(expansion.table) < entries:
        position = expansion.expand_one(position)
    if len(expansion.table) != entries:
        raise DicomError(
            _("A segmented palette gives {found} of {entries} entries").format(
                found=len(expansion.table), entries=entries
            )
        )
    return np.asarray(expansion.table, np.int64)


class _Expansion:
    """A table in the making."""

    def __init__(self, words: NDArray[np.int64], entries: int, bits: int) -> None:
        self.table: list[int] = []
        self._words = words
        self._entries = entries
        self._bits = bits
        self._steps = 0

    def expand_one(self, position: int, *, is_nested: bool = False) -> int:
        """Append one segment to the table and return where the next begins."""
        words, table = self._words, self.table
        self._steps += 1
        _check(self._steps <= MAX_STEPS)  # empty segments, repeated, would never end
        if position + 2 > words.size:
            raise DicomError(_("A segmented palette is cut off"))
        opcode, length = int(words[position]), int(words[position + 1])
        body = position + 2
        if opcode == 0:
            _check(body + length <= words.size and len(table) + length <= self._entries)
            table.extend(words[body : body + length].tolist())
            return body + length
        if opcode == 1:
            _check(bool(table) and body < words.size and len(table) + length <= self._entries)
            start, end = table[-1], int(words[body])
            table.extend(int(start + (end - start) * step / length + 0.5) for step in range(1, length + 1))
            return body + 1
        if opcode == 2 and not is_nested:
            return self._expand_indirect(body, length)
        raise DicomError(_("A segmented palette has an unknown segment {opcode}").format(opcode=opcode))

    def _expand_indirect(self, body: int, segments: int) -> int:
        """Append segments that stand elsewhere; their offset is in bytes, in 32 bits, the lowest part first."""
        octets = self._bits // OCTET_BITS
        parts = 4 // octets
        _check(body + parts <= self._words.size)
        inner = sum(int(self._words[body + part]) << self._bits * part for part in range(parts)) // octets
        for _segment in range(segments):
            _check(len(self.table) < self._entries)
            inner = self.expand_one(inner, is_nested=True)
        return body + parts


def _check(is_right: bool) -> None:
    if not is_right:
        raise DicomError(_("A segmented palette does not fit its descriptor"))
