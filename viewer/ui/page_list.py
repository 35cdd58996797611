"""The names of pages at the left of a window: preferences and help."""

from collections.abc import Iterable

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from viewer.base.translation import _

ROW_PX = 28


class PageList(QListWidget):
    """One line a page; the list is as wide as its longest name."""

    def __init__(self, titles: Iterable[str]) -> None:
        super().__init__()
        self.setAccessibleName(_("Pages"))
        for title in titles:
            item = QListWidgetItem(title, self)
            item.setSizeHint(QSize(0, ROW_PX))
        widest = max(
            (self.fontMetrics().horizontalAdvance(self.item(row).text()) for row in range(self.count())), default=0
        )
        self.setFixedWidth(max(140, widest + 36))
