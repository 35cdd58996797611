"""The row of what narrows a search in archives, of my day, and of the searches that were saved."""

from collections.abc import Iterable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QToolButton

from viewer.base.translation import _
from viewer.ui.browser.folder_buttons import FolderButtons


class ArchiveQueries(FolderButtons):
    """Buttons that search at once, behind others.

    Args:
        filters: Those before.
    """

    my_day_wanted = Signal()
    define_wanted = Signal()
    """The chosen modalities and archives are to be those of "my day"."""
    chosen = Signal(str)
    """The name of a saved search."""

    def __init__(self, filters: Iterable[QToolButton]) -> None:
        super().__init__()
        for each in filters:
            self.add(each)
        self.group.setExclusive(False)
        self.my_day = self.button_with_icon(_("My day"), "calendar")
        self.my_day.setCheckable(False)
        self.my_day.clicked.connect(self.my_day_wanted)
        self.my_day.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.my_day.customContextMenuRequested.connect(self._show_day_menu)

    def press_saved(self, name: str) -> None:
        """A saved search is chosen by its button."""
        self._saved[name].setChecked(False)  # it is asked once; nothing stays pressed
        self.chosen.emit(name)

    def _show_day_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction(_("Use the chosen modalities and archives")).triggered.connect(self.define_wanted)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.my_day.mapToGlobal(place))
