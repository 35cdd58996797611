"""Draws a row of the library's list: two lines, what is to be known of a study at their end, a picture for a series."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from viewer.base.translation import _
from viewer.ui.browser.library_model import ROW_ROLE
from viewer.ui.icons import icon
from viewer.ui.theme import colours
from viewer.workspace.library_rows import LibraryRow, LibraryRowKind

THUMBNAIL_PX = 48
MARGIN_PX, MARK_PX, DOT_PX = 4, 14, 8


class LibraryDelegate(QStyledItemDelegate):
    """Paints the first column; the other columns are Qt's own.

    Args:
        picture: Returns a series' picture if it is there, and sees that it comes if it is not.
    """

    def __init__(self, picture: Callable[[LibraryRow], QImage | None]) -> None:
        super().__init__()
        self._picture = picture

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return room for two lines, or for the picture."""
        row = index.data(ROW_ROLE)
        lines = 2 * option.fontMetrics.height() + 2 * MARGIN_PX
        is_series = isinstance(row, LibraryRow) and row.kind is LibraryRowKind.SERIES
        return QSize(120, max(lines, THUMBNAIL_PX + MARGIN_PX) if is_series else lines)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one cell of the first column."""
        row = index.data(ROW_ROLE)
        if not isinstance(row, LibraryRow):
            super().paint(painter, option, index)
            return
        painter.save()
        painter.setFont(option.font)
        area = QRect(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, QColor(colours().raised))
            painter.fillRect(QRect(area.left(), area.top(), 2, area.height()), QColor(colours().accent))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(colours().accent))
            painter.drawRect(area.adjusted(0, 0, -1, -1))
        area.adjust(MARGIN_PX, MARGIN_PX // 2, -MARGIN_PX, -MARGIN_PX // 2)
        if row.kind is LibraryRowKind.SERIES:
            area.setLeft(self._paint_picture(painter, area, row) + 2 * MARGIN_PX)
        metrics = option.fontMetrics
        first = QRect(area.left(), area.center().y() - metrics.height() + 1, area.width(), metrics.height())
        second = first.translated(0, metrics.height())
        if row.kind is LibraryRowKind.STUDY:
            first.setRight(_paint_marks(painter, first, row) - MARGIN_PX)
            second.setRight(_paint_state(painter, second, row, metrics))
        _paint_text(painter, first, row.title, colours().text, metrics)
        subtitle = fitting((row.subtitle, *row.shorter), second.width(), metrics)
        _paint_text(painter, second, subtitle, colours().accent if row.arriving else colours().secondary, metrics)
        painter.restore()

    def _paint_picture(self, painter: QPainter, area: QRect, row: LibraryRow) -> int:
        frame = QRect(area.left(), area.center().y() - THUMBNAIL_PX // 2 + 1, THUMBNAIL_PX, THUMBNAIL_PX)
        painter.fillRect(frame, QColor(colours().viewport))
        image = self._picture(row)
        if image is not None:
            size = image.deviceIndependentSize().toSize()
            target = QRect(0, 0, size.width(), size.height())
            target.moveCenter(frame.center())
            painter.drawImage(target.topLeft(), image)
        painter.setPen(QColor(colours().hairline))
        painter.drawRect(frame.adjusted(0, 0, -1, -1))
        return frame.right()


def fitting(texts: Sequence[str], width: int, metrics: QFontMetrics) -> str:
    """Return the first text that there is room for; the last where there is room for none."""
    return next((text for text in texts if metrics.horizontalAdvance(text) <= width), texts[-1])


def _paint_marks(painter: QPainter, line: QRect, row: LibraryRow) -> int:
    """Draw the marks at the end of the first line; return where they begin."""
    right = line.right()
    if row.undisplayed and row.images:
        dot = QRectF(0, 0, DOT_PX, DOT_PX)
        dot.moveCenter(QRectF(right - MARK_PX + 1, line.top(), MARK_PX, line.height()).center())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours().accent), 1.5))
        # Full where nobody has looked at anything, a ring where some is left.
        painter.setBrush(QColor(colours().accent) if row.undisplayed >= row.images else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(dot)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        right -= MARK_PX + MARGIN_PX
    for is_there, name, colour in (
        (bool(row.warnings), "warning", colours().caution),
        (row.is_flagged, "flag", colours().danger),
        (bool(row.notes), "notes", colours().secondary),
    ):
        if is_there:
            place = QRect(right - MARK_PX + 1, line.center().y() - MARK_PX // 2, MARK_PX, MARK_PX)
            icon(name, colour).paint(painter, place)
            right -= MARK_PX + MARGIN_PX
    return right


def _paint_state(painter: QPainter, line: QRect, row: LibraryRow, metrics: QFontMetrics) -> int:
    """Draw rating and "open" at the end of the second line; return where they begin."""
    right = line.right()
    rating = f"★{row.rating}" if row.rating else ""
    for text, colour in ((_("open") if row.is_open else "", colours().accent), (rating, colours().caution)):
        if text:
            width = metrics.horizontalAdvance(text)
            painter.setPen(QColor(colour))
            place = QRect(right - width, line.top(), width + 1, line.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            right -= width + 2 * MARGIN_PX
    return right


def _paint_text(painter: QPainter, line: QRect, text: str, colour: str, metrics: QFontMetrics) -> None:
    painter.setPen(QColor(colour))
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
    painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
