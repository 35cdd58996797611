"""Keeps the reference lines, the 3D cursor and the frames of links of one window's viewports up to date.

Whatever changes in any window, the lines of this one are worked out once, when the events in hand are done.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from viewer.ui.overlays.cross_painting import CrossScene, paint_cross
from viewer.workspace.link_words import link_notes, link_words
from viewer.workspace.synchronization import go_to_point, has_linked_window, link_sides, linked_with
from viewer.workspace.viewport_lines import cursor_at, cursor_on, line_sources, lines_on
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.ui.viewports.viewport import Viewport

_NOTHING = CrossScene()


class CrossItem(QGraphicsObject):
    """An item between a viewport's pixels and its aids."""

    def __init__(self) -> None:
        super().__init__()
        self._area = QRectF()
        self.scene_shown = _NOTHING
        self.setVisible(False)

    def resize(self, area: QRectF) -> None:
        """Fill another area."""
        self.prepareGeometryChange()
        self._area = area

    def show_scene(self, scene: CrossScene) -> None:
        """Draw something else."""
        old = self.scene_shown
        is_same = (old.lines, old.cursor, old.placement, old.is_linked) == (
            scene.lines,
            scene.cursor,
            scene.placement,
            scene.is_linked,
        )
        if not is_same:
            self.scene_shown = scene
            self.setVisible(not scene.is_empty)
            self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole viewport."""
        return self._area

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw what there is."""
        paint_cross(painter, self._area, self.scene_shown)


class CrossLines(QObject):
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
        self._words: dict[int, tuple[object, ...]] = {}
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self.update_now)
        linking = workspace.shared.linking
        self._connections: list[Callable[[], object]] = [
            linking.changed.connect(lambda _none: self._later.start()),
            linking.places_changed.connect(lambda _none: self._later.start()),
            linking.cursor_changed.connect(lambda _none: self._later.start()),
            workspace.viewports_changed.connect(lambda _cells: self._later.start()),
            workspace.layout_changed.connect(lambda _layout: self._later.start()),
        ]

    def release(self) -> None:
        """Stop: the window closes."""
        self._later.stop()
        for disconnect in self._connections:
            disconnect()
        self._connections.clear()
        self._workspace.shared.linking.places_changed.emit(None)  # its lines go from the other windows

    def update_now(self) -> None:
        """Work everything out and draw what changed."""
        is_single = len(self._workspace.layout.visible_cells) == 1  # it has no frame of the active viewport
        shared = self._workspace.shared
        sources, sides = line_sources(shared), link_sides(shared)
        for cell, viewport in self._viewports.items():
            if not viewport.isVisible():
                continue
            displayed = self._workspace.displayed(cell)
            place = (self._workspace, cell)
            is_linked = bool(linked_with(place, sides)) or has_linked_window(place)
            scene = CrossScene(
                lines_on(self._workspace, cell, sources),
                cursor_on(self._workspace, cell),
                displayed.rendered.placement if displayed is not None else None,
                is_linked=is_linked and (cell != self._workspace.active or is_single),
            )
            viewport.cross.show_scene(scene)
            words = (*link_words(self._workspace, cell, sides), *link_notes(self._workspace, cell))
            self._rewrite(cell, viewport, words)

    def _rewrite(self, cell: int, viewport: "Viewport", words: tuple[object, ...]) -> None:
        """Let a viewport write its chips again where what links it is another thing."""
        if self._words.get(cell, ()) != words:
            self._words[cell] = words
            viewport.rewrite()


def point_at(viewport: "Viewport", at: QPointF, *, is_held: bool = False, scrolls: bool = False) -> None:
    """Put the 3D cursor to a point of a viewport in logical pixels; away from the image it goes.

    Args:
        viewport: Under the pointer.
        at: Where.
        is_held: Whether it stays when the pointer leaves.
        scrolls: Whether all other viewports scroll to it.
    """
    workspace, cell = viewport.workspace, viewport.cell
    displayed, linking = workspace.displayed(cell), workspace.shared.linking
    if displayed is None:
        return
    ratio = viewport.devicePixelRatioF()
    placement = displayed.rendered.placement
    point = placement.to_image((at.x() * ratio, at.y() * ratio))
    is_inside = 0 <= point[0] <= placement.columns and 0 <= point[1] <= placement.rows
    cursor = cursor_at(workspace, cell, point, is_held=is_held) if is_inside else None
    if cursor is None and linking.cursor is not None and linking.cursor.is_held and not is_held:
        return
    linking.put_cursor(cursor)
    if scrolls and cursor is not None:
        go_to_point(workspace.shared, cursor)


def hovered(viewport: "Viewport", at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
    """Let the 3D cursor follow the pointer where it is on; with Shift all other viewports scroll to it."""
    if viewport.workspace.shared.linking.settings.shows_cursor:
        point_at(viewport, at, scrolls=bool(modifiers & Qt.KeyboardModifier.ShiftModifier))
