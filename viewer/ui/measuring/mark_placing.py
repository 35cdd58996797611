"""The hand that places marks in one viewport: what the pointer does becomes a Stroke, or paints with a brush."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from viewer.base.translation import N_, _
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.kind import Kind, Placing
from viewer.workspace.measuring.annotation_deeds import change
from viewer.workspace.measuring.here import Here, here_at, new_uid
from viewer.workspace.measuring.mark_deeds import say, selected_marks
from viewer.workspace.measuring.placing import Stroke, straightened
from viewer.workspace.tools.tool import Tool

if TYPE_CHECKING:
    from viewer.ui.measuring.mark_hand import MarkHand
    from viewer.ui.measuring.mark_shapes import MarkShape

DRAG_PX = 4.0
"""A press that moved no farther was a click."""
FIRST_PX = 9.0
"""A click so near to the first point closes an outline."""
RADIUS_PX = 60.0
"""Of what is placed by the keyboard."""
_ROUND = 24
TITLE = N_("Place a mark")


class MarkPlacing:
    """Belongs to one viewport's hand."""

    def __init__(self, hand: "MarkHand") -> None:
        self._hand = hand
        self.here: Here | None = None
        self._pressed_at = QPointF()
        self._has_moved = False
        self.stroke: Stroke | None = None
        self._painted: Annotation | None = None
        self._way: list[Point] = []
        self._is_erasing = False

    @property
    def is_going(self) -> bool:
        """Whether a mark is on its way."""
        return self.stroke is not None or bool(self._way)

    @property
    def paints(self) -> bool:
        """Whether a press paints: strokes may begin on what is painted already."""
        workspace = self._hand.workspace
        return workspace.tool is Tool.MEASURE and workspace.measuring.kind.placing is Placing.BRUSH

    @property
    def erases(self) -> bool:
        """Whether a press with Ctrl takes away what was painted."""
        return self.paints and any(self._is_painted(shape) for shape in self._hand.map.shapes)

    @property
    def is_down(self) -> bool:
        """Whether the button is down for it."""
        return bool(self._way) or (self.stroke is not None and self.stroke.is_down)

    @property
    def held(self) -> Annotation | None:
        """What is on its way, without numbers."""
        return self.stroke.annotation if self.stroke is not None else None

    def pressed(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """Begin a mark or go on with it; False where the press means something else."""
        if self.stroke is None and not self._begin(at, modifiers):
            return True  # told why not
        self._pressed_at, self._has_moved = at, False
        if self.stroke is not None:
            if self._closes(at):
                self.end()
                return True
            self.stroke = self.stroke.pressed(self._point(at, modifiers))
            self._show()
        return True

    def moved(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The pointer is here, with the button down or not."""
        if self._way:
            self._paint(self._hand.image_point(at))
            return
        if self.stroke is None:
            return
        offset = at - self._pressed_at
        self._has_moved = self._has_moved or max(abs(offset.x()), abs(offset.y())) >= DRAG_PX
        if self.stroke.is_down and not self._has_moved:
            return
        self.stroke = self.stroke.moved(self._point(at, modifiers))
        self._show()

    def released(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The button went up."""
        if self._way:
            self._end_painting()
            return
        if self.stroke is None or not self.stroke.is_down:
            return
        self._hand.show_loupe(None)
        point = self._point(at, modifiers) if self._has_moved else (self.stroke.at or self._point(at, modifiers))
        self.stroke = self.stroke.released(point, was_drag=self._has_moved)
        if self.stroke.is_whole:
            self._finish()
        else:
            self._show()

    def end(self) -> bool:
        """Finish a mark that has enough points; False when there is none, or it has too few."""
        if self.stroke is None:
            return False
        ended = self.stroke.ended()
        if not ended.is_whole:
            return False
        self.stroke = ended
        self._finish()
        return True

    def take_back(self) -> bool:
        """Take the last point back; False when no mark is on its way."""
        if self.stroke is None:
            return False
        left = self.stroke.taken_back()
        if left is None:
            self.cancel()
        else:
            self.stroke = left
            self._show()
        return True

    def cancel(self) -> bool:
        """Drop what is on its way; False when there is nothing."""
        if not self.is_going:
            return False
        self.stroke, self._painted, self.here = None, None, None
        self._way.clear()
        self._hand.snapped = None
        self._hand.show_loupe(None)
        self._hand.book.hold(None)
        self._hand.update()
        return True

    def place_in_the_middle(self) -> None:
        """Place a mark about the middle of what is in sight, and select it: for the keyboard."""
        hand = self._hand
        middle = QPointF(hand.viewport.rect().center())
        if self.is_going or not self._begin(middle, Qt.KeyboardModifier.NoModifier):
            return
        if self._way:
            self._end_painting()
        elif self.stroke is not None:
            count = 1 if self.stroke.kind.most == 1 else max(self.stroke.kind.least, 2)
            if self.stroke.kind.placing is Placing.FREEHAND:
                count = _ROUND
            given = tuple(map(hand.image_point, _round_about(middle, count)))
            uid = self.stroke.blank.uid
            self.stroke = replace(self.stroke, given=given, is_ended=True)
            self._finish()
            hand.book.select({uid})

    # Placing

    def _begin(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        hand = self._hand
        kind = hand.workspace.measuring.kind
        here = here_at(hand.workspace, hand.viewport.cell)
        refusal = here if isinstance(here, str) else here.refusal_of(kind)
        if isinstance(here, str) or refusal:
            say(hand.workspace, refusal)
            return False
        if not hand.is_inside(at):
            say(hand.workspace, _("Marks begin on the image"))
            return False
        self.here = here
        if kind.placing is Placing.BRUSH:
            self._begin_painting(kind, here, at, modifiers)
        else:
            hand.book.select(())
            self.stroke = Stroke(kind, Annotation(new_uid(), kind.id, here.anchor, ()), here.ground)
        return True

    def _closes(self, at: QPointF) -> bool:
        """Whether a click means the first point of an outline: that closes it."""
        stroke = self.stroke
        if stroke is None or stroke.kind.most is not None or len(stroke.given) < stroke.kind.least:
            return False
        offset = self._hand.screen_point(stroke.given[0]) - at
        return max(abs(offset.x()), abs(offset.y())) <= FIRST_PX

    def _point(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> Point:
        """Return the image point meant: drawn to something, or made straight with Shift."""
        hand, stroke = self._hand, self.stroke
        assert self.here is not None  # noqa: S101 - a stroke has it
        point = hand.snapped_point(at, modifiers, self.here.ground)
        is_freehand = stroke is not None and stroke.kind.placing is Placing.FREEHAND
        if modifiers & Qt.KeyboardModifier.ShiftModifier and stroke is not None and stroke.given and not is_freehand:
            return straightened(stroke.given[-1], hand.image_point(at), self.here.ground.aspect)
        return point

    def _show(self) -> None:
        """Draw what is placed so far, with its numbers as they are now."""
        stroke, here = self.stroke, self.here
        if stroke is None or here is None:
            return
        if stroke.is_down and stroke.kind.placing is Placing.POINTS:
            self._hand.show_loupe(stroke.at)
        self._hand.book.hold(here.finished(stroke.annotation))

    def _finish(self) -> None:
        stroke, here = self.stroke, self.here
        self.stroke, self.here = None, None
        self._hand.snapped = None
        self._hand.show_loupe(None)
        if stroke is None or here is None or not stroke.is_worth_keeping:
            self._hand.book.hold(None)
            self._hand.update()
            return
        mark = stroke.result
        kind = stroke.kind
        if kind.is_label:
            texts = [each.text for each in self._hand.book.of_study(_study(mark)) if each.kind == kind.id]
            suggested = kind.suggested_text(texts)
            mark = replace(mark, text=suggested)
            if not suggested:
                self._hand.ask_text(mark, lambda text: self._keep(replace(mark, text=text), here))
                return
        self._keep(mark, here)

    def _keep(self, mark: Annotation, here: Here) -> None:
        workspace, book = self._hand.workspace, self._hand.book
        book.hold(None)
        if mark.text or not _needs_text(mark, workspace.measuring.kind):
            change(workspace, {mark.uid: here.finished(mark)}, TITLE)
        self._hand.update()
        if workspace.measuring.is_once and workspace.tool is Tool.MEASURE:
            workspace.set_tool(workspace.measuring.tool_before)

    # Painting

    def _begin_painting(self, kind: Kind, here: Here, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        hand = self._hand
        shown = {shape.uid for shape in hand.map.shapes if not shape.is_elsewhere and self._is_painted(shape)}
        chosen = [each for each in selected_marks(hand.workspace) if each.uid in shown]
        last = [shape.annotation for shape in hand.map.shapes if shape.uid in shown][-1:]
        is_erasing = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        under = chosen or (last if is_erasing or self._goes_on(last) else [])
        if is_erasing and not under:
            say(hand.workspace, _("There is nothing to erase here"))
            return
        blank = Annotation(new_uid(), kind.id, here.anchor, ())
        self._painted = next((each for each in under if not each.is_locked), blank)
        self._is_erasing = is_erasing
        self._paint(hand.image_point(at))

    def _is_painted(self, shape: "MarkShape") -> bool:
        return shape.annotation.kind == self._hand.workspace.measuring.kind.id

    def _goes_on(self, last: list[Annotation]) -> bool:
        """Whether strokes go on painting the region painted last: it was the last thing that was made here."""
        return bool(last) and self._hand.last_painted == last[0].uid

    def _paint(self, point: Point) -> None:
        if self._painted is None or self.here is None:
            return
        self._way.append(point)
        kind = self._hand.workspace.measuring.kind
        done = kind.painted(self._painted, self._way, self.here.ground, is_erasing=self._is_erasing)
        self._hand.book.hold(self.here.finished(done) if done.points else None)

    def _end_painting(self) -> None:
        painted, here, way = self._painted, self.here, tuple(self._way)
        self._way.clear()
        self._painted = self.here = None
        workspace = self._hand.workspace
        self._hand.book.hold(None)
        if painted is None or here is None:
            return
        done = workspace.measuring.kind.painted(painted, way, here.ground, is_erasing=self._is_erasing)
        self._hand.last_painted = done.uid if done.points else ""
        change(workspace, {done.uid: here.finished(done) if done.points else None}, TITLE)
        if not done.points and not self._is_erasing:
            say(workspace, _("Nothing was found to mark here"))
        self._hand.update()


def _round_about(middle: QPointF, count: int) -> list[QPointF]:
    """Return points about another one, from its left; that itself where one is wanted."""
    if count == 1:
        return [middle]
    turns = [math.pi + 2 * math.pi * number / count for number in range(count)]
    return [middle + QPointF(math.cos(turn), math.sin(turn)) * RADIUS_PX for turn in turns]


def _needs_text(mark: Annotation, kind: Kind) -> bool:
    return kind.is_label and mark.kind == kind.id


def _study(mark: Annotation) -> str:
    return mark.anchor.study_instance_uid or mark.anchor.series_instance_uid
