"""A table of steps and their luminances that is typed into, pasted into, and emptied by Delete."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from viewer.base.translation import _
from viewer.display.measuring_plan import Measurement

COLUMN_STEP, COLUMN_LUMINANCE = range(2)


class ReadingsTable(QTableWidget):
    """Shows a Measurement.

    Signals:
        typed: A level and the text that was typed for it; empty takes its reading away.
        pasted: The text of the clipboard.
    """

    typed = Signal(int, str)
    pasted = Signal(str)

    def __init__(self, step_title: str) -> None:
        super().__init__(0, 2)
        self._levels: tuple[int, ...] = ()
        self.setHorizontalHeaderLabels([step_title, _("cd/m²")])
        self.setAccessibleName(_("Readings"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        # Its numbers are the lines that messages name.
        self.verticalHeader().setHighlightSections(False)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(COLUMN_STEP, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(COLUMN_LUMINANCE, QHeaderView.ResizeMode.Stretch)
        self.setTabKeyNavigation(False)
        self.itemChanged.connect(self._changed)

    def show_measurement(self, measurement: Measurement, titles: Sequence[str]) -> None:
        """Show the steps and what was read at them; the current cell stays."""
        row = max(self.currentRow(), 0) if measurement.levels == self._levels else measurement.first_missing
        self._levels = measurement.levels
        self.blockSignals(True)
        self.setRowCount(len(measurement))
        for place, (title, reading) in enumerate(zip(titles, measurement, strict=True)):
            step = QTableWidgetItem(title)
            step.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.setItem(place, COLUMN_STEP, step)
            item = QTableWidgetItem("" if reading is None else f"{reading.luminance_cd_m2:.6g}")
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(place, COLUMN_LUMINANCE, item)
        self.setCurrentCell(min(row, len(measurement) - 1), COLUMN_LUMINANCE)
        self.blockSignals(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Paste, or take a reading away."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self.pasted.emit(QGuiApplication.clipboard().text())
        elif event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace} and 0 <= self.currentRow() < len(self._levels):
            self.typed.emit(self._levels[self.currentRow()], "")
        else:
            super().keyPressEvent(event)

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        """After Enter go to the next row: readings are typed one below the other."""
        super().closeEditor(editor, hint)
        is_entered = hint is QAbstractItemDelegate.EndEditHint.SubmitModelCache
        if is_entered and self.currentRow() + 1 < self.rowCount():
            self.setCurrentCell(self.currentRow() + 1, COLUMN_LUMINANCE)

    def _changed(self, item: QTableWidgetItem) -> None:
        if item.column() == COLUMN_LUMINANCE:
            self.typed.emit(self._levels[item.row()], item.text().strip())
