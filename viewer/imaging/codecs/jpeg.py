"""JPEG: baseline, extended, progressive and lossless, of 2 to 16 bits (ISO 10918-1), and JPEG-LS (ISO 14495-1)."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DecodingError
from viewer.base.translation import _
from viewer.imaging.codecs.decoded_stream import DecodedStream, check_size
from viewer.imaging.codecs.jpeg_markers import SOF_JPEG_LS, JpegHeader, parse_jpeg_header
from viewer.imaging.stored_frame import FrameWarning, PixelDescription

_EOI = b"\xff\xd9"
_PADDINGS = (b"\0", b"\xa5")
"""Two tails put after a cut stream, different from their first bit on: what they change is what was not delivered."""
_PADDING_LENGTH = 64
_RGB_IDS = ((ord("R"), ord("G"), ord("B")), (ord("r"), ord("g"), ord("b")))
_BLOCK = 16


def decode_jpeg(data: bytes, description: PixelDescription) -> DecodedStream:
    """Return the samples of a JPEG or JPEG-LS stream; which of them it is the stream itself says.

    Raises:
        DecodingError: If it is damaged, of another size than the header's, or ends before its first row.
    """
    header = parse_jpeg_header(data)
    check_size(header.rows, header.columns, description)
    if not header.has_scan:
        raise DecodingError(_("The compressed frame ends inside its header"))
    if header.component_count not in {1, 3}:
        raise DecodingError(
            _("The compressed image has {count} components, not 1 or 3").format(count=header.component_count)
        )
    decode = _decode_jpeg_ls if header.frame_marker == SOF_JPEG_LS else functools.partial(_decode_jpeg, header=header)
    warnings: set[FrameWarning] = set()
    missing_rows = 0
    if header.end is None:
        samples, missing_rows = _cut(data, header, decode)
        warnings.add(FrameWarning.TRUNCATED)
    else:
        samples = decode(data)
        if data[header.end :].strip(b"\0\xff\xd9"):
            warnings.add(FrameWarning.OVERLONG)
    photometric, disagrees = jpeg_colour(header, description.photometric_interpretation)
    if disagrees:
        warnings.add(FrameWarning.CODEC_DISAGREES)
    return DecodedStream(
        samples, header.precision, photometric, warnings=frozenset(warnings), missing_rows=missing_rows
    )


def jpeg_colour(header: JpegHeader, stated: str) -> tuple[str, bool]:
    """Return what three components are, and whether that contradicts the header's Photometric Interpretation.

    Adobe's segment decides, then JFIF, then component names and subsampling; a stream that says nothing is believed
    to be what the header states.
    """
    if header.component_count != 3:
        return stated, False
    transform = header.adobe_transform
    if transform is not None:
        is_ybr = transform != 0
    elif header.frame_marker == SOF_JPEG_LS:
        is_ybr = stated.startswith("YBR")
    elif header.component_ids in _RGB_IDS:
        is_ybr = False
    elif (header.is_jfif and not header.is_lossless) or header.is_subsampled:
        is_ybr = True
    else:
        is_ybr = stated.startswith("YBR")
    return ("YBR_FULL" if is_ybr else "RGB"), is_ybr != stated.startswith("YBR")


def _decode_jpeg(data: bytes, header: JpegHeader) -> NDArray[Any]:
    import imagecodecs

    try:
        if header.component_count == 3:  # the same space in and out: components as they are, whatever they mean
            samples = imagecodecs.jpeg8_decode(data, colorspace="ycbcr", outcolorspace="ycbcr")
        else:
            samples = imagecodecs.jpeg8_decode(data)
    except (RuntimeError, ValueError) as error:
        raise DecodingError(_("The JPEG stream is damaged ({reason})").format(reason=_reason(error))) from error
    highest = (1 << header.precision) - 1
    if header.is_lossless and int(samples.max(initial=0)) > highest:
        samples = samples & samples.dtype.type(highest)  # prediction is modulo 2^16, samples are not (H.1.2.1)
    return np.asarray(samples)


def _decode_jpeg_ls(data: bytes, out: NDArray[Any] | None = None) -> NDArray[Any]:
    import imagecodecs

    try:
        return np.asarray(imagecodecs.jpegls_decode(data, out=out))
    except (RuntimeError, ValueError) as error:
        raise DecodingError(_("The JPEG-LS stream is damaged ({reason})").format(reason=_reason(error))) from error


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[-120:]


def _cut(data: bytes, header: JpegHeader, decode: Callable[[bytes], NDArray[Any]]) -> tuple[NDArray[Any], int]:
    """Decode a stream that ends early; return its samples and how many rows at the bottom it did not deliver."""
    body = data.rstrip(b"\0").rstrip(b"\xff")  # what padded the cut to an even length is no part of the stream
    if header.frame_marker == SOF_JPEG_LS:
        return _cut_jpeg_ls(body + _EOI, header)  # without a marker behind it CharLS can search for ever
    first, second = (decode(body + padding * _PADDING_LENGTH + _EOI) for padding in _PADDINGS)
    differing = np.flatnonzero((first != second).reshape(header.rows, -1).any(axis=1))
    if not differing.size:
        return first, 0
    row = int(differing[0])
    # A coefficient can change without changing a pixel, and smooth chroma reaches over: one row of blocks to be safe.
    delivered = row if header.is_lossless else max(0, row - row % _BLOCK - _BLOCK)
    return first, header.rows - delivered


def _cut_jpeg_ls(data: bytes, header: JpegHeader) -> tuple[NDArray[Any], int]:
    shape = (header.rows, header.columns) if header.component_count == 1 else (header.rows, header.columns, 3)
    dtype = np.uint8 if header.precision <= 8 else np.uint16
    outs = [np.full(shape, fill, dtype) for fill in (0, np.iinfo(dtype).max)]
    for out in outs:
        try:
            _decode_jpeg_ls(data, out)
        except DecodingError:
            continue
    differing = np.flatnonzero((outs[0] != outs[1]).reshape(header.rows, -1).any(axis=1))
    delivered = max(0, int(differing[0]) - 1) if differing.size else header.rows
    return outs[0], header.rows - delivered
