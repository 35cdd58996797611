"""Masks of one slice, a bit a pixel, cut to what is in them: thousands of slices fit into memory and into undo.

They begin at a column that is a multiple of eight, so that slices are put together octet by octet.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BITS = 8


@dataclass(frozen=True, slots=True, eq=False)
class PackedSlice:
    """The pixels of a slice that belong to a segment; never written to.

    Attributes:
        row: Of the first row of bits.
        column: Of the first bit of each row; a multiple of 8.
        bits: (rows, octets), the first pixel in the highest bit.
    """

    row: int
    column: int
    bits: NDArray[np.uint8]

    @property
    def count(self) -> int:
        """How many pixels belong to it."""
        return int(np.bitwise_count(self.bits).sum(dtype=np.int64))

    @property
    def box(self) -> tuple[int, int, int, int]:
        """First row and column, and those behind the last ones, in whole octets."""
        rows, octets = self.bits.shape
        return self.row, self.column, self.row + rows, self.column + octets * BITS

    def unpacked(self, rows: int, columns: int) -> NDArray[np.uint8]:
        """Return the whole slice: 1 where it belongs to the segment."""
        whole = np.zeros((rows, columns), np.uint8)
        part = np.unpackbits(self.bits, axis=1)
        width = min(part.shape[1], columns - self.column)
        whole[self.row : self.row + part.shape[0], self.column : self.column + width] = part[:, :width]
        return whole

    def is_same(self, other: "PackedSlice") -> bool:
        """Whether the same pixels belong to both."""
        return (self.row, self.column) == (other.row, other.column) and np.array_equal(self.bits, other.bits)


def packed_slice(mask: NDArray[np.generic]) -> PackedSlice | None:
    """Return a slice of the pixels of a mask that are not 0; None when there are none."""
    filled = mask != 0
    rows = np.flatnonzero(filled.any(axis=1))
    if not rows.size:
        return None
    columns = np.flatnonzero(filled.any(axis=0))
    first_row, last_row = int(rows[0]), int(rows[-1])
    first = int(columns[0]) // BITS * BITS
    bits = np.packbits(filled[first_row : last_row + 1, first : int(columns[-1]) + 1], axis=1)
    bits.flags.writeable = False
    return PackedSlice(first_row, first, bits)
