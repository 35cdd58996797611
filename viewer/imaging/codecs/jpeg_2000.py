"""JPEG 2000 and High-Throughput JPEG 2000 (ISO 15444-1 Annex A, 15444-15)."""

import struct
from dataclasses import dataclass

import numpy as np

from viewer.base.errors import DecodingError
from viewer.base.translation import _
from viewer.imaging.codecs.decoded_stream import DecodedStream, check_size
from viewer.imaging.stored_frame import FrameWarning, PixelDescription

_START = b"\xff\x4f\xff\x51"
_COD, _SOT, _EOC, _SOD = 0xFF52, 0xFF90, 0xFFD9, 0xFF93
_END_OF_CODESTREAM = b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class Jpeg2000Header:
    """What a JPEG 2000 codestream says of itself.

    Attributes:
        has_component_transform: Whether red, green and blue went through RCT or ICT; the decoder undoes it.
        end: Offset after the EOC marker; None when the stream ends before it.
        is_whole: Whether all tile-parts are there, with or without EOC.
    """

    rows: int
    columns: int
    component_count: int
    precision: int
    is_signed: bool
    is_subsampled: bool
    has_component_transform: bool
    end: int | None
    is_whole: bool


def decode_jpeg_2000(data: bytes, description: PixelDescription) -> DecodedStream:
    """Return the samples of a JPEG 2000 or HTJ2K stream, bare or in a JP2 file.

    Raises:
        DecodingError: If it is damaged, of another size than the header's, or ends early: what is left of such a
            stream is a blurred image without a visible edge, which nobody should read.
    """
    import imagecodecs

    start = data.find(_START)
    if start < 0:
        raise DecodingError(_("The compressed frame is no JPEG 2000 stream"))
    codestream = data[start:] if start else data
    header = parse_jpeg_2000_header(codestream)
    check_size(header.rows, header.columns, description)
    if header.component_count not in {1, 3}:
        raise DecodingError(
            _("The compressed image has {count} components, not 1 or 3").format(count=header.component_count)
        )
    if header.is_subsampled:
        raise DecodingError(_("The compressed image has components of unequal size"))
    warnings: set[FrameWarning] = set()
    if header.end is None:
        if not header.is_whole:
            raise DecodingError(_("The compressed frame ends early; a JPEG 2000 image cannot be shown in part"))
        warnings.add(FrameWarning.TRUNCATED)
        codestream += _END_OF_CODESTREAM
    elif not start and codestream[header.end :].strip(b"\0\xff\xd9"):
        warnings.add(FrameWarning.OVERLONG)
    try:
        # OpenJPEG for both: the HTJ2K library beside it wraps 255 to 0 in lossy images.
        samples = np.asarray(imagecodecs.jpeg2k_decode(codestream, numthreads=1))
    except (RuntimeError, ValueError) as error:
        raise DecodingError(
            _("The JPEG 2000 stream is damaged ({reason})").format(reason=" ".join(str(error).split())[-120:])
        ) from error
    photometric, disagrees = _colour(header, description.photometric_interpretation)
    if disagrees:
        warnings.add(FrameWarning.CODEC_DISAGREES)
    return DecodedStream(samples, header.precision, photometric, header.is_signed, frozenset(warnings))


def parse_jpeg_2000_header(data: bytes) -> Jpeg2000Header:
    """Return what a codestream that starts with SOC and SIZ says of itself.

    Raises:
        DecodingError: If its main header is cut or makes no sense.
    """
    try:
        x_size, y_size, x_offset, y_offset = struct.unpack_from(">IIII", data, 8)
        count = struct.unpack_from(">H", data, 40)[0]
        components = [struct.unpack_from(">BBB", data, 42 + 3 * number) for number in range(count)]
        transform, first_tile = _main_header(data)
    except struct.error:
        raise DecodingError(_("The compressed frame ends inside its header")) from None
    if not components or len({component[0] for component in components}) != 1:
        raise DecodingError(_("The compressed image has components of unequal precision"))
    end, is_whole = _tile_parts(data, first_tile)
    return Jpeg2000Header(
        y_size - y_offset,
        x_size - x_offset,
        count,
        (components[0][0] & 0x7F) + 1,
        bool(components[0][0] & 0x80),
        any(component[1:] != (1, 1) for component in components),
        transform,
        end,
        is_whole,
    )


def _main_header(data: bytes) -> tuple[bool, int]:
    """Return whether a component transform was used, and where the first tile-part starts."""
    position = 2
    transform = False
    while True:
        marker, length = struct.unpack_from(">HH", data, position)
        if marker == _SOT:
            return transform, position
        if marker >> 8 != 0xFF or length < 2 or marker == _EOC:
            raise DecodingError(_("The JPEG 2000 header is damaged"))
        if marker == _COD:
            transform = data[position + 8] == 1 if position + 8 < len(data) else False
        position += 2 + length


def _tile_parts(data: bytes, position: int) -> tuple[int | None, bool]:
    """Follow the tile-parts by their lengths; return where the codestream ends and whether all of them are there."""
    while position + 12 <= len(data) and data[position : position + 2] == b"\xff\x90":
        length = int(struct.unpack_from(">I", data, position + 6)[0])
        if length == 0:  # the last one, up to the end of the codestream (A.4.2)
            end = data.rfind(_END_OF_CODESTREAM, position)
            return (end + 2, True) if end >= 0 and not data[end + 2 :].strip(b"\0\xff") else (None, False)
        if length < 14 or position + length > len(data):
            return None, False
        position += length
    if data[position : position + 2] == _END_OF_CODESTREAM:
        return position + 2, True
    return None, not data[position:].strip(b"\0\xff")


def _colour(header: Jpeg2000Header, stated: str) -> tuple[str, bool]:
    """Return what three samples are after decoding: RGB wherever a component transform was undone."""
    if header.component_count != 3:
        return stated, False
    if header.has_component_transform:
        return "RGB", stated not in {"RGB", "YBR_RCT", "YBR_ICT"}
    if stated in {"YBR_RCT", "YBR_ICT"}:
        return "RGB", True
    return ("YBR_FULL" if stated.startswith("YBR") else "RGB"), False
