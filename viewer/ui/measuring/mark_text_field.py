"""A line to write in, over the image where the words of a mark will stand."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from viewer.base.translation import _

WIDTH_PX = 200
_EDGE_PX = 4


class MarkTextField(QLineEdit):
    """Enter keeps the words, Esc drops them; so does the keyboard going elsewhere with nothing written.

    Args:
        parent: The viewport.
        at: Where the words will stand.
        text: What they are until now.
        done: Called with the words that are kept.
        closed: Called when it goes, before done.
    """

    def __init__(
        self,
        parent: QWidget,
        at: QPointF,
        text: str,
        done: Callable[[str], None],
        closed: Callable[[], None],
    ) -> None:
        super().__init__(text, parent)
        self._done, self._closed = done, closed
        self._is_open = True
        self.setAccessibleName(_("Words of the mark"))
        self.setPlaceholderText(_("Words"))
        self.setMaxLength(1024)
        width = min(WIDTH_PX, max(60, parent.width() - 2 * _EDGE_PX))
        self.resize(width, self.sizeHint().height())
        x = min(max(int(at.x()) + 6, _EDGE_PX), parent.width() - width - _EDGE_PX)
        y = min(max(int(at.y()) - self.height() // 2, _EDGE_PX), parent.height() - self.height() - _EDGE_PX)
        self.move(x, y)
        self.returnPressed.connect(self._keep)
        self.show()
        self.selectAll()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def cancel(self) -> None:
        """Go without keeping anything."""
        self._close(None)

    def event(self, event: QEvent) -> bool:
        """Keep all keys to itself: none of them is a command while words are written."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.cancel()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keep what was written when the keyboard goes elsewhere."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._close(self.text() or None)

    def _keep(self) -> None:
        self._close(self.text())

    def _close(self, text: str | None) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self.hide()
        self.deleteLater()
        self._closed()
        if text is not None:
            self._done(text.strip())
