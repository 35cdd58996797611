"""Which annotations the picture of a viewport shows, and where: of its image, of its plane, and labels that lie near.

A mark on a plane through a volume shows wherever that plane is on screen, within half a slice, and one on an image on
planes that coincide with the image; a label of the body
(vertebrae, ribs) on every picture of the same frame of reference that passes near its place.
"""

from dataclasses import dataclass, replace

from viewer.base.translation import ngettext
from viewer.dicom.image_plane import ImagePlane, Vector, dot
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation, ImageAnchor, PlaneAnchor
from viewer.workspace.image_places import frame_of
from viewer.workspace.measuring.image_planes import coinciding_images
from viewer.workspace.measuring.own_scale import own_scale_chips
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.volume_planes import spacing_along
from viewer.workspace.volume_view import VolumeKind
from viewer.workspace.workspace import Workspace

PLACE = ("patient_x", "patient_y", "patient_z")
"""Parameters that keep where in the patient a label of the body stands, in mm."""
_PARALLEL = 0.9998
_LEAST_NEAR_MM = 0.5
_EVERYWHERE_MM = 2.5
"""A label shows this far from the picture's plane, where slices are thinner than twice that."""


@dataclass(frozen=True, slots=True)
class ShownMark:
    """An annotation as one picture shows it.

    Attributes:
        annotation: With its points on the grid of the picture.
        is_elsewhere: Whether it lies on another grid: who changes it brings it onto this one.
    """

    annotation: Annotation
    is_elsewhere: bool = False


def is_drawable(displayed: DisplayedImage) -> bool:
    """Return whether points of the picture are points of an image or plane: not of a rendering."""
    look = displayed.look
    return look is None or (not look.is_rendering and look.plane is not None)


def marks_on(workspace: Workspace, cell: int) -> tuple[ShownMark, ...]:
    """Return the annotations of what a cell has on screen, hidden ones left out, the oldest first."""
    displayed = workspace.displayed(cell)
    if displayed is None or not is_drawable(displayed):
        return ()
    book = workspace.shared.annotations
    found: list[ShownMark] = []
    if displayed.look is None:
        found = [ShownMark(each) for each in book.on_image(displayed.image)]
    here = {mark.annotation.uid for mark in found}
    of_study = book.of_study(_study_of(displayed))
    images = _images_seen(workspace, displayed, of_study)
    for each in of_study:
        if each.uid in here or not (images or each.parameters or isinstance(each.anchor, PlaneAnchor)):
            continue
        mark = _seen(each, displayed) or _image_seen(each, displayed, images)
        if mark is not None:
            found.append(mark)
    held = book.held
    if held is not None:
        found = [mark for mark in found if mark.annotation.uid != held.uid]
        mark = held_mark(held, displayed)
        found += [mark] if mark is not None else []
    return tuple(mark for mark in found if not mark.annotation.is_hidden)


def held_mark(held: Annotation, displayed: DisplayedImage) -> ShownMark | None:
    """Return what a picture shows of the annotation in the hand."""
    anchor, image = held.anchor, displayed.image
    if isinstance(anchor, ImageAnchor) and displayed.look is None:
        frame, tile = (1, image.frame_index + 1) if image.is_tile else (image.frame_index + 1, 0)
        if (anchor.sop_instance_uid, anchor.frame_number, anchor.tile) == (
            image.header.sop_instance_uid,
            frame,
            tile,
        ):
            return ShownMark(held)
    return _seen(held, displayed)


def _seen(annotation: Annotation, displayed: DisplayedImage) -> ShownMark | None:
    anchor, plane = annotation.anchor, displayed.rendered.state.plane
    if plane is None:
        return None
    place = patient_place(annotation)
    if place is not None:
        return _label_seen(annotation, place, plane, displayed)
    if isinstance(anchor, PlaneAnchor):
        return _plane_seen(annotation, anchor, plane, displayed)
    return None


def patient_place(annotation: Annotation) -> Vector | None:
    """Return where in the patient a label of the body stands; None for all other marks."""
    values = [annotation.parameter(name, "") for name in PLACE]
    if not all(isinstance(value, float) for value in values):
        return None
    x, y, z = (float(value) for value in values)
    return x, y, z


def with_place(annotation: Annotation, plane: ImagePlane) -> Annotation:
    """Return a label of the body with the place in the patient of its point."""
    column, row = annotation.points[0]
    place = plane.point_patient(column - 0.5, row - 0.5)
    kept = tuple(each for each in annotation.parameters if each[0] not in PLACE)
    own = tuple((name, float(value)) for name, value in zip(PLACE, place, strict=True))
    return replace(annotation, parameters=tuple(sorted((*kept, *own))))


def _label_seen(
    annotation: Annotation, place: Vector, plane: ImagePlane, displayed: DisplayedImage
) -> ShownMark | None:
    frame = annotation.anchor.frame_of_reference_uid
    if not frame or frame != frame_of(displayed.image) or (displayed.look is not None and _is_deep(displayed)):
        return None
    column, row, distance = plane.point_image(place)
    if abs(distance) > max(_near_mm(displayed, plane), _EVERYWHERE_MM):
        return None
    pixels = displayed.rendered.state.pixels
    if not (0 <= column + 0.5 <= pixels.columns and 0 <= row + 0.5 <= pixels.rows):
        return None
    return ShownMark(replace(annotation, points=((column + 0.5, row + 0.5),)), is_elsewhere=True)


def _plane_seen(
    annotation: Annotation, anchor: PlaneAnchor, plane: ImagePlane, displayed: DisplayedImage
) -> ShownMark | None:
    look = displayed.look
    frame = frame_of(displayed.image)
    if anchor.frame_of_reference_uid != frame or (look is not None and look.is_curved):
        return None
    if not frame and anchor.series_instance_uid != displayed.image.header.series_instance_uid:
        return None  # places of series that state no frame of reference have nothing to do with each other
    if look is not None and (look.view.phase != anchor.phase or _is_deep(displayed) != anchor.is_deep):
        return None
    if look is None and anchor.is_deep:
        return None
    if abs(dot(plane.normal, anchor.plane.normal)) < _PARALLEL:
        return None
    if plane == anchor.plane:
        return ShownMark(annotation, is_elsewhere=not _is_measured_by(displayed, anchor))
    seen = [_seen_from(point, anchor.plane, plane) for point in annotation.points]
    away = max((abs(distance) for _point, distance in seen), default=0.0)
    near = max(anchor.thickness_mm / 2, _near_mm(displayed, plane))
    if not anchor.is_deep and away > near:
        return None
    return ShownMark(replace(annotation, points=tuple(point for point, _away in seen)), is_elsewhere=True)


def _is_measured_by(displayed: DisplayedImage, anchor: PlaneAnchor) -> bool:
    """Return whether a picture on a mark's plane has the values that it was measured by: of its series and slab."""
    look = displayed.look
    if look is None or look.plane is None:
        return False
    thickness_mm, projection = look.plane.thickness_mm, look.plane.projection.value
    is_slab = thickness_mm == anchor.thickness_mm and (not thickness_mm or projection == anchor.projection)
    return is_slab and displayed.image.header.series_instance_uid == anchor.series_instance_uid


def _images_seen(
    workspace: Workspace, displayed: DisplayedImage, marks: tuple[Annotation, ...]
) -> dict[str, ImagePlane]:
    """Return the planes of the images that a plane through a volume coincides with, by SOP Instance UID."""
    look, plane = displayed.look, displayed.rendered.state.plane
    if look is None or plane is None or look.is_curved or _is_deep(displayed) or len(look.volume.phases) > 1:
        return {}
    return coinciding_images(workspace, marks, plane, frame_of(displayed.image), _near_mm(displayed, plane))


def _image_seen(annotation: Annotation, displayed: DisplayedImage, images: dict[str, ImagePlane]) -> ShownMark | None:
    """Return a mark of an image as the plane that coincides with it shows it; labels have places of their own."""
    anchor, plane = annotation.anchor, displayed.rendered.state.plane
    of = images.get(anchor.sop_instance_uid) if isinstance(anchor, ImageAnchor) else None
    if of is None or plane is None or patient_place(annotation) is not None:
        return None
    points = tuple(_seen_from(point, of, plane)[0] for point in annotation.points)
    return ShownMark(replace(annotation, points=points), is_elsewhere=True)


def _seen_from(point: Point, of: ImagePlane, on: ImagePlane) -> tuple[Point, float]:
    column, row, distance = on.point_image(of.point_patient(point[0] - 0.5, point[1] - 0.5))
    return (column + 0.5, row + 0.5), distance


def _near_mm(displayed: DisplayedImage, plane: ImagePlane) -> float:
    """Return half the thickness of what is on screen."""
    look = displayed.look
    if look is None:
        return _LEAST_NEAR_MM
    return max(look.view.thickness_mm / 2, spacing_along(look.volume.geometry, plane.normal) / 2)


def _is_deep(displayed: DisplayedImage) -> bool:
    return displayed.look is not None and displayed.look.view.kind is VolumeKind.PROJECTION


def _study_of(displayed: DisplayedImage) -> str:
    header = displayed.image.header
    return header.study_instance_uid or header.series_instance_uid


def hidden_chips(workspace: Workspace, image: ImageRef) -> tuple[tuple[str, bool], ...]:
    """Return what is said of marks that are not shown, and of a scale set by hand: texts, and whether care is due."""
    marks = workspace.shared.annotations.on_image(image)
    hidden = len(marks) if not workspace.options.shows_marks else sum(each.is_hidden for each in marks)
    told = ((ngettext("{0} MARK HIDDEN", "{0} MARKS HIDDEN", hidden).format(hidden), True),) if hidden else ()
    return (*own_scale_chips(workspace, image), *told)
