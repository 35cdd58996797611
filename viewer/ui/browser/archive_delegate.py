"""Draws a row of the list of archives: two lines, how much of it is here, and a chip for each archive that has it."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from viewer.base.translation import _
from viewer.ui.browser.archive_model import ROW_ROLE
from viewer.ui.browser.row_painting import (
    MARGIN_PX,
    MARK_PX,
    fitting,
    paint_ground,
    paint_text,
    row_height,
    two_lines,
)
from viewer.ui.icons import icon
from viewer.ui.theme import RADIUS_PX, colours
from viewer.workspace.archive_rows import ArchiveRow, ArchiveRowKind

CHIP_PX = 5
"""Beside a chip's text, for its frame."""
LONGEST_CHIP_PX = 110
CHIPS_SHARE = 0.45
"""Of a line: what is said of the study itself keeps the rest."""


class ArchiveDelegate(QStyledItemDelegate):
    """Paints the first column; the other columns are Qt's own."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return room for two lines."""
        return QSize(120, row_height(option, has_picture=False))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one cell of the first column."""
        row = index.data(ROW_ROLE)
        if not isinstance(row, ArchiveRow):
            super().paint(painter, option, index)
            return
        painter.save()
        painter.setFont(option.font)
        area = paint_ground(painter, option)
        metrics = option.fontMetrics
        first, second = two_lines(area, metrics)
        if row.warnings:
            place = QRect(first.right() - MARK_PX + 1, first.center().y() - MARK_PX // 2, MARK_PX, MARK_PX)
            icon("warning", colours().caution).paint(painter, place)
            first.setRight(place.left() - MARGIN_PX)
        if row.kind is ArchiveRowKind.NOTE:
            paint_text(painter, first if row.subtitle else area, row.title, colours().secondary, metrics)
            paint_text(painter, second, row.subtitle, colours().secondary, metrics)
            painter.restore()
            return
        if row.kind is not ArchiveRowKind.PATIENT:
            first.setRight(_paint_states(painter, first, row, metrics))
            second.setRight(_paint_chips(painter, second, _chips_of(row), metrics))
        paint_text(painter, first, row.title, colours().text, metrics)
        subtitle = fitting((row.subtitle, *row.shorter), second.width(), metrics)
        paint_text(painter, second, subtitle, colours().secondary, metrics)
        painter.restore()


def chip_texts(sources: tuple[str, ...], width: int, metrics: QFontMetrics) -> tuple[str, ...]:
    """Return what stands on the chips: every archive, or the first and how many others there are."""

    def shown(name: str) -> str:
        return metrics.elidedText(name, Qt.TextElideMode.ElideRight, LONGEST_CHIP_PX)

    whole = tuple(shown(name) for name in sources)
    rest = f"+{len(sources) - 1}"
    several = (*whole[:1], rest) if len(sources) > 1 else whole
    for texts in (whole, several):
        if sum(metrics.horizontalAdvance(text) + 2 * CHIP_PX + MARGIN_PX for text in texts) <= width:
            return texts
    return (
        (str(len(sources)),)
        if len(sources) > 1
        else (metrics.elidedText(sources[0], Qt.TextElideMode.ElideRight, width),)
    )


def _chips_of(row: ArchiveRow) -> tuple[str, ...]:
    """Return the archives that are shown: of a series only where not every archive of its study has it."""
    of_study = row.study.sources if row.study is not None else ()
    return () if row.kind is not ArchiveRowKind.STUDY and set(row.sources) >= set(of_study) else row.sources


def _paint_chips(painter: QPainter, line: QRect, sources: tuple[str, ...], metrics: QFontMetrics) -> int:
    """Draw a chip for each archive at the end of a line; return where they begin."""
    right = line.right()
    if not sources:
        return right
    for text in reversed(chip_texts(sources, round(line.width() * CHIPS_SHARE), metrics)):
        width = metrics.horizontalAdvance(text) + 2 * CHIP_PX
        frame = QRect(right - width, line.top() + 1, width, line.height() - 2)
        painter.setPen(QColor(colours().hairline))
        painter.drawRoundedRect(frame, RADIUS_PX, RADIUS_PX)
        painter.setPen(QColor(colours().secondary))
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, text)
        right -= width + MARGIN_PX
    return right - MARGIN_PX


def _paint_states(painter: QPainter, line: QRect, row: ArchiveRow, metrics: QFontMetrics) -> int:
    """Draw how much of it is here, and whether it is open, at the end of a line; return where they begin."""
    right = line.right()
    here = colours().good if row.is_whole else colours().accent if row.is_fetching else colours().caution
    for text, colour in ((_("open") if row.is_open else "", colours().accent), (row.here, here)):
        if text:
            width = metrics.horizontalAdvance(text)
            painter.setPen(QColor(colour))
            place = QRect(right - width, line.top(), width + 1, line.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            right -= width + 2 * MARGIN_PX
    return right
