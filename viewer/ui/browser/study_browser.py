"""The study browser: what is open, filtered as one types, filled while files are still being found."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from viewer.base.translation import N_, _, ngettext
from viewer.ui.browser.row_delegate import RowDelegate
from viewer.ui.browser.thumbnails import Thumbnails
from viewer.ui.browser.tree_items import COLUMN_DATE, COLUMN_ID, COLUMN_IMAGES, COLUMN_MODALITY, BrowserModel
from viewer.ui.icons import icon
from viewer.ui.presenting.key_strip import KeyStrip
from viewer.workspace.browser_rows import BrowserRow, RowKind, browser_rows
from viewer.workspace.study_tree import PatientOrder
from viewer.workspace.workspace import Workspace

REFRESH_MS = 120
"""Changes are gathered this long: thousands of files arrive a second."""
PORTION_S = 0.008
"""Half a frame at 60 Hz."""

ORDERS = (
    (PatientOrder.NAME, N_("Name")),
    (PatientOrder.PATIENT_ID, N_("Patient ID")),
    (PatientOrder.BIRTH_DATE, N_("Date of birth")),
    (PatientOrder.STUDY_DATE, N_("Date of study")),
)


class StudyBrowser(QWidget):
    """A filter line, the tree, and a line of counts."""

    display_set_chosen = Signal(str)
    close_study_wanted = Signal(str)
    problems_wanted = Signal()

    def __init__(self, workspace: Workspace, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._workspace = workspace
        self._thumbnails = thumbnails
        self._order = PatientOrder.NAME
        self._is_descending = False
        self._model = BrowserModel()
        self._seen: set[str] = set()
        self._open: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._refresh_in_portions)
        self._tree = self._make_tree(thumbnails)
        self._search = QLineEdit()
        self._search.setPlaceholderText(_("Filter by name, ID, date, description"))
        self._search.setAccessibleName(_("Filter the studies"))
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._timer.start)
        self._search.returnPressed.connect(self._go_to_found)
        self._counts = QLabel()
        self._counts.setTextFormat(Qt.TextFormat.PlainText)
        self._counts.setContentsMargins(8, 2, 8, 4)
        self._sort_button = QToolButton()
        self._problems = QToolButton()
        self._problems.setAutoRaise(True)
        self._problems.clicked.connect(self.problems_wanted)
        self.keys = KeyStrip(workspace)
        self._lay_out()
        self._disconnect = [
            workspace.tree.changed.connect(lambda _change: self._start()),
            workspace.catalogue.changed.connect(lambda _keys: self._start()),
            workspace.shared.keys.changed.connect(lambda _uids: self._start()),
            workspace.shared.keys.view_changed.connect(lambda _none: self.refresh()),
        ]
        self.destroyed.connect(lambda: [disconnect() for disconnect in self._disconnect])
        self.refresh()

    def is_busy(self) -> bool:
        """Whether rows or thumbnails are still on their way."""
        return self._timer.isActive() or self._thumbnails.is_busy

    def release(self) -> None:
        """Stop waiting for thumbnails: the window closes."""
        self._thumbnails.close()

    def focus_search(self) -> None:
        """Put the keyboard into the filter line."""
        self._search.setFocus()
        self._search.selectAll()

    def focus_tree(self) -> None:
        """Put the keyboard into the tree."""
        self._tree.setFocus()
        if not self._tree.currentIndex().isValid() and self._model.rowCount():
            self._tree.setCurrentIndex(self._model.index(0, 0))

    def _go_to_found(self) -> None:
        """Put the keyboard on the first row of what was typed, never on what an older filter still shows."""
        if self._timer.isActive():
            self._timer.stop()
            self.refresh()
        if self._model.rowCount():
            self._tree.setCurrentIndex(self._model.index(0, 0))
        self._tree.setFocus()

    @property
    def order(self) -> tuple[PatientOrder, bool]:
        """What patients are sorted by, and whether the other way round."""
        return self._order, self._is_descending

    def set_order(self, order: PatientOrder, *, is_descending: bool) -> None:
        """Sort as it was kept."""
        self._order, self._is_descending = order, is_descending
        self._sort_button.setMenu(self._sort_menu())
        self.refresh()

    def header_state(self) -> bytes:
        """Return the columns' widths and visibility, to be kept."""
        return bytes(self._tree.header().saveState().data())

    def restore_header(self, state: bytes) -> None:
        """Bring the columns back as header_state() kept them."""
        if state:
            self._tree.header().restoreState(state)

    def select(self, display_set_key: str) -> None:
        """Mark the display set that the active viewport shows, without opening it."""
        item = self._model.item_of(display_set_key)
        if item is None:
            return
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self._tree.selectionModel().setCurrentIndex(item.index(), flags)

    def refresh(self) -> None:
        """Bring the rows up to date."""
        workspace = self._workspace
        rows = browser_rows(
            workspace.tree,
            lambda series: workspace.catalogue.of_series(series.key),
            self._search.text(),
            self._order,
            is_descending=self._is_descending,
            place_of=workspace.shared.place_of,
            keys=workspace.shared.keys,
            hidden_of=workspace.catalogue.hidden_of,
        )
        current = self._model.row_at(self._tree.currentIndex())
        if self._model.show_rows(rows):
            self._reopen(current)
        self._open_new(rows)
        self._select_shown()
        counts = workspace.tree.counts
        studies = ngettext("{0} study", "{0} studies", counts.studies).format(counts.studies)
        files = ngettext("{0} file", "{0} files", counts.files).format(counts.files)
        self._counts.setText(f"{studies}  ·  {files}")
        self._show_problems()
        self.keys.refresh()

    def _select_shown(self) -> None:
        """Mark what the active viewport shows while nothing is marked: its row may come after its pixels."""
        if not self._tree.selectionModel().hasSelection():
            self.select(self._workspace.viewport(self._workspace.active).display_set_key)

    def _refresh_in_portions(self) -> None:
        """Bring the rows up to date when their display sets are there; a thousand files take some 10 ms."""
        if self._workspace.catalogue.work_out(PORTION_S):
            self.refresh()
        else:
            QTimer.singleShot(0, self, self._refresh_in_portions)

    def _start(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _show_problems(self) -> None:
        damage = sum(problem.is_damage for problem in self._workspace.tree.problems)
        self._problems.setVisible(damage > 0)
        self._problems.setText(ngettext("{0} problem", "{0} problems", damage).format(damage))

    def _reopen(self, current: BrowserRow | None) -> None:
        """Unfold and choose again what lay in rows that moved."""
        for key in tuple(self._open):
            item = self._model.item_of(key)
            if item is not None:
                self._tree.setExpanded(item.index(), True)
        if current is not None:
            self.select(current.key)

    def _note_open(self, index: QModelIndex, *, is_open: bool) -> None:
        row = self._model.row_at(index)
        if row is not None:
            (self._open.add if is_open else self._open.discard)(row.key)

    def _open_new(self, rows: tuple[BrowserRow, ...]) -> None:
        """Open what is new: all of a few studies, otherwise the first."""
        few = sum(len(row.children) for row in rows) <= 8
        for position, patient in enumerate(rows):
            for row in (patient, *patient.children):
                if row.key in self._seen:
                    continue
                self._seen.add(row.key)
                item = self._model.item_of(row.key)
                if item is not None and (row.kind is RowKind.PATIENT or few or position == 0):
                    self._tree.setExpanded(item.index(), True)

    def _make_tree(self, thumbnails: Thumbnails) -> QTreeView:
        tree = QTreeView()
        tree.setModel(self._model)
        tree.setAccessibleName(_("Studies"))
        self._delegate = RowDelegate(thumbnails.image)
        tree.setItemDelegateForColumn(0, self._delegate)
        tree.setIndentation(14)
        tree.setAlternatingRowColors(False)
        tree.setUniformRowHeights(False)
        tree.setDragEnabled(True)
        tree.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        tree.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        tree.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.customContextMenuRequested.connect(self._show_menu)
        tree.activated.connect(self._activate)
        tree.expanded.connect(lambda index: self._note_open(index, is_open=True))
        tree.collapsed.connect(lambda index: self._note_open(index, is_open=False))
        thumbnails.arrived.connect(self._repaint_row)
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(COLUMN_IMAGES, 56)
        for column in (COLUMN_MODALITY, COLUMN_IMAGES, COLUMN_DATE, COLUMN_ID):
            header.setSectionHidden(column, True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_columns)
        header.hide()
        return tree

    def _lay_out(self) -> None:
        sort = self._sort_button
        sort.setIcon(icon("sort"))
        sort.setToolTip(_("Sort and columns"))
        sort.setAccessibleName(_("Sort and columns"))
        sort.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        sort.setMenu(self._sort_menu())
        line = QHBoxLayout()
        line.setContentsMargins(6, 6, 6, 4)
        line.setSpacing(4)
        line.addWidget(self._search)
        line.addWidget(sort)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(0, 0, 4, 0)
        bottom.addWidget(self._counts, 1)
        bottom.addWidget(self._problems)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(line)
        layout.addWidget(self.keys)
        layout.addWidget(self._tree, 1)
        layout.addLayout(bottom)

    def _sort_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(menu)
        for order, title in ORDERS:
            action = menu.addAction(_(title))
            action.setCheckable(True)
            action.setChecked(order is self._order)
            action.triggered.connect(lambda _checked=False, chosen=order: self._sort(chosen))
            group.addAction(action)
        menu.addSeparator()
        descending = menu.addAction(_("Descending"))
        descending.setCheckable(True)
        descending.setChecked(self._is_descending)
        descending.toggled.connect(self._descend)
        menu.addSeparator()
        for action in self._column_actions(menu):
            menu.addAction(action)
        return menu

    def _column_actions(self, parent: QMenu) -> list[QAction]:
        header, actions = self._tree.header(), []
        for column in (COLUMN_MODALITY, COLUMN_IMAGES, COLUMN_DATE, COLUMN_ID):
            title = str(self._model.headerData(column, Qt.Orientation.Horizontal))
            action = QAction(_("Column: {0}").format(title), parent)
            action.setCheckable(True)
            action.setChecked(not header.isSectionHidden(column))
            action.toggled.connect(lambda shown, which=column: self._show_column(which, is_shown=shown))
            actions.append(action)
        return actions

    def _show_column(self, column: int, *, is_shown: bool) -> None:
        header = self._tree.header()
        header.setSectionHidden(column, not is_shown)
        header.setVisible(any(not header.isSectionHidden(each) for each in range(1, header.count())))

    def _show_columns(self, position: QPoint) -> None:
        menu = QMenu(self)
        for action in self._column_actions(menu):
            menu.addAction(action)
        menu.exec(self._tree.header().mapToGlobal(position))

    def _sort(self, order: PatientOrder) -> None:
        self._order = order
        self.refresh()

    def _descend(self, checked: bool) -> None:
        self._is_descending = checked
        self.refresh()

    def _activate(self, index: QModelIndex) -> None:
        row = self._model.row_at(index)
        if row is None:
            return
        first = row
        while first.display_set is None and first.children:
            first = first.children[0]
        if first.display_set is not None:
            self.display_set_chosen.emit(first.key)

    def _repaint_row(self, key: str) -> None:
        item = self._model.item_of(key)
        if item is not None:
            self._tree.update(item.index())

    def _show_menu(self, position: QPoint) -> None:
        row = self._model.row_at(self._tree.indexAt(position))
        if row is None:
            return
        menu = QMenu(self)
        if row.kind is RowKind.SET:
            menu.addAction(_("Show in the active viewport")).triggered.connect(
                lambda: self.display_set_chosen.emit(row.key)
            )
        if row.kind is RowKind.STUDY:
            menu.addAction(_("Close this study")).triggered.connect(lambda: self.close_study_wanted.emit(row.key))
        if row.warnings:
            menu.addSection(_("Warnings"))
            for warning in row.warnings:
                menu.addAction(warning.replace("&", "&&")).setEnabled(False)
        if not menu.isEmpty():
            menu.exec(self._tree.viewport().mapToGlobal(position))
