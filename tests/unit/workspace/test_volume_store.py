"""One volume for all who look: loaded once, announced as it grows, built anew with its display set, let go in time."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.plain_volumes import plain_volume
from viewer.base.byte_source import FileBytes
from viewer.base.errors import VolumeError
from viewer.base.jobs import JobRunner, Progress
from viewer.dicom.header_scan import scan_header
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.volume_record import SETTLED
from viewer.workspace.volume_store import VolumeStore

SIZE, COUNT = 16, 6
SLICE_BYTES = SIZE * SIZE * 2
PLENTY = 1 << 30


class Loading:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[DisplaySet, ...]] = []
        self.budgets: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.failure: Exception | None = None
        self.cancelled = threading.Event()

    def __call__(
        self, phases: Sequence[DisplaySet], progress: Progress, tell: Callable[[SeriesVolume], None], budget_bytes: int
    ) -> SeriesVolume:
        self.calls.append(tuple(phases))
        self.budgets.append(budget_bytes)
        count = len(phases[0].images)
        volume = plain_volume(np.zeros((count, SIZE, SIZE), np.int16))
        progress.report(1, count)
        tell(replace(volume, loaded=0.5))
        while not self.gate.wait(0.002):
            if progress.is_cancelled:
                self.cancelled.set()
            progress.check()
        if self.failure is not None:
            raise self.failure
        return replace(volume, phases=tuple(volume.phases[0] for _phase in phases))


class Room:
    """A store over series on disk, on a thread of calls that the test works off."""

    def __init__(self, folder: Path, budget_bytes: int) -> None:
        self.folder = folder
        self.tree = StudyTree()
        self.catalogue = DisplaySetCatalogue(self.tree)
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.runner = JobRunner(self.calls.put)
        self.loading = Loading()
        self.runs: dict[str, tuple[DisplaySet, ...]] = {}
        self.store = VolumeStore(
            self.catalogue,
            self.runner,
            self.calls.put,
            self.loading,
            lambda each: self.runs.get(each.key, (each,)),
            budget_bytes,
        )
        self.changed: list[str] = []
        self.store.changed.connect(self.changed.append)

    def series(self, label: str, count: int = COUNT) -> DisplaySet:
        """Put a series into the tree, or more of it, and return its display set."""
        paths = write_ct_series(self.folder / label, count, SIZE, label=label)
        known = {header.source.name for header in self.tree.headers()}
        self.tree.add([scan_header(FileBytes(path)) for path in paths if str(path) not in known])
        uids = [scan_header(FileBytes(paths[0])).series_instance_uid]
        key = next(each.key for each in self.tree.all_series() if each.series_instance_uid in uids)
        return self.catalogue.of_series(key)[0]

    def work_off(self, condition: Callable[[], bool]) -> None:
        """Run what is delivered until something holds."""
        while not condition():
            self.calls.get(timeout=10)()

    def whole(self, display_set: DisplaySet) -> SeriesVolume:
        """Return a volume when all of it is there."""
        self.work_off(lambda: not self.store.standing(display_set.key).is_loading)
        volume = self.store.volume(display_set.key)
        assert volume is not None
        assert volume.is_complete
        return volume


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Callable[..., Room]]:
    made: list[Room] = []

    def make(budget_bytes: int = PLENTY) -> Room:
        made.append(Room(tmp_path, budget_bytes))
        return made[-1]

    yield make
    for room in made:
        room.loading.gate.set()
        room.store.close()
        room.runner.close()


def test_a_volume_is_loaded_once_for_all_who_want_it(rooms: Callable[..., Room]) -> None:
    room = rooms()
    one = room.series("one")
    for owner in ("a", "b", "a"):
        room.store.want(one, owner)
    first = room.whole(one)
    room.store.want(one, "c")
    assert room.store.volume(one.key) is first
    assert len(room.loading.calls) == 1
    assert first.key == one.key


def test_every_generation_is_announced_and_has_a_number_of_its_own(rooms: Callable[..., Room]) -> None:
    room = rooms()
    room.loading.gate.clear()
    one = room.series("one")
    room.store.want(one, "a")
    room.work_off(lambda: room.store.volume(one.key) is not None)
    coarse = room.store.volume(one.key)
    assert coarse is not None
    assert not coarse.is_complete
    standing = room.store.standing(one.key)
    assert (standing.is_loading, standing.read, standing.total, standing.percent) == (True, 1, COUNT, 16)
    room.loading.gate.set()
    whole = room.whole(one)
    assert whole.generation > coarse.generation
    assert room.changed == [one.key, one.key]
    assert room.store.standing(one.key) == SETTLED


def test_runs_of_one_series_are_one_volume(rooms: Callable[..., Room]) -> None:
    room = rooms()
    one, two = room.series("one"), room.series("two")
    room.runs = {one.key: (one, two), two.key: (one, two)}
    room.store.want(two, "a")
    room.store.want(one, "b")
    volume = room.whole(one)
    assert len(volume.phases) == 2
    assert room.store.volume(two.key) is volume
    assert room.store.is_same(one.key, two.key)
    assert len(room.loading.calls) == 1


def test_loading_ends_when_nobody_wants_it_any_more(rooms: Callable[..., Room]) -> None:
    room = rooms()
    room.loading.gate.clear()
    one = room.series("one")
    room.store.want(one, "a")
    room.store.want(one, "b")
    room.work_off(lambda: room.store.volume(one.key) is not None)
    room.store.release("a")
    assert room.store.standing(one.key).is_loading
    room.store.release("b")
    assert room.loading.cancelled.wait(10)
    assert room.store.volume(one.key) is None
    assert not room.store.is_wanted


def test_wanting_another_volume_lets_the_first_go(rooms: Callable[..., Room]) -> None:
    room = rooms()
    room.loading.gate.clear()
    one, two = room.series("one"), room.series("two")
    room.store.want(one, "a")
    room.work_off(lambda: room.store.volume(one.key) is not None)
    room.store.want(two, "a")
    assert room.loading.cancelled.wait(10)
    assert room.store.volume(one.key) is None
    assert room.store.standing(two.key).is_loading


def test_whole_volumes_are_kept_while_there_is_room(rooms: Callable[..., Room]) -> None:
    room = rooms(budget_bytes=2 * COUNT * SLICE_BYTES)
    sets = [room.series(label) for label in ("one", "two", "three")]
    for each in sets[:2]:
        room.store.want(each, "a")
        room.whole(each)
    assert room.store.volume(sets[0].key) is not None  # nobody looks at it, but it does no harm
    room.store.want(sets[2], "a")
    room.whole(sets[2])
    assert room.store.volume(sets[0].key) is None
    assert room.store.volume(sets[1].key) is not None
    assert room.store.used_bytes <= 2 * COUNT * SLICE_BYTES


def test_few_are_kept_of_those_that_nobody_looks_at(rooms: Callable[..., Room]) -> None:
    room = rooms(budget_bytes=8 * COUNT * SLICE_BYTES)
    sets = [room.series(label) for label in ("one", "two", "three", "four", "five")]
    for each in sets:
        room.store.want(each, "a")
        room.whole(each)
    room.store.release("a")
    kept = [each for each in sets if room.store.volume(each.key) is not None]
    assert kept == sets[2:]  # the last one, and two that take a quarter of the budget


def test_a_volume_may_take_what_those_that_are_looked_at_leave(rooms: Callable[..., Room]) -> None:
    budget = (64 << 20) + 3 * COUNT * SLICE_BYTES
    room = rooms(budget_bytes=budget)
    one, two = room.series("one"), room.series("two")
    room.store.want(one, "a")
    room.whole(one)
    room.store.want(two, "b")
    room.whole(two)
    assert room.loading.budgets == [budget, budget - COUNT * SLICE_BYTES]


def test_a_stopped_volume_stays_as_far_as_it_was_read(rooms: Callable[..., Room]) -> None:
    room = rooms()
    room.loading.gate.clear()
    one = room.series("one")
    room.store.want(one, "a")
    room.work_off(lambda: room.store.volume(one.key) is not None)
    room.store.stop(one.key)
    assert room.loading.cancelled.wait(10)
    assert room.store.standing(one.key).is_stopped
    assert room.store.standing(one.key).failure is None
    volume = room.store.volume(one.key)
    assert volume is not None
    assert not volume.is_complete
    room.loading.gate.set()
    room.store.release("a")  # who looks again gets all of it
    room.store.want(one, "a")
    room.whole(one)


def test_a_volume_stopped_before_anything_was_read_says_so(rooms: Callable[..., Room]) -> None:
    room = rooms()
    room.loading.gate.clear()
    one = room.series("one")
    room.store.want(one, "a")
    room.store.stop(one.key)
    failure = room.store.standing(one.key).failure
    assert isinstance(failure, VolumeError)
    assert failure.advice


def test_what_fails_is_told_and_not_tried_for_ever(rooms: Callable[..., Room]) -> None:
    room = rooms()
    room.loading.failure = VolumeError("No positions")
    one = room.series("one")
    room.store.want(one, "a")
    room.work_off(lambda: room.store.standing(one.key).failure is not None)
    room.store.want(one, "b")
    assert room.store.standing(one.key).failure is room.loading.failure
    assert room.store.volume(one.key) is None
    assert len(room.loading.calls) == 1


def test_a_display_set_that_grows_is_built_anew_and_the_old_one_shown_meanwhile(rooms: Callable[..., Room]) -> None:
    room = rooms()
    one = room.series("one")
    room.store.want(one, "a")
    before = room.whole(one)
    for count in (8, 9, 10):
        grown = room.series("one", count)
        assert grown.key == one.key
        room.store.want(grown, "a")
        assert room.store.volume(one.key) is before
    after = room.whole(grown)
    assert [len(phases[0].images) for phases in room.loading.calls] == [COUNT, 10]  # when nothing more came
    assert after.geometry.dimensions[2] == 10
    assert after.generation > before.generation


def test_volumes_of_closed_studies_are_let_go(rooms: Callable[..., Room]) -> None:
    room = rooms()
    one = room.series("one")
    room.store.want(one, "a")
    room.whole(one)
    room.store.release("a")
    assert room.store.volume(one.key) is not None
    room.tree.clear()
    assert room.store.volume(one.key) is None
    assert room.store.used_bytes == 0
