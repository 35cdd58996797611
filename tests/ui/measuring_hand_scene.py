"""What the pointer and the keys do to marks, for the tests of the hand on them."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.ui.viewport_scene import Scene
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.workspace.commands.measuring import take_up
from viewer.workspace.tools.tool import Tool

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE = Qt.KeyboardModifier.NoModifier
SHIFT, CONTROL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)

A, B, C, D = QPoint(220, 160), QPoint(360, 200), QPoint(330, 320), QPoint(230, 300)
FREE = QPoint(420, 100)


def middle(one: QPoint, other: QPoint) -> QPoint:
    """The point half-way."""
    return (one + other) / 2


def near(found: Point, wanted: Point) -> bool:
    """Whether two points of an image are one."""
    return found == pytest.approx(wanted, abs=1e-6)


class Hand:
    """A hand on one viewport of a scene."""

    def __init__(self, scene: Scene, cell: int = 0) -> None:
        self.scene, self.cell = scene, cell

    def marks(self) -> tuple[Annotation, ...]:
        """All marks, the oldest first."""
        return self.scene.workspace.shared.annotations.everything()

    def selected(self) -> frozenset[str]:
        """The uids of those that are selected."""
        return self.scene.workspace.shared.annotations.selected

    def take(self, kind: str, *, is_once: bool = False) -> None:
        """Take the measuring tool up for a kind."""
        take_up(self.scene.workspace, kind, is_once=is_once)

    def move(self, point: QPoint, buttons: Qt.MouseButton = Qt.MouseButton.NoButton, keys: object = NONE) -> None:
        """Move the pointer."""
        viewport, at = self.scene.viewport(self.cell), QPointF(point)
        none = Qt.MouseButton.NoButton
        event = QMouseEvent(QEvent.Type.MouseMove, at, viewport.mapToGlobal(at), none, buttons, keys)  # type: ignore[call-overload]  # a modifier
        QApplication.sendEvent(viewport, event)

    def tool(self) -> Tool:
        """The tool of the left button."""
        return self.scene.workspace.tool

    def drag(self, start: QPoint, *way: QPoint, keys: Qt.KeyboardModifier = NONE, lets_go: bool = True) -> None:
        """Press, move along, and let go."""
        viewport = self.scene.viewport(self.cell)
        QTest.mousePress(viewport, LEFT, keys, start)
        for point in way:
            self.move(point, LEFT, keys)
        if lets_go:
            QTest.mouseRelease(viewport, LEFT, keys, way[-1])

    def click(self, *points: QPoint, keys: Qt.KeyboardModifier = NONE) -> None:
        """Click at points."""
        for point in points:
            self.move(point)
            QTest.mouseClick(self.scene.viewport(self.cell), LEFT, keys, point)

    def press(self, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
        """Press a key over the image, as a window hands it on: first as what might be a command's."""
        QTest.keyClick(self.scene.viewport(self.cell), key, keys)

    def screen(self, mark: Annotation, number: int) -> QPoint:
        """Return where a point of a mark is seen."""
        placement = self.scene.viewport(self.cell).placement
        assert placement is not None
        x, y = placement.to_viewport(mark.points[number])
        return QPoint(round(x), round(y))

    def image(self, point: QPoint) -> tuple[float, float]:
        """Return the image point under a point."""
        placement = self.scene.viewport(self.cell).placement
        assert placement is not None
        return placement.to_image((point.x(), point.y()))
