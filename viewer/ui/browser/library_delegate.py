"""Draws a row of the library's list: two lines, what is to be known of a study at their end, a picture for a series."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from viewer.base.translation import _
from viewer.ui.browser.library_model import ROW_ROLE
from viewer.ui.browser.row_painting import (
    MARGIN_PX,
    MARK_PX,
    fitting,
    paint_ground,
    paint_picture,
    paint_text,
    row_height,
    two_lines,
)
from viewer.ui.icons import icon
from viewer.ui.theme import colours
from viewer.workspace.library_rows import LibraryRow, LibraryRowKind
from viewer.workspace.study_standings import Kept

DOT_PX = 8


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
        is_series = isinstance(row, LibraryRow) and row.kind is LibraryRowKind.SERIES
        return QSize(120, row_height(option, has_picture=is_series))

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
        area = paint_ground(painter, option)
        if row.kind is LibraryRowKind.SERIES:
            area.setLeft(paint_picture(painter, area, self._picture(row)).right() + 2 * MARGIN_PX)
        metrics = option.fontMetrics
        first, second = two_lines(area, metrics)
        if row.kind is LibraryRowKind.STUDY:
            first.setRight(_paint_marks(painter, first, row) - MARGIN_PX)
            second.setRight(_paint_state(painter, second, row, metrics))
        paint_text(painter, first, row.title, colours().text, metrics)
        subtitle = fitting((row.subtitle, *row.shorter), second.width(), metrics)
        paint_text(painter, second, subtitle, colours().accent if row.arriving else colours().secondary, metrics)
        painter.restore()


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
    mark, mark_colour = _elsewhere(row)
    for is_there, name, colour in (
        (bool(mark), mark, mark_colour),
        (bool(row.warnings), "warning", colours().caution),
        (row.is_flagged, "flag", colours().danger),
        (bool(row.notes), "notes", colours().secondary),
    ):
        if is_there:
            place = QRect(right - MARK_PX + 1, line.center().y() - MARK_PX // 2, MARK_PX, MARK_PX)
            icon(name, colour).paint(painter, place)
            right -= MARK_PX + MARGIN_PX
    return right


def _elsewhere(row: LibraryRow) -> tuple[str, str]:
    """Return icon and colour of where a study is kept besides; its words are in the tooltip and the second line."""
    ink = colours()
    return {
        Kept.SAFE: ("shield-check", ink.good),
        Kept.COMMITTED: ("shield-check", ink.secondary),
        Kept.SENT: ("send", ink.secondary),
        Kept.WAITING: ("send", ink.accent),
        Kept.PARTLY: ("send", ink.caution),
        Kept.FAILED: ("circle-x", ink.danger),
    }.get(row.elsewhere.kept, ("", ""))


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
