"""The grid of viewports: follows the workspace's layout, and takes what is dragged onto it."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from viewer.ui.drags import ARCHIVE_MIME, DISPLAY_SET_MIME, dropped_keys
from viewer.ui.measuring.mark_board import MarkBoard
from viewer.ui.monitors import Monitors
from viewer.ui.reporting.report_marks_item import ReportMarks
from viewer.ui.reporting.viewport_documents import ViewportDocuments
from viewer.ui.segmenting.segment_painting import SegmentLayers
from viewer.ui.viewports.cine_driver import CineDriver
from viewer.ui.viewports.cross_lines import CrossLines
from viewer.ui.viewports.pointer import VIEWPORT_MIME, Pointer
from viewer.ui.viewports.render_service import RenderService
from viewer.ui.viewports.viewport import Viewport
from viewer.ui.volumes.crosshairs import Crosshairs
from viewer.ui.volumes.region_item import RegionMarks
from viewer.workspace.keys import KeyTable
from viewer.workspace.layout import Layout
from viewer.workspace.navigation import step_viewport
from viewer.workspace.viewport_notes import patients_shown
from viewer.workspace.workspace import Workspace

GAP_PX = 1


class ViewportGrid(QWidget):
    """All viewports of one window.

    Signals:
        menu_wanted: A click with the right button on a cell, and where on the screen: show its menu.
        command_wanted: A mouse gesture that stands for a command, by its id.
        panel_wanted: A click on what a page at the right tells more of, by its id.
        monitors_changed: A viewport is on another monitor, or more or less is known of one.
        study_dropped: Keys of rows of the list of archives were dragged onto a cell, which is active now.
    """

    menu_wanted = Signal(int, QPoint)
    command_wanted = Signal(str)
    panel_wanted = Signal(str)
    monitors_changed = Signal()
    study_dropped = Signal(list)

    def __init__(
        self,
        workspace: Workspace,
        rendering: RenderService,
        monitors: Monitors,
        keys: KeyTable,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self._rendering = rendering
        self.monitors = monitors
        self.keys = keys
        self._viewports: dict[int, Viewport] = {}
        self._pointers: dict[int, Pointer] = {}
        self._patient_count = 0
        self.cine = CineDriver(workspace, self._viewports, self)
        self.cross = CrossLines(workspace, self._viewports, self)
        self.regions = RegionMarks(workspace, self._viewports, self)
        self.segments = SegmentLayers(workspace, self._viewports, self)
        self.reports = ReportMarks(workspace, self._viewports, self)
        self.documents = ViewportDocuments(workspace, self._viewports, self)
        self.marks = MarkBoard(workspace, self._viewports, self)
        self.setAcceptDrops(True)
        self.setAutoFillBackground(False)
        self._connections: list[Callable[[], object]] = [
            workspace.layout_changed.connect(self._layout_changed),
            workspace.viewports_changed.connect(self._viewports_changed),
            workspace.active_changed.connect(lambda _cell: self._mark_active()),
            workspace.options_changed.connect(lambda _options: self.refresh()),
            workspace.shared.corners_changed.connect(lambda _corners: self.refresh()),
            workspace.tool_changed.connect(lambda _tool: self._show_cursors()),
            rendering.window_settled.connect(self._window_settled),
        ]
        if rendering.volumes is not None:
            self._connections += [
                rendering.volumes.changed.connect(self._volume_changed),
                rendering.volumes.progressed.connect(self._volume_progressed),
            ]
        self.crosshairs = Crosshairs(workspace, self._viewports, self)  # after the viewports asked for their pictures
        self._connections.append(workspace.shared.linking.changed.connect(lambda _none: self.refresh()))
        self._connections.append(workspace.shared.keys.changed.connect(lambda _uids: self.rewrite()))
        if workspace.shared.suv is not None:
            self._connections.append(workspace.shared.suv.changed.connect(lambda _key: self.refresh()))
        for signal in (monitors.changed, monitors.moved):
            signal.connect(self.follow_monitors)
            self._connections.append(partial(signal.disconnect, self.follow_monitors))
        self._layout_changed(workspace.layout)

    @property
    def viewports(self) -> Mapping[int, Viewport]:
        """The viewports there are, by cell; those out of sight are hidden."""
        return self._viewports

    def set_keys(self, keys: KeyTable) -> None:
        """Put another table of keys and gestures into force."""
        self.keys = keys
        for pointer in self._pointers.values():
            pointer.set_keys(keys)

    def viewport_of(self, cell: int) -> Viewport | None:
        """Return the viewport of a cell; None where the layout has none."""
        return self._viewports.get(cell)

    def is_loading(self) -> bool:
        """Whether any visible viewport waits for pixels."""
        return self.documents.is_loading or any(viewport.is_loading() for viewport in self._viewports.values())

    def follow_monitors(self) -> None:
        """Look which monitor each viewport is on: the window moved, or what is known of a monitor is other now."""
        for viewport in self._viewports.values():
            if viewport.isVisible():
                viewport.follow_monitor()

    def refresh(self) -> None:
        """Ask for everything again."""
        for viewport in self._viewports.values():
            viewport.rewrite()
            viewport.refresh()

    def rewrite(self) -> None:
        """Write the texts over the pictures anew."""
        for viewport in self._viewports.values():
            viewport.rewrite()

    def release(self) -> None:
        """Let go of the workspace and of all pixels: the window closes."""
        self._disconnect()
        self.cine.stop()
        self.cross.release()
        self.crosshairs.release()
        self.regions.release()
        self.marks.release()
        self.segments.release()
        self.reports.release()
        self.documents.release()
        for viewport in self._viewports.values():
            viewport.release()

    # Following the workspace

    def _disconnect(self) -> None:
        for disconnect in self._connections:
            disconnect()
        self._connections.clear()

    def _layout_changed(self, layout: Layout) -> None:
        for cell in [cell for cell in self._viewports if cell >= layout.cell_count]:
            viewport = self._viewports.pop(cell)
            del self._pointers[cell]
            viewport.release()
            viewport.hide()
            viewport.deleteLater()
        for cell in range(layout.cell_count):
            if cell not in self._viewports:
                self._viewports[cell] = self._new_viewport(cell)
        self._place()
        self._mark_active()
        self._count_patients()
        self.cine.follow()

    def _new_viewport(self, cell: int) -> Viewport:
        viewport = Viewport(cell, self.workspace, self._rendering, self.monitors, self)
        pointer = Pointer(viewport, self.workspace, self.keys)
        self._pointers[cell] = pointer
        pointer.menu_wanted.connect(self.menu_wanted)
        pointer.command_wanted.connect(self.command_wanted)
        pointer.panel_wanted.connect(self.panel_wanted)
        viewport.place_changed.connect(self.monitors_changed)
        viewport.installEventFilter(self)
        viewport.installEventFilter(self.marks)  # asked before the grid: Tab goes from mark to mark where that is meant
        viewport.picture_shown.connect(lambda: self.cine.shown(cell))
        return viewport

    def _viewports_changed(self, cells: frozenset[int]) -> None:
        for cell in cells:
            viewport = self._viewports.get(cell)
            if viewport is not None:
                viewport.refresh()
        self._count_patients()
        self.cine.follow()

    def _count_patients(self) -> None:
        """Say in every viewport how many patients are on screen, when that changed."""
        count = len(patients_shown(self.workspace))
        if count != self._patient_count:
            self._patient_count = count
            for viewport in self._viewports.values():
                viewport.rewrite()

    def _window_settled(self, display_set_key: str) -> None:
        for viewport in self._viewports.values():
            viewport.window_settled(display_set_key)

    def _volume_changed(self, key: str) -> None:
        for viewport in tuple(self._viewports.values()):
            viewport.volume_changed(key)

    def _volume_progressed(self, key: str) -> None:
        for viewport in tuple(self._viewports.values()):
            viewport.volume_progressed(key)

    def _mark_active(self) -> None:
        several = len(self.workspace.layout.visible_cells) > 1
        for cell, viewport in self._viewports.items():
            viewport.set_active(is_active=several and cell == self.workspace.active)

    def _show_cursors(self) -> None:
        for viewport in self._viewports.values():
            viewport.show_cursor()

    def _place(self) -> None:
        layout = self.workspace.layout
        visible = set(layout.visible_cells)
        for cell, viewport in self._viewports.items():
            if cell in visible:
                viewport.setGeometry(self._rectangle(layout, cell))
            viewport.setVisible(cell in visible)

    def _rectangle(self, layout: Layout, cell: int) -> QRect:
        if layout.maximized is not None:
            return self.rect()
        row, column = layout.place_of(cell)
        left, right = (self.width() * part // layout.columns for part in (column, column + 1))
        top, bottom = (self.height() * part // layout.rows for part in (row, row + 1))
        gap_x = GAP_PX if column + 1 < layout.columns else 0
        gap_y = GAP_PX if row + 1 < layout.rows else 0
        return QRect(left, top, max(1, right - left - gap_x), max(1, bottom - top - gap_y))

    # Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the window from now on: a part of it may come onto another monitor."""
        super().showEvent(event)
        self.monitors.follow(self.window().windowHandle())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room out again."""
        super().resizeEvent(event)
        self._place()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Take Tab from the viewports: it goes to the next cell as the reader counts, not as Qt does."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1}.get(Qt.Key(event.key()))
            plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
            if steps is not None and plain and len(self.workspace.layout.visible_cells) > 1:
                step_viewport(self.workspace, steps)
                self._viewports[self.workspace.active].setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]  # Qt watches only its own objects

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept series, viewports, studies in archives, and files."""
        mime = event.mimeData()
        if any(mime.hasFormat(each) for each in (DISPLAY_SET_MIME, VIEWPORT_MIME, ARCHIVE_MIME)) or mime.hasUrls():
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show by the active frame where it would fall."""
        cell = self._cell_at(event.position().toPoint())
        if cell is not None and not event.mimeData().hasUrls():
            self.workspace.activate(cell)
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Show the series in the cell, swap two cells, fetch the studies, or open the files."""
        mime = event.mimeData()
        cell = self._cell_at(event.position().toPoint())
        if mime.hasFormat(DISPLAY_SET_MIME) and cell is not None:
            self.workspace.show(bytes(mime.data(DISPLAY_SET_MIME).data()).decode("utf-8"), cell)
        elif mime.hasFormat(VIEWPORT_MIME) and cell is not None:
            self._swap(int(bytes(mime.data(VIEWPORT_MIME).data())), cell)
        elif mime.hasFormat(ARCHIVE_MIME) and cell is not None:
            self.workspace.activate(cell)
            self.study_dropped.emit(dropped_keys(mime))
        elif mime.hasUrls():
            paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
            if paths:
                self.workspace.open_paths(paths)
        else:
            return
        event.acceptProposedAction()
        if cell is not None:
            self.workspace.activate(cell)

    def _swap(self, one: int, other: int) -> None:
        if one != other and one in self._viewports:
            self.workspace.swap(one, other)

    def _cell_at(self, point: QPoint) -> int | None:
        return next(
            (
                cell
                for cell in self.workspace.layout.visible_cells
                if cell in self._viewports and self._viewports[cell].geometry().adjusted(0, 0, 1, 1).contains(point)
            ),
            None,
        )
