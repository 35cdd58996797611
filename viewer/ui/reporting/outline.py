"""The outline of a report: its sections and containers, to be walked by keys; choosing one scrolls the page to it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from viewer.base.translation import _
from viewer.dicom.structured_report.html import ITEM_ANCHOR
from viewer.dicom.structured_report.templates.sections import Section
from viewer.dicom.structured_report.tree import walk
from viewer.dicom.structured_report.values import ContentItem, Position, ValueType
from viewer.dicom.structured_report.wording import place_text
from viewer.ui.pieces import plain_tooltip

_ANCHOR = Qt.ItemDataRole.UserRole
_MOST_ENTRIES = 1000
_DEEPEST = 8
_FEW_ENTRIES = 40
"""More than so many are folded away at first."""


class Outline(QTreeWidget):
    """Headings of a report.

    Signals:
        chosen: The name of the anchor to go to.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self.setHeaderHidden(True)
        self.setAccessibleName(_("Contents"))
        self.setIndentation(12)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.header().setStretchLastSection(False)
        self.currentItemChanged.connect(self._changed)
        self.itemClicked.connect(lambda item, _column: self._changed(item, None))

    @property
    def has_choice(self) -> bool:
        """Whether there is more than one place to go to."""
        return self._count > 1

    def show_report(self, sections: Sequence[Section], root: ContentItem | None) -> None:
        """List the sections of the view, then the containers of the whole content."""
        self.blockSignals(True)
        self.clear()
        self._count = 0
        for number, section in enumerate(sections):
            self._add(self.invisibleRootItem(), section.title, f"section-{number}")
        if root is not None:
            self._add_containers(root)
        self.expandToDepth(1 if self._count <= _FEW_ENTRIES else 0)
        self.blockSignals(False)

    def _add_containers(self, root: ContentItem) -> None:
        parents: dict[Position, QTreeWidgetItem] = {(): self.invisibleRootItem()}
        for item in walk(root):
            if item.value_type != ValueType.CONTAINER or not item.title or len(item.position) > _DEEPEST:
                continue
            if len(parents) > _MOST_ENTRIES:
                return
            above = next(
                item.position[:length]
                for length in range(len(item.position) - 1, -1, -1)
                if item.position[:length] in parents
            )
            parents[item.position] = self._add(parents[above], item.title, f"{ITEM_ANCHOR}{place_text(item.position)}")

    def _add(self, parent: QTreeWidgetItem, title: str, anchor: str) -> QTreeWidgetItem:
        self._count += 1
        entry = QTreeWidgetItem(parent, [title])
        entry.setData(0, _ANCHOR, anchor)
        entry.setToolTip(0, plain_tooltip(title) if title.isprintable() else "")
        return entry

    def _changed(self, entry: QTreeWidgetItem | None, _before: QTreeWidgetItem | None) -> None:
        if entry is not None:
            self.chosen.emit(str(entry.data(0, _ANCHOR)))
