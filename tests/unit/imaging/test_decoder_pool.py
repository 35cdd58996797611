"""The decoder pool under deaths, cancellation, priorities and clean ends."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
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
PATIENCE = 60


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


@pytest.fixture
def stuck_request(tmp_path: Path) -> DecodeRequest:
    """A request that its process works on until it is killed: its stream is a pipe that nobody writes to."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    return DecodeRequest(Codec.H264, b"", description(16), subject="stuck", stream_path=str(pipe))


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def busy_process(pool: DecoderPool) -> int:
    until(lambda: pool.busy_process_ids)
    return pool.busy_process_ids[0]


def kill_next(pool: DecoderPool, times: int) -> threading.Thread:
    """Kill the process that works, as often as asked, each time another one."""

    def kill() -> None:
        seen: set[int] = set()
        while len(seen) < times:
            until(lambda: set(pool.busy_process_ids) - seen)
            for pid in set(pool.busy_process_ids) - seen:
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


def test_one_death_is_forgiven(pool: DecoderPool) -> None:
    pool.decode(request(16))
    (first,) = pool.process_ids
    os.kill(first, signal.SIGSTOP)  # it takes the request and never answers
    killer = kill_next(pool, 1)
    frame = pool.decode(request(64))
    killer.join()
    assert np.array_equal(frame.values, pixels(64))
    assert first not in pool.process_ids


def test_two_deaths_put_the_frame_away_and_others_go_on(pool: DecoderPool, stuck_request: DecodeRequest) -> None:
    pool.decode(request(16))
    killer = kill_next(pool, 2)
    with pytest.raises(DecodingError, match="ends the decoder"):
        pool.decode(stuck_request)
    killer.join()
    assert np.array_equal(pool.decode(request(16, "b")).values, pixels(16))
    survivors = pool.process_ids
    with pytest.raises(DecodingError, match="not tried again"):
        pool.decode(stuck_request)  # at once: nothing works on it, so nothing would have to be killed
    assert pool.process_ids == survivors


def test_a_frame_that_takes_too_long_is_given_up(stuck_request: DecodeRequest) -> None:
    with DecoderPool(1, frame_seconds=0.05) as pool, pytest.raises(DecodingError, match="too long"):
        pool.decode(stuck_request)


def test_an_idle_process_that_was_killed_costs_nothing(pool: DecoderPool) -> None:
    pool.decode(request(16))
    os.kill(pool.process_ids[0], signal.SIGKILL)
    time.sleep(0.1)
    assert pool.decode(request(16)).missing_rows == 0


def test_what_waits_is_served_by_priority_and_can_be_cancelled(stuck_request: DecodeRequest) -> None:
    order: list[int] = []

    def decode(pool: DecoderPool, priority: int, progress: Progress | None = None) -> None:
        pool.decode(request(16, f"p{priority}"), priority=priority, progress=progress)
        order.append(priority)

    with DecoderPool(1) as pool, ThreadPoolExecutor(6) as threads:
        first = threads.submit(pool.decode, stuck_request)
        busy_process(pool)
        cancelled = Progress()
        given_up = threads.submit(decode, pool, -1, cancelled)
        until(lambda: pool.waiting_count == 1)
        waiting = []
        for count, priority in enumerate((3, 1, 2, 0), 2):
            waiting.append(threads.submit(decode, pool, priority))
            until(lambda count=count: pool.waiting_count == count)  # type: ignore[misc]  # bound now, not later
        cancelled.cancel()
        with pytest.raises(Cancelled):
            given_up.result(PATIENCE)
        Path(stuck_request.stream_path).write_bytes(b"no video at all")  # whoever reads the pipe goes on
        with pytest.raises(DecodingError):
            first.result(PATIENCE)
        for future in waiting:
            future.result(PATIENCE)
    assert order == [0, 1, 2, 3]


def blocks(folder: Path) -> set[str]:
    """Return the names of shared memory, without the semaphores of whatever else runs."""
    return {path.name for path in folder.iterdir() if not path.name.startswith("sem.")} if folder.is_dir() else set()


def test_closing_cancels_what_runs_and_leaves_nothing_behind(stuck_request: DecodeRequest) -> None:
    shared = Path("/dev/shm")  # noqa: S108 - only listed
    before = blocks(shared)
    descriptors = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0
    pool = DecoderPool(2)
    pool.decode(request(16))
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(pool.decode, stuck_request)
        pids = [busy_process(pool)]
        pool.close()
        with pytest.raises(Cancelled):
            running.result(PATIENCE)
    with pytest.raises(Cancelled):
        pool.decode(request(16))
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not blocks(shared) - before
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
