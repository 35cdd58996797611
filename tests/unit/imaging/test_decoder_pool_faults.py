"""The decoder pool when processes cannot be started, or die while requests wait: nobody waits for ever."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from viewer.base.errors import Cancelled, DecodingError
from viewer.base.jobs import Progress
from viewer.dicom.transfer_syntaxes import Codec
from viewer.imaging import decoder_pool
from viewer.imaging.decoder_pool import DecoderPool
from viewer.imaging.decoder_process import ProcessDiedError
from viewer.imaging.frame_decoding import DecodeRequest
from viewer.imaging.stored_frame import PixelDescription, StoredFrame

PATIENCE = 30
FRAME = StoredFrame(np.zeros((2, 2), np.uint8), "MONOCHROME2")


class Stage:
    """What the processes of a test do: each start and each decoding takes the next action from its list."""

    def __init__(self) -> None:
        self.starts: list[Callable[[], object]] = []
        self.decodings: list[Callable[[], object]] = []
        self.made: list[FakeProcess] = []
        self.lock = threading.Lock()

    def act(self, actions: list[Callable[[], object]]) -> None:
        with self.lock:
            action = actions.pop(0) if actions else None
        if action is not None:
            action()


class FakeProcess:
    """Stands for a decoder process, and decodes nothing."""

    stage: Stage
    stream_path = ""
    pid = 1

    def __init__(self) -> None:
        self.stage.act(self.stage.starts)
        self.is_ended = False
        self.decoded = 0
        self.stage.made.append(self)

    def decode(self, request: DecodeRequest, seconds: float) -> StoredFrame:
        del request, seconds
        assert not self.is_ended
        self.decoded += 1
        self.stage.act(self.stage.decodings)
        return FRAME

    def interrupt(self) -> None:
        """Nothing runs."""

    def end(self, *, is_forced: bool = False) -> None:
        del is_forced
        self.is_ended = True


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage()
    monkeypatch.setattr(FakeProcess, "stage", stage, raising=False)
    monkeypatch.setattr(decoder_pool, "DecoderProcess", FakeProcess)
    monkeypatch.setattr(DecoderPool, "_start_spare", lambda _pool: None)
    return stage


def request(subject: str) -> DecodeRequest:
    return DecodeRequest(Codec.RLE, b"x", PixelDescription(2, 2), subject=subject)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def dies_after(event: threading.Event) -> Callable[[], None]:
    def die() -> None:
        assert event.wait(PATIENCE)
        raise ProcessDiedError

    return die


def test_a_request_cancelled_while_its_process_starts_takes_none_out_of_service(stage: Stage) -> None:
    may_die, is_starting, may_start, progress = *(threading.Event() for _ in range(3)), Progress()

    def start_slowly() -> None:
        is_starting.set()
        assert may_start.wait(PATIENCE)

    stage.decodings = [dies_after(may_die)]
    with DecoderPool(1) as pool, ThreadPoolExecutor(2) as threads:
        first = threads.submit(pool.decode, request("dies once"))
        until(lambda: pool.busy_process_ids)
        second = threads.submit(pool.decode, request("cancelled"), progress=progress)
        until(lambda: pool.waiting_count)
        stage.starts = [start_slowly]
        may_die.set()
        assert is_starting.wait(PATIENCE)
        progress.cancel()
        with pytest.raises(Cancelled):
            second.result(PATIENCE)
        may_start.set()
        assert first.result(PATIENCE) is FRAME
        assert threads.submit(pool.decode, request("later")).result(PATIENCE) is FRAME


def test_a_request_learns_that_no_process_can_be_started_for_it(stage: Stage) -> None:
    may_die = threading.Event()

    def fails() -> None:
        raise OSError("no more processes")

    stage.decodings = [dies_after(may_die)]
    with DecoderPool(1) as pool, ThreadPoolExecutor(2) as threads:
        first = threads.submit(pool.decode, request("dies once"))
        until(lambda: pool.busy_process_ids)
        second = threads.submit(pool.decode, request("waits"))
        until(lambda: pool.waiting_count)
        stage.starts = [fails]
        may_die.set()
        with pytest.raises(DecodingError, match="No decoder process can be started"):
            second.result(PATIENCE)
        assert first.result(PATIENCE) is FRAME


def test_a_process_whose_answer_was_not_read_to_the_end_is_not_used_again(stage: Stage) -> None:
    def fails() -> None:
        raise MemoryError

    stage.decodings = [fails]
    with DecoderPool(1) as pool:
        with pytest.raises(MemoryError):
            pool.decode(request("large"))
        assert pool.decode(request("next")) is FRAME
    assert [process.decoded for process in stage.made] == [1, 1]
