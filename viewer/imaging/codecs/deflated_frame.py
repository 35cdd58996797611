"""Deflated Image Frame Compression: each frame's native cells in a raw DEFLATE stream (PS3.5 A.4.13)."""

import zlib

from viewer.base.errors import DecodingError
from viewer.base.translation import _
from viewer.imaging.stored_frame import FrameWarning, PixelDescription, StoredFrame
from viewer.imaging.stored_values import frame_span, stored_frame_from_cells

_RAW_DEFLATE = -15


def decode_deflated_frame(data: bytes, description: PixelDescription) -> StoredFrame:
    """Return the frame of a deflated stream; never inflates more than a frame holds.

    Raises:
        DecodingError: If it is damaged, or nothing of the frame is there.
    """
    expected = frame_span(description, 0).byte_count
    inflater = zlib.decompressobj(_RAW_DEFLATE)
    try:
        cells = inflater.decompress(data, expected + 2)
    except zlib.error as error:
        raise DecodingError(_("The deflated frame is damaged ({reason})").format(reason=error)) from error
    warnings = {FrameWarning.OVERLONG} if len(cells) > expected + 1 else set()
    if not inflater.eof and len(cells) < expected:
        warnings.add(FrameWarning.TRUNCATED)
    return stored_frame_from_cells(cells, description, warnings=frozenset(warnings))
