"""The trees of the browser's lists: columns beside the first, keys of their own, and a place that is kept."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QTreeView

LEAST_PX, FIRST_PX = 40, 200
"""Of every column, and of the first where there are others: then the list is scrolled sideways."""
Keys = Mapping[Qt.Key, str]
_PLAIN = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier


class RowTree(QTreeView):
    """Rows of which the first column is painted by a delegate, and patients' children are shown at once.

    Args:
        columns: The columns beside the first, hidden at first, and how wide they are.
        keys: What keys do in the list; elsewhere in the window they are other commands'.
    """

    key_action = Signal(str)
    """What a key of the list's own asks for: a value of its keys."""

    def __init__(
        self, model: QAbstractItemModel, delegate: QStyledItemDelegate, columns: Mapping[int, int], keys: Keys
    ) -> None:
        super().__init__()
        self.columns = columns
        self._keys = keys
        self._delegate = delegate  # Qt does not keep it
        self.setModel(model)
        self.setItemDelegateForColumn(0, delegate)
        self.setIndentation(14)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setExpandsOnDoubleClick(False)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        header.sectionResized.connect(lambda column, _old, _new: self._fit() if column else None)
        header.setMinimumSectionSize(LEAST_PX)
        for column, width in columns.items():
            header.resizeSection(column, width)
            header.setSectionHidden(column, True)
        header.hide()

    @property
    def shown_columns(self) -> tuple[int, ...]:
        """The columns that are shown beside the first."""
        return tuple(each for each in self.columns if not self.header().isSectionHidden(each))

    def show_column(self, column: int, *, is_shown: bool) -> None:
        """Show or hide one of the other columns."""
        header = self.header()
        header.setSectionHidden(column, not is_shown)
        header.setVisible(bool(self.shown_columns))
        self._fit()

    def go_to_first(self) -> None:
        """Put the keyboard on the first study."""
        self.setFocus()
        model = self.model()
        study = model.index(0, 0, model.index(0, 0))
        if study.isValid():
            self.go_to(study)

    def go_to(self, index: QModelIndex) -> None:
        """Put the keyboard on a row and choose it alone, whatever keys are held."""
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(index, flags)

    def chosen(self) -> list[QModelIndex]:
        """Return what is selected, from above: the keyboard may be on another row."""
        return sorted(self.selectionModel().selectedRows(), key=lambda index: self.visualRect(index).top())

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let rows come and go inside, and leave what the reader looks at where it is on the screen."""
        top = QPersistentModelIndex(self.indexAt(self.viewport().rect().topLeft()))
        before = self.visualRect(top).top() if top.isValid() else 0
        is_at_top = self.verticalScrollBar().value() == 0
        try:
            yield
        finally:
            if top.isValid() and not is_at_top:
                self.executeDelayedItemsLayout()
                bar = self.verticalScrollBar()
                bar.setValue(bar.value() + self.visualRect(top).top() - before)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the first column what the others leave."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.shown_columns
        left = self.viewport().width() - sum(self.header().sectionSize(each) for each in shown)
        self.header().resizeSection(0, max(left, FIRST_PX) if shown else left)

    def event(self, event: QEvent) -> bool:
        """Claim the list's own keys before they become commands of the window."""
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if is_override and isinstance(event, QKeyEvent) and self.action_of(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Do what the list's own keys ask for."""
        if action := self.action_of(event):
            self.key_action.emit(action)
        else:
            super().keyPressEvent(event)

    def action_of(self, event: QKeyEvent) -> str:
        """Return what a key asks for; empty when it is not the list's own."""
        return self._keys.get(Qt.Key(event.key()), "") if event.modifiers() in _PLAIN else ""
