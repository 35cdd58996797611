"""A menu of which several entries can be on: it stays open while they are chosen."""

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget


class CheckMenu(QMenu):
    """The first entry stands for all, the others for one each.

    Args:
        all_title: Of the first entry.
        changed: Called when the reader chose otherwise.
    """

    def __init__(self, parent: QWidget, all_title: str, changed: Callable[[], None]) -> None:
        super().__init__(parent)
        self._changed = changed
        self._all = self.addAction(all_title)
        self._all.setCheckable(True)
        self._all.setChecked(True)
        self._all.triggered.connect(self._choose_all)
        self.addSeparator()
        self._names: list[str] = []

    @property
    def chosen(self) -> tuple[str, ...]:
        """What is on; empty for all."""
        return tuple(str(action.data()) for action in self.actions() if action.data() and action.isChecked())

    def offer(self, entries: Iterable[tuple[str, str]]) -> None:
        """Offer these: value and title; what was on stays on where it is among them."""
        wanted, chosen = list(entries), self.chosen
        for action in self.actions():
            if action.data():
                self.removeAction(action)
        for value, title in wanted:
            action = self.addAction(title.replace("&", "&&"))
            action.setData(value)
            action.setCheckable(True)
            action.triggered.connect(self._choose)
        self.choose(chosen)

    def choose(self, values: Sequence[str]) -> None:
        """Turn these on and everything else off; what is not among the entries is added to them."""
        known = {str(action.data()) for action in self.actions() if action.data()}
        for value in values:
            if value not in known:
                action = self.addAction(value.replace("&", "&&"))
                action.setData(value)
                action.setCheckable(True)
                action.triggered.connect(self._choose)
        for action in self.actions():
            if action.data():
                action.setChecked(str(action.data()) in values)
        self._all.setChecked(not values)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Turn an entry on or off without closing."""
        action = self.actionAt(event.position().toPoint())
        if action is not None and action.data() and action.isEnabled():
            action.trigger()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn an entry on or off with Space; Enter does it and closes."""
        action = self.activeAction()
        if event.key() == Qt.Key.Key_Space and action is not None and action.data():
            action.trigger()
        else:
            super().keyPressEvent(event)

    def _choose(self) -> None:
        self._all.setChecked(not self.chosen)
        self._changed()

    def _choose_all(self) -> None:
        self.choose(())
        self._changed()
