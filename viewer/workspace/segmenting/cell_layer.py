"""What a viewport's picture shows of the segmentations: masks in device pixels, lines, points, names and cautions.

An image that a segmentation names as its source is matched by that first; all others by their place in the patient,
and never across frames of reference.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from viewer.base.translation import _
from viewer.dicom.graphic_objects import Rgb
from viewer.dicom.image_plane import ImagePlane
from viewer.workspace.image_places import frame_of
from viewer.workspace.segmenting.held_segmentation import HeldSegmentation
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.volume_planes import spacing_along
from viewer.workspace.volume_view import VolumeKind
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.imaging.fusion import PatientGrid
    from viewer.imaging.segmentation.cutting import Cut
    from viewer.imaging.segmentation.shapes import SegmentShape, ShapeSet

_POINT_MM = 0.5
COARSE = 2
KEPT_CUTS = 6
"""Of one shape: as many planes as are looked at together."""
_KEPT: "WeakKeyDictionary[SegmentShape, dict[tuple[PatientGrid, bool], Cut | None]]" = WeakKeyDictionary()
_SAME_ASPECT = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class CellLayer:
    """What lies over a picture.

    Attributes:
        argb: Premultiplied ARGB words, one a device pixel; None for nothing.
        lines: Open contours in device pixels, with their colour.
        points: Single points in device pixels, with their colour and name.
        names: Of the objects that have to do with the picture, shown or hidden segments alike.
        cautions: What must be known of them, translated.
    """

    argb: NDArray[np.uint32] | None = None
    lines: tuple[tuple[NDArray[np.float64], Rgb], ...] = ()
    points: tuple[tuple[float, float, Rgb, str], ...] = ()
    names: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is drawn."""
        return self.argb is None and not self.lines and not self.points


NOTHING = CellLayer()


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The picture of a cell, as segments are laid over it.

    Attributes:
        uid: SOP Instance UID of the image; empty for planes through volumes.
        frame: Of the image, from 1.
        near_mm: How far from the picture's plane a point may lie to be in it.
    """

    displayed: DisplayedImage
    frame_of_reference_uid: str
    plane: ImagePlane | None
    uid: str
    frame: int
    near_mm: float
    grid: "PatientGrid | None"


def cell_layer(workspace: Workspace, cell: int, ratio: float = 1.0) -> CellLayer:
    """Return what the picture on screen in a cell shows of the segmentations.

    Args:
        workspace: Of the window.
        cell: Which viewport.
        ratio: Device pixels of a logical one.
    """
    book, displayed = workspace.shared.segmentations, workspace.displayed(cell)
    if book is None or displayed is None or not book.shown:
        return NOTHING
    from viewer.imaging.segmentation.layer import LayerStyle, argb_layer

    names, cautions = [], []
    cuts: list[tuple[Cut, Rgb]] = []
    lines: list[tuple[NDArray[np.float64], Rgb]] = []
    points: list[tuple[float, float, Rgb, str]] = []
    seen = seen_in(workspace, cell, displayed)
    for held in book.shown:
        shapes = held.shapes
        if shapes is None or not concerns(shapes, seen):
            continue
        names.append(held.title)
        if refusal := view_refusal(displayed):
            cautions.append(refusal)
            continue
        if caution := misplaced(shapes, seen):
            cautions.append(caution)
        cuts += [(cut, held.color(shape)) for shape, cut in _cuts(held, shapes, seen)]
        _add_lines(held, seen, lines, points)
    style = book.style
    drawn = LayerStyle(style.opacity if style.has_fill else 0.0, style.has_outline, round(style.outline_px * ratio))
    width, height = displayed.rendered.placement.size
    layer = argb_layer(width, height, cuts, drawn)
    return CellLayer(layer, tuple(lines), tuple(points), tuple(names), tuple(dict.fromkeys(cautions)))


def seen_in(workspace: Workspace, cell: int, displayed: DisplayedImage) -> Seen:
    """Return the picture of a cell as segments are laid over it."""
    from viewer.imaging.fusion import device_grid

    look, state = displayed.look, displayed.rendered.state
    near = _POINT_MM
    if look is not None and state.plane is not None:
        near = max(look.view.thickness_mm / 2, spacing_along(look.volume.geometry, state.plane.normal) / 2)
    else:
        display_set = workspace.display_set_at(cell)
        if display_set is not None and display_set.geometry is not None:
            near = max(near, display_set.geometry.spacing_mm / 2)
    image = displayed.image
    return Seen(
        displayed,
        frame_of(image),
        state.plane,
        image.header.sop_instance_uid if look is None and not image.is_tile else "",
        image.frame_index + 1,
        near,
        device_grid(state.plane, displayed.rendered.placement) if state.plane is not None else None,
    )


def concerns(shapes: "ShapeSet", seen: Seen) -> bool:
    """Whether an object has to do with a picture: it names the image, or lies in its frame of reference."""
    if seen.uid and seen.uid in shapes.source_uids:
        return True
    return bool(seen.frame_of_reference_uid) and seen.frame_of_reference_uid in shapes.frames_of_reference


def view_refusal(displayed: DisplayedImage) -> str:
    """Return why nothing is laid over the picture, translated; empty where something is."""
    look = displayed.look
    if look is None or look.view.kind is VolumeKind.PLANE:
        return ""
    if look.view.kind is VolumeKind.PROJECTION:
        return _("Segments are not drawn over projections")
    return _("Segments are drawn over images and planes")


def _cuts(held: HeldSegmentation, shapes: "ShapeSet", seen: Seen) -> "Iterator[tuple[SegmentShape, Cut]]":
    named = _named_places(shapes, seen)
    is_by_pixel = bool(named) and not _has_place(shapes, seen)
    for shape in held.visible_shapes:
        if is_by_pixel:
            cut = _cut_by_pixel(shape, named, seen)
        elif seen.grid is None or seen.frame_of_reference_uid != shape.frame_of_reference_uid:
            cut = None
        else:
            cut = _cut_in_patient(shape, seen.grid, is_quick=seen.displayed.rendered.request.is_interacting)
        if cut is not None:
            yield shape, cut


def _cut_in_patient(shape: "SegmentShape", grid: "PatientGrid", *, is_quick: bool) -> "Cut | None":
    """Return a shape on a plane; what was cut last is kept, for a stroke changes one shape of many.

    Askew planes are cut coarsely while a hand moves them, and exactly when it rests.
    """
    from viewer.imaging.segmentation.cutting import coarse_cut, cut_in_patient, is_askew

    is_coarse = is_quick and is_askew(shape, grid)
    kept = _KEPT.setdefault(shape, {})
    key = (grid, is_coarse)
    if key not in kept:
        while len(kept) >= KEPT_CUTS:
            kept.pop(next(iter(kept)))
        kept[key] = coarse_cut(shape, grid, COARSE) if is_coarse else cut_in_patient(shape, grid)
    return kept[key]


def _named_places(shapes: "ShapeSet", seen: Seen) -> tuple[int, ...]:
    """Return the slices that name the image that is shown."""
    if not seen.uid:
        return ()
    return tuple(
        place for place, frames in shapes.places_of_image.get(seen.uid, ()) if not frames or seen.frame in frames
    )


def _has_place(shapes: "ShapeSet", seen: Seen) -> bool:
    """Whether the slices and the image can be matched by their place in the patient."""
    shape = shapes.shapes[0]
    is_placed = shape.grid is not None and seen.grid is not None
    return (
        is_placed
        and bool(seen.frame_of_reference_uid)
        and (shape.frame_of_reference_uid == seen.frame_of_reference_uid)
    )


def _cut_by_pixel(shape: "SegmentShape", places: tuple[int, ...], seen: Seen) -> "Cut | None":
    from viewer.imaging.segmentation.cutting import cut_on_image

    pixels = seen.displayed.rendered.state.pixels
    if not _is_same_field(shape, pixels.rows, pixels.columns):
        return None
    packed = next((shape.slices[place] for place in places if place in shape.slices), None)
    if packed is None:
        return None
    size = (shape.rows, shape.columns)
    return cut_on_image(packed, size, seen.displayed.rendered.placement, (pixels.rows, pixels.columns))


def _is_same_field(shape: "SegmentShape", rows: int, columns: int) -> bool:
    """Whether slices can be those of an image: of its size, or finer or coarser by the same factor both ways."""
    return abs(shape.rows * columns / (shape.columns * rows) - 1) < _SAME_ASPECT


def misplaced(shapes: "ShapeSet", seen: Seen) -> str:
    """Return what contradicts itself between slices that name the image and the image, translated."""
    named = _named_places(shapes, seen)
    if not named or not shapes.shapes or shapes.is_contours:
        return ""
    shape, pixels = shapes.shapes[0], seen.displayed.rendered.state.pixels
    if not _has_place(shapes, seen):
        is_same = _is_same_field(shape, pixels.rows, pixels.columns)
        return "" if is_same else _("Its frames are not of the size of the image they name")
    plane, image = shape.places[named[0]].plane, seen.plane
    if plane is None or image is None:
        return ""
    _column, _row, away = image.point_image(plane.position)
    # Frames may be cut out of the image, or be finer: what counts is that the planes are one.
    is_off = abs(away) > max(shape.grid.spacing_mm if shape.grid is not None else 0.0, _POINT_MM) / 2
    if is_off or not plane.is_parallel_to(image):
        return _("It names this image, but lies elsewhere in the patient")
    return ""


def _add_lines(
    held: HeldSegmentation,
    seen: Seen,
    lines: list[tuple[NDArray[np.float64], Rgb]],
    points: list[tuple[float, float, Rgb, str]],
) -> None:
    from viewer.imaging.segmentation.cutting import device_points

    if seen.grid is None:
        return
    for shape in held.visible_shapes:
        if shape.frame_of_reference_uid != seen.frame_of_reference_uid:
            continue
        for line in shape.lines:
            at, away = device_points(line, seen.grid)
            if len(at) and np.abs(away).max() <= seen.near_mm:
                lines.append((at, held.color(shape)))
        if shape.points:
            at, away = device_points(np.array(shape.points), seen.grid)
            near = np.flatnonzero(np.abs(away) <= seen.near_mm)
            points += [(float(at[k, 0]), float(at[k, 1]), held.color(shape), shape.label) for k in near]
