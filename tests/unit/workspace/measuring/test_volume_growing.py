"""A threshold region that is grown through its series: from mark to job to numbers, with every way it can end."""

from collections.abc import Callable, Hashable
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from viewer.base.errors import VolumeError
from viewer.base.events import Event
from viewer.base.jobs import JobRunner, Progress
from viewer.dicom.image_plane import ImagePlane
from viewer.dicom.pixel_spacing import PixelSpacing, SpacingSource
from viewer.imaging.modality_lut import Rescale
from viewer.measurement.annotation import Annotation, ImageAnchor, PlaneAnchor
from viewer.measurement.ground import Ground, GroundValues
from viewer.measurement.kinds.threshold_region import HIGH, LOW, ThresholdRegion
from viewer.measurement.reading import HOUNSFIELD
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.measuring.annotation_book import AnnotationBook
from viewer.workspace.measuring.volume_growing import VolumeGrowing, growable, growing_of, with_volume
from viewer.workspace.volume_record import VolumeStanding

if TYPE_CHECKING:
    from viewer.imaging.frame_state import FrameState
    from viewer.workspace.volume_store import VolumeStore
    from viewer.workspace.workspace import Workspace

SLICES, ROWS, COLUMNS = 9, 20, 24
GEOMETRY = VolumeGeometry(
    (COLUMNS, ROWS, SLICES), (0.5, 0.5, 2.0), (1.0, 2.0, 3.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
)


def array() -> Any:
    values = np.full((SLICES, ROWS, COLUMNS), -1000, np.int16)
    values[2:7, 5:15, 6:16] = 50
    return values


def volume(**more: Any) -> SeriesVolume:
    state = cast("FrameState", SimpleNamespace(modality="CT"))
    return SeriesVolume("set", 1, GEOMETRY, (array(),), Rescale(1.0, 0.0, "HU"), state, **more)


def plane() -> ImagePlane:
    return ImagePlane(GEOMETRY.point_patient(0, 0, 4), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), 0.5, 0.5)


def mark() -> Annotation:
    given = GroundValues(array()[4].astype(np.float64), None, HOUNSFIELD)
    ground = Ground(
        ROWS, COLUMNS, PixelSpacing(0.5, 0.5, SpacingSource.PATIENT), modality="CT", read_values=lambda: given
    )
    kind = ThresholdRegion()
    blank = Annotation("9", kind.id, ImageAnchor("1", "1.2", "1.3", "1.4"), (), parameters=((HIGH, 100.0), (LOW, 0.0)))
    found = kind.painted(blank, [(10.5, 10.5)], ground)
    return replace(found, readings=kind.readings(found, ground))


class Volumes:
    """Stands in for the store: what the test puts there."""

    def __init__(self) -> None:
        self.changed: Event[str] = Event()
        self.here: SeriesVolume | None = None
        self.now = VolumeStanding(is_loading=True)
        self.owners: set[Hashable] = set()
        self.runs: tuple[str, ...] = ("set",)

    def want(self, _display_set: object, owner: Hashable) -> None:
        self.owners.add(owner)

    def release(self, owner: Hashable) -> None:
        self.owners.discard(owner)

    def volume(self, _key: str) -> SeriesVolume | None:
        return self.here

    def standing(self, _key: str) -> VolumeStanding:
        return self.now

    def phases(self, _key: str) -> tuple[Any, ...]:
        return tuple(SimpleNamespace(key=key) for key in self.runs)

    def is_same(self, key: str, other: str) -> bool:
        return key == other


class Runner:
    """Runs a job when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []
        self.cancelled = 0

    def submit(self, job: Any, *, done: Any, failed: Any, **_more: object) -> Any:
        def run() -> None:
            try:
                found = job.run(Progress())
            except VolumeError as error:
                failed(error)
            else:
                done(found)

        self.waiting.append(run)
        return SimpleNamespace(cancel=self._cancel)

    def _cancel(self) -> None:
        self.cancelled += 1


class House:
    """A window with one mark on one image."""

    def __init__(self) -> None:
        self.volumes, self.runner, self.book = Volumes(), Runner(), AnnotationBook()
        self.told: list[str] = []
        self.plane: ImagePlane | None = plane()
        self.growing = VolumeGrowing(cast("JobRunner", self.runner), cast("VolumeStore", self.volumes))
        self.mark = mark()
        self.book.restore([self.mark])
        self.book.select([self.mark.uid])
        header = SimpleNamespace(
            study_instance_uid="1", series_instance_uid="1.2", sop_class_uid="1.3", sop_instance_uid="1.4", ascii=str
        )
        displayed = SimpleNamespace(
            rendered=SimpleNamespace(state=SimpleNamespace(plane=self.plane)),
            image=SimpleNamespace(header=header, is_tile=False, frame_index=0),
            look=None,
        )
        self.displayed = displayed
        self.workspace = cast(
            "Workspace",
            SimpleNamespace(
                active=0,
                shared=SimpleNamespace(annotations=self.book),
                window=SimpleNamespace(show_message=self.told.append),
                displayed=lambda _cell: displayed,
                display_set_at=lambda _cell: SimpleNamespace(key="set"),
            ),
        )

    @property
    def is_growing(self) -> bool:
        return self.growing.is_growing

    def now(self) -> dict[str, float | None]:
        found = self.book.get("9")
        assert found is not None
        return {each.title: each.value for each in found.readings}


def test_a_region_grows_once_its_volume_is_there() -> None:
    house = House()
    house.growing.grow(house.workspace)
    assert house.is_growing
    assert len(house.runner.waiting) == 0
    house.volumes.here = volume(loaded=0.5)
    house.volumes.changed.emit("set")
    assert len(house.runner.waiting) == 0
    house.volumes.here = volume()
    house.volumes.changed.emit("set")
    house.runner.waiting.pop()()
    assert house.now()["Volume"] == pytest.approx(5 * 10 * 10 * 0.5)
    assert list(house.now())[:2] == ["Volume", "Area"]
    assert house.now()["Mean in 3D"] == 50.0
    assert len(house.volumes.owners) == 0
    assert house.told[-1].startswith("Volume: 250")


def test_growing_twice_does_not_double_the_numbers() -> None:
    house = House()
    house.volumes.here = volume()
    for _time in range(2):
        house.growing.grow(house.workspace)
        house.runner.waiting.pop()()
    found = house.book.get("9")
    assert found is not None
    titles = [each.title for each in found.readings]
    assert len(titles) == len(set(titles))


def test_what_cannot_be_grown_says_why() -> None:
    house = House()
    house.volumes.now = VolumeStanding(failure=VolumeError("the slices are no stack"))
    house.growing.grow(house.workspace)
    assert house.told == ["the slices are no stack"]
    house.volumes.now = VolumeStanding()
    house.growing.grow(house.workspace)
    assert len(house.told) == 2
    house.volumes.here = replace(volume(), rescale=Rescale(1.0, 0.0, "BQML"))
    house.growing.grow(house.workspace)
    assert "HU" in house.told[2]
    house.displayed.rendered.state.plane = None
    house.growing.grow(house.workspace)
    house.book.select([])
    house.growing.grow(house.workspace)
    assert len(house.told) == 5
    assert not house.growing.is_growing


def test_a_refused_region_leaves_the_mark_as_it_is() -> None:
    house = House()
    far = VolumeGeometry(GEOMETRY.dimensions, GEOMETRY.spacing_mm, (900.0, 0.0, 0.0), GEOMETRY.axes)
    house.volumes.here = replace(volume(), geometry=far)
    house.growing.grow(house.workspace)
    house.runner.waiting.pop()()
    assert "outside" in house.told[-1]
    assert house.book.get("9") is house.mark


def test_a_mark_that_was_changed_or_let_go_meanwhile_gets_no_numbers() -> None:
    house = House()
    house.volumes.here = volume()
    house.growing.grow(house.workspace)
    house.book.apply({"9": replace(house.mark, points=tuple((x + 1, y) for x, y in house.mark.points))})
    house.runner.waiting.pop()()
    assert "changed" in house.told[-1]
    assert "Volume" not in house.now()
    house.growing.grow(house.workspace)
    house.growing.stop()
    assert house.runner.cancelled == 1
    house.runner.waiting.pop()()
    assert "Volume" not in house.now()


def test_a_mark_on_another_image_is_not_grown_from_the_one_on_screen() -> None:
    house = House()
    house.volumes.here = volume()
    for header, look in (({"sop_instance_uid": "1.5"}, None), ({}, object())):
        vars(house.displayed.image.header).update({"sop_instance_uid": "1.4", **header})
        house.displayed.look = look
        house.growing.grow(house.workspace)
        assert "Show the image" in house.told.pop()
        assert not house.growing.is_growing


def test_a_run_of_several_is_grown_through_its_own_phase() -> None:
    house = House()
    house.volumes.runs = ("other", "set")
    house.volumes.here = replace(volume(), phases=(np.full_like(array(), -1000), array()))
    house.growing.grow(house.workspace)
    house.runner.waiting.pop()()
    assert house.now()["Volume"] == pytest.approx(250.0)
    on_plane = PlaneAnchor("1", "1.2", "1.9", plane(), ROWS, COLUMNS, phase=1)
    job = growing_of(replace(house.mark, anchor=on_plane), plane(), house.volumes.here, 1)
    assert not isinstance(job, str)
    assert job.phase == 1
    house.book.apply({"9": replace(house.mark, anchor=on_plane)})
    house.displayed.look = object()
    house.growing.grow(house.workspace)
    house.runner.waiting.pop()()
    assert house.now()["Volume"] == pytest.approx(250.0)


def test_a_bug_is_not_hidden() -> None:
    house = House()
    house.volumes.now = VolumeStanding(failure=ValueError("x"))
    with pytest.raises(ValueError, match="x"):
        house.growing.grow(house.workspace)


def test_only_one_selected_region_with_a_seed_is_growable() -> None:
    house = House()
    assert growable(house.workspace) == house.mark
    house.book.apply({"9": replace(house.mark, kind="brush")})
    assert growable(house.workspace) is None
    assert isinstance(growing_of(replace(house.mark, points=house.mark.points[:1]), plane(), volume()), str)
    job = growing_of(house.mark, plane(), volume())
    assert not isinstance(job, str)
    assert with_volume(house.mark, job.run(Progress())).readings[0].title == "Volume"
