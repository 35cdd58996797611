"""Rows as tall as their wrapped text: under a style sheet Qt's own delegate leaves room for unwrapped lines only."""

import re

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTreeView

PADDING_PX = 6
MARGINS_PX = 6
TALLEST_PX = 400
LONGEST_WORD = 24
_ZERO_WIDTH_SPACE = "\u200b"


def breakable(text: str) -> str:
    """Return a text whose longest words can be broken: Qt breaks lines between words only."""
    return re.sub(rf"(\S{{{LONGEST_WORD}}})(?=\S)", rf"\1{_ZERO_WIDTH_SPACE}", text)


class WrappedLines(QStyledItemDelegate):
    """Give it to a tree whose last column holds sentences."""

    def __init__(self, tree: QTreeView) -> None:
        super().__init__(tree)
        self._tree = tree

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the height of the text in the width there is."""
        depth, above = 1, index.parent()
        while above.isValid():
            depth, above = depth + 1, above.parent()
        indent = depth * self._tree.indentation() if index.column() == 0 else 0
        width = max(60, self._tree.columnWidth(index.column()) - indent - MARGINS_PX)
        room = QRect(0, 0, width, TALLEST_PX)
        text = option.fontMetrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), str(index.data() or ""))
        size = super().sizeHint(option, index)
        return QSize(size.width(), max(size.height(), text.height() + PADDING_PX))
