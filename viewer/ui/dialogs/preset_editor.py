"""The editor of window presets: what is changed is in force at once, in every window, and kept."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.base.errors import ViewerError
from viewer.base.translation import N_, _
from viewer.imaging.voi_lut import VoiFunction, Window
from viewer.ui.buttons import push_button
from viewer.workspace.presets import KEYS, Preset, PresetTable
from viewer.workspace.workspace import Workspace

COMMON_MODALITIES = ("CT", "MR", "PT", "CR", "DX", "MG", "XA", "RF", "US", "NM", "RTDOSE")
COLUMN_NAME, COLUMN_WIDTH, COLUMN_CENTER, COLUMN_FUNCTION = range(4)
FUNCTIONS = {
    VoiFunction.LINEAR: N_("Linear"),
    VoiFunction.LINEAR_EXACT: N_("Linear, exact"),
    VoiFunction.SIGMOID: N_("Sigmoid"),
}
NEW_PRESET = Preset(N_("New preset"), Window(40.0, 400.0))
SIZE = (560, 420)


class PresetEditor(QDialog):
    """A table of the presets of one modality; keys 1 to 9 follow its order."""

    def __init__(self, parent: QWidget, workspace: Workspace) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Window presets"))
        self.resize(*SIZE)
        self._workspace = workspace
        self._builtin = PresetTable.builtin()
        self._modality = QComboBox()
        self._table = QTableWidget(0, 4)
        self._message = QLabel()
        self._make_table()
        self._lay_out()
        series = workspace.series_at(workspace.active)
        self._fill_modalities(series.modality if series is not None else "CT")
        self._disconnect = workspace.shared.presets_changed.connect(lambda _table: self._fill())
        self.finished.connect(lambda _result: self._disconnect())
        self._fill()

    @property
    def presets(self) -> tuple[Preset, ...]:
        """The presets of the chosen modality, as they are in force."""
        return self._workspace.presets.of(self._modality.currentText())

    def show_modality(self, modality: str) -> None:
        """Show the presets of another modality."""
        if self._modality.findText(modality) < 0:
            self._modality.addItem(modality)
        self._modality.setCurrentText(modality)

    # Building

    def _make_table(self) -> None:
        table = self._table
        table.setHorizontalHeaderLabels([_("Name"), _("Width"), _("Level"), _("Function")])
        table.setAccessibleName(_("Window presets"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.horizontalHeader().setSectionResizeMode(COLUMN_NAME, QHeaderView.ResizeMode.Stretch)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.horizontalHeader().setHighlightSections(False)
        table.verticalHeader().setHighlightSections(False)
        table.setShowGrid(False)
        table.itemChanged.connect(self._edited)
        table.currentCellChanged.connect(lambda *_cells: self._enable_buttons())

    def _lay_out(self) -> None:
        self._modality.setAccessibleName(_("Modality"))
        self._modality.currentTextChanged.connect(lambda _text: self._fill())
        top = QHBoxLayout()
        top.addWidget(QLabel(_("Modality")))
        top.addWidget(self._modality)
        top.addStretch(1)
        top.addWidget(QLabel(_("Keys 1 to 9 follow the order")))
        buttons = QVBoxLayout()
        self._add = push_button(_("Add"), self._add_preset)
        self._remove = push_button(_("Remove"), self._remove_preset)
        self._up = push_button(_("Move up"), lambda: self._move(-1))
        self._down = push_button(_("Move down"), lambda: self._move(1))
        self._restore = push_button(_("Restore"), self._restore_presets, "rotate-ccw")
        self._restore.setToolTip(_("Bring back the presets the program comes with, for this modality"))
        for button in (self._add, self._remove, self._up, self._down):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self._restore)
        middle = QHBoxLayout()
        middle.addWidget(self._table, 1)
        middle.addLayout(buttons)
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._message.setWordWrap(True)
        close = push_button(_("Close"), self.close)
        foot = QHBoxLayout()
        foot.addWidget(self._message, 1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addLayout(middle, 1)
        layout.addLayout(foot)

    def _fill_modalities(self, current: str) -> None:
        known = dict.fromkeys((*self._workspace.presets.by_modality, *COMMON_MODALITIES, current))
        self._modality.blockSignals(True)
        self._modality.addItems([modality for modality in known if modality])
        self._modality.setCurrentText(current)
        self._modality.blockSignals(False)

    # Showing

    def _fill(self) -> None:
        row = self._table.currentRow()
        presets = self.presets
        self._table.blockSignals(True)
        self._table.setRowCount(len(presets))
        self._table.setVerticalHeaderLabels([KEYS[place] if place < len(KEYS) else "" for place in range(len(presets))])
        for place, preset in enumerate(presets):
            self._fill_row(place, preset)
        self._table.blockSignals(False)
        if presets:
            self._table.setCurrentCell(min(max(row, 0), len(presets) - 1), max(self._table.currentColumn(), 0))
        self._enable_buttons()

    def _fill_row(self, place: int, preset: Preset) -> None:
        window = preset.window
        self._table.setItem(place, COLUMN_NAME, QTableWidgetItem(_(preset.name)))
        for column, number in ((COLUMN_WIDTH, window.width), (COLUMN_CENTER, window.center)):
            item = QTableWidgetItem(_number_text(number))
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._table.setItem(place, column, item)
        functions = QComboBox()
        functions.setAccessibleName(_("Function"))
        functions.addItems([_(title) for title in FUNCTIONS.values()])
        functions.setCurrentIndex(list(FUNCTIONS).index(window.function))
        functions.activated.connect(lambda chosen, row=place: self._set_function(row, list(FUNCTIONS)[chosen]))
        self._table.setCellWidget(place, COLUMN_FUNCTION, functions)

    def _enable_buttons(self) -> None:
        row, count = self._table.currentRow(), len(self.presets)
        self._remove.setEnabled(0 <= row < count)
        self._up.setEnabled(0 < row < count)
        self._down.setEnabled(0 <= row < count - 1)
        modality = self._modality.currentText()
        self._restore.setEnabled(self.presets != self._builtin.of(modality))

    # Changing

    def _keep(self, presets: Sequence[Preset], row: int | None = None) -> None:
        self._message.clear()
        table = self._workspace.presets.with_presets(self._modality.currentText(), tuple(presets))
        self._workspace.set_presets(table)
        if row is not None:
            self._table.setCurrentCell(row, COLUMN_NAME)
        self._enable_buttons()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop listening; closing by the window's frame does not pass through finished."""
        self._disconnect()
        super().closeEvent(event)

    def _edited(self, item: QTableWidgetItem) -> None:
        row = item.row()
        preset = self.presets[row]
        try:
            changed = self._changed(preset, item.column(), item.text().strip())
        except ViewerError as error:
            self._message.setText(str(error))
            self._fill()
            return
        if changed != preset:
            self._keep([changed if place == row else each for place, each in enumerate(self.presets)])

    def _changed(self, preset: Preset, column: int, text: str) -> Preset:
        if column == COLUMN_NAME:
            return preset if text in {"", _(preset.name)} else replace(preset, name=text)
        number = _number_of(text)
        if number is None:
            raise ViewerError(_("'{0}' is not a number").format(text))
        old = preset.window
        is_width = column == COLUMN_WIDTH
        window = replace(old, width=number) if is_width else replace(old, center=number)
        return replace(preset, window=window)

    def _set_function(self, row: int, function: VoiFunction) -> None:
        presets = list(self.presets)
        try:
            presets[row] = replace(presets[row], window=replace(presets[row].window, function=function))
        except ViewerError as error:
            self._message.setText(str(error))
            self._fill()
            return
        self._keep(presets)

    def _add_preset(self) -> None:
        row = self._table.currentRow()
        place = row + 1 if 0 <= row < len(self.presets) else len(self.presets)
        new = replace(NEW_PRESET, name=_(NEW_PRESET.name))
        presets = [*self.presets[:place], new, *self.presets[place:]]
        self._keep(presets, place)
        item = self._table.item(place, COLUMN_NAME)
        if item is not None:
            self._table.editItem(item)

    def _remove_preset(self) -> None:
        row = self._table.currentRow()
        self._keep([preset for place, preset in enumerate(self.presets) if place != row], max(0, row - 1))

    def _move(self, step: int) -> None:
        row, presets = self._table.currentRow(), list(self.presets)
        presets.insert(row + step, presets.pop(row))
        self._keep(presets, row + step)

    def _restore_presets(self) -> None:
        self._keep(self._builtin.of(self._modality.currentText()), 0)


def _number_text(number: float) -> str:
    locale = QLocale()
    locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
    return locale.toString(float(number), "g", 10)


def _number_of(text: str) -> float | None:
    """Return a number written with the locale's decimal sign, or with a dot."""
    number, is_number = QLocale().toDouble(text)
    if is_number:
        return float(number)
    try:
        return float(text.replace("−", "-"))
    except ValueError:
        return None
