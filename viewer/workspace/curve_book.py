"""The regions whose curves are followed, of all windows: placed and taken away undoably, read on workers."""

import itertools
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

from viewer.base.errors import ViewerError
from viewer.base.events import Event
from viewer.base.jobs import INTERACTION, JobHandle, JobRunner
from viewer.base.translation import _
from viewer.dicom.image_plane import ImagePlane
from viewer.imaging.frame_store import FrameStore
from viewer.workspace.curve_courses import Course, run_of
from viewer.workspace.curve_reading import ReadRunCurve, ReadVolumeCurve
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.phase_curves import PhaseCurve, Region, RegionShape
from viewer.workspace.undo import Deed
from viewer.workspace.volume_sources import phases_of
from viewer.workspace.volume_store import VolumeStore

_SHAPE_TITLES = {
    RegionShape.POINT: lambda: _("Point"),
    RegionShape.ELLIPSE: lambda: _("Ellipse"),
    RegionShape.RECTANGLE: lambda: _("Rectangle"),
}


@dataclass(frozen=True, slots=True)
class FollowedRegion:
    """A region that was placed.

    Attributes:
        number: Names it, from 1; its colour follows from it.
        course: What it is followed through.
        plane: Of the image it was drawn on; None when it is not known where that lies.
    """

    number: int
    region: Region
    course: Course
    plane: ImagePlane | None = None

    @property
    def title(self) -> str:
        """What it is called, translated."""
        return f"{self.number} {_SHAPE_TITLES[self.region.shape]()}"


@dataclass(frozen=True, slots=True)
class FollowedCurve:
    """What is known of a region's curve.

    Attributes:
        curve: In modality units; None while it is not read, or where it cannot be.
        failure: Why there is none, translated; empty while there may come one.
    """

    region: FollowedRegion
    curve: PhaseCurve | None = None
    failure: str = ""


@dataclass(slots=True, eq=False)
class _Record:
    shown: FollowedCurve
    read: Hashable = None
    handle: JobHandle[PhaseCurve] | None = None
    owner: object = field(default_factory=object)


class CurveBook:
    """Used from the GUI thread.

    Args:
        runner: Reads curves.
        frames: Where images come from.
        volumes: Where volumes come from.
        catalogue: Of the display sets: regions go with their study, and grow with their series.

    Attributes:
        changed: The key of a course of which there are other regions or curves.
        shape: What the tool draws.
        is_circle: Whether ellipses are drawn as circles.
    """

    def __init__(
        self, runner: JobRunner, frames: FrameStore, volumes: VolumeStore, catalogue: DisplaySetCatalogue
    ) -> None:
        self.changed: Event[str] = Event()
        self.shape = RegionShape.ELLIPSE
        self.is_circle = False
        self._runner, self._frames, self._volumes, self._catalogue = runner, frames, volumes, catalogue
        self._records: dict[int, _Record] = {}
        self._numbers = itertools.count(1)
        self._phases: dict[str, tuple[DisplaySet, ...]] = {}
        self._disconnect = (
            volumes.changed.connect(self._volume_changed),
            catalogue.changed.connect(self._catalogue_changed),
        )

    def close(self) -> None:
        """Let go of everything."""
        for disconnect in self._disconnect:
            disconnect()
        for record in self._records.values():
            self._let_go(record)
        self._records.clear()

    def phases_of(self, display_set: DisplaySet) -> tuple[DisplaySet, ...]:
        """Return the display sets that are phases of one volume with this one; worked out once."""
        if display_set.key not in self._phases:
            self._phases[display_set.key] = phases_of(display_set, self._catalogue)
        return self._phases[display_set.key]

    @property
    def has_regions(self) -> bool:
        """Whether any region is followed."""
        return bool(self._records)

    def curves(self, key: str) -> tuple[FollowedCurve, ...]:
        """Return the regions of a course with their curves, in the order they were placed."""
        found = [record.shown for record in self._records.values() if record.shown.region.course.key == key]
        return tuple(sorted(found, key=lambda each: each.region.number))

    def placing(self, region: Region, course: Course, plane: ImagePlane | None) -> Deed:
        """Return the deed that places a region (Workspace.do)."""
        taken = {each.region.number for each in self.curves(course.key)}
        number = next(number for number in itertools.count(1) if number not in taken)
        placed = FollowedRegion(number, region, course, plane)
        return Deed(undo=lambda: self._remove((placed,)), redo=lambda: self._add((placed,)))

    def removing(self, regions: tuple[FollowedRegion, ...]) -> Deed:
        """Return the deed that takes regions away."""
        return Deed(undo=lambda: self._add(regions), redo=lambda: self._remove(regions))

    @property
    def is_reading(self) -> bool:
        """Whether a curve is on its way."""
        return any(record.handle is not None for record in self._records.values())

    def _add(self, regions: tuple[FollowedRegion, ...]) -> None:
        for region in regions:
            record = self._records[next(self._numbers)] = _Record(FollowedCurve(region))
            self._read(record)
        self._tell(regions)

    def _remove(self, regions: tuple[FollowedRegion, ...]) -> None:
        for at, record in list(self._records.items()):
            if record.shown.region in regions:
                self._let_go(record)
                del self._records[at]
        self._tell(regions)

    def _tell(self, regions: tuple[FollowedRegion, ...]) -> None:
        for key in {region.course.key for region in regions}:
            self.changed.emit(key)

    # Reading

    def _read(self, record: _Record) -> None:
        region = record.shown.region
        course = region.course
        if course.plane is None:
            job = ReadRunCurve(self._frames, course.images, region.region, course.lacking, course.cautions)
            self._submit(record, job)
            return
        volume, failure = self._volumes.volume(course.key), self._volumes.standing(course.key).failure
        if volume is not None and volume.is_complete:
            if record.read != volume.generation:
                record.read = volume.generation
                self._submit(record, ReadVolumeCurve(volume, course.plane, region.region, course.cautions))
            self._volumes.release(record.owner)  # the job holds the volume
        elif isinstance(failure, ViewerError):
            record.shown = replace(record.shown, curve=None, failure=failure.one_line())
            self._volumes.release(record.owner)
        elif record.shown.curve is None:
            self._volumes.want(course.display_set, record.owner)

    def _submit(self, record: _Record, job: ReadRunCurve | ReadVolumeCurve) -> None:
        if record.handle is not None:
            record.handle.cancel()
        handle: JobHandle[PhaseCurve] | None = None

        def of_this(call: Callable[[], FollowedCurve]) -> None:
            if record.handle is handle:
                record.handle = None
                record.shown = call()
                self.changed.emit(record.shown.region.course.key)

        def failed(error: Exception) -> None:
            if not isinstance(error, ViewerError):
                raise error
            of_this(lambda: replace(record.shown, curve=None, failure=error.one_line()))

        handle = self._runner.submit(
            job,
            lane=INTERACTION,
            done=lambda curve: of_this(lambda: replace(record.shown, curve=curve, failure="")),
            failed=failed,
        )
        record.handle = handle

    def _volume_changed(self, key: str) -> None:
        for record in self._records.values():
            course = record.shown.region.course
            if course.plane is not None and self._volumes.is_same(course.key, key):
                self._read(record)

    def _catalogue_changed(self, series_keys: frozenset[str]) -> None:
        """Let regions of closed studies go; those of series that grow are followed through what came."""
        self._phases.clear()
        for record in list(self._records.values()):
            region = record.shown.region
            course = region.course
            now = self._catalogue.find(course.display_set.key)
            if now is None:
                self._remove((region,))
            elif course.plane is None and course.display_set.series_key in series_keys and now != course.display_set:
                index = now.index_of(course.images[0].image)
                run = run_of(now, index, self.phases_of(now)) if index is not None else ""
                if isinstance(run, tuple):
                    renewed = replace(region, course=replace(course, display_set=now, images=run))
                    record.shown = FollowedCurve(renewed)
                    self._read(record)

    def _let_go(self, record: _Record) -> None:
        if record.handle is not None:
            record.handle.cancel()
            record.handle = None
        self._volumes.release(record.owner)
