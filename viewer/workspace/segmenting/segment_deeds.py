"""Changes of segmentations that can be undone, in the window that made them.

Undo takes back what that window did. What another has changed since stays as it is, and that is said; nothing is put
into a study that was closed.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from viewer.base.translation import _
from viewer.imaging.segmentation.packed_slices import PackedSlice
from viewer.imaging.segmentation.shapes import SegmentShape
from viewer.workspace.segmenting.held_segmentation import Edit, HeldSegmentation
from viewer.workspace.segmenting.segmentation_book import SegmentationBook
from viewer.workspace.undo import Deed
from viewer.workspace.workspace import Workspace

Changes = Mapping[int, PackedSlice | None]
Shapes = tuple[SegmentShape, ...]


def change_slices(workspace: Workspace, uid: str, number: int, before: Changes, after: Changes, title: str) -> None:
    """Put other slices into a segment, in one step that undo takes back."""
    book = workspace.shared.segmentations
    if book is None or not after:
        return

    def put(wanted: Changes, left: Changes) -> None:
        held = book.get(uid)
        shape = held.shapes.shape(number) if held is not None and held.shapes is not None else None
        if shape is None:
            return
        now = {place: shape.slices.get(place) for place in wanted}
        changes = {
            place: each
            for place, each in wanted.items()
            if _is_same(now[place], each) or _is_same(now[place], left.get(place))
        }
        if changes:
            book.put_slices(uid, number, changes)
            book.edited.emit(Edit(uid, number, changes))
        if len(changes) < len(wanted):
            _tell_elsewhere(workspace)

    workspace.do(Deed(lambda: put(before, after), lambda: put(after, before)), title)


def change_shapes(workspace: Workspace, uid: str, shapes: Shapes, title: str) -> None:
    """Put other segments into a segmentation, in one step that undo takes back; slices are not changed by it."""
    book = workspace.shared.segmentations
    held = book.get(uid) if book is not None else None
    if book is None or held is None or held.shapes is None:
        return
    before = held.shapes.shapes

    def put(wanted: Shapes, left: Shapes) -> None:
        now = book.get(uid)
        if now is None or now.shapes is None:
            return
        merged, is_elsewhere = _merged(now.shapes.shapes, wanted, left)
        book.put_shapes(uid, merged)
        book.edited.emit(Edit(uid))
        if is_elsewhere:
            _tell_elsewhere(workspace)

    workspace.do(Deed(lambda: put(before, shapes), lambda: put(shapes, before)), title)


def begin_deed(workspace: Workspace, book: SegmentationBook, held: HeldSegmentation, put: Callable[[], None]) -> Deed:
    """Return the deed that takes up a segmentation that was begun; put does it."""
    return Deed(lambda: _remove(workspace, book, held), lambda: _put(workspace, book, held, put))


def remove_deed(workspace: Workspace, book: SegmentationBook, held: HeldSegmentation) -> Deed:
    """Return the deed that takes a segmentation away."""
    return Deed(lambda: _put(workspace, book, held, lambda: book.put_own(held)), lambda: _remove(workspace, book, held))


def _put(workspace: Workspace, book: SegmentationBook, held: HeldSegmentation, put: Callable[[], None]) -> None:
    is_open = any(each.study_instance_uid == held.study_uid for each in workspace.tree.studies())
    if is_open and book.get(held.uid) is None:
        put()


def _remove(workspace: Workspace, book: SegmentationBook, held: HeldSegmentation) -> None:
    """Take a segmentation away if it is as it was left."""
    now = book.get(held.uid)
    if now is None or now.shapes is None or held.shapes is None:
        return
    found, left = ({each.number: each for each in holder.shapes} for holder in (now.shapes, held.shapes))
    if found.keys() != left.keys() or not all(_has_same_slices(found[number], left[number]) for number in left):
        _tell_elsewhere(workspace)
        return
    book.remove(held.uid)


def _merged(now: Shapes, wanted: Shapes, left: Shapes) -> tuple[Shapes, bool]:
    """Return segments as they are wanted, what was drawn and added elsewhere kept; and whether one could not go."""
    before, after = ({each.number: each for each in shapes} for shapes in (left, wanted))
    kept: dict[int, SegmentShape] = {}
    is_elsewhere = False
    for each in now:
        own, other = after.get(each.number), before.get(each.number)
        if own is not None:
            kept[each.number] = replace(each, label=own.label, rgb=own.rgb, info=own.info)
        elif other is None or not _has_same_slices(each, other):
            kept[each.number] = each
            is_elsewhere = is_elsewhere or other is not None
    for each in wanted:
        kept.setdefault(each.number, each)
    return tuple(kept[number] for number in sorted(kept)), is_elsewhere


def _has_same_slices(a: SegmentShape, b: SegmentShape) -> bool:
    return a.slices.keys() == b.slices.keys() and all(_is_same(a.slices[place], b.slices[place]) for place in a.slices)


def _is_same(a: PackedSlice | None, b: PackedSlice | None) -> bool:
    return a is b or (a is not None and b is not None and a.is_same(b))


def _tell_elsewhere(workspace: Workspace) -> None:
    if workspace.window is not None:
        workspace.window.show_message(_("What was drawn elsewhere since stays as it is"))
