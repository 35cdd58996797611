"""What a viewport lets be measured, where a mark in it lies, and the numbers of a mark.

What is on screen is what is measured: the frame as it is presented, the plane as it is cut, PET in the unit it is shown
in. Values are those of the image itself, never of what is laid over it.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import numpy as np

from viewer import __version__
from viewer.base.translation import _
from viewer.dicom.pixel_spacing import SpacingSource
from viewer.imaging.frame_state import FrameState
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.stored_frame import StoredFrame
from viewer.measurement.annotation import Anchor, Annotation, ImageAnchor, PlaneAnchor
from viewer.measurement.body_measures import SUV_TYPES
from viewer.measurement.ground import Ground, GroundValues, Part
from viewer.measurement.measuring_ground import WHOLE, ground_of_frame
from viewer.measurement.reading import Reading
from viewer.measurement.value_units import suv_unit, value_concept
from viewer.volume.reslice_plane import Projection, ReslicePlane
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.measuring.annotation_book import AnnotationBook
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.volume_look import VolumeLook
from viewer.workspace.volume_view import VolumeKind, VolumeView
from viewer.workspace.workspace import Workspace

PROGRAM = f"Negatoscope {__version__}"
_FRAME_OF_REFERENCE = 0x00200052
_SCALES = frozenset(each.value for each in SpacingSource)
"""Sources of lengths, areas and angles."""
_PLAIN = frozenset({"1", "%"})
"""Units of counts and ratios, where nothing else tells that a number is of values."""


def ground_at(workspace: Workspace, cell: int) -> Ground | None:
    """Return what a cell lets be measured, with the refusal where it lets nothing; None while it shows nothing."""
    displayed = workspace.displayed(cell)
    if displayed is None:
        return None
    ground = ground_of_displayed(displayed, workspace.shared.annotations)
    if workspace.viewport(cell).fusion is not None and ground.read_values is not None:
        caution = _("Values of the image itself, not of what is laid over it")
        ground = replace(ground, value_cautions=(*ground.value_cautions, caution))
    return ground


def anchor_at(workspace: Workspace, cell: int) -> Anchor | None:
    """Return where a mark in a cell lies; None where it could not be found again: on renderings and curved planes."""
    displayed = workspace.displayed(cell)
    if displayed is None:
        return None
    if displayed.look is None:
        return anchor_of_image(displayed.image)
    return anchor_of_look(displayed.image, displayed.look)


def measured(annotation: Annotation, ground: Ground) -> Annotation:
    """Return an annotation with the numbers that a ground gives, and what they rest on."""
    from viewer.measurement.kinds.table import is_known, kind_of

    if not is_known(annotation.kind):
        return annotation
    readings = tuple(_told(each, ground) for each in kind_of(annotation.kind).readings(annotation, ground))
    scale = " · ".join(dict.fromkeys(_scale_of(each, ground) for each in readings if each.source))
    provenance = replace(annotation.provenance, calibration=scale, program=PROGRAM)
    return replace(annotation, readings=readings, provenance=provenance)


def ground_of_displayed(displayed: DisplayedImage, book: AnnotationBook) -> Ground:
    """Return what a picture on screen lets be measured."""
    state, stored, look = displayed.rendered.state, displayed.stored, displayed.look
    if look is not None:
        return ground_of_look(look, state, stored)
    return ground_of_image(displayed.image, state, stored, book)


def ground_of_image(image: ImageRef, state: FrameState, stored: StoredFrame | None, book: AnnotationBook) -> Ground:
    """Return what an image lets be measured, on the scale that the reader set where there is one."""
    calibration = book.calibrations.of_frame(image.header.sop_instance_uid, state.frame_number)
    if calibration is not None and calibration.study_instance_uid != image.header.study_instance_uid:
        calibration = None  # of another study's image of the same UID
    return _in_shown_unit(ground_of_frame(state, stored, calibration=calibration), state)


def ground_of_look(look: VolumeLook, state: FrameState, stored: StoredFrame | None) -> Ground:
    """Return what a view of a volume lets be measured.

    Args:
        look: The view.
        state: Of its picture.
        stored: Its frame; None where its values are not wanted.
    """
    refusal = _look_refusal(look)
    if refusal or look.plane is None:
        return Ground(state.pixels.rows, state.pixels.columns, refusal=refusal, value_refusal=refusal)
    ground = ground_of_frame(state, stored, regions=())
    ground = replace(ground, value_refusal=ground.value_refusal or _look_value_refusal(look))
    return _in_shown_unit(_measured_cells(_cautioned(ground, look)), state)


def ground_of_plane(volume: SeriesVolume, anchor: PlaneAnchor) -> Ground:
    """Return what a plane through a volume lets be measured, also where no viewport shows it."""
    from viewer.volume.plane_frame import PlaneFrame, plane_state

    projection = Projection(anchor.projection) if anchor.projection else Projection.MEAN
    plane = ReslicePlane(anchor.plane, anchor.columns, anchor.rows, anchor.thickness_mm, projection, phase=anchor.phase)
    kind = VolumeKind.PROJECTION if anchor.is_deep else VolumeKind.PLANE
    look = VolumeLook(volume, VolumeView(kind), plane)
    return ground_of_look(look, plane_state(volume, plane), PlaneFrame(volume, plane))


def anchor_of_image(image: ImageRef) -> ImageAnchor:
    """Return where a mark on an image lies."""
    header = image.header
    return ImageAnchor(
        header.study_instance_uid,
        header.series_instance_uid,
        header.sop_class_uid,
        header.sop_instance_uid,
        1 if image.is_tile else image.frame_index + 1,
        image.frame_index + 1 if image.is_tile else 0,
        header.ascii(_FRAME_OF_REFERENCE),
    )


def anchor_of_look(image: ImageRef, look: VolumeLook) -> PlaneAnchor | None:
    """Return where a mark on a view of a volume lies; None for renderings and curved planes.

    Args:
        image: Of the volume's display set.
        look: The view.
    """
    plane = look.plane
    if plane is None or look.is_rendering or look.is_laid_flat:
        return None
    header = image.header
    return PlaneAnchor(
        header.study_instance_uid,
        header.series_instance_uid,
        header.ascii(_FRAME_OF_REFERENCE),
        plane.plane,
        plane.rows,
        plane.columns,
        plane.thickness_mm,
        plane.projection.value if plane.thickness_mm > 0 else "",
        is_deep=look.view.kind is VolumeKind.PROJECTION,
        phase=plane.phase,
    )


def _look_refusal(look: VolumeLook) -> str:
    if look.is_rendering:
        if look.view.rendering.is_perspective:
            return _("Nothing is measured in perspective: what is near looks larger")
        return _("Nothing is measured on renderings: how deep a point lies is not known")
    if look.is_laid_flat:
        return _("Nothing is measured on curved planes: lengths are not those in the patient")
    return look.volume.condition.refusal


def _look_value_refusal(look: VolumeLook) -> str:
    if look.view.kind is VolumeKind.PROJECTION:
        return _("Values of a projection through the whole depth are not those of one place")
    return "" if look.volume.is_complete else _("The volume is still loading")


def _cautioned(ground: Ground, look: VolumeLook) -> Ground:
    """Return a ground with what must be said of a projection or a slab."""
    plane = look.plane
    if look.view.kind is VolumeKind.PROJECTION:
        return replace(ground, cautions=(*ground.cautions, _("A projection: lengths hold in its plane only")))
    if plane is not None and plane.thickness_mm > 0:
        return replace(ground, value_cautions=(*ground.value_cautions, _slab_caution(plane)))
    return ground


def _slab_caution(plane: ReslicePlane) -> str:
    from viewer.volume.plane_frame import plane_notes

    return _("Values of a slab: {0}").format(plane_notes(plane)[-1])


def _measured_cells(ground: Ground) -> Ground:
    """Return a ground that counts only cells that there are voxels for."""

    def there(given: GroundValues) -> GroundValues:
        finite = np.isfinite(given.values)
        return replace(given, counts=finite if given.counts is None else finite & given.counts)

    return _with_values(ground, there)


def _in_shown_unit(ground: Ground, state: FrameState) -> Ground:
    """Return a ground whose values bear the code of standardised uptake where the picture is shown in it."""
    kind = next((each for each in SUV_TYPES if state.unit == f"{each.title} {each.unit}"), None)
    if kind is None:
        return ground
    return _with_values(ground, lambda given: replace(given, unit=suv_unit(kind.id), source=kind.title))


def _with_values(ground: Ground, how: Callable[[GroundValues], GroundValues]) -> Ground:
    if ground.read_values is None:
        return ground

    def read(part: Part) -> GroundValues:
        given = ground.values_in(part)
        assert given is not None  # noqa: S101 - there are values, as was asked above
        return how(given)

    return replace(ground, read_values=cache(partial(read, WHOLE)), read_part=read)


def _told(reading: Reading, ground: Ground) -> Reading:
    """Return a number with what must be said beside it on this ground."""
    told = ground.cautions if reading.source in _SCALES else ()
    told = ground.value_cautions if _is_of_values(reading, ground) else told
    if reading.value is None or not told:
        return reading
    return replace(reading, caution="; ".join(filter(None, (reading.caution, *told))))


def _is_of_values(reading: Reading, ground: Ground) -> bool:
    """Return whether a number comes of values and not of lengths."""
    if reading.source in _SCALES:
        return False
    is_concept = reading.code == value_concept(reading.unit, ground.modality)
    return is_concept or reading.derivation is not None or reading.unit.ucum not in _PLAIN


def _scale_of(reading: Reading, ground: Ground) -> str:
    """Return what a reading's scale is called, with what a device or reader wrote of it."""
    spacing = ground.spacing
    if spacing.is_known and reading.source == spacing.source.value and spacing.description:
        return f"{reading.source}: {spacing.description}"
    return reading.source
