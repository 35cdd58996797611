"""Keeps the marks of one window's viewports up to date with their pictures, and takes the keys that marks mean."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent

from viewer.ui.measuring.mark_moving import drag_numbers
from viewer.workspace.measuring.mark_deeds import next_mark, nudge, remove_selected
from viewer.workspace.tools.tool import Tool
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.ui.viewports.viewport import Viewport

RUN_MS = 700
"""Nudges with shorter pauses are undone together."""
FAR_PX = 10.0
_ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_REMOVE = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_TABS = {Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1}


class MarkBoard(QObject):
    """Of one window.

    Args:
        workspace: Of the window.
        viewports: Of the window, by cell; read anew at every change.
        parent: Owns it.
    """

    def __init__(self, workspace: Workspace, viewports: "Mapping[int, Viewport]", parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._viewports = viewports
        self._number = next(drag_numbers)
        self._run = QTimer(self)
        self._run.setSingleShot(True)
        self._run.setInterval(RUN_MS)
        book = workspace.shared.annotations
        self._connections: list[Callable[[], object]] = [
            workspace.displayed_changed.connect(self._update),
            book.changed.connect(lambda _uids: self._book_changed()),
            book.calibrations.changed.connect(lambda _uids: self._book_changed()),
            book.held_changed.connect(lambda _none: self.update_all()),
            book.selection_changed.connect(lambda _none: self.update_all()),
            workspace.options_changed.connect(lambda _options: self.update_all()),
            workspace.tool_changed.connect(self._tool_changed),
            workspace.measuring.changed.connect(lambda _none: self._cancel_all()),
            workspace.measuring.wanted.connect(self._act),
        ]

    def release(self) -> None:
        """Stop: the window closes."""
        self._cancel_all()
        for disconnect in self._connections:
            disconnect()
        self._connections.clear()

    def update_all(self) -> None:
        """Follow what is held and selected."""
        for cell in tuple(self._viewports):
            self._update(cell)

    def _book_changed(self) -> None:
        for viewport in tuple(self._viewports.values()):
            viewport.marks.book_changed()
            if viewport.marks.has_other_chips():
                viewport.rewrite()

    def _update(self, cell: int) -> None:
        viewport = self._viewports.get(cell)
        if viewport is not None and viewport.isVisible():
            viewport.marks.update()

    def _tool_changed(self, tool: Tool) -> None:
        if tool is not Tool.MEASURE:
            self._cancel_all()

    def _cancel_all(self) -> None:
        for viewport in tuple(self._viewports.values()):
            viewport.marks.placing.cancel()
            viewport.marks.moving.cancel()

    def _act(self, what: str) -> None:
        """Place a mark in the active viewport, or ask for the words or the group of the selected one."""
        viewport = self._viewports.get(self._workspace.active)
        selected = self._workspace.shared.annotations.selected
        if viewport is None:
            return
        if what == "place":
            viewport.marks.placing.place_in_the_middle()
        elif len(selected) == 1:
            ask = viewport.marks.ask_group if what == "group" else viewport.marks.rename
            ask(next(iter(selected)))

    # Keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that are about marks before they become commands; all others go on."""
        if not isinstance(event, QKeyEvent) or event.type() not in {QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress}:
            return False
        viewport = next((each for each in self._viewports.values() if each is watched), None)
        if viewport is None:
            return False
        deed = self._deed(viewport, Qt.Key(event.key()), event.modifiers())
        if deed is None:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        else:
            deed()
        return True

    def _deed(self, viewport: "Viewport", key: Qt.Key, modifiers: Qt.KeyboardModifier) -> Callable[[], object] | None:
        """Return what a key does to marks; None for a key that is not about them now."""
        if modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            return None
        is_shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        hand, book = viewport.marks, self._workspace.shared.annotations
        if key == Qt.Key.Key_Escape:
            return self._step_back(viewport)
        if hand.placing.is_going:
            return _while_placing(viewport, key)
        if key in _TABS:
            return self._tab(_TABS[key])
        if not book.selected & hand.map.by_uid.keys():
            return None
        if key == Qt.Key.Key_Space and len(book.selected) == 1 and not is_shift:
            return hand.take_next_handle
        if key in _ARROWS:
            right, down = _ARROWS[key]
            way = FAR_PX if is_shift else 1.0
            return lambda: self._nudge(right * way, down * way)
        if key in _REMOVE and not is_shift:
            return lambda: remove_selected(self._workspace)
        if key in _ENTER and len(book.selected) == 1 and not is_shift:
            uid = next(iter(book.selected))
            return lambda: hand.rename(uid)
        return None

    def _tab(self, steps: int) -> Callable[[], object] | None:
        """Return what Tab does: go to the next mark; behind the last one it goes to the next viewport."""
        workspace, book = self._workspace, self._workspace.shared.annotations
        if not book.selected and workspace.tool is not Tool.MEASURE:
            return None
        uid = next_mark(workspace, steps, wraps=len(workspace.layout.visible_cells) == 1)
        return (lambda: book.select({uid})) if uid else None

    def _step_back(self, viewport: "Viewport") -> Callable[[], object] | None:
        """Return what Esc does: drop the stroke, then the selection, then the tool."""
        hand, workspace = viewport.marks, self._workspace
        if hand.placing.is_going:
            return hand.placing.cancel
        if hand.moving.hold is not None:
            return hand.moving.cancel
        if workspace.shared.annotations.selected:
            return lambda: workspace.shared.annotations.select(())
        if workspace.tool is Tool.MEASURE:
            return lambda: workspace.set_tool(workspace.measuring.tool_before)
        return None

    def _nudge(self, right: float, down: float) -> None:
        if not self._run.isActive():
            self._number = next(drag_numbers)
        self._run.start()
        viewport = self._viewports.get(self._workspace.active)
        handle = viewport.marks.handle_taken if viewport is not None else None
        nudge(self._workspace, right, down, self._number, handle)


def _while_placing(viewport: "Viewport", key: Qt.Key) -> Callable[[], object] | None:
    placing = viewport.marks.placing
    if key in _ENTER:
        return placing.end
    if key in _REMOVE:
        return placing.take_back
    return None
