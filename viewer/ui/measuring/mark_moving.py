"""The hand that moves what is marked: a point, a whole mark, all that are selected, or the words of one."""

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from viewer.base.translation import N_, _
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.table import is_known, kind_of
from viewer.ui.measuring.mark_labels import LABEL_X, LABEL_Y
from viewer.ui.measuring.mark_shapes import Hold, Part
from viewer.workspace.measuring.annotation_deeds import change
from viewer.workspace.measuring.here import Here, here_at
from viewer.workspace.measuring.mark_deeds import say
from viewer.workspace.measuring.marks_shown import ShownMark
from viewer.workspace.measuring.placing import straightened

if TYPE_CHECKING:
    from viewer.ui.measuring.mark_hand import MarkHand

_FIRST_DRAG = 6_000_000_000
drag_numbers = itertools.count(_FIRST_DRAG)
"""Numbers of the drags of marks lie above those of other drags."""
CLICK_PX = 3.0
_TITLES = {Part.HANDLE: N_("Move a point"), Part.LINE: N_("Move marks"), Part.LABEL: N_("Move the words of a mark")}


@dataclass(slots=True, eq=False)
class _Held:
    """What is in the hand, as it was when the button went down."""

    hold: Hold
    here: Here
    at: QPointF
    start: Point
    offset: Point
    before: dict[str, Annotation]
    now: dict[str, Annotation] = field(default_factory=dict)
    has_moved: bool = False


class MarkMoving:
    """Belongs to one viewport's hand."""

    def __init__(self, hand: "MarkHand") -> None:
        self._hand = hand
        self._held: _Held | None = None

    @property
    def hold(self) -> Hold | None:
        """What is in the hand."""
        return self._held.hold if self._held is not None else None

    @property
    def here(self) -> Here | None:
        """What that lies on."""
        return self._held.here if self._held is not None else None

    @property
    def changed(self) -> dict[str, Annotation]:
        """Marks as they are in the hand, by uid."""
        return self._held.now if self._held is not None else {}

    def pressed(self, hold: Hold, at: QPointF, *, is_added: bool) -> None:
        """Select what is under the pointer, and take hold of it."""
        hand, book = self._hand, self._hand.book
        if is_added:
            book.select(book.selected ^ {hold.uid})
            return
        if hold.uid not in book.selected:
            book.select({hold.uid})
        shape, here = hand.map.by_uid.get(hold.uid), here_at(hand.workspace, hand.viewport.cell)
        if shape is None or isinstance(here, str):
            return
        chosen = book.selected if hold.part is Part.LINE else frozenset({hold.uid})
        shapes = [each for each in hand.map.shapes if each.uid in chosen]
        if any(each.annotation.is_locked for each in shapes):
            say(hand.workspace, _("Locked: unlock the mark to move it"))
            return
        start = hand.image_point(at)
        own = hold.part is Part.LABEL  # words may stand anywhere: what they belong to stays where it was measured
        before = {
            each.uid: mark if own and mark is not None else here.brought(ShownMark(each.annotation, each.is_elsewhere))
            for each in shapes
            for mark in [book.get(each.uid)]
        }
        point = shape.annotation.points[hold.handle] if hold.part is Part.HANDLE else start
        offset = point[0] - start[0], point[1] - start[1]
        self._held = _Held(hold, here, at, start, offset, before)

    def moved(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """Move what is held; False when nothing is."""
        held = self._held
        if held is None:
            return False
        away = at - held.at
        held.has_moved = held.has_moved or max(abs(away.x()), abs(away.y())) >= CLICK_PX
        if not held.has_moved:
            return True
        to = self._hand.image_point(at)
        by = to[0] - held.start[0], to[1] - held.start[1]
        if held.hold.part is Part.LABEL:
            held.now = {uid: self._with_words(mark, by) for uid, mark in held.before.items()}
        elif held.hold.part is Part.HANDLE:
            held.now = {uid: self._with_point(mark, at, modifiers) for uid, mark in held.before.items()}
        else:
            held.now = {uid: held.here.finished(_shifted(mark, by)) for uid, mark in held.before.items()}
        self._hand.book.hold(held.now[held.hold.uid])
        self._hand.update()
        return True

    def released(self) -> bool:
        """Let go, and keep what was moved; False when nothing was held."""
        held, self._held = self._held, None
        if held is None:
            return False
        self._let_go()
        if held.has_moved:
            change(self._hand.workspace, held.now, _TITLES[held.hold.part])
        self._hand.update()
        return True

    def cancel(self) -> bool:
        """Put it back where it was; False when nothing was held."""
        held, self._held = self._held, None
        if held is None:
            return False
        self._let_go()
        self._hand.update()
        return True

    def _let_go(self) -> None:
        self._hand.snapped = None
        self._hand.show_loupe(None)
        self._hand.book.hold(None)

    def _with_point(self, mark: Annotation, at: QPointF, modifiers: Qt.KeyboardModifier) -> Annotation:
        held, hand = self._held, self._hand
        if held is None or not is_known(mark.kind):
            return mark
        to = hand.snapped_point(at, modifiers, held.here.ground, beside=mark.uid)
        if hand.snapped is None:
            to = to[0] + held.offset[0], to[1] + held.offset[1]
        if modifiers & Qt.KeyboardModifier.ShiftModifier and len(mark.points) > 1:
            other = mark.points[held.hold.handle - 1 if held.hold.handle else 1]
            to = straightened(other, to, held.here.ground.aspect)
        hand.show_loupe(to)
        points = kind_of(mark.kind).moved(mark, held.hold.handle, to, held.here.ground)
        return held.here.finished(replace(mark, points=points))

    def _with_words(self, mark: Annotation, by: Point) -> Annotation:
        held = self._held
        label = self._hand.label_of(mark.uid)
        if held is None or label is None:
            return mark
        # From where they stood when the button went down, not from where they are drawn by now.
        if not held.now:
            held.offset = label
        own = {LABEL_X: held.offset[0] + by[0], LABEL_Y: held.offset[1] + by[1]}
        kept = tuple(each for each in mark.parameters if each[0] not in own)
        return replace(mark, parameters=tuple(sorted((*kept, *own.items()))))


def _shifted(mark: Annotation, by: Point) -> Annotation:
    return kind_of(mark.kind).shifted(mark, *by) if is_known(mark.kind) else mark
