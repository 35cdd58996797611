"""What a region in a viewport can be followed through: the phases of a volume, or images of one place in time."""

from dataclasses import dataclass, replace

from viewer.base.translation import _
from viewer.imaging.image_ref import ImageRef
from viewer.volume.reslice_plane import ReslicePlane, VolumeInterpolation
from viewer.workspace.display_set import DisplaySet, DisplaySetKind, WarningCode
from viewer.workspace.nuclear_frames import TIME_VECTORS, vectors_of
from viewer.workspace.viewport_state import DisplayedImage

_SAME_MM = 0.01
_FRAME_TIME, _FRAME_TIME_VECTOR, _SAMPLES = 0x00181063, 0x00181065, 0x00280002
_CINES = frozenset({"XA", "RF", "US", "IVUS", "NM"})
_STACKS = frozenset({DisplaySetKind.STACK, DisplaySetKind.ENHANCED, DisplaySetKind.MOSAIC})


@dataclass(frozen=True, slots=True)
class RunImage:
    """One image of a run.

    Attributes:
        phase: Its number in the run, from 0.
        display_set_key: Of the display set that it is shown in.
        index: Of the image in it.
    """

    image: ImageRef
    phase: int
    display_set_key: str
    index: int


@dataclass(frozen=True, slots=True)
class Course:
    """What a region is followed through.

    Attributes:
        key: The same for everything that may stand in one diagram: of the volume, or of the display set.
        display_set: That it was drawn in.
        images: Of one place, in their order; empty for a plane through a volume.
        plane: Through a volume, as it is shown; None for images.
        lacking: Phases that have no image of the place.
    """

    key: str
    display_set: DisplaySet
    images: tuple[RunImage, ...] = ()
    plane: ReslicePlane | None = None
    lacking: int = 0

    @property
    def cautions(self) -> tuple[str, ...]:
        """What must be told of every curve through it, translated: phases that may be mixed up."""
        if all(warning.code is not WarningCode.UNEVEN_PHASES for warning in self.display_set.warnings):
            return ()
        return (_("Not every position has the same number of images: phases may be mixed up"),)


def course_of_images(display_set: DisplaySet, index: int, phases: tuple[DisplaySet, ...]) -> Course | str:
    """Return what a region of an image is followed through; or why there is nothing, translated.

    Args:
        display_set: That is shown.
        index: Of the image in it.
        phases: The display sets that are phases of one volume with it (volume_sources.phases_of).
    """
    run = run_of(display_set, index, phases)
    if isinstance(run, str):
        return run
    lacking = len(phases) - len(run) if _is_stack(display_set) else 0
    return Course(phases[0].key, display_set, run, lacking=lacking)


def course_of_plane(display_set: DisplaySet, displayed: DisplayedImage | None) -> Course | str:
    """Return what a region of a plane through a volume is followed through; or why there is nothing, translated."""
    look = displayed.look if displayed is not None else None
    if look is None or look.plane is None:
        return _("The volume is still being loaded")
    if len(look.volume.phases) < 2:
        return _("The volume has a single phase")
    plane = replace(look.plane, interpolation=VolumeInterpolation.LINEAR, phase=0)
    return Course(look.volume.key, display_set, plane=plane)


def run_of(display_set: DisplaySet, index: int, phases: tuple[DisplaySet, ...]) -> tuple[RunImage, ...] | str:
    """Return the images of one place that an image belongs to, in their order; or why there are none, translated."""
    if not 0 <= index < len(display_set.images):
        return _("No images are shown here")
    header = display_set.images[index].header
    if (header.unsigned_short(_SAMPLES) or 1) > 1:
        return _("Colours are no measured values")
    if display_set.kind is DisplaySetKind.NUCLEAR:
        run = _nuclear_run(display_set, index)
    elif _is_stack(display_set):
        run = _run_of_phases(display_set, index, phases)
    elif display_set.kind is DisplaySetKind.MOSAIC:
        number = display_set.images[index].frame_index
        run = _picked(display_set, [at for at, each in enumerate(display_set.images) if each.frame_index == number])
    elif _is_course(display_set):
        run = _picked(display_set, range(len(display_set.images)))
    else:
        run = ()
    return run if len(run) > 1 else _("These images are no course in time of one place")


def _is_stack(display_set: DisplaySet) -> bool:
    return display_set.kind in _STACKS and display_set.geometry is not None


def _is_course(display_set: DisplaySet) -> bool:
    """Return whether all images of a display set are of one place."""
    if display_set.kind is DisplaySetKind.TIME_RUN:
        return True
    header = display_set.images[0].header
    if display_set.kind is DisplaySetKind.ENHANCED:
        return display_set.is_final and header.modality in {"MR", "CT", "PT", "XA", "RF", "US"}
    if display_set.kind is not DisplaySetKind.MULTI_FRAME or header.modality == "RTDOSE":
        return False
    return header.modality in _CINES or bool(header.numbers(_FRAME_TIME) or header.numbers(_FRAME_TIME_VECTOR))


def _run_of_phases(display_set: DisplaySet, index: int, phases: tuple[DisplaySet, ...]) -> tuple[RunImage, ...]:
    """Return the image of each phase that lies where an image of one of them does."""
    if display_set.geometry is None:
        return ()
    place = display_set.geometry.positions_mm[index]
    run = []
    for number, each in enumerate(phases):
        positions = each.geometry.positions_mm if each.geometry is not None else ()
        at = min(range(len(positions)), key=lambda other: abs(positions[other] - place), default=None)
        if at is not None and abs(positions[at] - place) <= _SAME_MM:
            run.append(RunImage(each.images[at], number, each.key, at))
    return tuple(run)


def _nuclear_run(display_set: DisplaySet, index: int) -> tuple[RunImage, ...]:
    """Return the frames that agree with one in all that is no time: detector, energy window, slice, angle."""
    image = display_set.images[index]
    vectors = vectors_of(image.header)
    if TIME_VECTORS.isdisjoint(vectors):
        return ()
    still = [numbers for tag, numbers in vectors.items() if tag not in TIME_VECTORS]
    wanted = [numbers[image.frame_index] for numbers in still]
    alike = [
        at
        for at, each in enumerate(display_set.images)
        if each.header is image.header and [numbers[each.frame_index] for numbers in still] == wanted
    ]
    return _picked(display_set, alike)


def _picked(display_set: DisplaySet, indices: "range | list[int]") -> tuple[RunImage, ...]:
    return tuple(RunImage(display_set.images[at], number, display_set.key, at) for number, at in enumerate(indices))
