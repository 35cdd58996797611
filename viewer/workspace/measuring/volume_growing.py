"""Growing a threshold region of an image on through its series.

The volume is loaded, the region grown in a job, and what it comes to is put beside the numbers of the mark. As numbers
are no change of the reader's, undo passes them over; they stand until the mark is changed, and is measured anew on its
image alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from viewer.base.errors import ViewerError
from viewer.base.jobs import VOLUMES, JobHandle, JobRunner
from viewer.base.translation import _
from viewer.dicom.image_plane import ImagePlane
from viewer.measurement.annotation import Anchor, Annotation, PlaneAnchor
from viewer.measurement.kinds.region_kind import MEAN
from viewer.measurement.kinds.threshold_region import ThresholdRegion, bounds
from viewer.measurement.label_places import point_patient
from viewer.measurement.value_units import value_unit
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.measuring.mark_deeds import selected_marks
from viewer.workspace.measuring.measuring import anchor_of_image
from viewer.workspace.measuring.reading_texts import reading_text
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.volume_store import VolumeStore
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.workspace.measuring.threshold_volume import GrowThresholdVolume, ThresholdVolume


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """What is to be grown, once its volume is there."""

    workspace: Workspace
    mark: Annotation
    plane: ImagePlane
    key: str


class VolumeGrowing:
    """Of all windows; one region at a time.

    Args:
        runner: Runs the growing.
        volumes: Loads the volumes.
    """

    def __init__(self, runner: JobRunner, volumes: VolumeStore) -> None:
        self._runner = runner
        self._volumes = volumes
        self._wish: _Wish | None = None
        self._handle: JobHandle[ThresholdVolume] | None = None
        volumes.changed.connect(self._volume_changed)

    @property
    def is_growing(self) -> bool:
        """Whether a region is on its way."""
        return self._wish is not None

    def grow(self, workspace: Workspace) -> None:
        """Grow the one selected threshold region of the active picture; says in the window why where it cannot."""
        self.stop()
        mark, displayed = growable(workspace), workspace.displayed(workspace.active)
        display_set = workspace.display_set_at(workspace.active)
        if mark is None or displayed is None or display_set is None:
            _say(workspace, _("Select one threshold region"))
            return
        if not _lies_on(mark.anchor, displayed):
            _say(workspace, _("Show the image that the region lies on"))
            return
        anchor = mark.anchor
        plane = anchor.plane if isinstance(anchor, PlaneAnchor) else displayed.rendered.state.plane
        if plane is None:
            _say(workspace, _("It is not known where a region lies in the patient"))
            return
        self._wish = _Wish(workspace, mark, plane, display_set.key)
        self._volumes.want(display_set, self)
        self._begin()

    def stop(self) -> None:
        """Let go of what is on its way."""
        self._wish = None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._volumes.release(self)

    def _volume_changed(self, key: str) -> None:
        if self._wish is not None and self._handle is None and self._volumes.is_same(key, self._wish.key):
            self._begin()

    def _begin(self) -> None:
        """Start the job where the volume is whole; give up where it failed; else wait."""
        wish = self._wish
        if wish is None:
            return
        volume, standing = self._volumes.volume(wish.key), self._volumes.standing(wish.key)
        if volume is None or not volume.is_complete:
            if standing.failure is not None or not standing.is_loading:
                self._give_up(wish, standing.failure)
            return
        anchor, runs = wish.mark.anchor, [each.key for each in self._volumes.phases(wish.key)]
        phase = runs.index(wish.key) if wish.key in runs else 0
        job = growing_of(wish.mark, wish.plane, volume, anchor.phase if isinstance(anchor, PlaneAnchor) else phase)
        if isinstance(job, str):
            self._end(wish, lambda: _say(wish.workspace, job))
            return
        self._handle = self._runner.submit(
            job,
            lane=VOLUMES,
            done=lambda found: self._end(wish, lambda: _keep(wish, found)),
            failed=lambda error: self._give_up(wish, error),
        )
        _say(wish.workspace, _("Growing the region"))

    def _give_up(self, wish: _Wish, error: Exception | None) -> None:
        if error is not None and not isinstance(error, ViewerError):
            raise error
        told = error.one_line() if error is not None else _("The volume could not be loaded")
        self._end(wish, lambda: _say(wish.workspace, told))

    def _end(self, wish: _Wish, then: Callable[[], None]) -> None:
        """Finish a wish that still holds."""
        if wish is self._wish:
            self._wish = self._handle = None
            self._volumes.release(self)
            then()


def growable(workspace: Workspace) -> Annotation | None:
    """Return the one selected mark where it is a threshold region with pixels; None else."""
    marks = selected_marks(workspace)
    is_one = len(marks) == 1 and marks[0].kind == ThresholdRegion.id
    return marks[0] if is_one and len(marks[0].points) > 1 and bounds(marks[0]) is not None else None


def growing_of(
    mark: Annotation, plane: ImagePlane, volume: SeriesVolume, phase: int = 0
) -> "GrowThresholdVolume | str":
    """Return the job that grows a region from its first seed, between its bounds; or why there is none, translated."""
    from viewer.workspace.measuring.threshold_volume import GrowThresholdVolume

    between = bounds(mark)
    if between is None or len(mark.points) < 2:
        return _("Select one threshold region")
    shown = next((each.unit for each in mark.readings if each.derivation == MEAN), None)
    own = value_unit(volume.rescale.unit)
    if shown is not None and shown.ucum != own.ucum:
        return _("The region is in {0}, the volume in {1}: show both in the same unit").format(
            shown.symbol or "1", own.symbol or "1"
        )
    return GrowThresholdVolume(volume, point_patient(mark, plane, 1), *between, phase)


def _lies_on(anchor: Anchor, displayed: DisplayedImage) -> bool:
    """Return whether the place of a mark can be told from what is on screen: its own image, or its series."""
    if isinstance(anchor, PlaneAnchor):
        return anchor.series_instance_uid == displayed.image.header.series_instance_uid
    if displayed.look is not None:
        return False
    shown = anchor_of_image(displayed.image)
    return (anchor.sop_instance_uid, anchor.frame_number, anchor.tile) == (
        shown.sop_instance_uid,
        shown.frame_number,
        shown.tile,
    )


def with_volume(mark: Annotation, found: "ThresholdVolume") -> Annotation:
    """Return a mark with its volume first, then its own numbers, then those of the values in 3D."""
    titles = {each.title for each in found.readings}
    own = tuple(each for each in mark.readings if each.title not in titles)
    return replace(mark, readings=(*found.readings[:1], *own, *found.readings[1:]))


def _keep(wish: _Wish, found: "ThresholdVolume") -> None:
    """Put the numbers beside the mark, if it is still what was grown."""
    now = wish.workspace.shared.annotations.get(wish.mark.uid)
    if now is None or (now.points, now.parameters) != (wish.mark.points, wish.mark.parameters):
        _say(wish.workspace, _("The region was changed meanwhile: it was not grown"))
        return
    wish.workspace.shared.annotations.apply({now.uid: with_volume(now, found)})
    _say(wish.workspace, f"{_(found.readings[0].title)}: {reading_text(found.readings[0])}")


def _say(workspace: Workspace, text: str) -> None:
    if workspace.window is not None:
        workspace.window.show_message(text)
