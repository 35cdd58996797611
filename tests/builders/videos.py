"""Video streams whose frames tell their number, made with PyAV (only tests need an encoder)."""

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

SIZE = 64
_BITS = 6


def picture_of(number: int) -> NDArray[np.uint8]:
    """Return a picture whose columns of 8 pixels spell a number in bright and dark."""
    picture = np.full((SIZE, SIZE, 3), 40, np.uint8)
    for bit in range(_BITS):
        if number >> bit & 1:
            picture[:, 8 * bit : 8 * bit + 8] = 220
    return picture


def number_in(picture: NDArray[Any]) -> int:
    """Return the number a picture spells."""
    return sum(1 << bit for bit in range(_BITS) if picture[16:48, 8 * bit + 2 : 8 * bit + 6].mean() > 128)


def video(codec: str, container: str, frames: int) -> bytes:
    """Return a stream of numbered pictures; skips where no encoder is installed."""
    av = pytest.importorskip("av", reason="PyAV makes the videos")
    out = io.BytesIO()
    with av.open(out, "w", format=container) as stream:
        try:
            track = stream.add_stream(codec, rate=25)
        except Exception as error:  # noqa: BLE001 - PyAV has a class for each of FFmpeg's errors
            pytest.skip(f"no encoder for {codec}: {error}")
        track.width = track.height = SIZE
        track.pix_fmt = "yuv420p"
        track.gop_size = 5
        track.max_b_frames = 2
        for number in range(frames):
            for packet in track.encode(av.VideoFrame.from_ndarray(picture_of(number), format="rgb24")):
                stream.mux(packet)
        for packet in track.encode():
            stream.mux(packet)
    return out.getvalue()
