"""Draws a browser row: a thumbnail, two lines, a warning mark."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from viewer.ui.browser.tree_items import ROW_ROLE
from viewer.ui.icons import icon
from viewer.ui.theme import colours
from viewer.workspace.browser_rows import BrowserRow, RowKind

THUMBNAIL_PX = 48
MARGIN_PX = 4
MARK_PX = 14


class RowDelegate(QStyledItemDelegate):
    """Paints the first column; the other columns are Qt's own.

    Args:
        thumbnail: Returns the thumbnail of a display set's row if it is there, and sees that it comes if it is not.
    """

    def __init__(self, thumbnail: Callable[[BrowserRow], QImage | None]) -> None:
        super().__init__()
        self._thumbnail = thumbnail

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return room for two lines, or for the thumbnail."""
        row = index.data(ROW_ROLE)
        lines = 2 * option.fontMetrics.height() + 2 * MARGIN_PX
        is_set = isinstance(row, BrowserRow) and row.kind is RowKind.SET
        return QSize(120, max(lines, THUMBNAIL_PX + MARGIN_PX) if is_set else lines)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one cell of the first column."""
        row = index.data(ROW_ROLE)
        if not isinstance(row, BrowserRow):
            super().paint(painter, option, index)
            return
        painter.save()
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        area = QRect(option.rect)
        if is_selected:
            painter.fillRect(area, QColor(colours().raised))
            painter.fillRect(QRect(area.left(), area.top(), 2, area.height()), QColor(colours().accent))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(colours().accent))
            painter.drawRect(area.adjusted(0, 0, -1, -1))
        area.adjust(MARGIN_PX, MARGIN_PX // 2, -MARGIN_PX, -MARGIN_PX // 2)
        if row.kind is RowKind.SET:
            area.setLeft(self._paint_thumbnail(painter, area, row) + 2 * MARGIN_PX)
        if row.warnings:
            mark = QRect(area.right() - MARK_PX, area.center().y() - MARK_PX // 2, MARK_PX, MARK_PX)
            icon("warning", colours().caution).paint(painter, mark)
            area.setRight(mark.left() - MARGIN_PX)
        self._paint_lines(painter, area, row, option.font)
        painter.restore()

    def _paint_thumbnail(self, painter: QPainter, area: QRect, row: BrowserRow) -> int:
        frame = QRect(area.left(), area.center().y() - THUMBNAIL_PX // 2 + 1, THUMBNAIL_PX, THUMBNAIL_PX)
        painter.fillRect(frame, QColor(colours().viewport))
        image = self._thumbnail(row)
        if image is not None:
            size = image.deviceIndependentSize().toSize()
            target = QRect(0, 0, size.width(), size.height())
            target.moveCenter(frame.center())
            painter.drawImage(target.topLeft(), image)
        elif row.display_set is not None and not row.display_set.is_image:
            icon("document", colours().secondary).paint(painter, frame.adjusted(12, 12, -12, -12))
        painter.setPen(QColor(colours().hairline))
        painter.drawRect(frame.adjusted(0, 0, -1, -1))
        return frame.right()

    def _paint_lines(self, painter: QPainter, area: QRect, row: BrowserRow, font: QFont) -> None:
        metrics = QFontMetrics(font)
        height = metrics.height()
        top = area.center().y() - height + 1
        for text, colour, line in ((row.title, colours().text, 0), (row.subtitle, colours().secondary, 1)):
            painter.setPen(QColor(colour))
            painter.setFont(font)
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
            place = QRect(area.left(), top + line * height, area.width(), height)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
