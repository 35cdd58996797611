"""Uncompressed slices read straight from their files into the voxels they become, without a copy in between."""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.byte_source import read_into
from viewer.base.errors import DecodingError
from viewer.base.translation import _
from viewer.dicom.transfer_syntaxes import transfer_syntax
from viewer.imaging.stored_values import stored_fields
from viewer.volume.source_slices import SourceSlice


def is_native(source: SourceSlice) -> bool:
    """Return whether the bytes of a slice's pixels in its file are its voxels, in a type that volumes keep."""
    header, pixels = source.image.header, source.kind.pixels
    location = header.pixel_data
    if location is None or location.is_encapsulated or source.image.is_tile or sys.byteorder != "little":
        return False
    syntax = transfer_syntax(header.transfer_syntax_uid)
    if not syntax.is_supported or syntax.is_encapsulated or syntax.is_deflated or syntax.is_big_endian:
        return False
    if syntax.has_big_endian_pixels or pixels.is_float or pixels.bits_allocated not in {8, 16}:
        return False
    expected = pixels.rows * pixels.columns * pixels.bits_allocated // 8 * pixels.frame_count
    return pixels.samples_per_pixel == 1 and expected <= location.length <= expected + 1


def read_native(source: SourceSlice, out: NDArray[Any]) -> tuple[float, float]:
    """Read a slice's stored values and return the lowest and highest of them.

    Args:
        source: For which is_native holds.
        out: (rows, columns), C-contiguous, of the type of its stored values.

    Raises:
        DecodingError: If the file ends before the slice does.
        MediaError: If the medium fails.
    """
    header, pixels = source.image.header, source.kind.pixels
    location = header.pixel_data
    assert location is not None  # noqa: S101 - is_native asked before
    offset = location.offset + source.image.frame_index * out.nbytes
    if read_into(header.source, offset, out.view(np.uint8).reshape(-1).data) < out.nbytes:
        raise DecodingError(_("The pixel data end early"), subject=header.source.name)
    lowest, highest = out.min(), out.max()
    least, most = pixels.stored_range
    if lowest < least or highest > most or pixels.high_bit != pixels.bits_stored - 1:
        # The words hold more than the stored field (overlays, sign bits of another width).
        values, _words = stored_fields(out.view(np.dtype(f"u{out.dtype.itemsize}")), pixels)
        out[...] = values
        lowest, highest = out.min(), out.max()
    return float(lowest), float(highest)
