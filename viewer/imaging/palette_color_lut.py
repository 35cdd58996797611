"""Palette Color LUT: indices to RGB (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6, C.7.9.2)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.imaging.lookup_table import LookupTable

OCTET_MAX = 255


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
        return np.stack([_octets(table)[_index(table, values)] for table in (self.red, self.green, self.blue)], axis=-1)


def _octets(table: LookupTable) -> NDArray[np.uint8]:
    highest = int(table.entries.max())
    if highest <= OCTET_MAX:  # also legacy tables of "16 bits" that only hold octets
        return table.entries.astype(np.uint8)
    return (np.minimum(table.entries, 0xFFFF) >> 8).astype(np.uint8)


def _index(table: LookupTable, values: NDArray[Any]) -> NDArray[np.int64]:
    return np.clip(values.astype(np.int64) - table.first, 0, table.entries.size - 1)


def expand_segments(words: NDArray[np.int64], entries: int) -> NDArray[np.int64]:
    """Return the table that segments describe (C.7.9.2.1).

    Args:
        words: Segmented Palette Color LUT Data, a word an item.
        entries: How many the descriptor announces: the quota, and what must come out.

    Raises:
        DicomError: If segments are cut, unknown, nested where they must not be, or give another number of entries.
    """
    table: list[int] = []
    position = 0
    while position < words.size and len(table) < entries:
        position = _expand_one(words, position, table, entries, is_nested=False)
    if len(table) != entries:
        raise DicomError(
            _("A segmented palette gives {found} of {entries} entries").format(found=len(table), entries=entries)
        )
    return np.asarray(table, np.int64)


def _expand_one(words: NDArray[np.int64], position: int, table: list[int], entries: int, *, is_nested: bool) -> int:
    """Append one segment to the table and return where the next begins."""
    if position < 0 or position + 2 > words.size:
        raise DicomError(_("A segmented palette is cut off"))
    opcode, length = int(words[position]), int(words[position + 1])
    body = position + 2
    if opcode == 0:
        _check(body + length <= words.size and len(table) + length <= entries)
        table.extend(words[body : body + length].tolist())
        return body + length
    if opcode == 1:
        _check(bool(table) and body < words.size and len(table) + length <= entries)
        start, end = table[-1], int(words[body])
        table.extend(int(start + (end - start) * step / length + 0.5) for step in range(1, length + 1))
        return body + 1
    if opcode == 2 and not is_nested:
        _check(body + 2 <= words.size)
        inner = (int(words[body]) | int(words[body + 1]) << 16) // 2
        for _run in range(length):
            _check(len(table) < entries)
            inner = _expand_one(words, inner, table, entries, is_nested=True)
        return body + 2
    raise DicomError(_("A segmented palette has an unknown segment {opcode}").format(opcode=opcode))


def _check(is_right: bool) -> None:
    if not is_right:
        raise DicomError(_("A segmented palette does not fit its descriptor"))
