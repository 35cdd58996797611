"""Decoded frames as the cells of native pixel data (PS3.5 8.1.1), byte for byte what was compressed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DecodingError
from viewer.base.translation import _
from viewer.imaging.stored_frame import FrameWarning, PixelDescription, StoredFrame

_BYTE = 8


class NativeCells:
    """The cells of one image, frame after frame.

    Args:
        description: As its data set states it.

    Attributes:
        photometric_interpretation: Of the frames so far.
    """

    def __init__(self, description: PixelDescription) -> None:
        self._description = description
        self._bits: NDArray[np.uint8] = np.zeros(0, np.uint8)
        self.photometric_interpretation = ""
        if description.bits_allocated not in {1, 8, 16, 32} or description.is_float:
            raise _unlike()
        if description.samples_per_pixel not in {1, 3}:
            raise _unlike()

    @property
    def is_bytes(self) -> bool:
        """Whether no cell is longer than a byte."""
        return self._description.bits_allocated <= _BYTE

    def cells(self, frame: StoredFrame) -> bytes:
        """Return the cells of the next frame; of frames of bits those that fill bytes.

        Raises:
            DecodingError: If the frame is not whole, or is not what the data set says of it.
        """
        description = self._description
        if FrameWarning.TRUNCATED in frame.warnings or FrameWarning.OVERLONG in frame.warnings or frame.missing_rows:
            raise DecodingError(_("The compressed image is damaged"))
        if self.photometric_interpretation not in {"", frame.photometric_interpretation}:
            raise _unlike()
        self.photometric_interpretation = frame.photometric_interpretation
        values = frame.values if frame.raw_words is None else frame.raw_words
        shape = (description.rows, description.columns) + ((3,) if description.samples_per_pixel == 3 else ())
        is_exact = frame.raw_words is not None or FrameWarning.BITS_DISAGREE not in frame.warnings
        if values.shape != shape or not is_exact:
            raise _unlike()
        if description.bits_allocated == 1:
            return self._packed(values)
        is_shifted = description.high_bit + 1 != description.bits_stored
        if values.dtype.itemsize * _BYTE != description.bits_allocated or (is_shifted and frame.raw_words is None):
            raise _unlike()
        return np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False).tobytes()

    def rest(self) -> bytes:
        """Return the last cells, of frames of bits those that fill no byte."""
        return np.packbits(self._bits, bitorder="little").tobytes()

    def _packed(self, values: NDArray[Any]) -> bytes:
        bits = np.concatenate((self._bits, values.reshape(-1).astype(np.uint8)))
        whole = bits.size - bits.size % _BYTE
        self._bits = bits[whole:]
        return np.packbits(bits[:whole], bitorder="little").tobytes()


def _unlike() -> DecodingError:
    return DecodingError(_("The compressed image is not what its header says: it cannot be sent uncompressed"))
