"""The decoder pool under deaths, cancellation, priorities and clean ends."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.base.errors import Cancelled, DecodingError
from viewer.base.jobs import Progress
from viewer.dicom.transfer_syntaxes import Codec
from viewer.imaging.decoder_pool import DecoderPool
from viewer.imaging.frame_decoding import DecodeRequest
from viewer.imaging.stored_frame import FrameWarning, PixelDescription

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signals")
SLOW = 4096


@pytest.fixture
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(2) as pool:
        yield pool


def description(size: int, frames: int = 1) -> PixelDescription:
    return PixelDescription(size, size, frames, bits_stored=12, high_bit=11)


def pixels(size: int, seed: int = 0) -> NDArray[np.uint16]:
    return np.random.default_rng(seed).integers(0, 4096, (size, size), dtype=np.uint16)


def lossless(values: NDArray[np.uint16]) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(values, lossless=True, bitspersample=12, predictor=1))


def request(size: int, subject: str = "a", index: int = 0) -> DecodeRequest:
    return DecodeRequest(Codec.JPEG_LOSSLESS, lossless(pixels(size)), description(size), False, subject, index)


@pytest.fixture(scope="module")
def slow_request() -> DecodeRequest:
    return request(SLOW, "slow")


def busy_process(pool: DecoderPool) -> int:
    deadline = time.monotonic() + 20
    while not pool.busy_process_ids and time.monotonic() < deadline:
        time.sleep(0.001)
    return pool.busy_process_ids[0]


def kill_next(pool: DecoderPool, times: int) -> threading.Thread:
    """Kill the process that works, as often as asked, each time another one."""

    def kill() -> None:
        seen: set[int] = set()
        while len(seen) < times:
            pid = busy_process(pool)
            if pid not in seen:
                time.sleep(0.02)
                os.kill(pid, signal.SIGKILL)
                seen.add(pid)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_frames_of_many_threads_are_those_that_were_asked_for(pool: DecoderPool) -> None:
    images = [pixels(64, seed) for seed in range(12)]
    requests = [
        DecodeRequest(Codec.JPEG_LOSSLESS, lossless(image), description(64), subject="many", frame_index=number)
        for number, image in enumerate(images)
    ]
    with ThreadPoolExecutor(6) as threads:
        frames = list(threads.map(pool.decode, requests * 8))
    assert all(np.array_equal(frame.values, image) for frame, image in zip(frames, images * 8, strict=True))
    assert len(pool.process_ids) <= 2


def test_one_death_is_forgiven(pool: DecoderPool, slow_request: DecodeRequest) -> None:
    pool.decode(request(16))
    killer = kill_next(pool, 1)
    frame = pool.decode(slow_request)
    killer.join()
    assert np.array_equal(frame.values, pixels(SLOW))


def test_two_deaths_put_the_frame_away_and_others_go_on_within_a_second(
    pool: DecoderPool, slow_request: DecodeRequest
) -> None:
    pool.decode(request(16))
    time.sleep(1)  # the spare comes up
    killer = kill_next(pool, 2)
    with pytest.raises(DecodingError, match="ends the decoder"):
        pool.decode(slow_request)
    killer.join()
    start = time.perf_counter()
    assert np.array_equal(pool.decode(request(16, "b")).values, pixels(16))
    assert time.perf_counter() - start < 1
    start = time.perf_counter()
    with pytest.raises(DecodingError, match="not tried again"):
        pool.decode(slow_request)
    assert time.perf_counter() - start < 0.05


def test_a_frame_that_takes_too_long_is_given_up() -> None:
    with DecoderPool(1, frame_seconds=0.001) as pool, pytest.raises(DecodingError, match="too long"):
        pool.decode(request(2048))


def test_an_idle_process_that_was_killed_costs_nothing(pool: DecoderPool) -> None:
    pool.decode(request(16))
    os.kill(pool.process_ids[0], signal.SIGKILL)
    time.sleep(0.1)
    assert pool.decode(request(16)).missing_rows == 0


def test_what_waits_is_served_by_priority_and_can_be_cancelled(slow_request: DecodeRequest) -> None:
    order: list[int] = []

    def decode(pool: DecoderPool, priority: int, progress: Progress | None = None) -> None:
        pool.decode(request(16, f"p{priority}"), priority=priority, progress=progress)
        order.append(priority)

    with DecoderPool(1) as pool, ThreadPoolExecutor(6) as threads:
        pool.decode(request(16))
        first = threads.submit(pool.decode, slow_request)
        busy_process(pool)
        cancelled = Progress()
        given_up = threads.submit(decode, pool, -1, cancelled)
        time.sleep(0.05)
        waiting = []
        for priority in (3, 1, 2, 0):
            waiting.append(threads.submit(decode, pool, priority))
            time.sleep(0.02)
        cancelled.cancel()
        with pytest.raises(Cancelled):
            given_up.result(5)
        first.result(30)
        for future in waiting:
            future.result(30)
    assert order == [0, 1, 2, 3]


def test_closing_cancels_what_runs_and_leaves_nothing_behind(slow_request: DecodeRequest) -> None:
    shared = Path("/dev/shm")  # noqa: S108 - only listed
    before = set(shared.iterdir()) if shared.is_dir() else set()
    descriptors = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0
    pool = DecoderPool(2)
    pool.decode(request(16))
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(pool.decode, slow_request)
        pids = [busy_process(pool)]
        pool.close()
        with pytest.raises(Cancelled):
            running.result(5)
    with pytest.raises(Cancelled):
        pool.decode(request(16))
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not (set(shared.iterdir()) - before if shared.is_dir() else set())
    if descriptors:
        assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors + 1  # the resource tracker's pipe


def test_warnings_and_whole_words_come_through_the_pipe(pool: DecoderPool) -> None:
    words = pixels(32) | 0x8000
    data = bytes(imagecodecs.jpeg8_encode(words, lossless=True, bitspersample=16, predictor=1))
    frame = pool.decode(DecodeRequest(Codec.JPEG_LOSSLESS, data, description(32)))
    assert frame.warnings == {FrameWarning.BITS_DISAGREE}
    assert np.array_equal(frame.values, pixels(32))
    assert frame.raw_words is not None
    assert np.array_equal(frame.raw_words, words)


def test_errors_name_their_subject(pool: DecoderPool) -> None:
    with pytest.raises(DecodingError) as caught:
        pool.decode(DecodeRequest(Codec.JPEG_LS, b"\xff\xd8\xff", description(16), subject="disc/IM1"))
    assert caught.value.subject == "disc/IM1"


def test_the_worker_imports_neither_qt_nor_pydicom() -> None:
    import subprocess

    code = (
        "import sys, viewer.imaging.decode_worker, viewer.imaging.codecs.decode_frame;"
        "print([name for name in ('PySide6', 'pydicom', 'cv2', 'imagecodecs', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
