"""The preference page of corner texts: what stands beside the pixels, per modality, line by line."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from viewer.base.translation import N_, _
from viewer.ui.buttons import push_button
from viewer.workspace.corner_text_table import (
    CORNERS,
    DEFAULT,
    FIELD_TITLES,
    OWN_PRIORITY,
    CornerTextTable,
    LineRule,
)

MODALITIES = (DEFAULT, "CT", "MR", "PT", "NM", "MG", "DX", "CR", "XA", "RF", "US")
CORNER_TITLES = {"top_right": N_("Top right"), "bottom_left": N_("Bottom left")}
COLUMN_CORNER, COLUMN_FIELDS, COLUMN_SHORT = range(3)
NEW_FIELD = "image_number"
_BETWEEN = "  ·  "
_CELL = "cell"

Lines = list[tuple[str, LineRule]]


class CornersPage(QWidget):
    """A table of the lines of one modality; every change is handed on at once.

    Args:
        table: The texts in force.
        changed: Called with the changed table.
    """

    def __init__(self, table: CornerTextTable, changed: Callable[[CornerTextTable], None]) -> None:
        super().__init__()
        self._texts = table
        self._changed = changed
        self._modality = QComboBox()
        self._table = QTableWidget(0, 3)
        self._make_table()
        self._lay_out()
        self._fill()

    @property
    def modality(self) -> str:
        """Whose texts are shown."""
        return str(self._modality.currentData())

    def show_modality(self, modality: str) -> None:
        """Show the texts of another modality."""
        self._modality.setCurrentIndex(max(0, self._modality.findData(modality)))

    # Building

    def _make_table(self) -> None:
        table = self._table
        table.setHorizontalHeaderLabels([_("Corner"), _("Fields of the line"), _("Short too")])
        table.setAccessibleName(_("Corner texts"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.horizontalHeader().setSectionResizeMode(COLUMN_FIELDS, QHeaderView.ResizeMode.Stretch)
        for column in (COLUMN_CORNER, COLUMN_SHORT):
            table.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        table.currentCellChanged.connect(lambda *_cells: self._enable_buttons())

    def _lay_out(self) -> None:
        self._modality.setAccessibleName(_("Modality"))
        for modality in MODALITIES:
            self._modality.addItem(_("All others") if modality == DEFAULT else modality, modality)
        self._modality.currentIndexChanged.connect(lambda _row: self._fill())
        top = QHBoxLayout()
        top.addWidget(QLabel(_("Modality")))
        top.addWidget(self._modality)
        top.addStretch(1)
        self._add = push_button(_("Add"), self._add_line)
        self._remove = push_button(_("Remove"), self._remove_line)
        self._up = push_button(_("Move up"), lambda: self._move(-1))
        self._down = push_button(_("Move down"), lambda: self._move(1))
        self._restore = push_button(_("Restore"), self._restore_lines)
        self._restore.setToolTip(_("Bring back the texts the program comes with, for this modality"))
        foot = QHBoxLayout()
        for button in (self._add, self._remove, self._up, self._down):
            foot.addWidget(button)
        foot.addStretch(1)
        foot.addWidget(self._restore)
        note = QLabel(_("The patient's name, birth date and ID and the warnings always stay."))
        note.setTextFormat(Qt.TextFormat.PlainText)
        note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self._table, 1)
        layout.addLayout(foot)
        layout.addWidget(note)

    # Showing

    def _lines(self) -> Lines:
        corners = self._texts.of(self.modality)
        return [(corner, rule) for corner in CORNERS for rule in corners[corner]]

    def _fill(self, row: int = 0) -> None:
        lines = self._lines()
        old = self._table.findChildren(QWidget, _CELL)
        self._table.setRowCount(0)
        for cell in old:
            cell.hide()  # Qt deletes it later, and would show it until then
        self._table.setRowCount(len(lines))
        for place, (corner, rule) in enumerate(lines):
            cells = (self._corner_box(place, corner), self._fields_button(place, rule), self._short_box(place, rule))
            for column, cell in enumerate(cells):
                cell.setObjectName(_CELL)
                self._table.setCellWidget(place, column, cell)
        if lines:
            self._table.setCurrentCell(min(max(row, 0), len(lines) - 1), COLUMN_FIELDS)
        self._table.resizeRowsToContents()
        self._enable_buttons()

    def _corner_box(self, place: int, corner: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(_("Corner"))
        for each in CORNERS:
            box.addItem(_(CORNER_TITLES[each]), each)
        box.setCurrentIndex(CORNERS.index(corner))
        box.activated.connect(lambda chosen: self._set_corner(place, CORNERS[chosen]))
        return box

    def _fields_button(self, place: int, rule: LineRule) -> QPushButton:
        button = QPushButton()
        button.setAutoDefault(False)
        button.setStyleSheet("text-align: left; background: transparent; border-color: transparent;")
        button.setText(_BETWEEN.join(_(FIELD_TITLES[each]) for each in rule.fields))
        button.setAccessibleName(_("Fields of the line"))
        button.setToolTip(_("Choose the fields of this line; a new one goes to its end"))
        menu = QMenu(button)
        menu.aboutToShow.connect(lambda: self._fill_menu(menu, place))
        button.setMenu(menu)
        return button

    def _fill_menu(self, menu: QMenu, place: int) -> None:
        menu.clear()
        chosen = self._lines()[place][1].fields
        for each, title in FIELD_TITLES.items():
            action = menu.addAction(_(title))
            action.setCheckable(True)
            action.setChecked(each in chosen)
            action.triggered.connect(lambda checked, name=each: self._toggle(place, name, is_on=checked))

    def _short_box(self, place: int, rule: LineRule) -> QCheckBox:
        box = QCheckBox()
        box.setAccessibleName(_("Short too"))
        box.setToolTip(_("Shown in short corner texts too"))
        box.setChecked(rule.is_short)
        box.toggled.connect(lambda is_short: self._set_short(place, is_short=is_short))
        return box

    def _enable_buttons(self) -> None:
        row, lines = self._table.currentRow(), self._lines()
        is_there = 0 <= row < len(lines)
        self._remove.setEnabled(is_there)
        self._up.setEnabled(is_there and row > 0 and lines[row - 1][0] == lines[row][0])
        self._down.setEnabled(is_there and row + 1 < len(lines) and lines[row + 1][0] == lines[row][0])
        self._restore.setEnabled(self._texts.restored(self.modality) != self._texts)

    # Changing

    def _toggle(self, place: int, name: str, *, is_on: bool) -> None:
        corner, rule = self._lines()[place]
        fields = (*rule.fields, name) if is_on else tuple(each for each in rule.fields if each != name)
        if fields:
            self._replace(place, corner, replace(rule, fields=fields))

    def _set_corner(self, place: int, corner: str) -> None:
        self._replace(place, corner, self._lines()[place][1])

    def _set_short(self, place: int, *, is_short: bool) -> None:
        corner, rule = self._lines()[place]
        self._replace(place, corner, replace(rule, is_short=is_short))

    def _replace(self, place: int, corner: str, rule: LineRule) -> None:
        lines = self._lines()
        lines[place] = (corner, rule)
        self._keep(lines, place)

    def _add_line(self) -> None:
        lines, row = self._lines(), self._table.currentRow()
        corner = lines[row][0] if 0 <= row < len(lines) else CORNERS[0]
        lines.insert(row + 1, (corner, LineRule((NEW_FIELD,), OWN_PRIORITY, is_short=False)))
        self._keep(lines, row + 1)

    def _remove_line(self) -> None:
        row = self._table.currentRow()
        self._keep([line for place, line in enumerate(self._lines()) if place != row], row)

    def _move(self, step: int) -> None:
        row, lines = self._table.currentRow(), self._lines()
        lines.insert(row + step, lines.pop(row))
        self._keep(lines, row + step)

    def _restore_lines(self) -> None:
        self._hand_on(self._texts.restored(self.modality), 0)

    def _keep(self, lines: Lines, row: int) -> None:
        corners = {corner: tuple(rule for where, rule in lines if where == corner) for corner in CORNERS}
        self._hand_on(self._texts.with_corners(self.modality, corners), row)

    def _hand_on(self, texts: CornerTextTable, row: int) -> None:
        self._texts = texts
        self._changed(texts)
        self._fill(row)
