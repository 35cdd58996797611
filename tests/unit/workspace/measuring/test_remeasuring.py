"""Marks whose scale changed show no wrong number, also where their image has to be read first."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from tests.builders.plain_volumes import plain_volume
from tests.unit.workspace.volumes_at_hand import VolumesAtHand
from viewer.base.errors import DicomError
from viewer.base.jobs import JobHandle, Progress
from viewer.imaging.frame_state import FrameState, PatientIdentity
from viewer.imaging.frame_store import LoadedFrame
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.stored_frame import PixelDescription, StoredFrame
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.user_calibration import UserCalibration
from viewer.workspace.measuring.annotation_book import AnnotationBook
from viewer.workspace.measuring.calibration_book import uid_of
from viewer.workspace.measuring.grounds import Grounds
from viewer.workspace.measuring.measuring import anchor_of_look, ground_of_image, measured
from viewer.workspace.measuring.remeasuring import Remeasuring
from viewer.workspace.volume_look import look_at
from viewer.workspace.volume_view import VolumeView

HEADER = cast(
    "Any",
    SimpleNamespace(sop_instance_uid="1.4", series_instance_uid="1.2", study_instance_uid="1.1", source=None),
)
ANCHOR = ImageAnchor("1.1", "1.2", "1.3", "1.4", 1)
SCALE = UserCalibration("1.1", "1.4", ((0.0, 0.0), (10.0, 0.0)), 5.0)


class Scene:
    """One image and one volume, and whether they are at hand."""

    def __init__(self) -> None:
        self.book = AnnotationBook()
        self.is_in_memory = False
        self.is_readable = True
        self.jobs: list[Callable[[], None]] = []
        self.volumes = VolumesAtHand()
        series = SimpleNamespace(series_instance_uid="1.2", key="s")
        tree = SimpleNamespace(headers=lambda: iter([HEADER]), all_series=lambda: (series,))
        self.sets = [SimpleNamespace(key="volume", is_image=True, images=(1, 2, 3))]
        catalogue = SimpleNamespace(of_series=lambda _key: tuple(self.sets))
        self.grounds = Grounds(
            cast("Any", tree),
            cast("Any", catalogue),
            cast("Any", self),
            cast("Any", self),
            self.volumes.as_store(),
            self.book,
        )
        self.remeasuring = Remeasuring(self.book, self.grounds)

    # As the store of frames

    def get(self, image: ImageRef) -> LoadedFrame | None:
        return self.load(image) if self.is_in_memory else None

    def load(self, image: ImageRef, *, progress: Progress | None = None) -> LoadedFrame:
        del progress
        if not self.is_readable:
            raise DicomError("gone")
        state = FrameState(PatientIdentity(), "1.4", "1.3", "CR", 1, PixelDescription(4, 5))
        return LoadedFrame(image, StoredFrame(np.zeros((4, 5), np.uint8), "MONOCHROME2"), state)

    # As the runner of jobs

    def submit(
        self, job: Any, *, lane: str, done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> JobHandle[Any]:
        def run() -> None:
            try:
                found = job.run(Progress())
            except DicomError as error:
                failed(error)
            else:
                done(found)

        self.jobs.append(run)
        return JobHandle(len(lane), Progress())

    @property
    def values(self) -> list[float | None]:
        (mark,) = self.book.everything()
        return [each.value for each in mark.readings]


@pytest.fixture
def scene() -> Scene:
    made = Scene()
    ground = made.grounds
    made.is_in_memory = True
    found = ground.at_hand(ANCHOR)
    assert found is not None
    mark = measured(Annotation("u", "length", ANCHOR, ((0.0, 0.0), (4.0, 0.0))), found)
    assert mark.readings[0].unit.symbol == "px"
    made.book.apply({"u": mark})
    return made


def test_an_image_at_hand_is_measured_anew_at_once(scene: Scene) -> None:
    scene.book.calibrations.apply("1.1", {uid_of(SCALE): SCALE})
    assert scene.values == [2.0]
    scene.book.calibrations.apply("1.1", {uid_of(SCALE): None})
    assert scene.values == [4.0]
    assert scene.jobs == []


def test_an_image_that_must_be_read_has_no_number_until_then(scene: Scene) -> None:
    scene.is_in_memory = False
    scene.book.calibrations.apply("1.1", {uid_of(SCALE): SCALE})
    assert scene.values == []
    (job,) = scene.jobs
    job()
    assert scene.values == [2.0]


def test_an_image_that_cannot_be_read_leaves_its_marks_without_numbers(scene: Scene) -> None:
    scene.is_in_memory = False
    scene.book.calibrations.apply("1.1", {uid_of(SCALE): SCALE})
    scene.is_readable = False
    scene.jobs[0]()
    assert scene.values == []


def test_a_mark_that_went_meanwhile_does_not_come_back(scene: Scene) -> None:
    scene.is_in_memory = False
    scene.book.calibrations.apply("1.1", {uid_of(SCALE): SCALE})
    scene.book.apply({"u": None})
    scene.jobs[0]()
    assert scene.book.everything() == ()


def test_only_marks_of_that_image_are_measured_anew(scene: Scene) -> None:
    other = replace(SCALE, sop_instance_uid="1.5")
    of_frame = replace(SCALE, frame_number=2)
    scene.book.calibrations.apply("1.1", {uid_of(other): other, uid_of(of_frame): of_frame})
    assert scene.values == [4.0]


def test_a_region_on_a_plane_has_its_values_once_the_volume_has_come(scene: Scene) -> None:
    volume = plain_volume(np.arange(60.0).reshape(3, 4, 5))
    loading = replace(volume, key="volume", loaded=0.5)
    assert not loading.is_complete
    scene.volumes.volumes["volume"] = loading
    header = SimpleNamespace(study_instance_uid="1.1", series_instance_uid="1.2", ascii=lambda _tag: "")
    anchor = anchor_of_look(ImageRef(cast("Any", header)), look_at(loading, VolumeView(center_mm=(2.0, 2.0, 1.0))))
    assert anchor is not None
    ground = scene.grounds.at_hand(anchor)
    assert ground is not None
    assert "still loading" in ground.value_refusal
    region = Annotation("r", "rectangle", anchor, ((0.0, 0.0), (anchor.columns, anchor.rows)))
    scene.book.apply({"u": None, "r": measured(region, ground)})
    assert any(each.refusal for each in scene.book.everything()[0].readings)
    scene.volumes.volumes["volume"] = volume
    scene.volumes.changed.emit("volume")
    assert not any(each.refusal for each in scene.book.everything()[0].readings)
    scene.remeasuring.close()


def test_a_plane_is_not_measured_on_a_volume_that_may_be_another_one(scene: Scene) -> None:
    """A series of two echoes gives two volumes: which of them the mark lies on is not known."""
    volume = plain_volume(np.arange(60.0).reshape(3, 4, 5))
    scene.volumes.volumes["volume"] = replace(volume, key="volume")
    header = SimpleNamespace(study_instance_uid="1.1", series_instance_uid="1.2", ascii=lambda _tag: "")
    anchor = anchor_of_look(ImageRef(cast("Any", header)), look_at(volume, VolumeView(center_mm=(2.0, 2.0, 1.0))))
    assert anchor is not None
    assert scene.grounds.at_hand(anchor) is not None
    assert scene.grounds.at_hand(replace(anchor, phase=1)) is None
    scene.sets.append(SimpleNamespace(key="scout", is_image=True, images=(1,)))
    assert scene.grounds.at_hand(anchor) is not None
    scene.sets.append(SimpleNamespace(key="second echo", is_image=True, images=(1, 2, 3)))
    assert scene.grounds.at_hand(anchor) is None


def test_an_image_of_the_same_uid_in_another_study_is_another_image(scene: Scene) -> None:
    assert scene.grounds.image_of(ANCHOR) is not None
    assert scene.grounds.image_of(replace(ANCHOR, study_instance_uid="1.9")) is None
    other = SimpleNamespace(sop_instance_uid="1.4", series_instance_uid="1.2", study_instance_uid="1.9", source=None)
    here, there = (ImageRef(cast("Any", each), 0) for each in (HEADER, other))
    assert [mark.uid for mark in scene.book.on_image(here)] == ["u"]
    assert scene.book.on_image(there) == ()
    scene.book.calibrations.apply("1.1", {uid_of(SCALE): SCALE})
    state = scene.load(here).state
    assert ground_of_image(here, state, None, scene.book).spacing.is_known
    assert not ground_of_image(there, state, None, scene.book).spacing.is_known
