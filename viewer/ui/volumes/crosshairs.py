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
            workspace.viewports_changed.connect(lambda _cells: self._follow_planes()),
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

    def _follow_planes(self) -> None:
        """Follow planes that moved: lines over a picture that is about to be another one come with that.

        Where the hand is they follow at once.
        """
        for cell, viewport in self._viewports.items():
            if viewport.crosshair.is_held or not viewport.is_awaiting:
                self._update(cell)

    def _update(self, cell: int) -> None:
        viewport = self._viewports.get(cell)
        if viewport is not None and viewport.isVisible():
            viewport.crosshair.update()
