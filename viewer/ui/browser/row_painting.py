"""What the rows of the browser's lists are painted with: the ground, two lines of text, a picture in its frame."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from viewer.ui.theme import colours

THUMBNAIL_PX = 48
MARGIN_PX, MARK_PX = 4, 14


def row_height(option: QStyleOptionViewItem, *, has_picture: bool) -> int:
    """Return room for two lines, or for the picture."""
    lines = 2 * option.fontMetrics.height() + 2 * MARGIN_PX
    return max(lines, THUMBNAIL_PX + MARGIN_PX) if has_picture else lines


def paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> QRect:
    """Draw whether a row is chosen and has the keyboard; return the room for what it says."""
    area = QRect(option.rect)
    if option.state & QStyle.StateFlag.State_Selected:
        painter.fillRect(area, QColor(colours().raised))
        painter.fillRect(QRect(area.left(), area.top(), 2, area.height()), QColor(colours().accent))
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QColor(colours().accent))
        painter.drawRect(area.adjusted(0, 0, -1, -1))
    return area.adjusted(MARGIN_PX, MARGIN_PX // 2, -MARGIN_PX, -MARGIN_PX // 2)


def paint_picture(painter: QPainter, area: QRect, image: QImage | None) -> QRect:
    """Draw a picture, where there is one, in its frame at the left; return the frame."""
    frame = QRect(area.left(), area.center().y() - THUMBNAIL_PX // 2 + 1, THUMBNAIL_PX, THUMBNAIL_PX)
    painter.fillRect(frame, QColor(colours().viewport))
    if image is not None:
        size = image.deviceIndependentSize().toSize()
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(frame.center())
        painter.drawImage(target.topLeft(), image)
    painter.setPen(QColor(colours().hairline))
    painter.drawRect(frame.adjusted(0, 0, -1, -1))
    return frame


def two_lines(area: QRect, metrics: QFontMetrics) -> tuple[QRect, QRect]:
    """Return where the two lines of a row stand."""
    first = QRect(area.left(), area.center().y() - metrics.height() + 1, area.width(), metrics.height())
    return first, first.translated(0, metrics.height())


def fitting(texts: Sequence[str], width: int, metrics: QFontMetrics) -> str:
    """Return the first text that there is room for; the last where there is room for none."""
    return next((text for text in texts if metrics.horizontalAdvance(text) <= width), texts[-1])


def paint_text(painter: QPainter, line: QRect, text: str, colour: str, metrics: QFontMetrics) -> None:
    """Draw a line of a row, shortened where there is no room."""
    painter.setPen(QColor(colour))
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
    painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
