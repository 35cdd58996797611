"""Pixel cells to the bytes of one frame in a transfer syntax (PS3.5 8.2, Annexes A and G), all lossless."""

from collections.abc import Callable, Sequence
from typing import Any

import imagecodecs
import jpeg_ls
import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.uid import (
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

_RLE_HEADER_WORDS = 16


def _jpeg_lossless_first_order(frame: NDArray[Any], bits_stored: int) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(frame, lossless=True, predictor=1, bitspersample=max(bits_stored, 8)))


def _jpeg_lossless(frame: NDArray[Any], bits_stored: int) -> bytes:
    """Predict from three neighbours (selection value 4), which Process 14 leaves to the encoder."""
    return bytes(imagecodecs.jpeg8_encode(frame, lossless=True, predictor=4, bitspersample=max(bits_stored, 8)))


def _jpeg_ls(frame: NDArray[Any], bits_stored: int) -> bytes:
    samples = 1 if frame.ndim == 2 else frame.shape[2]
    unsigned = frame.view(f"u{frame.itemsize}")  # JPEG-LS knows no sign: the words are coded as they stand
    if frame.dtype.kind == "i" and bits_stored < frame.itemsize * 8:
        unsigned = unsigned & np.array((1 << bits_stored) - 1, unsigned.dtype)
    return bytes(
        jpeg_ls.encode_pixel_data(
            unsigned.tobytes(),
            rows=frame.shape[0],
            columns=frame.shape[1],
            samples_per_pixel=samples,
            bits_allocated=frame.itemsize * 8,
            bits_stored=bits_stored,
            photometric_interpretation="RGB" if samples == 3 else "MONOCHROME2",
            pixel_representation=0,
            planar_configuration=0,
        )
    )


def _jpeg_2000(frame: NDArray[Any], bits_stored: int) -> bytes:
    return bytes(
        imagecodecs.jpeg2k_encode(
            frame,
            level=0,
            codecformat="j2k",
            reversible=True,
            bitspersample=bits_stored,
            mct=frame.ndim == 3,
            numthreads=1,
        )
    )


def _htj2k(frame: NDArray[Any], bits_stored: int) -> bytes:
    if bits_stored != frame.itemsize * 8:
        raise ValueError("The HTJ2K encoder writes whole words only")
    return bytes(imagecodecs.htj2k_encode(frame, reversible=True))


def _rle(frame: NDArray[Any], _bits_stored: int) -> bytes:
    """Each byte plane is a segment, most significant first, each row packed by itself (PS3.5 G.2-G.5)."""
    rows, columns = frame.shape[:2]
    samples = frame.reshape(rows, columns, -1)
    planes = samples.astype(samples.dtype.newbyteorder(">")).view(np.uint8)
    segments = []
    for plane in range(planes.shape[2]):
        packed = b"".join(bytes(imagecodecs.packbits_encode(row.tobytes())) for row in planes[:, :, plane])
        segments.append(packed + b"\0" * (len(packed) % 2))
    header = np.zeros(_RLE_HEADER_WORDS, "<u4")
    header[0] = len(segments)
    lengths = [len(segment) for segment in segments]
    header[1 : len(segments) + 1] = header.nbytes + np.cumsum([0, *lengths[:-1]])
    return header.tobytes() + b"".join(segments)


_ENCODERS: dict[str, Callable[[NDArray[Any], int], bytes]] = {
    JPEGLossless: _jpeg_lossless,
    JPEGLosslessSV1: _jpeg_lossless_first_order,
    JPEGLSLossless: _jpeg_ls,
    JPEG2000Lossless: _jpeg_2000,
    HTJ2KLossless: _htj2k,
    RLELossless: _rle,
}


def is_encapsulated(transfer_syntax_uid: str) -> bool:
    """Whether frames are encoded one by one in this transfer syntax; the others are native."""
    return transfer_syntax_uid in _ENCODERS


def encode_frame(frame: NDArray[Any], transfer_syntax_uid: str, bits_stored: int) -> bytes:
    """Return one frame's codestream.

    Args:
        frame: Rows x Columns, or Rows x Columns x 3 interleaved, in whole 8- or 16-bit words.
        transfer_syntax_uid: One of the lossless encapsulated syntaxes.
        bits_stored: Precision to write into the codestream.
    """
    return _ENCODERS[transfer_syntax_uid](np.ascontiguousarray(frame), bits_stored)


def pixel_data(frames: Sequence[NDArray[Any]], transfer_syntax_uid: str, bits_stored: int) -> bytes:
    """Return the value of Pixel Data: native little endian, or encapsulated with a Basic Offset Table."""
    if is_encapsulated(transfer_syntax_uid):
        return encapsulate([encode_frame(frame, transfer_syntax_uid, bits_stored) for frame in frames])
    value = b"".join(np.ascontiguousarray(frame).astype(frame.dtype.newbyteorder("<")).tobytes() for frame in frames)
    return value + b"\0" * (len(value) % 2)
