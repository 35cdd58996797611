"""Draws the rows of the list of measurements: a mark's icon, name, numbers, image number, and its badges."""

from dataclasses import dataclass
from functools import cached_property

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from viewer.base.translation import _
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.table import is_known, kind_of
from viewer.ui.browser.row_painting import MARGIN_PX, MARK_PX, paint_ground, paint_text, two_lines
from viewer.ui.icons import icon
from viewer.ui.theme import colours
from viewer.workspace.measuring.measurement_table import cautions_of, name_of, numbers_of, refusals_of

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
KIND_PX = 16
_BADGE_GAP_PX, _EDGE_PX = 3, 2


@dataclass(frozen=True)
class MarkRow:
    """A mark as its row shows it; what takes time to write is written when the row comes into sight.

    Attributes:
        number: Of the image, as its viewport counts; None on planes of volumes.
    """

    mark: Annotation
    number: int | None

    @cached_property
    def name(self) -> str:
        """What it is called, in one line."""
        return " ".join(name_of(self.mark).split())

    @cached_property
    def numbers(self) -> str:
        """Its main numbers, in one line."""
        return " ".join(numbers_of(self.mark).split())

    @property
    def badges(self) -> tuple[tuple[str, str], ...]:
        """Names of icons and their colours, from the right."""
        ink, found = colours(), []
        if refusals_of(self.mark):
            found.append(("circle-x", ink.danger))
        if cautions_of(self.mark):
            found.append(("alert-triangle", ink.caution))
        if self.mark.is_hidden:
            found.append(("eye-off", ink.secondary))
        if self.mark.is_locked:
            found.append(("lock", ink.secondary))
        return tuple(found)

    @property
    def words(self) -> str:
        """All that the row says, for screen readers and tooltips."""
        said = [self.name, self.numbers, *(f"⚠ {each}" for each in cautions_of(self.mark))]
        said += [_("Locked")] if self.mark.is_locked else []
        said += [_("Hidden")] if self.mark.is_hidden else []
        return "\n".join(each for each in said if each)


class MeasurementDelegate(QStyledItemDelegate):
    """Rows of marks have two lines, rows of studies and series one."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one row."""
        row = index.data(ROW_ROLE)
        painter.save()
        painter.setFont(option.font)
        area = paint_ground(painter, option)
        if isinstance(row, MarkRow):
            _paint_mark(painter, area, row, option)
        else:
            is_study = not index.parent().isValid()
            colour = colours().text if is_study else colours().secondary
            paint_text(painter, area, str(index.data() or ""), colour, option.fontMetrics)
        painter.restore()

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        """Return a line for the name."""
        del option
        field = QLineEdit(parent)
        row = index.data(ROW_ROLE)
        field.setAccessibleName(_("Name of the mark"))
        field.setMaxLength(1024)
        field.setText(row.name if isinstance(row, MarkRow) else "")
        field.selectAll()
        return field

    def setEditorData(self, editor: QWidget, index: QModelIndex | QPersistentModelIndex) -> None:
        """Leave what is written: the row may be drawn again meanwhile."""

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Put the line where the name stands."""
        del index
        area = QRect(option.rect).adjusted(KIND_PX + MARGIN_PX, 0, 0, 0)
        editor.setGeometry(area.left(), area.top(), area.width(), max(editor.sizeHint().height(), area.height() // 2))


def _paint_mark(painter: QPainter, area: QRect, row: MarkRow, option: QStyleOptionViewItem) -> None:
    ink, metrics = colours(), option.fontMetrics
    quiet = ink.disabled if row.mark.is_hidden else ink.secondary
    symbol = QRect(area.left(), area.center().y() - KIND_PX // 2, KIND_PX, KIND_PX)
    # Colours of marks are made for pixels: they are seen on black, also where the page is light.
    painter.fillRect(symbol.adjusted(-_EDGE_PX, -_EDGE_PX, _EDGE_PX, _EDGE_PX), QColor(ink.viewport))
    kind_icon = kind_of(row.mark.kind).icon if is_known(row.mark.kind) else "help-circle"
    icon(kind_icon, row.mark.colour or ink.measurement).paint(painter, symbol)
    area = area.adjusted(KIND_PX + 2 * MARGIN_PX, 0, 0, 0)
    first, second = two_lines(area, metrics)
    right = first.right()
    for name, colour in row.badges:
        place = QRect(right - MARK_PX, first.center().y() - MARK_PX // 2, MARK_PX, MARK_PX)
        icon(name, colour).paint(painter, place)
        right = place.left() - _BADGE_GAP_PX
    where = str(row.number) if row.number is not None else _("plane")
    width = metrics.horizontalAdvance(where)
    painter.setPen(QColor(quiet))
    flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(QRect(right - width, first.top(), width + 1, first.height()), flags, where)
    first.setRight(right - width - 2 * MARGIN_PX)
    paint_text(painter, first, row.name, ink.disabled if row.mark.is_hidden else ink.text, metrics)
    is_refused = not any(each.value is not None for each in row.mark.readings) and bool(refusals_of(row.mark))
    paint_text(painter, second, row.numbers, ink.danger if is_refused else quiet, metrics)
