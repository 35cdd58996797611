"""The pointer over a viewport: which gesture it makes, and which tool that gives to the drag (workspace.keys).

The gestures are of the profile in force; what a drag means is the tool's own business (drags).
"""

import itertools
import time

from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QDrag, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from viewer.base.translation import N_
from viewer.ui.viewports.cross_lines import hovered
from viewer.ui.viewports.drags import Drag, drag_with
from viewer.ui.viewports.rendering_drags import zoom_rendering
from viewer.ui.viewports.viewport import Viewport
from viewer.workspace.keys import KeyTable
from viewer.workspace.rendering_view import rendering_at, rendering_tool
from viewer.workspace.tools.scroll import FAST_FACTOR, NOTCH, Wheel
from viewer.workspace.tools.tool import Tool
from viewer.workspace.tools.zoom import zoom_factor_of_wheel, zoomed_about
from viewer.workspace.workspace import Workspace

VIEWPORT_MIME = "application/x-negatoscope-viewport"
NOTES_COMMAND = "view.notes"
CLICK_PX = 4
"""A press that moved no farther was a click."""
_WHEEL_DRAG = 1_000_000_000
"""Numbers of drags made of a wheel's notches lie above those of drags."""
WHEEL_PAUSE_S = 0.5
"""Notches with shorter pauses are undone together."""

_drag_numbers = itertools.count(1)
_BUTTONS = {
    Qt.MouseButton.LeftButton: "left",
    Qt.MouseButton.MiddleButton: "middle",
    Qt.MouseButton.RightButton: "right",
    Qt.MouseButton.BackButton: "back",
    Qt.MouseButton.ForwardButton: "forward",
}
_BOTH = Qt.MouseButton.LeftButton | Qt.MouseButton.RightButton
_MODIFIERS = (
    (Qt.KeyboardModifier.ControlModifier, "ctrl"),
    (Qt.KeyboardModifier.ShiftModifier, "shift"),
    (Qt.KeyboardModifier.AltModifier, "alt"),
)


class Pointer(QObject):
    """The pointer's business with one viewport.

    Signals:
        menu_wanted: The cell, and where on the screen.
        command_wanted: The id of a command that a gesture stands for.
        panel_wanted: The id of a page at the right that tells what was clicked.
    """

    menu_wanted = Signal(int, QPoint)
    command_wanted = Signal(str)
    panel_wanted = Signal(str)

    def __init__(self, viewport: Viewport, workspace: Workspace, keys: KeyTable) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        self._workspace = workspace
        self._keys = keys
        self._drag: Drag | None = None
        self._pressed_at: QPointF | None = None
        self._has_moved = False
        self._swap_from: QPointF | None = None
        self._wheel = Wheel()
        self._zoom_drag = (0, 0.0)
        viewport.installEventFilter(self)

    def set_keys(self, keys: KeyTable) -> None:
        """Put another table of gestures into force."""
        self._keys = keys

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Take the pointer's events; all others go on."""
        kind = event.type()
        if isinstance(event, QWheelEvent):
            self._turned(event)
        elif isinstance(event, QMouseEvent):
            if kind == QEvent.Type.MouseButtonPress:
                self._pressed(event)
            elif kind == QEvent.Type.MouseMove:
                self._moved(event)
            elif kind == QEvent.Type.MouseButtonRelease:
                self._released(event)
            elif kind == QEvent.Type.MouseButtonDblClick:
                self._double_clicked(event)
            else:
                return False
        elif kind == QEvent.Type.Leave:
            self._viewport.aids.left()
            self._hover_brush(None)
            self._viewport.crosshair.left()
            self._viewport.marks.left()
            self._workspace.shared.linking.pointer_left((self._workspace.number, self._viewport.cell))
            return False
        else:
            return False
        event.accept()
        return True

    # Buttons

    def _pressed(self, event: QMouseEvent) -> None:
        self._viewport.setFocus(Qt.FocusReason.MouseFocusReason)
        self._workspace.activate(self._viewport.cell)
        at = event.position()
        if self._viewport.aids.slider_pressed(at, event.button()):
            return
        gesture = _gesture(event)
        if gesture == "left" and self._viewport.is_on_banner(at):
            self._swap_from = at
            return
        if gesture == "left" and self._pressed_chip(at):
            return
        if self._viewport.marks.pressed(at, gesture, event.modifiers()):
            return
        if self._keys.tool_of(gesture, self._workspace.tool) is Tool.MEASURE:
            self._viewport.marks.begin(at, event.modifiers())
            return
        if self._viewport.crosshair.pressed(at, gesture) or self._viewport.box.pressed(at, gesture):
            return
        action = self._keys.mouse.get(gesture, "")
        if action.startswith("command:"):
            self.command_wanted.emit(action.partition(":")[2])
            return
        self._begin(gesture, at)

    def _pressed_chip(self, at: QPointF) -> bool:
        """Tell what a chip stands for; False when the press is not on one."""
        chip = self._viewport.chip_at(at)
        if chip is None:
            return False
        if chip.panel:
            self.panel_wanted.emit(chip.panel)
        else:
            self.command_wanted.emit(NOTES_COMMAND)
        return True

    def _begin(self, gesture: str, at: QPointF) -> None:
        self._end_drag()
        self._pressed_at, self._has_moved = at, False
        tool = self._keys.tool_of(gesture, self._workspace.tool)
        if tool is not None and rendering_at(self._workspace, self._viewport.cell) is not None:
            tool = rendering_tool(tool, gesture)
        if gesture == "left":
            self._viewport.marks.pressed_beside()
        if tool is not None and self._viewport.picture is not None:
            self._drag = drag_with(tool, self._viewport, self._workspace, (at.x(), at.y()), next(_drag_numbers))
            self._viewport.show_cursor(tool)

    def _moved(self, event: QMouseEvent) -> None:
        at = event.position()
        if event.buttons() and self._viewport.marks.moved(at, event.modifiers()):
            return
        if self._viewport.aids.slider_moved(at) or self._viewport.crosshair.moved(at) or self._viewport.box.moved(at):
            return
        if self._swap_from is not None:
            if (at - self._swap_from).manhattanLength() >= QApplication.startDragDistance():
                self._swap_from = None
                self._drag_away()
            return
        if self._pressed_at is not None and (at - self._pressed_at).manhattanLength() >= CLICK_PX:
            self._has_moved = True
        if self._drag is not None:
            self._drag.move((at.x(), at.y()))
        elif not event.buttons():
            self._viewport.aids.hovered(at)
            self._viewport.crosshair.hovered(at)
            self._viewport.box.hovered(at)
            hovered(self._viewport, at, event.modifiers())
            self._hover_brush(at)
            self._viewport.marks.hovered(at, event.modifiers())
            if self._viewport.chip_at(at) is not None:
                self._viewport.setCursor(Qt.CursorShape.PointingHandCursor)

    def _released(self, event: QMouseEvent) -> None:
        self._swap_from = None
        if event.button() == Qt.MouseButton.LeftButton and self._viewport.marks.released(
            event.position(), event.modifiers()
        ):
            self._pressed_at = None
            return
        held = (self._viewport.aids.slider_released, self._viewport.crosshair.released, self._viewport.box.released)
        if any(let_go() for let_go in held):
            return
        was_click = self._pressed_at is not None and not self._has_moved
        self._end_drag()
        self._pressed_at = None
        if was_click and event.button() == Qt.MouseButton.RightButton and not event.buttons():
            if self._viewport.marks.show_menu(event.position(), event.globalPosition().toPoint()):
                return
            self.menu_wanted.emit(self._viewport.cell, event.globalPosition().toPoint())

    def _double_clicked(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            self._pressed(event)
            return
        self._end_drag()
        if self._viewport.marks.double_clicked(event.position()):
            return
        if self._viewport.crosshair.double_clicked(event.position()):
            return
        action = self._keys.mouse.get("double", "")
        if action.startswith("command:"):
            self._workspace.activate(self._viewport.cell)
            self.command_wanted.emit(action.partition(":")[2])

    def _hover_brush(self, at: QPointF | None) -> None:
        """Show how large a brush for segments is, while one is held."""
        if self._workspace.tool in {Tool.SEGMENT_BRUSH, Tool.SEGMENT_ERASER}:
            from viewer.ui.segmenting.brush_drag import show_ring

            show_ring(self._viewport, at)

    def _end_drag(self) -> None:
        if self._drag is not None:
            self._drag.end()
            self._drag = None
            self._viewport.show_cursor()

    def _drag_away(self) -> None:
        """Carry this viewport to another cell, to change places with it."""
        mime = QMimeData()
        mime.setData(VIEWPORT_MIME, str(self._viewport.cell).encode())
        drag = QDrag(self._viewport)
        drag.setMimeData(mime)
        drag.exec(Qt.DropAction.MoveAction)

    # Wheel

    def _turned(self, event: QWheelEvent) -> None:
        delta = event.angleDelta().y() or event.angleDelta().x()  # Alt turns it sideways on some systems
        if not delta or self._drag is not None:
            return
        gesture = _with_modifiers("wheel", event.modifiers())
        tool = self._keys.tool_of(gesture, self._workspace.tool)
        if tool is Tool.ZOOM:
            self._zoom(delta / NOTCH, event.position())
        elif tool in {Tool.SCROLL, Tool.FAST_SCROLL}:
            steps = self._wheel.steps(delta, time.monotonic())
            if steps:
                factor = FAST_FACTOR if tool is Tool.FAST_SCROLL else 1
                self._workspace.scroll(steps * factor, self._viewport.cell)

    def _zoom(self, notches: float, at: QPointF) -> None:
        placement = self._viewport.placement
        if placement is None:
            return
        now = time.monotonic()
        number, last = self._zoom_drag
        if now - last > WHEEL_PAUSE_S:
            number = _WHEEL_DRAG + next(_drag_numbers)
        self._zoom_drag = (number, now)
        ratio = self._viewport.devicePixelRatioF()
        point = (at.x() * ratio, at.y() * ratio)
        if rendering_at(self._workspace, self._viewport.cell) is not None:
            zoom_rendering(self._viewport, zoom_factor_of_wheel(notches), point, number)
            return
        state = self._workspace.viewport(self._viewport.cell)
        current = self._viewport.placement_of(state) or placement
        zoomed = zoomed_about(state, current, zoom_factor_of_wheel(notches), point)
        self._workspace.change(zoomed, N_("Zoom"), cell=self._viewport.cell, drag=number)


def _gesture(event: QMouseEvent) -> str:
    if event.buttons() & _BOTH == _BOTH:
        return "left+right"
    return _with_modifiers(_BUTTONS.get(event.button(), ""), event.modifiers())


def _with_modifiers(name: str, modifiers: Qt.KeyboardModifier) -> str:
    """Return a gesture with its modifier; only one of them has a meaning."""
    return next((f"{word}+{name}" for modifier, word in _MODIFIERS if modifiers & modifier), name)
