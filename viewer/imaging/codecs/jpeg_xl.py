"""JPEG XL (ISO 18181): bare codestreams and boxed files; of the box format only sizes are looked at here."""

import struct

import numpy as np

from viewer.base.errors import DecodingError
from viewer.base.translation import _
from viewer.imaging.codecs.decoded_stream import DecodedStream, check_size
from viewer.imaging.stored_frame import FrameWarning, PixelDescription

_BARE = b"\xff\x0a"
_SIZE_BITS = (9, 13, 18, 30)
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_PARTIAL_BOX_HEADER = 4


def decode_jpeg_xl(data: bytes, description: PixelDescription) -> DecodedStream:
    """Return the samples of a JPEG XL stream; the decoder itself refuses a stream that ends early.

    Raises:
        DecodingError: If it is damaged, cut, or of another size than the header's.
    """
    import imagecodecs

    check_size(*jpeg_xl_size(data), description)
    try:
        samples = np.asarray(imagecodecs.jpegxl_decode(data, keeporientation=True, numthreads=1))
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())
        if "NEED_MORE_INPUT" in reason:
            raise DecodingError(_("The compressed frame ends early")) from error
        raise DecodingError(_("The JPEG XL stream is damaged ({reason})").format(reason=reason[-120:])) from error
    if samples.dtype.kind == "f":
        raise DecodingError(_("The JPEG XL stream holds floating-point samples, which DICOM does not know"))
    precision = 8 * samples.dtype.itemsize
    stated = description.photometric_interpretation
    disagrees = samples.ndim == 3 and stated.startswith("YBR") and stated not in {"YBR_RCT", "YBR_ICT"}
    # XYB and YCbCr are undone by the decoder: what comes out is RGB.
    warnings = frozenset({FrameWarning.CODEC_DISAGREES} if disagrees else ())
    if precision > description.bits_stored and int(samples.max(initial=0)) >> description.bits_stored == 0:
        precision = description.bits_stored
    return DecodedStream(samples, precision, "RGB", warnings=warnings)


def jpeg_xl_size(data: bytes) -> tuple[int, int]:
    """Return rows and columns of a JPEG XL image (ISO 18181-1, SizeHeader).

    Raises:
        DecodingError: If it has no codestream.
    """
    codestream = data if data.startswith(_BARE) else _boxed_codestream(data)
    if not codestream.startswith(_BARE):
        raise DecodingError(_("The compressed frame is no JPEG XL stream"))
    bits = _Bits(codestream[2:18])
    is_small = bits.take(1)
    rows = _extent(bits, is_small)
    ratio = bits.take(3)
    if ratio:
        numerator, denominator = _RATIOS[ratio - 1]
        return rows, rows * numerator // denominator
    return rows, _extent(bits, is_small)


def _extent(bits: "_Bits", is_small: int) -> int:
    if is_small:
        return 8 * (bits.take(5) + 1)
    return 1 + bits.take(_SIZE_BITS[bits.take(2)])


def _boxed_codestream(data: bytes) -> bytes:
    position = 0
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        header = 8
        if length == 1 and position + 16 <= len(data):
            length, header = struct.unpack_from(">Q", data, position + 8)[0], 16
        if kind == b"jxlc":
            return data[position + header : position + header + 64]
        if kind == b"jxlp":
            return data[position + header + _PARTIAL_BOX_HEADER : position + header + _PARTIAL_BOX_HEADER + 64]
        if length < header:
            break
        position += length
    return b""


class _Bits:
    """Bits of a JPEG XL header, least significant first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        if count > self._left:
            raise DecodingError(_("The compressed frame ends inside its header"))
        taken = self._value & ((1 << count) - 1)
        self._value >>= count
        self._left -= count
        return taken
