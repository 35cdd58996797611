"""Keeps the crosshairs of one window up to date with the pictures on screen and the planes of their groups."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.ui.viewports.viewport import Viewport


class Crosshairs(QObject):
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
        self._connections: list[Callable[[], object]] = [
            workspace.viewports_changed.connect(lambda _cells: self.update_all()),
            workspace.displayed_changed.connect(self._update),
        ]

    def release(self) -> None:
        """Stop: the window closes."""
        for disconnect in self._connections:
            disconnect()
        self._connections.clear()

    def update_all(self) -> None:
        """Follow the planes: each of them is a line in the others."""
        for cell in self._viewports:
            self._update(cell)

    def _update(self, cell: int) -> None:
        viewport = self._viewports.get(cell)
        if viewport is not None and viewport.isVisible():
            viewport.crosshair.update()
