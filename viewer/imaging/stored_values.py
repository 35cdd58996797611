"""Pixel cells to stored values: shift, mask and sign of whatever Bits Allocated (PS3.5 8.1.1, PS3.3 C.7.6.3).

Runs after the bytes of one frame were read or decompressed and before modality_lut.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DecodingError
from viewer.base.translation import _
from viewer.imaging.stored_frame import FrameWarning, PixelDescription, StoredFrame

Buffer = bytes | bytearray | memoryview

FULL_CHROMA = {"YBR_FULL_422": "YBR_FULL", "YBR_PARTIAL_422": "YBR_PARTIAL_420"}
"""Colour spaces whose native cells share chroma between two pixels, and what they are when each pixel has its own:
for the retired partial range that is the name of the one space left of it, whose frames come whole from a decoder."""

_ALIGNED_CELLS = {1: 8, 12: 2}
"""Cells after which a packed layout is at a byte's edge again."""


@dataclass(frozen=True, slots=True)
class FrameSpan:
    """Where the cells of one native frame lie inside the pixel element's value.

    Attributes:
        first_byte: Of the run that has to be read.
        byte_count: Length of that run.
        leading_cells: Cells of the frame before, at the run's start (frames of packed cells share bytes).
    """

    first_byte: int
    byte_count: int
    leading_cells: int = 0


def cell_count(description: PixelDescription) -> int:
    """Return how many cells one native frame has; 4:2:2 shares each chroma pair between two pixels."""
    if is_subsampled(description):
        return description.rows * math.ceil(description.columns / 2) * 4
    return description.rows * description.columns * description.samples_per_pixel


def is_subsampled(description: PixelDescription) -> bool:
    """Whether native cells come as Y1 Y2 Cb Cr (PS3.3 C.7.6.3.1.2)."""
    return description.photometric_interpretation in FULL_CHROMA and description.samples_per_pixel == 3


def frame_span(description: PixelDescription, index: int) -> FrameSpan:
    """Return where the native frame with this 0-based index lies; frames follow each other without alignment."""
    cells = cell_count(description)
    first_cell = index * cells
    leading = first_cell % _ALIGNED_CELLS.get(description.bits_allocated, 1)
    first_byte = (first_cell - leading) * description.bits_allocated // 8
    return FrameSpan(first_byte, -(-(leading + cells) * description.bits_allocated // 8), leading)


def value_length(description: PixelDescription) -> int:
    """Return the bytes that all native frames take together, without padding."""
    return -(-cell_count(description) * description.bits_allocated * description.frame_count // 8)


def stored_frame_from_cells(
    data: Buffer,
    description: PixelDescription,
    *,
    leading_cells: int = 0,
    is_big_endian: bool = False,
    warnings: frozenset[FrameWarning] = frozenset(),
) -> StoredFrame:
    """Return the frame whose native cells are in data; cells that are missing at its end are marked and filled.

    Args:
        data: The bytes of frame_span, or fewer of them when the source ends early.
        description: The image as the data set states it.
        leading_cells: As frame_span says.
        is_big_endian: Whether cells of more than a byte have their most significant byte first.
        warnings: What is known already.

    Raises:
        DecodingError: If not a single cell is there, or the cells are of a kind that nobody writes.
    """
    cells = cell_count(description)
    words = _words(data, description, is_big_endian)[leading_cells : leading_cells + cells]
    if words.size == 0:
        raise DecodingError(_("The frame is missing: the file ends before it"))
    values, raw_words = (words, None) if description.is_float else stored_fields(words, description)
    missing_rows = 0
    if words.size < cells:
        warnings = warnings | {FrameWarning.TRUNCATED}
        missing_rows = _missing_rows(words.size, description)
        values = _filled(values, cells, lowest_value(values, description))
        raw_words = None if raw_words is None else _filled(raw_words, cells, 0)
    if description.samples_per_pixel != 1:
        shaped, photometric = _colour(values, description)
        return StoredFrame(shaped, photometric, warnings, missing_rows)
    shape = (description.rows, description.columns)
    return StoredFrame(
        values.reshape(shape),
        description.photometric_interpretation,
        warnings,
        missing_rows,
        None if raw_words is None else raw_words.reshape(shape),
    )


def stored_fields(words: NDArray[Any], description: PixelDescription) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Return the stored field of each unsigned word as its value; the words too, if they hold anything besides.

    The common words, which hold nothing but their value, are handed back without a copy.
    """
    width = 8 * words.dtype.itemsize
    shift = description.high_bit + 1 - description.bits_stored
    if shift < 0 or description.high_bit >= width:
        shift = 0  # a High Bit outside the word says nothing
    stored = min(description.bits_stored, width)
    signed = np.dtype(f"i{words.dtype.itemsize}")
    if stored == width:
        return (words.view(signed) if description.is_signed else words), None
    if shift == 0 and words.size:
        if not description.is_signed and int(words.max()) >> stored == 0:
            return words, None
        as_signed = words.view(signed)
        if (
            description.is_signed
            and int(as_signed.min()) >= -(1 << (stored - 1))
            and not int(as_signed.max()) >> (stored - 1)
        ):
            return as_signed, None
    unused = width - stored
    if description.is_signed:  # the left shift drops what is above, the arithmetic right shift extends the sign
        return np.right_shift(np.left_shift(words, unused - shift).view(signed), signed.type(unused)), words
    return np.bitwise_and(np.right_shift(words, shift), words.dtype.type((1 << stored) - 1)), words


def lowest_value(values: NDArray[Any], description: PixelDescription) -> float:
    """Return what missing pixels are filled with: the lowest value a cell can hold."""
    if not description.is_float:
        return description.stored_range[0]
    finite = values[np.isfinite(values)]
    return float(finite.min()) if finite.size else 0.0


def _words(data: Buffer, description: PixelDescription, is_big_endian: bool) -> NDArray[Any]:
    allocated = description.bits_allocated
    if allocated == 1:
        return np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    if allocated == 12:
        return _unpacked_12(np.frombuffer(data, np.uint8))
    kind = "f" if description.is_float else "u"
    dtype = np.dtype(f"{'>' if is_big_endian else '<'}{kind}{allocated // 8}")
    whole = memoryview(data).nbytes // dtype.itemsize
    words = np.frombuffer(data, dtype, whole)
    return words.astype(dtype.newbyteorder("=")) if is_big_endian and allocated > 8 else words


def _unpacked_12(data: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Unpack two 12-bit cells from each three bytes (ACR-NEMA 300, 8.1: packed cells, low bits first)."""
    cells = data.size * 2 // 3
    triples = np.zeros((-(-data.size // 3), 3), np.uint16)
    triples.reshape(-1)[: data.size] = data
    out = np.empty((triples.shape[0], 2), np.uint16)
    out[:, 0] = triples[:, 0] | (triples[:, 1] & 0x0F) << 8
    out[:, 1] = triples[:, 1] >> 4 | triples[:, 2] << 4
    return out.reshape(-1)[:cells]


def _missing_rows(delivered: int, description: PixelDescription) -> int:
    rows, columns = description.rows, description.columns
    if is_subsampled(description):
        return rows - delivered // (math.ceil(columns / 2) * 4)
    samples = description.samples_per_pixel
    if samples > 1 and description.planar_configuration == 1:
        return rows - max(0, delivered - (samples - 1) * rows * columns) // columns
    return rows - delivered // (columns * samples)


def _filled(values: NDArray[Any], cells: int, fill: float) -> NDArray[Any]:
    out = np.full(cells, fill, values.dtype)
    out[: values.size] = values
    return out


def _colour(values: NDArray[Any], description: PixelDescription) -> tuple[NDArray[Any], str]:
    rows, columns, samples = description.rows, description.columns, description.samples_per_pixel
    photometric = description.photometric_interpretation
    if is_subsampled(description):
        return _upsampled_422(values.reshape(rows, -1, 4), columns), FULL_CHROMA[photometric]
    if description.planar_configuration == 1:
        values = np.ascontiguousarray(np.moveaxis(values.reshape(samples, rows, columns), 0, 2))
    shaped = values.reshape(rows, columns, samples)
    if samples == 3:
        return shaped, photometric
    if photometric != "ARGB":
        raise DecodingError(
            _("Images of {samples} samples a pixel in {photometric} colour cannot be shown").format(
                samples=samples, photometric=photometric or _("(none)")
            )
        )
    return np.ascontiguousarray(shaped[:, :, 1:]), "RGB"


def _upsampled_422(pairs: NDArray[Any], columns: int) -> NDArray[Any]:
    out = np.empty((pairs.shape[0], pairs.shape[1], 2, 3), pairs.dtype)
    out[..., 0] = pairs[..., :2]
    out[..., 1] = pairs[..., 2:3]
    out[..., 2] = pairs[..., 3:4]
    return np.ascontiguousarray(out.reshape(pairs.shape[0], -1, 3)[:, :columns])
