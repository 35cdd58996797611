"""Draws a browser row: a thumbnail, two lines, a warning mark."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from viewer.ui.browser.row_painting import MARGIN_PX, MARK_PX, paint_ground, paint_picture, row_height
from viewer.ui.browser.tree_items import ROW_ROLE
from viewer.ui.icons import icon
from viewer.ui.presenting.key_star import paint_star
from viewer.ui.theme import colours
from viewer.workspace.browser_rows import BrowserRow, RowKind


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
        is_set = isinstance(row, BrowserRow) and row.kind is RowKind.SET
        return QSize(120, row_height(option, has_picture=is_set))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one cell of the first column."""
        row = index.data(ROW_ROLE)
        if not isinstance(row, BrowserRow):
            super().paint(painter, option, index)
            return
        painter.save()
        area = paint_ground(painter, option)
        if row.kind is RowKind.SET:
            area.setLeft(self._paint_thumbnail(painter, area, row) + 2 * MARGIN_PX)
        if row.warnings:
            mark = QRect(area.right() - MARK_PX, area.center().y() - MARK_PX // 2, MARK_PX, MARK_PX)
            icon("warning", colours().caution).paint(painter, mark)
            area.setRight(mark.left() - MARGIN_PX)
        self._paint_lines(painter, area, row, option.font)
        painter.restore()

    def _paint_thumbnail(self, painter: QPainter, area: QRect, row: BrowserRow) -> int:
        image = self._thumbnail(row)
        frame = paint_picture(painter, area, image)
        if image is None and row.display_set is not None and not row.display_set.is_image:
            icon("document", colours().secondary).paint(painter, frame.adjusted(12, 12, -12, -12))
        if row.keys:
            paint_star(painter, frame)
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
