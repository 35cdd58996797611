"""The row of smart folders above the library's list: those always there, what is to be decided, saved searches."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QToolButton

from viewer.base.translation import _
from viewer.ui.browser.folder_buttons import FolderButtons, give_icon
from viewer.ui.theme import colours
from viewer.workspace.library_rows import SmartFolder


class LibraryFolders(FolderButtons):
    """Buttons of which one is pressed."""

    chosen = Signal(object, str)
    """A SmartFolder or None, and the name of a saved search."""
    decisions_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.group.setExclusive(True)
        self._smart: dict[SmartFolder, QToolButton] = {}
        for folder in SmartFolder:
            button = self.button(_(folder.value))
            button.clicked.connect(lambda _checked=False, which=folder: self.chosen.emit(which, ""))
            self._smart[folder] = button
        self._smart[SmartFolder.ALL].setChecked(True)
        self._decisions = self.button("")
        self._decisions.setCheckable(False)
        self._decisions.setToolTip(_("What was kept aside, and what did not fit together: look at it and decide"))
        self._decisions.clicked.connect(self.decisions_wanted)
        self._decisions.hide()

    def show_undecided(self, count: int) -> None:
        """Show how much waits for a decision; nothing when nothing does."""
        self._decisions.setText(_("To decide ({0})").format(count))
        give_icon(self._decisions, "warning", colours().caution)
        self._decisions.setVisible(count > 0)

    def choose(self, folder: SmartFolder | None, saved: str = "") -> None:
        """Press a button as the reader would."""
        button = self._saved.get(saved) if folder is None else self._smart[folder]
        if button is None:
            folder, saved, button = SmartFolder.ALL, "", self._smart[SmartFolder.ALL]
        button.setChecked(True)
        self.chosen.emit(folder, saved)

    def press_saved(self, name: str) -> None:
        """A saved search is chosen by its button."""
        self.chosen.emit(None, name)

    def saved_changed(self, pressed: str) -> None:
        """Press what was pressed before, or what is always there."""
        self.choose(None, pressed)
