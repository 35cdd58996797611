"""The tag browser: every element of the image's file, nested, searched, compared with another file, down to its bytes.

Files are read and rows are filtered on jobs: an object with ten thousand frames has a million elements.
"""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSplitter,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from viewer.base.errors import ViewerError
from viewer.base.jobs import INTERACTION, JobRunner
from viewer.base.translation import _, ngettext
from viewer.imaging.image_ref import ImageRef
from viewer.ui.icons import icon
from viewer.ui.panels.bytes_pane import BytesPane
from viewer.ui.panels.tag_model import (
    COLUMN_LENGTH,
    COLUMN_NAME,
    COLUMN_OTHER,
    COLUMN_TAG,
    COLUMN_VALUE,
    COLUMN_VR,
    Path,
    TagModel,
)
from viewer.workspace.comparison_choices import comparison_choices
from viewer.workspace.tag_rows import FilterTags, ReadTags, TagRow, TagTable, as_text
from viewer.workspace.workspace import Workspace

REFRESH_MS = 150
"""Scrolling is not slowed by a panel: it follows when the hand rests."""
WIDE_PX = 440
WIDER_PX = 560
"""From these widths on the tag, then VR and length have columns; below, the line over the bytes has them."""
HEX_PX = 150
PREFERRED_PX = 500
COMPARED_PX = 660
"""What a comparison needs to be read side by side."""


class TagBrowser(QWidget):
    """Search line, comparison line, tree, bytes."""

    def __init__(self, workspace: Workspace, runner: JobRunner) -> None:
        super().__init__()
        self._workspace = workspace
        self._runner = runner
        self._table: TagTable | None = None
        self._asked: object = None
        self._model = TagModel()
        self._open: set[Path] = set()
        self._chosen: Path = ()
        self._timer = self._single_shot(self.refresh)
        self._typing = self._single_shot(self._filter)
        self._search = QLineEdit()
        self._compare = QToolButton()
        self._other = QComboBox()
        self._only_differences = QCheckBox(_("Only differences"))
        self._message = QLabel()
        self._tree = QTreeView()
        self._bytes = BytesPane(runner)
        self._make_lines()
        self._make_tree()
        self._lay_out()
        self._disconnect = [
            workspace.active_changed.connect(lambda _cell: self._timer.start()),
            workspace.viewports_changed.connect(lambda _cells: self._timer.start()),
            workspace.tree.changed.connect(lambda _change: self._timer.start()),
        ]
        self.destroyed.connect(lambda: [disconnect() for disconnect in self._disconnect])

    @property
    def preferred_width(self) -> int:
        """What the panel needs to show its columns, in pixels."""
        return COMPARED_PX if self._compare.isChecked() else PREFERRED_PX

    def compare(self) -> None:
        """Begin a comparison with the first choice there is."""
        self._compare.setChecked(True)

    def focus_search(self) -> None:
        """Put the keyboard into the search line."""
        self._search.setFocus()
        self._search.selectAll()

    def refresh(self) -> None:
        """Read the file of the active image, if it is another than the one shown; nothing while hidden."""
        if not self.isVisible():
            return
        image = self._workspace.image_at(self._workspace.active)
        other = self._follow_choices()
        if image is None:
            self._asked = None
            self._show_table(None, _("No image is chosen."))
            return
        character_set = self._workspace.tree.character_set_of(image.header) or ""
        job = ReadTags(image.header.source, other.header.source if other else None, character_set)
        if job == self._asked:
            return
        self._asked = job
        self._runner.submit(job, lane=INTERACTION, key=self, done=self._show_table, failed=self._failed)

    # Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to follow the active image."""
        super().showEvent(event)
        self._timer.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the columns there is room for."""
        super().resizeEvent(event)
        self._show_columns()

    # Building

    def _single_shot(self, call: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(REFRESH_MS)
        timer.timeout.connect(call)
        return timer

    def _make_lines(self) -> None:
        self._search.setPlaceholderText(_("Search tag, name or value"))
        self._search.setAccessibleName(_("Search the tags"))
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._typing.start)
        self._search.returnPressed.connect(self._tree.setFocus)
        self._compare.setIcon(icon("layers"))
        self._compare.setCheckable(True)
        self._compare.setToolTip(_("Compare with another image"))
        self._compare.setAccessibleName(_("Compare with another image"))
        self._compare.toggled.connect(self._compare_toggled)
        self._other.setAccessibleName(_("Compared with"))
        self._other.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._other.setMinimumContentsLength(12)
        self._other.activated.connect(lambda _row: self.refresh())
        self._only_differences.toggled.connect(lambda _on: self._filter())
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._message.setWordWrap(True)
        self._message.setContentsMargins(8, 2, 8, 4)

    def _make_tree(self) -> None:
        tree = self._tree
        tree.setModel(self._model)
        tree.setAccessibleName(_("Tags"))
        tree.setUniformRowHeights(True)
        tree.setIndentation(14)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        tree.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        tree.expanded.connect(lambda index: self._open.add(self._model.path_of(index)))
        tree.collapsed.connect(lambda index: self._open.discard(self._model.path_of(index)))
        tree.selectionModel().currentRowChanged.connect(self._current_changed)
        for title, key, call in (
            (_("Copy the rows"), "Ctrl+C", self._copy_rows),
            (_("Copy the value"), "Ctrl+Shift+C", self._copy_value),
            (_("Copy everything listed"), "", self._copy_all),
        ):
            action = QAction(title, tree)
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(call)
            tree.addAction(action)
        header = tree.header()
        header.setStretchLastSection(True)
        header.setSectionsMovable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setContentsMargins(6, 6, 6, 4)
        line.setSpacing(4)
        line.addWidget(self._search, 1)
        line.addWidget(self._compare)
        self._comparison = QWidget()
        second = QHBoxLayout(self._comparison)
        second.setContentsMargins(6, 0, 6, 4)
        second.addWidget(self._other, 1)
        second.addWidget(self._only_differences)
        self._comparison.hide()
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setHandleWidth(1)
        self._splitter.addWidget(self._tree)
        self._splitter.addWidget(self._bytes)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setSizes([HEX_PX * 3, HEX_PX])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(line)
        layout.addWidget(self._comparison)
        layout.addWidget(self._message)
        layout.addWidget(self._splitter, 1)
        self._show_columns()

    def _show_columns(self) -> None:
        width, is_compared = self.width(), self._compare.isChecked()
        header, letters = self._tree.header(), self.fontMetrics().horizontalAdvance
        taken = 0
        for column, sample, needed in (
            (COLUMN_TAG, "(0000,0000)0", WIDE_PX),
            (COLUMN_VR, "UN (XX)", COMPARED_PX if is_compared else WIDER_PX),
            (COLUMN_LENGTH, "00000000", COMPARED_PX if is_compared else WIDER_PX),
        ):
            header.setSectionHidden(column, width < needed)
            header.resizeSection(column, letters(sample) + 12)
            taken += header.sectionSize(column) if width >= needed else 0
        header.setSectionHidden(COLUMN_OTHER, not is_compared)
        room = max(120, width - taken)
        header.resizeSection(COLUMN_NAME, room // 3 if is_compared else room * 2 // 5)
        if is_compared:
            header.resizeSection(COLUMN_VALUE, room // 3)

    # Following

    def _compare_toggled(self, is_on: bool) -> None:
        self._comparison.setVisible(is_on)
        self._show_columns()
        self.refresh()

    def _follow_choices(self) -> ImageRef | None:
        """Offer what can be compared with, keep the one that was chosen, and return it."""
        if not self._compare.isChecked():
            return None
        choices = comparison_choices(self._workspace)
        chosen = self._other.currentText()
        self._other.clear()
        self._other.addItems([choice.title for choice in choices])
        row = max(0, self._other.findText(chosen))
        self._other.setCurrentIndex(row)
        return choices[row].image if choices else None

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, ViewerError):
            raise error
        self._show_table(None, error.one_line())

    def _show_table(self, table: TagTable | None, message: str = "") -> None:
        self._table = table
        if table is not None:
            message = "\n".join(self._summary(table))
        self._message.setText(message)
        self._message.setVisible(bool(message))
        self._filter()

    def _summary(self, table: TagTable) -> list[str]:
        lines = list(table.problems)
        if table.other is not None:
            lines.insert(0, ngettext("{0} difference", "{0} differences", table.differences).format(table.differences))
        elif self._compare.isChecked():
            lines.insert(0, _("There is no other image to compare with."))
        return lines

    def _filter(self) -> None:
        if self._table is None:
            self._show_rows(())
            return
        only = self._only_differences.isChecked() and self._table.other is not None
        job = FilterTags(self._table.rows, self._search.text(), only)
        self._runner.submit(job, lane=INTERACTION, key=(self, "filter"), done=self._show_rows)

    def _show_rows(self, rows: tuple[TagRow, ...]) -> None:
        """Show rows, with what was open and chosen before; what a search found is unfolded."""
        opened, chosen = set(self._open), self._chosen
        scroll = self._tree.verticalScrollBar().value()
        self._model.show_rows(rows)
        for path in sorted(opened, key=len):
            index = self._model.index_of(path)
            if index.isValid():
                self._tree.setExpanded(index, True)
        self._open = opened
        if (self._search.text().strip() or self._only_differences.isChecked()) and len(rows) < REFRESH_MS:
            self._tree.expandToDepth(3)
            self._open = opened
        index = self._model.index_of(chosen) if chosen else QModelIndex()
        if index.isValid():
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self._tree.selectionModel().setCurrentIndex(index, flags)
        else:
            self._bytes.show_row(None, None)
        self._tree.verticalScrollBar().setValue(scroll)

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self._chosen = self._model.path_of(current)
            self._bytes.show_row(self._table, self._model.row_at(current))

    # Copying

    def _copy_rows(self) -> None:
        rows = [self._model.row_at(index) for index in self._tree.selectionModel().selectedRows()]
        _copy("\n".join(line for row in rows for line in as_text([row])))

    def _copy_value(self) -> None:
        index = self._tree.currentIndex()
        if index.isValid():
            row = self._model.row_at(index)
            element = row.other if index.column() == COLUMN_OTHER else row.element
            _copy(element.value if element is not None else "")

    def _copy_all(self) -> None:
        top = [self._model.row_at(self._model.index(row, 0)) for row in range(self._model.rowCount())]
        _copy("\n".join(as_text(top)))


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
