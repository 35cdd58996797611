"""Choosing rows and columns by pointing at a small grid, or with the arrow keys."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from viewer.ui.theme import colours
from viewer.workspace.layout import MAXIMUM_SIDE

CELL_PX = 28
GAP_PX = 4
LABEL_PX = 24
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class LayoutPicker(QWidget):
    """A popup of 5 × 5 cells; those up to the pointer are lit."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setMouseTracking(True)
        self._chosen: Callable[[int, int], None] = lambda _rows, _columns: None
        self._rows, self._columns = 1, 1
        side = MAXIMUM_SIDE * (CELL_PX + GAP_PX) + GAP_PX
        self.setFixedSize(QSize(side, side + LABEL_PX))

    def offer(self, rows: int, columns: int, chosen: Callable[[int, int], None]) -> None:
        """Show the grid over the window, with the layout in force lit."""
        self._rows, self._columns, self._chosen = rows, columns, chosen
        parent = self.parentWidget()
        if parent is not None:
            corner = parent.mapToGlobal(QPoint(0, 0))
            self.move(corner.x() + (parent.width() - self.width()) // 2, corner.y() + parent.height() // 8)
        self.show()
        self.setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cells and "rows × columns"."""
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours().raised))
        for row in range(MAXIMUM_SIDE):
            for column in range(MAXIMUM_SIDE):
                is_lit = row < self._rows and column < self._columns
                painter.setPen(QColor(colours().accent if is_lit else colours().hairline))
                painter.setBrush(QColor(colours().accent if is_lit else colours().panel))
                painter.drawRect(_cell(row, column))
        painter.setPen(QColor(colours().text))
        label = QRect(0, self.height() - LABEL_PX, self.width(), LABEL_PX)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, f"{self._rows} × {self._columns}")

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light the cells up to the pointer."""
        place = event.position()
        self._light(int(place.y()) // (CELL_PX + GAP_PX) + 1, int(place.x()) // (CELL_PX + GAP_PX) + 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the layout under the pointer, or close when it is outside."""
        inside = self.rect().contains(event.position().toPoint())
        self.close()
        if inside:
            self._chosen(self._rows, self._columns)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows change the layout, Enter takes it."""
        key = Qt.Key(event.key())
        if key in _STEPS:
            down, right = _STEPS[key]
            self._light(self._rows + down, self._columns + right)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.close()
            self._chosen(self._rows, self._columns)
        else:
            super().keyPressEvent(event)

    def _light(self, rows: int, columns: int) -> None:
        self._rows = min(max(rows, 1), MAXIMUM_SIDE)
        self._columns = min(max(columns, 1), MAXIMUM_SIDE)
        self.update()


def _cell(row: int, column: int) -> QRect:
    step = CELL_PX + GAP_PX
    return QRect(GAP_PX + column * step, GAP_PX + row * step, CELL_PX, CELL_PX)
