"""The row of buttons above a list: those always there, and searches that were saved; one of them is pressed."""

from collections.abc import Iterable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QMenu, QSizePolicy, QToolButton, QWidget

from viewer.base.translation import _
from viewer.ui.flow_layout import FlowLayout
from viewer.ui.icons import icon
from viewer.ui.theme import colours

ICON_PX, GAP_PX = 14, 6
ROOM_PX = 14
"""Beside a button's text, for its frame."""


class FolderButtons(QWidget):
    """Buttons of which one is pressed; they go on in the next line where the side is narrow."""

    rename_wanted = Signal(str)
    delete_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.group = QButtonGroup(self)
        self._flow = FlowLayout(self)
        self._flow.setContentsMargins(6, 0, 6, 4)
        self._saved: dict[str, QToolButton] = {}
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def press_saved(self, name: str) -> None:
        """A saved search is chosen by its button."""
        raise NotImplementedError

    def show_saved(self, names: Iterable[str]) -> None:
        """Show the saved searches."""
        wanted = list(names)
        if wanted == list(self._saved):
            return
        pressed = next((name for name, button in self._saved.items() if button.isChecked()), "")
        for button in self._saved.values():
            self.group.removeButton(button)
            self._flow.removeWidget(button)
            button.deleteLater()
        self._saved = {name: self._saved_button(name) for name in wanted}
        if pressed:
            self.saved_changed(pressed)

    def saved_changed(self, pressed: str) -> None:
        """There are other saved searches; the one that was pressed is made anew, or gone."""

    def add(self, button: QToolButton) -> None:
        """Put a button of somebody else's at the end."""
        self._flow.addWidget(button)

    def button(self, text: str) -> QToolButton:
        """Put a button at the end."""
        button = QToolButton()
        button.setText(text)
        button.setFixedWidth(button.fontMetrics().horizontalAdvance(text.replace("&&", "&")) + ROOM_PX)
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setIconSize(button.iconSize().scaled(ICON_PX, ICON_PX, Qt.AspectRatioMode.IgnoreAspectRatio))
        self.group.addButton(button)
        self._flow.addWidget(button)
        return button

    def button_with_icon(self, text: str, icon_name: str, colour: str = "") -> QToolButton:
        """Put a button with an icon at the end."""
        button = self.button(text.replace("&", "&&"))
        give_icon(button, icon_name, colour or colours().secondary)
        return button

    def _saved_button(self, name: str) -> QToolButton:
        button = self.button_with_icon(name, "bookmark")
        button.clicked.connect(lambda: self.press_saved(name))
        button.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        button.customContextMenuRequested.connect(lambda place: self._show_menu(button, name, place))
        return button

    def _show_menu(self, button: QToolButton, name: str, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction(_("Rename the saved search…")).triggered.connect(lambda: self.rename_wanted.emit(name))
        menu.addAction(_("Delete the saved search")).triggered.connect(lambda: self.delete_wanted.emit(name))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(button.mapToGlobal(place))


def give_icon(button: QToolButton, icon_name: str, colour: str) -> None:
    """Put an icon before a button's text, and give both their room."""
    width = button.fontMetrics().horizontalAdvance(button.text().replace("&&", "&"))
    button.setIcon(icon(icon_name, colour))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setFixedWidth(width + ROOM_PX + ICON_PX + GAP_PX)
