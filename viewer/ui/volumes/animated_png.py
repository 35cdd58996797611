"""Animated PNG, written picture by picture (PNG third edition, 11.3.6): none but the one in hand is kept in memory."""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RATE_DENOMINATOR = 1000
_HEAD = 8
"""Length and kind of a chunk."""


class AnimatedPng:
    """Goes round for ever; whoever shows no animations shows the first picture.

    Args:
        stream: Where it is written.
        count: Of the pictures that will be added.
        rate: Pictures a second.
    """

    def __init__(self, stream: BinaryIO, count: int, rate: float) -> None:
        self._stream = stream
        self._count = count
        self._delay = round(_RATE_DENOMINATOR / rate)
        self._sequence = 0

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Write the next picture, (height, width, 3), all of one size."""
        chunks = list(_chunks_of(pixels))
        if not self._sequence:
            self._stream.write(_SIGNATURE)
            self._write(b"IHDR", next(data for kind, data in chunks if kind == b"IHDR"))
            self._write(b"acTL", struct.pack(">II", self._count, 0))
        is_first = not self._sequence
        height, width = pixels.shape[:2]
        control = struct.pack(">IIIIHHBB", width, height, 0, 0, self._delay, _RATE_DENOMINATOR, 0, 0)
        self._write(b"fcTL", self._next() + control)
        for kind, data in chunks:
            if kind == b"IDAT":
                self._write(kind, data) if is_first else self._write(b"fdAT", self._next() + data)

    def finish(self) -> None:
        """Write the end."""
        self._write(b"IEND", b"")

    def _next(self) -> bytes:
        number, self._sequence = self._sequence, self._sequence + 1
        return struct.pack(">I", number)

    def _write(self, kind: bytes, data: bytes) -> None:
        check = zlib.crc32(data, zlib.crc32(kind))
        self._stream.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check))


def _chunks_of(pixels: NDArray[np.uint8]) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and data of the chunks of a plain PNG."""
    from PIL import Image

    whole = io.BytesIO()
    Image.fromarray(pixels).save(whole, format="PNG")
    held, at = whole.getbuffer(), len(_SIGNATURE)
    while at < len(held):
        length, kind = struct.unpack(">I4s", held[at : at + _HEAD])
        yield kind, bytes(held[at + _HEAD : at + _HEAD + length])
        at += _HEAD + length + 4
