"""The list of the library: keeps its place while rows come and go, and has its own keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView

from viewer.base.translation import _
from viewer.ui.browser.library_delegate import LibraryDelegate
from viewer.ui.browser.library_model import (
    COLUMN_DATE,
    COLUMN_ID,
    COLUMN_IMAGES,
    COLUMN_MODALITY,
    COLUMN_RATING,
    COLUMN_RECEIVED,
    LibraryModel,
)
from viewer.workspace.library_rows import LibraryRow, LibraryRowKind

if TYPE_CHECKING:
    from viewer.library.study_row import SeriesRow, StudyRow

OTHER_COLUMNS = {
    COLUMN_MODALITY: 68,
    COLUMN_IMAGES: 60,
    COLUMN_DATE: 112,
    COLUMN_ID: 110,
    COLUMN_RECEIVED: 122,
    COLUMN_RATING: 68,
}
"""The columns beside the first, and how wide they are at first."""
LEAST_PX = 40
_RATINGS = {Qt.Key(Qt.Key.Key_0.value + rating): f"rate_{rating}" for rating in range(6)}
_KEYS = {
    Qt.Key.Key_Delete: "trash",
    Qt.Key.Key_F2: "notes",
    Qt.Key.Key_Slash: "search",
    Qt.Key.Key_F: "flag",
    **_RATINGS,
}
"""What keys do in the list; elsewhere in the window they are other commands'."""


class LibraryTree(QTreeView):
    """Patients, studies and series of a LibraryModel."""

    key_action = Signal(str)
    """What a key of the list's own asks for: a value of _KEYS."""

    def __init__(self, model: LibraryModel, delegate: LibraryDelegate) -> None:
        super().__init__()
        self._model = model
        self._delegate = delegate
        self.setModel(model)
        self.setAccessibleName(_("Studies on this computer"))
        self.setItemDelegateForColumn(0, delegate)
        self.setIndentation(14)
        self.setUniformRowHeights(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setExpandsOnDoubleClick(False)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(LEAST_PX)
        for column, width in OTHER_COLUMNS.items():
            header.resizeSection(column, width)
            header.setSectionHidden(column, True)
        header.hide()
        model.rowsInserted.connect(self._unfold_patients)

    def show_column(self, column: int, *, is_shown: bool) -> None:
        """Show or hide one of the other columns."""
        header = self.header()
        header.setSectionHidden(column, not is_shown)
        header.setVisible(any(not header.isSectionHidden(each) for each in OTHER_COLUMNS))

    def current_row(self) -> LibraryRow | None:
        """Return the row the keyboard is on."""
        return self._model.row_at(self.currentIndex())

    def chosen_studies(self) -> "list[StudyRow]":
        """Return the studies that are chosen: those of a patient, or of a series, too."""
        found: dict[str, StudyRow] = {}
        for index in self._chosen():
            row, above = self._model.row_at(index), self._model.row_at(index.parent())
            is_series = row is not None and row.entry is not None
            chosen = above if is_series else row
            for each in (chosen, *chosen.children) if chosen is not None else ():
                if each.study is not None:
                    found[each.key] = each.study
        return list(found.values())

    def chosen_series(self) -> "tuple[StudyRow, SeriesRow] | None":
        """Return the series that is chosen alone, with its study; None when it is something else."""
        chosen = self._chosen()
        if len(chosen) != 1:
            return None
        row, above = self._model.row_at(chosen[0]), self._model.row_at(chosen[0].parent())
        if row is None or row.entry is None or above is None or above.study is None:
            return None
        return above.study, row.entry.series

    def unfold_all_patients(self) -> None:
        """Show the studies of all patients, after a new answer."""
        self.expandToDepth(0)

    def go_to_first(self) -> None:
        """Put the keyboard on the first study."""
        self.setFocus()
        first = self._model.index(0, 0)
        study = self._model.index(0, 0, first)
        if study.isValid():
            self.setCurrentIndex(study)

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

    def event(self, event: QEvent) -> bool:
        """Claim the list's own keys before they become commands of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _action_of(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Do what the list's own keys ask for."""
        if action := _action_of(event):
            self.key_action.emit(action)
        else:
            super().keyPressEvent(event)

    def _chosen(self) -> list[QModelIndex]:
        """Return what is selected: the keyboard may be on another row."""
        return sorted(self.selectionModel().selectedRows(), key=lambda index: self.visualRect(index).top())

    def _unfold_patients(self, parent: QModelIndex, first: int, last: int) -> None:
        if not parent.isValid():
            for place in range(first, last + 1):
                index = self._model.index(place, 0)
                row = self._model.row_at(index)
                if row is not None and row.kind is LibraryRowKind.PATIENT:
                    self.expand(index)


def _action_of(event: QKeyEvent) -> str:
    plain = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier
    return _KEYS.get(Qt.Key(event.key()), "") if event.modifiers() in plain else ""
