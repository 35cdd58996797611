"""The list of all marks, by study and series; what is chosen in it is selected in the viewports, and vice versa."""

from collections.abc import Iterable

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QPoint,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from viewer.base.translation import _
from viewer.ui.measuring.measurement_delegate import ROW_ROLE, MarkRow, MeasurementDelegate
from viewer.ui.measuring.measurement_rows import (
    UID_ROLE,
    RowFilling,
    children,
    group_row,
    holds,
    series_titles,
    study_title_of,
)
from viewer.ui.pieces import plain_tooltip
from viewer.workspace.measuring.finding_codes import folded
from viewer.workspace.measuring.measurement_table import SeriesMarks, StudyMarks

_INDENT_PX, _PADDING_PX = 10, 8
_FEW = 60
"""So many rows are put in one by one; more are all made anew."""
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


class MeasurementList(QTreeWidget):
    """Rows of studies, series and marks.

    Signals:
        chosen_changed: Other marks are chosen.
        go_wanted: The uid of a mark to go to.
        renamed: The uid of a mark and its new name.
        key_wanted: A name of KEYS that was pressed.
        menu_wanted: Where a menu is asked for, on the screen.
    """

    chosen_changed = Signal()
    go_wanted = Signal(str)
    renamed = Signal(str, str)
    key_wanted = Signal(str)
    menu_wanted = Signal(QPoint)

    KEYS = {  # noqa: RUF012 - never changed
        (Qt.KeyboardModifier.NoModifier, Qt.Key.Key_Delete): "remove",
        (Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_C): "copy",
        (Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_H): "hide",
        (Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_L): "lock",
        (Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_G): "group",
        (Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_A): "all",
        (Qt.KeyboardModifier.NoModifier, Qt.Key.Key_F2): "rename",
    }

    def __init__(self) -> None:
        super().__init__()
        self._items: dict[str, QTreeWidgetItem] = {}
        self._shown: tuple[StudyMarks, ...] = ()
        self._filling = RowFilling(self, self.item_of)
        self._is_following = False
        self._words = ""
        self.setAccessibleName(_("Measurements"))
        self.setColumnCount(1)
        self.setHeaderHidden(True)
        self.setIndentation(_INDENT_PX)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setExpandsOnDoubleClick(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._delegate = MeasurementDelegate(self)
        self.setItemDelegate(self._delegate)
        self._delegate.closeEditor.connect(lambda *_about: self.setFocus(Qt.FocusReason.OtherFocusReason))
        self.itemSelectionChanged.connect(self._selection_changed)
        self.customContextMenuRequested.connect(lambda at: self.menu_wanted.emit(self.viewport().mapToGlobal(at)))

    # What is shown

    def show_marks(self, studies: Iterable[StudyMarks]) -> None:
        """Show these; rows stay as they are where only what they say is another."""
        groups = tuple(studies)
        if not self._mended(groups):
            self._build(groups)
        self._shown = groups
        for study in groups:
            for series in study.series:
                for mark, number in zip(series.marks, series.numbers, strict=True):
                    self._filling.fill(self._items[mark.uid], mark, number)
        self._filter()

    def follow(self, uids: Iterable[str]) -> None:
        """Choose the marks that are selected elsewhere, and bring the first of them into sight."""
        wanted = set(uids)
        if wanted == set(self.chosen()):
            return
        self._is_following = True
        selection = QItemSelection()
        found = [self._items[uid] for uid in self._items if uid in wanted]
        self._add_to(selection, found)
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if found:
            self.selectionModel().setCurrentIndex(
                self.indexFromItem(found[0]), QItemSelectionModel.SelectionFlag.NoUpdate
            )
            self.scrollToItem(found[0])
        self._is_following = False

    def narrow(self, words: str) -> None:
        """Show only marks in whose name, finding, site, group or numbers every word occurs."""
        self._words = words
        self._filter()

    def chosen(self) -> tuple[str, ...]:
        """Return the uids of the marks that are chosen, in the order of rows."""
        return tuple(uid for uid, item in self._items.items() if item.isSelected())

    def all_uids(self) -> tuple[str, ...]:
        """Return the uids of all marks that are in sight, in the order of rows."""
        return tuple(uid for uid, item in self._items.items() if not item.isHidden())

    def row(self, uid: str) -> MarkRow | None:
        """Return what the row of a mark shows."""
        return self._filling.row(uid) if uid in self._items else None

    def item_of(self, uid: str) -> QTreeWidgetItem | None:
        """Return the row of a mark."""
        return self._items.get(uid)

    @property
    def count(self) -> int:
        """How many marks there are."""
        return len(self._items)

    # The hand

    def rename_current(self) -> None:
        """Let the name of the current mark be written anew."""
        item = self.currentItem()
        if item is not None and item.data(0, UID_ROLE):
            self.editItem(item, 0)

    def choose_study(self) -> None:
        """Choose all marks of the study that the current row is of."""
        item = self.currentItem() or self.topLevelItem(0)
        while item is not None and item.parent() is not None:
            item = item.parent()
        if item is None:
            return
        selection = QItemSelection()
        rows = [below for each in children(item) for below in children(each)]
        self._add_to(selection, [row for row in rows if not row.isHidden()])
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def event(self, event: QEvent) -> bool:
        """Keep its own keys from becoming commands of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._name_of(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the current mark on Enter; the other keys are told."""
        name, item = self._name_of(event), self.currentItem()
        if name == "rename":
            self.rename_current()
        elif name:
            self.key_wanted.emit(name)
        elif Qt.Key(event.key()) in _ENTER and item is not None and item.data(0, UID_ROLE):
            self.go_wanted.emit(item.data(0, UID_ROLE))
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Go to the mark that was clicked."""
        super().mouseReleaseEvent(event)
        item = self.itemAt(event.position().toPoint())
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.button() == Qt.MouseButton.LeftButton and plain and item is not None and item.data(0, UID_ROLE):
            self.go_wanted.emit(item.data(0, UID_ROLE))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Let the name be written anew."""
        item = self.itemAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and item is not None and item.data(0, UID_ROLE):
            self.setCurrentItem(item)
            self.rename_current()
        else:
            super().mouseDoubleClickEvent(event)

    def commitData(self, editor: QWidget) -> None:
        """Tell the name that was written."""
        item = self.currentItem()
        if isinstance(editor, QLineEdit) and item is not None and item.data(0, UID_ROLE):
            row, name = item.data(0, ROW_ROLE), editor.text().strip()
            if not isinstance(row, MarkRow) or name != row.name:
                self.renamed.emit(item.data(0, UID_ROLE), name)

    # Building

    def _mended(self, groups: tuple[StudyMarks, ...]) -> bool:
        """Take rows away and put others in; return whether that was all there was to do."""
        before = self._shown
        if [study_title_of(study) for study in before] != [study_title_of(study) for study in groups]:
            return False
        if any(series_titles(old) != series_titles(new) for old, new in zip(before, groups, strict=True)):
            return False
        wanted = {mark.uid for study in groups for mark in study.marks}
        if len(wanted ^ self._items.keys()) > _FEW:
            return False
        for place, (old, new) in enumerate(zip(before, groups, strict=True)):
            rows = children(self.topLevelItem(place))
            for row, was, series in zip(rows, old.series, new.series, strict=True):
                if not self._mend(row, series, tuple(mark.uid for mark in was.marks)):
                    return False
        return True

    def _mend(self, below: QTreeWidgetItem, series: SeriesMarks, before: tuple[str, ...]) -> bool:
        wanted = tuple(mark.uid for mark in series.marks)
        if wanted == before:
            return True
        there = set(wanted)
        for uid in (each for each in before if each not in there):
            below.removeChild(self._items.pop(uid))
        now = [uid for uid in before if uid in there]
        for place, uid in enumerate(wanted):
            if place >= len(now) or now[place] != uid:
                if uid in self._items:
                    return False  # another order: all are put anew
                below.insertChild(place, self._new_row(uid))
                now.insert(place, uid)
        in_order = {uid: self._items[uid] for uid in wanted}
        self._items = {**{uid: item for uid, item in self._items.items() if uid not in there}, **in_order}
        return True

    def _new_row(self, uid: str) -> QTreeWidgetItem:
        item = self._items[uid] = QTreeWidgetItem()
        item.setData(0, UID_ROLE, uid)
        item.setData(0, Qt.ItemDataRole.SizeHintRole, QSize(0, 2 * self.fontMetrics().height() + _PADDING_PX))
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
        return item

    def _add_to(self, selection: QItemSelection, items: list[QTreeWidgetItem]) -> None:
        """Add rows to a selection, those that follow each other at once."""
        indexes = [self.indexFromItem(item) for item in items]
        first = 0
        for place, index in enumerate(indexes):
            after = indexes[place + 1] if place + 1 < len(indexes) else None
            if after is None or after.row() != index.row() + 1 or after.parent() != index.parent():
                selection.select(indexes[first], index)
                first = place + 1

    def _build(self, groups: tuple[StudyMarks, ...]) -> None:
        chosen, at = self.chosen(), self.verticalScrollBar().value()
        closed = {
            item.text(0)
            for place in range(self.topLevelItemCount())
            if (item := self.topLevelItem(place)) is not None and not item.isExpanded()
        }
        self._is_following = True
        self.setUpdatesEnabled(False)
        self.clear()
        self._items.clear()
        group_size = QSize(0, self.fontMetrics().height() + _PADDING_PX)
        for study in groups:
            top = group_row(study_title_of(study), group_size)
            for series in study.series:
                below = group_row(series.title, group_size)
                below.addChildren([self._new_row(mark.uid) for mark in series.marks])
                top.addChild(below)
            self.addTopLevelItem(top)
            top.setExpanded(top.text(0) not in closed)
            for below in children(top):
                below.setExpanded(True)
        self._filling.keep(frozenset(self._items))
        self.setUpdatesEnabled(True)
        self.follow(chosen)
        self._is_following = False
        self.verticalScrollBar().setValue(at)

    def viewportEvent(self, event: QEvent) -> bool:
        """Make a tooltip when it is asked for, not with every row."""
        if event.type() == QEvent.Type.ToolTip:
            at = getattr(event, "pos", QPoint)()
            item = self.itemAt(at)
            row = item.data(0, ROW_ROLE) if item is not None else None
            if item is not None:
                item.setToolTip(
                    0, plain_tooltip(*(row.words.split("\n") if isinstance(row, MarkRow) else [item.text(0)]))
                )
        return super().viewportEvent(event)

    def _filter(self) -> None:
        words = folded(self._words).split()
        for uid, item in self._items.items():
            is_hidden = bool(words) and not holds(self._filling.row(uid), words)
            if item.isHidden() != is_hidden:
                item.setHidden(is_hidden)

    def _selection_changed(self) -> None:
        if not self._is_following:
            self.chosen_changed.emit()

    def _name_of(self, event: QKeyEvent) -> str:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        return self.KEYS.get((modifiers, Qt.Key(event.key())), "")
