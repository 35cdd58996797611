"""What a reader does with segmentations that are there: show them, and go to where a segment is."""

from typing import TYPE_CHECKING

from viewer.base.translation import N_, _
from viewer.dicom.image_plane import Vector, dot
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.image_places import frame_of, place_of_header
from viewer.workspace.segmenting.held_segmentation import HeldSegmentation
from viewer.workspace.volume_group import move_center
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.imaging.segmentation.shapes import SegmentShape, ShapeSet

GO = N_("Go to the segment")


def held_at(workspace: Workspace, cell: int | None = None) -> tuple[HeldSegmentation, ...]:
    """Return the segmentations of the patient that a cell shows; of all studies that are open for an empty cell."""
    book = workspace.shared.segmentations
    if book is None:
        return ()
    series = workspace.series_at(workspace.active if cell is None else cell)
    return book.all_held if series is None else book.of_studies(series.study.patient.studies.values())


def toggle_all(workspace: Workspace) -> str:
    """Show the segmentations of what the active viewport shows, or hide them all; return why there are none."""
    book, held = workspace.shared.segmentations, held_at(workspace)
    if book is None or not held:
        return _("There is no segmentation or structure set of this patient")
    wanted = not any(each.is_shown for each in held)
    for each in held:
        book.show(each.uid, is_shown=wanted)
    return ""


def go_to(workspace: Workspace, held: HeldSegmentation, number: int) -> str:
    """Go to the largest slice of a segment in the active viewport; return why that cannot be, translated."""
    shape = held.shapes.shape(number) if held.shapes is not None else None
    cell, display_set = workspace.active, workspace.display_set_at(workspace.active)
    if shape is None or held.shapes is None or display_set is None:
        return _("Nothing is shown here")
    place = shape.largest_slice
    if place is None and not shape.points and not shape.lines:
        return _("The segment is empty")
    point = point_of(shape)
    is_here = frame_of(display_set.images[0]) == shape.frame_of_reference_uid
    if workspace.viewport(cell).volume is not None:
        if point is None or not is_here:
            return _("The segment does not lie in this volume")
        move_center(workspace, point, cell, title=GO)
        return ""
    index = _named_index(held.shapes, place, display_set)
    if index is None and point is not None and is_here:
        index = _nearest_index(point, display_set)
    if index is None:
        return _("The segment does not lie in these images")
    workspace.set_index(index, cell)
    return ""


def point_of(shape: "SegmentShape") -> Vector | None:
    """Return the middle of a segment's largest slice in the patient; None where that is not known."""
    if shape.grid is None or shape.largest_slice is None:
        found = [*shape.points, *(line.mean(axis=0) for line in shape.lines)]
        return (float(found[0][0]), float(found[0][1]), float(found[0][2])) if found else None
    top, left, bottom, right = shape.slices[shape.largest_slice].box
    return shape.grid.planes[shape.largest_slice].point_patient((left + right - 1) / 2, (top + bottom - 1) / 2)


def _named_index(shapes: "ShapeSet", place: int | None, display_set: DisplaySet) -> int | None:
    """Return which image a slice was drawn on; None when it is none of these."""
    named = {
        (uid, frame)
        for uid, places in shapes.places_of_image.items()
        for each, frames in places
        if each == place
        for frame in (frames or {0})
    }
    for index, image in enumerate(display_set.images):
        uid = image.header.sop_instance_uid
        if (uid, image.frame_index + 1) in named or (uid, 0) in named:
            return index
    return None


def _nearest_index(point: Vector, display_set: DisplaySet) -> int | None:
    geometry = display_set.geometry
    if geometry is not None and len(geometry.positions_mm) == len(display_set.images):
        away = [abs(position - dot(point, geometry.normal)) for position in geometry.positions_mm]
        return away.index(min(away))
    best: tuple[float, int] | None = None
    for index, image in enumerate(display_set.images):
        place = place_of_header(image)
        if place is not None:
            distance = abs(place.plane.point_image(point)[2])
            best = (distance, index) if best is None or distance < best[0] else best
    return best[1] if best is not None else None
