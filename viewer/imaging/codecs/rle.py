"""RLE: byte planes in PackBits, most significant byte first (PS3.5 Annex G)."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DecodingError
from viewer.base.translation import _
from viewer.imaging.stored_frame import FrameWarning, PixelDescription, StoredFrame
from viewer.imaging.stored_values import FULL_CHROMA, lowest_value, stored_fields

_HEADER = 64
_MAXIMUM_SEGMENTS = 15


def decode_rle(data: bytes, description: PixelDescription) -> StoredFrame:
    """Return the frame of an RLE stream.

    Raises:
        DecodingError: If its header makes no sense, or nothing of the frame is there.
    """
    if description.bits_allocated == 1:
        return _decode_bits(data, description)
    width = description.bits_allocated // 8
    samples = description.samples_per_pixel
    offsets = _segment_offsets(data, samples * width)
    pixels = description.rows * description.columns
    planes = np.zeros((samples, pixels, width), np.uint8)
    delivered, is_overlong = pixels, False
    for number, (start, end) in enumerate(zip(offsets, [*offsets[1:], len(data)], strict=True)):
        plane = unpacked(data[start:end], pixels)
        is_overlong = is_overlong or plane.size > pixels + 1
        count = min(plane.size, pixels)
        delivered = min(delivered, count)
        planes[number // width, :count, width - 1 - number % width] = plane[:count]
    words = planes.view(f"<u{width}")[:, :, 0]
    return _frame(words, description, delivered // description.columns, is_overlong=is_overlong)


def unpacked(data: bytes, expected: int) -> NDArray[np.uint8]:
    """Return the bytes of a PackBits segment; fewer than expected when it ends early."""
    import imagecodecs

    try:
        return np.frombuffer(imagecodecs.packbits_decode(data), np.uint8)
    except (RuntimeError, ValueError):
        return np.frombuffer(_unpacked_as_far_as_possible(data, expected), np.uint8)


def _unpacked_as_far_as_possible(data: bytes, expected: int) -> bytes:
    out = bytearray()
    position = 0
    while position < len(data) and len(out) < expected:
        control = data[position]
        position += 1
        if control < 128:
            out += data[position : position + control + 1]
            position += control + 1
        elif control > 128:
            out += data[position : position + 1] * (257 - control)
            position += 1
    return bytes(out)


def _segment_offsets(data: bytes, expected: int) -> list[int]:
    if len(data) < _HEADER:
        raise DecodingError(_("The compressed frame ends inside its header"))
    count, *offsets = struct.unpack_from(f"<{1 + _MAXIMUM_SEGMENTS}I", data)
    if count != expected:
        raise DecodingError(
            _("The RLE stream has {count} segments where the header asks for {expected}").format(
                count=count, expected=expected
            )
        )
    offsets = offsets[:count]
    if offsets[0] != _HEADER or offsets != sorted(set(offsets)):
        raise DecodingError(_("The RLE header is damaged"))
    return offsets


def _decode_bits(data: bytes, description: PixelDescription) -> StoredFrame:
    offsets = _segment_offsets(data, 1)
    pixels = description.rows * description.columns
    packed = unpacked(data[offsets[0] :], -(-pixels // 8))
    bits = np.unpackbits(packed, bitorder="little")
    words = np.zeros((1, pixels), np.uint8)
    count = min(bits.size, pixels)
    words[0, :count] = bits[:count]
    is_overlong = packed.size > -(-pixels // 8) + 1
    return _frame(words, description, count // description.columns, is_overlong=is_overlong)


def _frame(words: NDArray[Any], description: PixelDescription, rows: int, *, is_overlong: bool) -> StoredFrame:
    if rows == 0:
        raise DecodingError(_("The compressed frame ends before its first row"))
    warnings = set()
    if is_overlong:
        warnings.add(FrameWarning.OVERLONG)
    missing_rows = description.rows - rows
    values, raw_words = stored_fields(words, description)
    if missing_rows:
        warnings.add(FrameWarning.TRUNCATED)
        values = values.copy()
        values[:, rows * description.columns :] = lowest_value(values, description)
    shape = (description.rows, description.columns)
    if words.shape[0] == 1:
        raw = None if raw_words is None else raw_words.reshape(shape)
        photometric = description.photometric_interpretation
        return StoredFrame(values.reshape(shape), photometric, frozenset(warnings), missing_rows, raw)
    colour = np.ascontiguousarray(values.T.reshape(*shape, -1))
    photometric = description.photometric_interpretation
    photometric = FULL_CHROMA.get(photometric, photometric)  # planes are whole: nothing is shared
    return StoredFrame(colour, photometric, frozenset(warnings), missing_rows)
