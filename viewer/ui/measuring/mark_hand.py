"""The hand on the marks of one viewport: what is under the pointer, what it places, what it moves; and what is drawn.

Points of the pointer are logical pixels.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QCursor

from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.ui.measuring.mark_labels import MarkLabels
from viewer.ui.measuring.mark_moving import MarkMoving
from viewer.ui.measuring.mark_placing import MarkPlacing
from viewer.ui.measuring.mark_shapes import Hold, MarkMap, MarkShape, Part, shape_of
from viewer.ui.measuring.mark_text_field import MarkTextField
from viewer.ui.measuring.marks_item import MarksItem, MarkView
from viewer.ui.viewports.asking import single_shot
from viewer.workspace.measuring.annotation_book import AnnotationBook
from viewer.workspace.measuring.marks_shown import ShownMark, hidden_chips, marks_on
from viewer.workspace.measuring.snapping import edge_near
from viewer.workspace.tools.tool import Tool
from viewer.workspace.viewport_state import DisplayedImage

if TYPE_CHECKING:
    from viewer.ui.viewports.viewport import Viewport

REST_MS = 150
SNAP_PX = 9.0
_GRABBING = frozenset({Tool.MEASURE, Tool.WINDOW_LEVEL, Tool.PAN, Tool.ZOOM, Tool.SCROLL, Tool.FAST_SCROLL})
"""Tools that leave marks to the hand; the others mean the very point that is pressed."""


class MarkHand:
    """Belongs to one viewport.

    Attributes:
        map: The marks on screen.
        snapped: What the point in the hand was drawn to; None for nothing.
        last_painted: The uid of what a brush painted last here.
    """

    def __init__(self, viewport: "Viewport", item: MarksItem) -> None:
        self.viewport, self.workspace, self.item = viewport, viewport.workspace, item
        self.map = MarkMap(())
        self.snapped: Point | None = None
        self.last_painted = ""
        self.placing, self.moving = MarkPlacing(self), MarkMoving(self)
        self._hold: Hold | None = None
        self._taken: Hold | None = None
        self._labels = MarkLabels()
        self._kept: dict[str, tuple[ShownMark, MarkShape]] = {}
        self._marks: tuple[object, tuple[ShownMark, ...]] = (None, ())
        self._mapped: tuple[ShownMark, ...] = ()
        self._version = 0
        self._chips: tuple[tuple[str, bool], ...] = ()
        self._field: MarkTextField | None = None
        self._rest = single_shot(viewport, REST_MS, self._hand_rests)

    @property
    def book(self) -> AnnotationBook:
        """Where marks are kept."""
        return self.workspace.shared.annotations

    @property
    def is_busy(self) -> bool:
        """Whether a mark is being placed or moved here."""
        return self.placing.is_going or self.moving.hold is not None

    # Following

    def book_changed(self) -> None:
        """Follow marks that were added, changed, or taken away."""
        self._version += 1
        self.update()

    def has_other_chips(self) -> bool:
        """Whether what is said of hidden marks is another thing than when it was asked last."""
        displayed, before = self.workspace.displayed(self.viewport.cell), self._chips
        self._chips = hidden_chips(self.workspace, displayed.image) if displayed is not None else ()
        return self._chips != before

    def update(self) -> None:
        """Follow the picture on screen and the marks on it."""
        displayed = self.workspace.displayed(self.viewport.cell)
        self._drop_what_lies_elsewhere(displayed)
        if displayed is None or not self.workspace.options.shows_marks or self.viewport.picture is None:
            self.map, self._mapped = MarkMap(()), ()
            self.item.show_view(MarkView())
            return
        marks = self._marks_of(displayed)
        if marks is not self._mapped:
            self._mapped = marks
            self.map = MarkMap(tuple(self._shape(mark) for mark in marks))
            self._rest.start()
        before = self.item.view.placement
        if before is None or before.forward != displayed.rendered.placement.forward:
            self._rest.start()
        self._show(displayed)

    def _drop_what_lies_elsewhere(self, displayed: DisplayedImage | None) -> None:
        """Let go of a mark that was begun on another image or plane: its next point would lie on the wrong one."""
        anchors = [here.anchor for here in (self.placing.here, self.moving.here) if here is not None]
        if not anchors:
            return
        from viewer.workspace.measuring.measuring import anchor_at

        now = anchor_at(self.workspace, self.viewport.cell) if displayed is not None else None
        if any(anchor != now for anchor in anchors):
            self.placing.cancel()
            self.moving.cancel()

    def _hand_rests(self) -> None:
        if self.viewport.is_awaiting:  # pictures come slowly: the hand moves all the same
            self._rest.start()
            return
        displayed = self.workspace.displayed(self.viewport.cell)
        if displayed is not None and self.item.view.placement is not None:
            self._show(displayed, is_at_rest=True)

    def _marks_of(self, displayed: DisplayedImage) -> tuple[ShownMark, ...]:
        key = (displayed.image, displayed.rendered.state, self._version, self.book.held)
        if self._marks[0] != key:
            marks = marks_on(self.workspace, self.viewport.cell)
            changed = self.moving.changed
            if len(changed) > 1:
                marks = tuple(
                    ShownMark(changed[mark.annotation.uid]) if mark.annotation.uid in changed else mark
                    for mark in marks
                )
            self._marks = (key, marks)
        return self._marks[1]

    def _shape(self, mark: ShownMark) -> MarkShape:
        uid = mark.annotation.uid
        kept = self._kept.get(uid)
        is_kept = kept is not None and kept[0].is_elsewhere == mark.is_elsewhere
        if kept is None or not is_kept or (kept[0].annotation is not mark.annotation and kept[0] != mark):
            kept = self._kept[uid] = (mark, shape_of(mark))
        return kept[1]

    def _show(self, displayed: DisplayedImage, *, is_at_rest: bool = False) -> None:
        placement, ratio = displayed.rendered.placement, self.viewport.devicePixelRatioF()
        held, shown = self.book.held, frozenset(self.map.by_uid)
        under = {self._hold.uid} if self._hold is not None else set()
        lively = (self.book.selected | under | ({held.uid} if held is not None else set())) & shown
        area = QRectF(self.viewport.rect())
        taken = [(box.left(), box.top(), box.right(), box.bottom()) for box in self.viewport.written]
        self._labels.follow(self.map.shapes, placement, ratio, area, lively, is_at_rest=is_at_rest, taken=taken)
        glass = self.viewport.aids.loupe if self.is_busy else None
        view = MarkView(
            self.map.shapes,
            placement,
            lively,
            self.book.selected & shown,
            self._labels.words,
            self.moving.hold or self._hold or (self._taken if self.handle_taken is not None else None),
            self.snapped,
            glass,
            is_at_rest or not self._rest.isActive(),
        )
        self.item.show_view(view)

    # What the hand's parts ask

    def image_point(self, at: QPointF) -> Point:
        """Return the image point under a point of the viewport."""
        placement, ratio = self.viewport.placement, self.viewport.devicePixelRatioF()
        return placement.to_image((at.x() * ratio, at.y() * ratio)) if placement is not None else (0.0, 0.0)

    def screen_point(self, point: Point) -> QPointF:
        """Return where an image point is seen."""
        placement, ratio = self.viewport.placement, self.viewport.devicePixelRatioF()
        x, y = placement.to_viewport(point) if placement is not None else (0.0, 0.0)
        return QPointF(x / ratio, y / ratio)

    def is_inside(self, at: QPointF) -> bool:
        """Whether a point of the viewport is on the image."""
        placement, (column, row) = self.viewport.placement, self.image_point(at)
        return placement is not None and 0 <= column <= placement.columns and 0 <= row <= placement.rows

    def snapped_point(self, at: QPointF, modifiers: Qt.KeyboardModifier, ground: Ground, beside: str = "") -> Point:
        """Return the image point under the pointer, drawn to a point of a mark or to an edge where that is wanted."""
        point, placement = self.image_point(at), self.viewport.placement
        self.snapped = None
        is_other_way = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        if placement is None or self.workspace.measuring.settings.snaps == is_other_way:
            return point
        reach = SNAP_PX * self.viewport.devicePixelRatioF() / max(placement.scale_x, placement.scale_y)
        held = self.book.held
        points = self.map.points_near(point, reach, beside or (held.uid if held is not None else ""))
        self.snapped = points[0] if points else edge_near(ground, point, reach)
        return self.snapped or point

    def label_of(self, uid: str) -> Point | None:
        """Return where the words of a mark stand, in image pixels from its label's point; None where they do not."""
        label = next((each for each in self._labels.labels if each.shape.uid == uid), None)
        if label is None:
            return None
        column, row = self.image_point(label.box.topLeft())
        return column - label.shape.label_point[0], row - label.shape.label_point[1]

    def show_loupe(self, at: Point | None) -> None:
        """Hold a loupe beside an image point; None puts it away."""
        if at is not None and self.workspace.measuring.settings.shows_loupe:
            point = self.screen_point(at)
            self.viewport.aids.show_magnifier((point.x(), point.y()), is_beside=True)
        elif self.viewport.aids.loupe is not None or at is None:
            self.viewport.aids.show_magnifier(None)

    def ask_text(self, mark: Annotation, done: Callable[[str], None]) -> None:
        """Ask for the words of a mark where they will stand."""
        self.close_field()
        at = self.screen_point(mark.points[-1]) if mark.points else QPointF(self.viewport.rect().center())
        self._field = MarkTextField(self.viewport, at, mark.text, done, self._field_closed)

    def close_field(self) -> None:
        """Take away the field for words, as if Esc were pressed in it."""
        if self._field is not None:
            self._field.cancel()

    def _field_closed(self) -> None:
        self._field = None
        self.book.hold(None)
        self.viewport.setFocus(Qt.FocusReason.OtherFocusReason)
        self.update()

    # The pointer

    def hold_at(self, at: QPointF) -> Hold | None:
        """Return what of which mark is at a point; a press there is about it."""
        displayed = self.workspace.displayed(self.viewport.cell)
        if displayed is None or not self.map.shapes:
            return None
        ratio = self.viewport.devicePixelRatioF()
        point = (at.x(), at.y())
        hold = self.map.hold_at(point, displayed.rendered.placement, ratio, self.book.selected)
        label = self._labels.label_at(point)
        if label is not None and (hold is None or hold.part is Part.LINE):
            return Hold(label.shape.uid, Part.LABEL if label.shape.lines else Part.LINE)
        return hold

    def hovered(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """Show what is under the pointer; False when that is no mark."""
        if self.placing.is_going:
            self.placing.moved(at, modifiers)
            return True
        hold = self.hold_at(at) if self._grabs else None
        if hold != self._hold:
            self._hold = hold
            self.update()
        if hold is not None:
            shape = Qt.CursorShape.PointingHandCursor if hold.part is Part.HANDLE else Qt.CursorShape.SizeAllCursor
            self.viewport.setCursor(QCursor(shape))
        return hold is not None

    def left(self) -> None:
        """The pointer went away."""
        if self._hold is not None and self.moving.hold is None:
            self._hold = None
            self.update()

    def pressed(self, at: QPointF, gesture: str, modifiers: Qt.KeyboardModifier) -> bool:
        """Go on with a mark, or take hold of one; False where the press means something else."""
        if gesture.rpartition("+")[2] != "left" or gesture == "left+right":
            return self.placing.is_going and gesture == "right" and self.placing.end()
        self.close_field()
        if self.placing.is_going:
            return self.placing.pressed(at, modifiers)
        if gesture == "ctrl+left" and self.placing.erases:
            return self.placing.pressed(at, modifiers)
        hold = self.hold_at(at) if self._grabs and not (gesture == "left" and self.placing.paints) else None
        if hold is not None and gesture in {"left", "shift+left", "ctrl+left"}:
            self._hold = hold
            self.moving.pressed(hold, at, is_added=gesture != "left")
            self.update()
            return True
        return False

    def begin(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """A press with the measuring tool: begin a mark."""
        self.placing.pressed(at, modifiers)

    def pressed_beside(self) -> None:
        """A press with another tool that met no mark: nothing is selected any more."""
        self.book.select(())

    def moved(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """Follow a pointer whose button is down; False when nothing is held."""
        if self.placing.is_down:
            self.placing.moved(at, modifiers)
            return True
        return self.moving.moved(at, modifiers)

    def released(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """Let go; False when nothing was held."""
        if self.placing.is_down:
            self.placing.released(at, modifiers)
            return True
        return self.moving.released() or self.placing.is_going

    def double_clicked(self, at: QPointF) -> bool:
        """End a mark, or ask for the words of the one under the pointer; False where neither is meant."""
        if self.placing.is_going:
            self.placing.end()
            return True
        hold = self.hold_at(at) if self._grabs else None
        if hold is not None:
            self.rename(hold.uid)
            return True
        return self.workspace.tool is Tool.MEASURE

    @property
    def handle_taken(self) -> int | None:
        """The point of the only selected mark that the arrow keys move; None for all of it."""
        hold = self._taken
        return hold.handle if hold is not None and self.book.selected == {hold.uid} else None

    def take_next_handle(self) -> None:
        """Let the arrow keys move the next point of the selected mark; behind the last one all of it."""
        shape = next((self.map.by_uid[uid] for uid in self.book.selected if uid in self.map.by_uid), None)
        if shape is None:
            return
        numbers = [number for number, _point in shape.handles]
        taken = self.handle_taken
        place = 0 if taken is None else numbers.index(taken) + 1 if taken in numbers else len(numbers)
        self._taken = Hold(shape.uid, Part.HANDLE, numbers[place]) if place < len(numbers) else None
        self.update()

    def show_menu(self, at: QPointF, place: QPoint) -> bool:
        """Show the menu of the mark under the pointer at a point of the screen; False where there is none."""
        hold = self.hold_at(at)
        if hold is None:
            return False
        from viewer.ui.measuring.mark_menu import show_mark_menu

        show_mark_menu(self, hold.uid, place)
        return True

    def rename(self, uid: str) -> None:
        """Ask for the words of a mark."""
        from viewer.workspace.measuring.mark_deeds import set_text

        mark = self.book.get(uid)
        if mark is None:
            return
        self.ask_text(mark, lambda text: set_text(self.workspace, self.viewport.cell, uid, text))

    def ask_group(self, uid: str) -> None:
        """Ask for the group of the marks that are selected."""
        from viewer.workspace.measuring.mark_deeds import set_group

        mark = self.book.get(uid)
        if mark is not None:
            self.ask_text(replace(mark, text=mark.group), lambda text: set_group(self.workspace, text))

    @property
    def _grabs(self) -> bool:
        return self.workspace.tool in _GRABBING
