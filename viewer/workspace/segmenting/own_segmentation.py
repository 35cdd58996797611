"""Segmentations that are made here: over which images, of which segments; what changes them can be undone.

A change is told as it is done, so that a journal can keep it before the hand moves on.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from viewer.base.errors import DicomError, ViewerError
from viewer.base.translation import N_, _
from viewer.dicom.graphic_objects import Rgb
from viewer.dicom.image_plane import ImagePlane, dot
from viewer.dicom.segmentation.values import SourceImage
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.segmentation.loading import Place
from viewer.imaging.segmentation.mask_grid import MaskGrid, mask_grid
from viewer.imaging.segmentation.packed_slices import PackedSlice
from viewer.imaging.segmentation.shapes import PALETTE, SegmentShape, ShapeSet
from viewer.workspace.image_places import frame_of
from viewer.workspace.segmenting.held_segmentation import HeldSegmentation, OwnFacts
from viewer.workspace.segmenting.segment_deeds import begin_deed, change_shapes, remove_deed
from viewer.workspace.segmenting.segmentation_book import SegmentationBook, own_of
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.imaging.frame_store import FrameStore

BEGIN, ADD_SEGMENT, REMOVE_SEGMENT = N_("New segmentation"), N_("New segment"), N_("Remove the segment")
RENAME, REMOVE = N_("Name of the segment"), N_("Remove the segmentation")
_THICKNESS, _SPACING = 0x00180050, 0x00180088
_SAME_PIXEL = 0.05
"""Of a pixel, or of the distance of slices: what decimal strings may be rounded by."""
_SAME_PLACE_MM = 0.01


# Making one


def begin(workspace: Workspace) -> str:
    """Begin a segmentation over the series of the active viewport; return why that cannot be, translated."""
    book, display_set = workspace.shared.segmentations, workspace.display_set_at(workspace.active)
    if book is None or display_set is None or not display_set.is_image:
        return _("No images are shown here")
    try:
        images, grid = sorted_grid(display_set.images, book.frames)
    except ViewerError as error:
        return error.one_line()
    from viewer.dicom.derived_instance import new_uid

    header = images[0].header
    names = {each.title for each in book.of_study(header.study_instance_uid)}
    number = next(count for count in range(1, 10_000) if _("Segmentation {0}").format(count) not in names)
    title = _("Segmentation {0}").format(number)
    first = blank_segment(1, images, grid)
    held = held_of(new_uid(), title, images, (first,))
    workspace.do(begin_deed(workspace, book, held, lambda: book.put_own(held)), BEGIN)
    book.target = (held.uid, 1)
    return ""


def held_of(uid: str, title: str, images: tuple[ImageRef, ...], shapes: tuple[SegmentShape, ...]) -> HeldSegmentation:
    """Return a segmentation that is made here."""
    header = images[0].header
    sources = tuple(
        dict.fromkeys(SourceImage(each.header.sop_class_uid, each.header.sop_instance_uid) for each in images)
    )
    found = ShapeSet(uid, title, shapes, sources, (header.series_instance_uid,))
    return HeldSegmentation(uid, title, header.study_instance_uid, None, found, is_shown=True, own=OwnFacts(images))


def sorted_grid(images: Sequence[ImageRef], frames: "FrameStore") -> tuple[tuple[ImageRef, ...], MaskGrid]:
    """Return images along their normal, and where slices drawn on them lie.

    Raises:
        ViewerError: They are no stack in the patient.
    """
    placed: list[tuple[ImagePlane, ImageRef]] = []
    for image in images:
        plane = frames.state(image).plane
        if plane is None or not frame_of(image):
            raise DicomError(_("It is not known where these images lie in the patient"))
        placed.append((plane, image))
    first = placed[0][0]
    placed.sort(key=lambda each: dot(each[0].position, first.normal))
    pixels = frames.state(placed[0][1]).pixels
    sizes = {(frames.state(image).pixels.rows, frames.state(image).pixels.columns) for _plane, image in placed}
    if len(sizes) > 1:
        raise DicomError(_("The images are not of one size"))
    header = placed[0][1].header
    thickness = header.number(_SPACING) or header.number(_THICKNESS)
    grid = mask_grid([plane for plane, _image in placed], pixels.rows, pixels.columns, None, thickness, is_dense=True)
    return tuple(image for _plane, image in placed), grid


def blank_segment(number: int, images: Sequence[ImageRef], grid: MaskGrid) -> SegmentShape:
    """Return a segment of which nothing is drawn yet."""
    places = tuple(
        Place(
            plane,
            None,
            (
                SourceImage(
                    image.header.sop_class_uid,
                    image.header.sop_instance_uid,
                    (image.frame_index + 1,) if image.header.frame_count > 1 else (),
                ),
            ),
        )
        for image, plane in zip(images, grid.planes, strict=True)
    )
    return SegmentShape(
        number,
        _("Segment {0}").format(number),
        PALETTE[(number - 1) % len(PALETTE)],
        {},
        grid,
        grid.rows,
        grid.columns,
        frame_of(images[0]),
        places,
    )


def edit_copy(workspace: Workspace, held: HeldSegmentation) -> str:
    """Begin a segmentation with the segments of one that was opened; return why that cannot be, translated."""
    book, shapes = workspace.shared.segmentations, held.shapes
    if book is None or shapes is None:
        return _("It has not been read")
    if shapes.is_contours or shapes.is_fractional:
        return _("Contours and fractions are shown, and not changed")
    if shapes.problems:
        return shapes.problems[0]
    display_set = workspace.display_set_at(workspace.active)
    if display_set is None or not display_set.is_image:
        return _("No images are shown here")
    try:
        images, grid = sorted_grid(display_set.images, book.frames)
        copies = tuple(_copied(each, images, grid) for each in shapes.shapes)
    except ViewerError as error:
        return error.one_line()
    from viewer.dicom.derived_instance import new_uid

    copy = held_of(new_uid(), _("{0} (copy)").format(held.title), images, copies)
    copy = replace(copy, looks=held.looks)

    def put() -> None:
        book.put_own(copy)
        book.show(held.uid, is_shown=False)

    workspace.do(begin_deed(workspace, book, copy, put), BEGIN)
    book.target = (copy.uid, copies[0].number)
    return ""


def _copied(shape: SegmentShape, images: Sequence[ImageRef], grid: MaskGrid) -> SegmentShape:
    """Return a segment over other slices of the same pixels.

    Raises:
        DicomError: Its slices are not those of the images.
    """
    frames = {shape.frame_of_reference_uid, frame_of(images[0])}
    if shape.grid is None or len(frames) > 1 or (shape.rows, shape.columns) != (grid.rows, grid.columns):
        raise DicomError(_("Its slices are not those of the images that are shown"))
    slices: dict[int, PackedSlice] = {}
    for place, packed in shape.slices.items():
        plane = shape.grid.planes[place]
        at = grid.slice_at(dot(plane.position, grid.planes[0].normal))
        if at is None or at in slices or not _are_same_pixels(plane, grid.planes[at], grid):
            raise DicomError(_("Its slices are not those of the images that are shown"))
        slices[at] = packed
    made = blank_segment(shape.number, images, grid)
    return replace(made, label=shape.label, rgb=shape.rgb, slices=slices, info=shape.info)


def _are_same_pixels(plane: ImagePlane, image: ImagePlane, grid: MaskGrid) -> bool:
    """Return whether each pixel of a plane lies where an image's does, but for the rounding of decimal strings."""
    column, row, away = image.point_image(plane.position)
    # The last pixel tells of spacings that differ.
    end = image.point_image(plane.point_patient(grid.columns - 1, grid.rows - 1))
    offsets = (column, row, end[0] - (grid.columns - 1), end[1] - (grid.rows - 1))
    is_flat = max(abs(away), abs(end[2])) <= max(_SAME_PIXEL * grid.spacing_mm, _SAME_PLACE_MM)
    return is_flat and max(map(abs, offsets)) <= _SAME_PIXEL and plane.is_parallel_to(image)


# Changing one


def add_segment(workspace: Workspace, uid: str) -> None:
    """Add a segment of which nothing is drawn."""
    book = workspace.shared.segmentations
    held = book.get(uid) if book is not None else None
    own = own_of(held)
    if book is None or held is None or own is None or held.shapes is None:
        return
    shapes = held.shapes.shapes
    grid = next((each.grid for each in shapes if each.grid is not None), None)
    if grid is None:
        grid = sorted_grid(own.images, book.frames)[1]
    number = max((each.number for each in shapes), default=0) + 1
    change_shapes(workspace, uid, (*shapes, blank_segment(number, own.images, grid)), ADD_SEGMENT)
    book.target = (uid, number)


def remove_segment(workspace: Workspace, uid: str, number: int) -> None:
    """Take a segment out; with the last one the segmentation goes."""
    book = workspace.shared.segmentations
    held = book.get(uid) if book is not None else None
    if book is None or held is None or own_of(held) is None or held.shapes is None:
        return
    left = tuple(each for each in held.shapes.shapes if each.number != number)
    if left:
        change_shapes(workspace, uid, left, REMOVE_SEGMENT)
        return
    workspace.do(remove_deed(workspace, book, held), REMOVE)


def rename_segment(workspace: Workspace, uid: str, number: int, label: str, rgb: Rgb | None = None) -> None:
    """Call a segment otherwise, or give it another colour for good."""
    book = workspace.shared.segmentations
    held = book.get(uid) if book is not None else None
    if held is None or own_of(held) is None or held.shapes is None:
        return
    label = " ".join(label.split())[:64]
    shapes = tuple(
        replace(each, label=label or each.label, rgb=rgb or each.rgb) if each.number == number else each
        for each in held.shapes.shapes
    )
    change_shapes(workspace, uid, shapes, RENAME)


def mark_saved(book: SegmentationBook, saved: HeldSegmentation) -> None:
    """Note that a state of a segmentation is in an object that was saved."""
    now = book.get(saved.uid)
    own = own_of(now)
    if now is not None and own is not None and now.shapes is saved.shapes:
        book.put_own(replace(now, own=replace(own, is_saved=True)))
