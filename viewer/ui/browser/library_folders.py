"""The row of smart folders above the library's list: those always there, what is to be decided, saved searches."""

from collections.abc import Iterable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QMenu, QSizePolicy, QToolButton, QWidget

from viewer.base.translation import _
from viewer.ui.flow_layout import FlowLayout
from viewer.ui.icons import icon
from viewer.ui.theme import colours
from viewer.workspace.library_rows import SmartFolder

ICON_PX, GAP_PX = 14, 6
ROOM_PX = 14
"""Beside a button's text, for its frame."""


class LibraryFolders(QWidget):
    """Buttons of which one is pressed."""

    chosen = Signal(object, str)
    """A SmartFolder or None, and the name of a saved search."""
    decisions_wanted = Signal()
    rename_wanted = Signal(str)
    delete_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._flow = FlowLayout(self)
        self._flow.setContentsMargins(6, 0, 6, 4)
        self._saved: dict[str, QToolButton] = {}
        self._smart: dict[SmartFolder, QToolButton] = {}
        for folder in SmartFolder:
            button = self._button(_(folder.value))
            button.clicked.connect(lambda _checked=False, which=folder: self.chosen.emit(which, ""))
            self._smart[folder] = button
        self._smart[SmartFolder.ALL].setChecked(True)
        self._decisions = self._button("")
        self._decisions.setCheckable(False)
        self._decisions.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._decisions.setToolTip(_("What was kept aside, and what did not fit together: look at it and decide"))
        self._decisions.clicked.connect(self.decisions_wanted)
        self._decisions.hide()
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_undecided(self, count: int) -> None:
        """Show how much waits for a decision; nothing when nothing does."""
        self._decisions.setIcon(icon("warning", colours().caution))
        text = _("To decide ({0})").format(count)
        self._decisions.setText(text)
        width = self._decisions.fontMetrics().horizontalAdvance(text)
        self._decisions.setFixedWidth(width + ROOM_PX + ICON_PX + GAP_PX)
        self._decisions.setVisible(count > 0)

    def show_saved(self, names: Iterable[str]) -> None:
        """Show the saved searches."""
        wanted = list(names)
        pressed = next((name for name, button in self._saved.items() if button.isChecked()), "")
        if wanted == list(self._saved):
            return
        for button in self._saved.values():
            self._group.removeButton(button)
            self._flow.removeWidget(button)
            button.deleteLater()
        self._saved = {name: self._saved_button(name) for name in wanted}
        if pressed:
            self.choose(None, pressed)

    def choose(self, folder: SmartFolder | None, saved: str = "") -> None:
        """Press a button as the reader would."""
        button = self._saved.get(saved) if folder is None else self._smart[folder]
        if button is None:
            folder, saved, button = SmartFolder.ALL, "", self._smart[SmartFolder.ALL]
        button.setChecked(True)
        self.chosen.emit(folder, saved)

    def _saved_button(self, name: str) -> QToolButton:
        button = self._button(name.replace("&", "&&"))
        button.setIcon(icon("bookmark", colours().secondary))
        button.setFixedWidth(button.minimumWidth() + ICON_PX + GAP_PX)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.clicked.connect(lambda: self.chosen.emit(None, name))
        button.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        button.customContextMenuRequested.connect(lambda place: self._show_menu(button, name, place))
        return button

    def _show_menu(self, button: QToolButton, name: str, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction(_("Rename the saved search…")).triggered.connect(lambda: self.rename_wanted.emit(name))
        menu.addAction(_("Delete the saved search")).triggered.connect(lambda: self.delete_wanted.emit(name))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(button.mapToGlobal(place))

    def _button(self, text: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setFixedWidth(button.fontMetrics().horizontalAdvance(text.replace("&&", "&")) + ROOM_PX)
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setIconSize(button.iconSize().scaled(ICON_PX, ICON_PX, Qt.AspectRatioMode.IgnoreAspectRatio))
        self._group.addButton(button)
        self._flow.addWidget(button)
        return button
