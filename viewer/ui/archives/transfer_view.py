"""The list of transfers itself, with keys of its own."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

from viewer.base.translation import _
from viewer.ui.archives.transfer_delegate import TransferDelegate
from viewer.ui.archives.transfer_model import TransferModel

_KEYS = {
    Qt.Key.Key_Space: "toggle",
    Qt.Key.Key_Return: "open",
    Qt.Key.Key_Enter: "open",
    Qt.Key.Key_Delete: "delete",
    Qt.Key.Key_Backspace: "delete",
}


class TransferView(QListView):
    """The list; Space pauses and goes on, Enter opens, Del stops, or removes what has ended."""

    key_action = Signal(str)

    def __init__(self, model: TransferModel) -> None:
        super().__init__()
        self._delegate = TransferDelegate()
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(_("Transfers"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def event(self, event: QEvent) -> bool:
        """Claim the list's own keys before they become commands of the window."""
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if is_override and isinstance(event, QKeyEvent) and Qt.Key(event.key()) in _KEYS and _is_plain(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Do what the list's own keys ask for."""
        action = _KEYS.get(Qt.Key(event.key()), "") if _is_plain(event) else ""
        if action:
            self.key_action.emit(action)
        else:
            super().keyPressEvent(event)


def _is_plain(event: QKeyEvent) -> bool:
    return event.modifiers() in {Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier}
