"""Draws a transfer: what and how it stands, from where and how fast, and how far it is."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from viewer.ui.archives.transfer_model import ROW_ROLE, colour_of, icon_of, missing_text
from viewer.ui.browser.row_painting import MARGIN_PX, MARK_PX, fitting, paint_ground, paint_text
from viewer.ui.icons import icon
from viewer.ui.theme import colours
from viewer.workspace.transfers import TransferRow

BAR_PX = 4
GAP_PX = 3
_SEPARATOR = "  ·  "


class TransferDelegate(QStyledItemDelegate):
    """Two lines and a bar; where it went wrong, why stands where the bar was."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return room for three lines."""
        return QSize(120, 3 * option.fontMetrics.height() + 3 * MARGIN_PX)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one transfer."""
        row = index.data(ROW_ROLE)
        if not isinstance(row, TransferRow):
            super().paint(painter, option, index)
            return
        painter.save()
        painter.setFont(option.font)
        ink, metrics = colours(), option.fontMetrics
        area = paint_ground(painter, option).adjusted(MARGIN_PX, MARGIN_PX // 2, -MARGIN_PX, -MARGIN_PX // 2)
        height = metrics.height()
        first = QRect(area.left(), area.top(), area.width(), height)
        second, third = first.translated(0, height), first.translated(0, 2 * height)
        colour = colour_of(row, ink)
        width = metrics.horizontalAdvance(row.state)
        state = QRect(first.right() - width, first.top(), width + 1, height)
        mark = QRect(state.left() - MARK_PX - MARGIN_PX, first.center().y() - MARK_PX // 2, MARK_PX, MARK_PX)
        icon(icon_of(row.status.state), colour).paint(painter, mark)
        painter.setPen(QColor(colour))
        painter.drawText(state, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, row.state)
        first.setRight(mark.left() - 2 * MARGIN_PX)
        paint_text(painter, first, row.title, ink.text, metrics)
        paint_text(painter, second, fitting(_numbers(row), second.width(), metrics), ink.secondary, metrics)
        reason = row.reason or missing_text(row)
        if reason:
            paint_text(painter, third, _in_short(reason), colour, metrics)
        elif not row.status.state.has_ended:
            _paint_bar(painter, third, row, colour)
        painter.restore()


def _in_short(reason: str) -> str:
    """Return why without the address before it: the archive is named above, and the room is small."""
    text = " ".join(reason.split())
    head, separator, rest = text.partition(": ")
    return rest if separator and " " not in head else text


def _numbers(row: TransferRow) -> tuple[str, ...]:
    """Return the second line, and shorter ones: the rate goes first, how far it is last."""
    parts = (row.place, row.counted, row.rate, row.left)
    choices = (parts, (row.place, row.counted, row.left), (row.place, row.counted), (row.counted or row.place,))
    return tuple(_SEPARATOR.join(filter(None, each)) for each in choices)


def _paint_bar(painter: QPainter, line: QRect, row: TransferRow, colour: str) -> None:
    """Draw how far it is; only the ground where that is not known."""
    bar = QRect(line.left(), line.top() + GAP_PX + BAR_PX // 2, line.width(), BAR_PX)
    painter.fillRect(bar, QColor(colours().hairline))
    if row.done is not None:
        painter.fillRect(QRect(bar.left(), bar.top(), round(bar.width() * row.done), BAR_PX), QColor(colour))
