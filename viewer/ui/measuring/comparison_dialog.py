"""Lesions over the studies of the patient on screen: a table of what each measures, changes, and sums by RECIST 1.1."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QFont, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.base.translation import _
from viewer.ui.pieces import Table, caution, paragraph, plain_tooltip
from viewer.ui.theme import colours
from viewer.workspace.measuring.comparison import is_followed
from viewer.workspace.measuring.copying import (
    amount,
    change_text,
    comparison_as_csv,
    comparison_as_text,
)
from viewer.workspace.measuring.lesions import ROLE_TITLES, Role
from viewer.workspace.measuring.measurement_table import active_patient, compared
from viewer.workspace.measuring.reading_texts import reading_text
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.workspace.measuring.comparison import Comparison, Lesion, LesionValue

SIZE = (980, 520)
_UID = Qt.ItemDataRole.UserRole
_FIRST = 2
"""Columns before those of the studies."""
_FOLLOW_MS = 100
_NAMES_PX, _PADDING_PX = 220, 8
_MODES = {0: QHeaderView.ResizeMode.Interactive, 1: QHeaderView.ResizeMode.ResizeToContents}


class ComparisonDialog(QDialog):
    """Follows the marks while it is open.

    Args:
        parent: The window.
        go: Goes to the mark of a uid.
        pair: Pairs lesions by equal names.
    """

    def __init__(
        self, parent: QWidget, workspace: Workspace, go: Callable[[str], None], pair: Callable[[], None]
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Compare lesions"))
        self.resize(*SIZE)
        self._workspace, self._go, self._baseline = workspace, go, ""
        self.found: Comparison | None = None
        self.all_marks = QCheckBox(_("Also what is in one study only"))
        self.all_marks.toggled.connect(lambda _on: self.refresh())
        self._patient = paragraph()
        self.baseline = QComboBox()
        self.baseline.setAccessibleName(_("Baseline"))
        self.baseline.activated.connect(self._choose_baseline)
        self.table = Table([], wide=0, name=_("Lesions"))
        self.table.cellActivated.connect(self._activated)
        self.table.setWordWrap(True)
        self._told, self._nothing = caution(), paragraph()
        head = QHBoxLayout()
        head.addWidget(self._patient, 1)
        head.addWidget(self.all_marks)
        label = QLabel(_("Baseline"))
        label.setBuddy(self.baseline)
        head.addWidget(label)
        head.addWidget(self.baseline)
        buttons = QDialogButtonBox()
        for title, call in (
            (_("Pair equal names"), pair),
            (_("Copy as text"), lambda: self._copy(comparison_as_text)),
            (_("Copy as CSV"), lambda: self._copy(comparison_as_csv)),
        ):
            button = QPushButton(title)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _on, call=call: call())
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        close = QPushButton(_("Close"))
        close.setAutoDefault(False)
        buttons.addButton(close, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(self._nothing)
        layout.addWidget(self.table, 1)
        layout.addWidget(self._told)
        layout.addWidget(buttons)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_FOLLOW_MS)
        self._timer.timeout.connect(self.refresh)
        disconnect = [
            workspace.shared.annotations.changed.connect(lambda _uids: self._timer.start()),
            workspace.active_changed.connect(lambda _cell: self._timer.start()),
        ]
        self.finished.connect(lambda _result: [each() for each in disconnect])
        self.refresh()
        self.table.setFocus()

    def refresh(self) -> None:
        """Compare anew."""
        patient = active_patient(self._workspace)
        self._patient.setText(patient.display_name if patient is not None else "")
        every = compared(self._workspace, self._baseline)
        followed = tuple(each for each in every.lesions if is_followed(each))
        self.all_marks.setEnabled(0 < len(followed) < len(every.lesions))
        is_all = self.all_marks.isChecked() or not followed
        found = self.found = every if is_all else replace(every, lesions=followed)
        self._fill_baseline(found)
        self._nothing.setText(
            ""
            if found.lesions
            else _("Nothing is measured on this patient's open studies. Open a prior study, measure, and pair lesions.")
        )
        self._nothing.setVisible(not found.lesions)
        self.table.setVisible(bool(found.lesions))
        self._fill(found)
        told = list(found.cautions)
        told += [
            f"{time.date}: {each.caution}"
            for time, each in zip(found.timepoints, found.sums, strict=False)
            if each.caution
        ]
        self._told.setText("\n".join(f"⚠ {each}" for each in told))
        self._told.setVisible(bool(told))

    def _fill_baseline(self, found: "Comparison") -> None:
        self.baseline.clear()
        for place, time in enumerate(found.timepoints):
            self.baseline.addItem(time.date or time.title, time.study_instance_uid)
            if place == found.baseline:
                self.baseline.setCurrentIndex(place)
        self.baseline.setEnabled(len(found.timepoints) > 1)

    def _choose_baseline(self, row: int) -> None:
        self._baseline = str(self.baseline.itemData(row) or "")
        self.refresh()

    def _fill(self, found: "Comparison") -> None:
        table, times = self.table, found.timepoints
        at = table.currentRow(), table.currentColumn()
        table.setColumnCount(_FIRST + len(times))
        titles = [time.date or _("no date") for time in times]
        if found.baseline is not None:
            titles[found.baseline] = _("{0} (baseline)").format(titles[found.baseline])
        table.setHorizontalHeaderLabels([_("Lesion"), _("RECIST"), *titles])
        for column in range(table.columnCount()):
            table.horizontalHeader().setSectionResizeMode(column, _MODES.get(column, QHeaderView.ResizeMode.Stretch))
        table.setColumnWidth(0, _NAMES_PX)
        for place, time in enumerate(times):
            header = table.horizontalHeaderItem(_FIRST + place)
            if header is not None:
                header.setToolTip(plain_tooltip(time.title))
        table.setRowCount(0)
        for lesion in found.lesions:
            self._add_lesion(lesion)
        self._add_sums(found)
        if found.lesions:
            table.setCurrentCell(max(at[0], 0), max(at[1], 0))
        self._fit_rows()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let rows be as tall as their words in columns of another width."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._fit_rows)

    def showEvent(self, event: QShowEvent) -> None:
        """The columns have their widths now."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._fit_rows)

    def _fit_rows(self) -> None:
        self.table.resizeRowsToContents()
        for row in range(self.table.rowCount()):
            self.table.setRowHeight(row, self.table.rowHeight(row) + _PADDING_PX)

    def _add_lesion(self, lesion: "Lesion") -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        self.table.put(row, 0, " ".join(lesion.name.split()))
        role = _(ROLE_TITLES[lesion.role]) if lesion.role is not Role.NONE else "—"
        self.table.put(row, 1, f"{role}\n{_('lymph node')}" if lesion.is_node else role)
        for place, value in enumerate(lesion.values):
            self._put_value(row, _FIRST + place, value)

    def _put_value(self, row: int, column: int, value: "LesionValue | None") -> None:
        if value is None or value.reading is None:
            self.table.put(row, column, "—", colour=colours().secondary)
            return
        lines, told = [reading_text(value.reading)], [value.caution]
        if value.reading.value is not None and not value.is_diameter:
            lines[0] = f"{value.reading.name} {lines[0]}"
        if value.from_baseline is not None:
            change = value.from_baseline
            if change.amount is None:
                told.append(change.refusal)
            else:
                lines.append(amount(change.amount, change.percent, value.reading.unit.symbol))
                told.append(change.caution)
        told = [each for each in told if each]
        lines += [f"⚠ {each}" for each in told]
        is_refused = value.reading.value is None
        colour = colours().danger if is_refused else colours().caution if told else ""
        item = self.table.put(row, column, "\n".join(lines), colour=colour)
        item.setData(_UID, value.uid)
        since = value.from_previous
        before = _("Since the study before: {0}").format(change_text(since, value.reading.unit.symbol)) if since else ""
        item.setToolTip(plain_tooltip(*lines, before, _("Return goes there")))

    def _add_sums(self, found: "Comparison") -> None:
        if not found.sums:
            return
        rows = [
            (_("Sum of diameters"), [_sum_text(each.value_mm, each.source, each.refusal) for each in found.sums]),
            (_("Since baseline"), [amount(each.baseline_mm, each.baseline_percent) for each in found.sums]),
            (_("Since smallest"), [amount(each.nadir_mm, each.nadir_percent) for each in found.sums]),
            (_("By sum alone"), [each.reason for each in found.sums]),
        ]
        if any(found.new):
            told = _("A new lesion means progression whatever the sum (RECIST 1.1, 4.3.5)")
            rows.append((_("New lesions"), [f"{', '.join(each)}\n{told}" if each else "" for each in found.new]))
        for title, cells in rows:
            row = self.table.rowCount()
            self.table.insertRow(row)
            _bold(self.table.put(row, 0, title))
            for place, text in enumerate(cells):
                is_refused = title == rows[0][0] and found.sums[place].value_mm is None
                item = self.table.put(row, _FIRST + place, text or "—", colour=colours().danger if is_refused else "")
                item.setToolTip(plain_tooltip(text))
                if title == rows[0][0]:
                    _bold(item)
        for row in range(len(found.lesions), self.table.rowCount()):
            for column in range(self.table.columnCount()):
                item = self.table.item(row, column) or self.table.put(row, column, "")
                item.setBackground(QColor(colours().raised))

    def _activated(self, row: int, column: int) -> None:
        item = self.table.item(row, column)
        uid = item.data(_UID) if item is not None else None
        if uid:
            self._go(uid)

    def _copy(self, how: "Callable[[Comparison], str]") -> None:
        if self.found is not None:
            QApplication.clipboard().setText(how(self.found))


def _sum_text(value: float | None, source: str, refusal: str) -> str:
    if value is None:
        return refusal
    return f"{value:.1f} {source if source.startswith('mm') else f'mm {source}'.rstrip()}"


def _bold(item: QTableWidgetItem) -> None:
    font = QFont(item.font())
    font.setBold(True)
    item.setFont(font)
