"""Loading: what the reader waits for comes first, what they will want next comes ahead, and memory is kept to."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.ct_series import write_ct_series
from tests.ui.viewport_scene import NoDecoder
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DecodingError
from viewer.base.jobs import Progress
from viewer.dicom.header_scan import scan_header
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.frame_cache import FrameCache
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.frame_state import read_frame_states
from viewer.imaging.frame_store import FrameStore, LoadedFrame
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.stored_frame import StoredFrame
from viewer.ui.viewports.frame_loader import Answer, FrameLoader
from viewer.ui.viewports.prefetch_order import prefetch_order


@given(st.integers(1, 60), st.integers(0, 59), st.sampled_from((-1, 0, 1)))
def test_reading_ahead_takes_every_other_image_once(count: int, index: int, direction: int) -> None:
    index = min(index, count - 1)
    order = list(prefetch_order(index, count, direction))
    assert sorted(order) == [place for place in range(count) if place != index]


def test_reading_ahead_goes_where_the_reader_goes() -> None:
    assert list(prefetch_order(10, 100, 1))[:8] == [11, 12, 13, 9, 14, 15, 16, 8]
    assert list(prefetch_order(10, 100, -1))[:8] == [9, 8, 7, 11, 6, 5, 4, 12]


class _Gate:
    """Frames that wait until they are let through, and tell in which order they were asked for."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.asked: list[str] = []
        self.fails: set[str] = set()

    def frames(self, header: InstanceHeader) -> "_GatedFrames":
        return _GatedFrames(self, header)


class _GatedFrames:
    def __init__(self, gate: _Gate, header: InstanceHeader) -> None:
        self._gate = gate
        self._name = Path(header.source.name).name
        self._source = FrameSource(header, NoDecoder())

    def stored_frame(self, index: int, *, priority: int = 0, progress: Progress | None = None) -> StoredFrame:
        self._gate.asked.append(self._name)
        assert self._gate.open.wait(10)
        if self._name in self._gate.fails:
            raise DecodingError("cut", subject=self._name)
        return self._source.stored_frame(index, priority=priority, progress=progress)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[ImageRef]:
    paths = write_ct_series(tmp_path_factory.mktemp("ct"), 12, 16)
    return [ImageRef(scan_header(FileBytes(path))) for path in paths]


@pytest.fixture
def gate() -> Iterator[_Gate]:
    made = _Gate()
    yield made
    made.open.set()


def _store(gate: _Gate, budget: int = 1 << 20) -> FrameStore:
    return FrameStore(FrameCache(budget), gate.frames, read_frame_states)


def _until(is_so: "object", seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():  # type: ignore[operator]  # a test's lambda
        assert time.monotonic() < end
        time.sleep(0.002)


def test_a_wish_does_not_wait_behind_what_is_read_ahead(images: list[ImageRef], gate: _Gate) -> None:
    loader = FrameLoader(_store(gate), threads=3)
    loader.plan("a", iter(images[1:10]))
    _until(lambda: len(gate.asked) == 1)  # what is not compressed is read ahead by one thread
    answers: list[Answer] = []
    loader.want("a", images[11], answers.append)
    _until(lambda: gate.asked[-1] == "IM000011")
    gate.open.set()
    _until(lambda: bool(answers))
    assert isinstance(answers[0], LoadedFrame)
    assert answers[0].image is images[11]
    loader.close()


def test_only_the_newest_wish_of_a_viewport_is_fulfilled(images: list[ImageRef], gate: _Gate) -> None:
    loader = FrameLoader(_store(gate), threads=1)
    answers: list[Answer] = []
    loader.want("a", images[0], answers.append)
    _until(lambda: gate.asked == ["IM000000"])
    for image in images[1:9]:
        loader.want("a", image, answers.append)
    gate.open.set()
    _until(lambda: len(answers) == 2)
    loader.close()
    assert gate.asked == ["IM000000", "IM000008"]


def test_a_failure_is_an_answer_and_stops_nobody_else(images: list[ImageRef], gate: _Gate) -> None:
    gate.open.set()
    gate.fails = {"IM000002"}
    store = _store(gate)
    loader = FrameLoader(store)
    answers: list[Answer] = []
    loader.want("a", images[2], answers.append)
    loader.want("b", images[3], answers.append)
    loader.plan("c", iter(images))
    _until(lambda: len(answers) == 2 and all(store.is_stored(each) for each in images if each is not images[2]))
    loader.close()
    kinds = {type(answer) for answer in answers}
    assert kinds == {LoadedFrame, DecodingError}


def test_a_frame_on_screen_stays_in_memory(images: list[ImageRef], gate: _Gate) -> None:
    gate.open.set()
    store = _store(gate, budget=3 * 16 * 16 * 2)
    store.pin(images[0])
    for image in images:
        store.load(image)
    assert store.is_stored(images[0])
    assert sum(store.is_stored(image) for image in images) == 3
    store.unpin(images[0])
    store.load(images[1])
    store.load(images[2])
    store.load(images[3])
    assert not store.is_stored(images[0])


def test_closing_ends_all_threads(images: list[ImageRef], gate: _Gate) -> None:
    gate.open.set()
    before = threading.active_count()
    loader = FrameLoader(_store(gate))
    loader.plan("a", iter(images))
    loader.close()
    assert threading.active_count() == before
