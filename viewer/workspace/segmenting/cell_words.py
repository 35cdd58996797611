"""What is said of the segmentations over a picture, and why one that was read is not seen on it."""

from viewer.base.translation import _
from viewer.workspace.image_places import frame_of
from viewer.workspace.segmenting.cell_layer import concerns, misplaced, seen_in, view_refusal
from viewer.workspace.segmenting.held_segmentation import HeldSegmentation
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.workspace import Workspace

LONGEST_TITLE = 20


def segment_chips(workspace: Workspace, cell: int, displayed: DisplayedImage) -> tuple[tuple[str, bool], ...]:
    """Return what a picture says of the segmentations over it, and whether it calls for care."""
    book = workspace.shared.segmentations
    if book is None or not book.shown:
        return ()
    seen = seen_in(workspace, cell, displayed)
    shown = [(each, each.shapes) for each in book.shown if each.shapes is not None and concerns(each.shapes, seen)]
    if not shown:
        return ()
    if view_refusal(displayed) or all(relation(held, displayed) for held, _shapes in shown):
        return ((_("NO SEGMENTS HERE"), True),)
    if any(misplaced(shapes, seen) for _held, shapes in shown):
        return ((_("SEGMENTS MISPLACED"), True),)
    if len(shown) > 1:
        return ((_("{0} SEGMENTATIONS").format(len(shown)), False),)
    title = shown[0][0].title
    short = title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1].rstrip()}…"
    return ((_("SEGMENTS {0}").format(short), False),)


def relation(held: HeldSegmentation, displayed: DisplayedImage | None) -> str:
    """Return why an object that was read is not seen on a picture, translated; empty where it can be."""
    if held.shapes is None or displayed is None:
        return ""
    uid = displayed.image.header.sop_instance_uid
    if uid in held.shapes.source_uids:
        is_placed = uid in held.shapes.places_of_image or any(shape.grid is not None for shape in held.shapes.shapes)
        return (
            "" if is_placed or held.shapes.is_contours else _("It does not say on which frames of this image it lies")
        )
    frame = frame_of(displayed.image)
    if not held.shapes.frames_of_reference:
        return _("It names neither this image nor a Frame of Reference")
    if frame not in held.shapes.frames_of_reference:
        return _("It has another Frame of Reference than this image")
    if displayed.rendered.state.plane is None:
        return _("It is not known where this image lies in the patient")
    grids = {shape.grid is not None or bool(shape.points) or bool(shape.lines) for shape in held.shapes.shapes}
    return "" if True in grids else _("It does not say where its frames lie in the patient")
