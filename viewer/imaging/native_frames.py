"""Frames of native (uncompressed) pixel elements, read one by one from wherever they lie.

Only the bytes of the wanted frame are read, so files of any size cost the same.
"""

from viewer.base.byte_source import ByteSource
from viewer.base.errors import DecodingError
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader, PixelDataLocation
from viewer.dicom.transfer_syntaxes import TransferSyntax
from viewer.imaging.stored_frame import FrameWarning, PixelDescription, StoredFrame
from viewer.imaging.stored_values import (
    FULL_CHROMA,
    cell_count,
    frame_span,
    is_subsampled,
    stored_frame_from_cells,
    value_length,
)

_ELEMENT_HEADER = 12
"""Bytes of tag, VR, reserved and length before a pixel element's value with explicit VR (PS3.5 7.1.2)."""


class NativeFrames:
    """The frames of one native pixel element.

    Args:
        header: An instance with pixel data of defined length.
        description: Its image.
        syntax: Its transfer syntax.
    """

    def __init__(self, header: InstanceHeader, description: PixelDescription, syntax: TransferSyntax) -> None:
        location = header.pixel_data
        assert location is not None  # noqa: S101 - FrameSource asked before
        self._source = header.source
        self._is_deflated = syntax.is_deflated
        self._is_big_endian = syntax.has_big_endian_pixels
        self._offset = location.offset
        self._available = _available(header.source, location, syntax)
        self._description = _corrected(description, self._available)
        self._warnings = frozenset(
            {FrameWarning.OVERLONG} if self._available > value_length(self._description) + 1 else ()
        )
        self._swaps_words = (
            syntax.is_big_endian and description.bits_allocated <= 8 and self._value_representation() == b"OW"
        )

    @property
    def description(self) -> PixelDescription:
        """The image, with what the length of its pixel element proves wrong put right."""
        return self._description

    def read(self, index: int) -> StoredFrame:
        """Return the frame with this 0-based index.

        Raises:
            DecodingError: If the pixel element ends before the frame.
            MediaError: If the medium fails.
        """
        span = frame_span(self._description, index)
        data = self._bytes(span.first_byte, min(span.byte_count, self._available - span.first_byte))
        if not data:
            raise DecodingError(
                _("Frame {number} of {count} is missing: the pixel data end before it").format(
                    number=index + 1, count=self._description.frame_count
                ),
                subject=self._source.name,
            )
        return stored_frame_from_cells(
            data,
            self._description,
            leading_cells=span.leading_cells,
            is_big_endian=self._is_big_endian,
            warnings=self._warnings,
        )

    def _bytes(self, first: int, count: int) -> bytes:
        if count <= 0:
            return b""
        if self._swaps_words:  # 8-bit cells in words (OW): whole words are read, swapped and cut to size
            lead = first & 1
            return _swapped(self._raw(first - lead, lead + count + (lead + count) % 2))[lead : lead + count]
        return self._raw(first, count)

    def _raw(self, first: int, count: int) -> bytes:
        if self._is_deflated:
            from viewer.dicom.datasets import inflated

            return bytes(inflated(self._source)[self._offset + first : self._offset + first + count])
        return self._source.read_at(self._offset + first, count)

    def _value_representation(self) -> bytes:
        return self._source.read_at(self._offset - _ELEMENT_HEADER, _ELEMENT_HEADER)[4:6]


def _available(source: ByteSource, location: PixelDataLocation, syntax: TransferSyntax) -> int:
    if syntax.is_deflated:
        from viewer.dicom.datasets import inflated

        size = len(inflated(source))
    else:
        size = source.size()
    return max(0, min(location.length, size - location.offset))


def _corrected(description: PixelDescription, available: int) -> PixelDescription:
    """Take 4:2:2 with all its chroma there for what it is: a full colour space under a wrong name."""
    if not is_subsampled(description):
        return description
    import dataclasses

    name = FULL_CHROMA[description.photometric_interpretation]
    full = dataclasses.replace(description, photometric_interpretation=name)
    return full if available >= cell_count(full) * full.frame_count * full.bits_allocated // 8 else description


def _swapped(data: bytes) -> bytes:
    import numpy as np

    return np.frombuffer(data[: len(data) & ~1], np.uint16).byteswap().tobytes()
