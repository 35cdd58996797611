"""How fast stored values come: raw frames against plain reading, compressed stacks against the bare codec."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.pixel_headers import encapsulated_header, pixel_header
from viewer.base.byte_source import FileBytes
from viewer.dicom.instance_header import InstanceHeader, PixelDataLocation
from viewer.imaging.decoder_pool import DecoderPool
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.imaging.frame_source import FrameSource

pytestmark = pytest.mark.campaign
SLICES, SIZE, OFFSET = 1000, 512, 1500
CORES = 2
RAW_SHARE = 1 / 3
CODEC_SHARE = 0.9


def fastest(work: Callable[[], object], repeats: int = 5) -> float:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def slice_values() -> NDArray[np.uint16]:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    smooth = np.sin(columns / 40) * np.cos(rows / 30) * 900 + 1500
    noisy = (smooth + np.random.default_rng(0).normal(0, 20, (SIZE, SIZE))).astype(np.uint16)
    return np.ascontiguousarray(noisy)


@pytest.mark.timeout(600)
def test_raw_frames_come_at_a_third_of_the_plain_read_rate(tmp_path: Path) -> None:
    data = bytes(OFFSET) + slice_values().tobytes()
    template = pixel_header(b"", rows=SIZE, columns=SIZE, bits_allocated=16, bits_stored=12, high_bit=11)
    location = PixelDataLocation(0x7FE00010, OFFSET, SIZE * SIZE * 2)
    headers = []
    for number in range(SLICES):
        path = tmp_path / str(number)
        path.write_bytes(data)
        headers.append(InstanceHeader(FileBytes(path), template.transfer_syntax_uid, template.elements, location))
    plain = fastest(lambda: [header.source.read_at(0, 1 << 30) for header in headers])
    ours = fastest(lambda: [FrameSource(header, InlineDecoder()).stored_frame(0) for header in headers])
    print(f"\n{SLICES} raw slices: plain read {plain * 1e3:.0f} ms, frames {ours * 1e3:.0f} ms")
    assert ours <= plain / RAW_SHARE


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "uid", "encode", "bare"),
    [
        (
            "JPEG lossless",
            "1.2.840.10008.1.2.4.70",
            lambda values: imagecodecs.jpeg8_encode(values, lossless=True, bitspersample=12, predictor=1),
            imagecodecs.jpeg8_decode,
        ),
        ("JPEG-LS", "1.2.840.10008.1.2.4.80", imagecodecs.jpegls_encode, imagecodecs.jpegls_decode),
        (
            "JPEG 2000",
            "1.2.840.10008.1.2.4.90",
            lambda values: imagecodecs.jpeg2k_encode(values, codecformat="j2k", reversible=True, level=0),
            lambda data: imagecodecs.jpeg2k_decode(data, numthreads=1),
        ),
        (
            "HTJ2K",
            "1.2.840.10008.1.2.4.201",
            lambda values: imagecodecs.htj2k_encode(values, reversible=True),
            lambda data: imagecodecs.jpeg2k_decode(data, numthreads=1),
        ),
    ],
)
def test_compressed_stacks_come_at_nine_tenths_of_the_bare_codec(
    name: str, uid: str, encode: Callable[..., bytes], bare: Callable[..., object]
) -> None:
    data = bytes(encode(slice_values()))
    count = 120
    header = encapsulated_header(
        [data] * count, uid, None, frames=count, rows=SIZE, columns=SIZE, bits_allocated=16, bits_stored=12, high_bit=11
    )
    with DecoderPool(CORES + 1) as pool, ThreadPoolExecutor(CORES + 1) as threads, ThreadPoolExecutor(CORES) as cores:
        frames = FrameSource(header, pool)
        list(threads.map(frames.stored_frame, range(8)))
        codec = fastest(lambda: list(cores.map(bare, [data] * count)))
        ours = fastest(lambda: list(threads.map(frames.stored_frame, range(count))))
    print(f"\n{name}: bare {codec / count * 1e3:.2f} ms, pool {ours / count * 1e3:.2f} ms a frame ({codec / ours:.0%})")
    assert ours <= codec / CODEC_SHARE
