"""The preferences: pages at the right, their names at the left; every change is in force at once and kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.buttons import push_button
from viewer.ui.page_list import PageList
from viewer.ui.preferences.corners_page import CornersPage
from viewer.ui.preferences.keys_page import KeysPage
from viewer.ui.preferences.mouse_page import MousePage
from viewer.ui.preferences.section_page import SectionPage
from viewer.workspace.commands.command import Command
from viewer.workspace.corner_text_table import CornerTextTable
from viewer.workspace.keys import KeySettings
from viewer.workspace.preferences import GeneralSettings

SIZE = (860, 640)


@dataclass(frozen=True, slots=True)
class PreferenceActions:
    """What the preferences do with a change."""

    change_general: Callable[[GeneralSettings], None]
    change_keys: Callable[[KeySettings], None]
    edit_presets: Callable[[], None]
    change_corners: Callable[[CornerTextTable], None]


class PreferencesWindow(QDialog):
    """Pages: general, corner texts, keys, mouse, and what features add; the presets have an editor of their own."""

    def __init__(
        self,
        commands: Sequence[Command],
        general: GeneralSettings,
        keys: KeySettings,
        corners: CornerTextTable,
        actions: PreferenceActions,
        more_pages: Mapping[str, tuple[str, QWidget]] | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle(_("Preferences"))
        self.resize(*SIZE)
        self._actions = actions
        self._keys_page = KeysPage(commands, keys, self._keys_changed)
        self._mouse_page = MousePage(commands, keys, self._keys_changed)
        pages: dict[str, tuple[str, QWidget]] = {
            "general": (_("General"), SectionPage(general, actions.change_general)),
            "corners": (_("Corner texts"), CornersPage(corners, actions.change_corners)),
            "keys": (_("Keys"), self._keys_page),
            "mouse": (_("Mouse"), self._mouse_page),
            **(more_pages or {}),
        }
        self._ids = tuple(pages)
        self._names = PageList(title for title, _page in pages.values())
        self._stack = QStackedWidget()
        for _title, page in pages.values():
            self._stack.addWidget(page)
        self._names.currentRowChanged.connect(self._stack.setCurrentIndex)
        self._lay_out()

    @property
    def page(self) -> str:
        """The page in front."""
        return self._ids[self._stack.currentIndex()]

    def show_page(self, page: str) -> None:
        """Bring a page to the front; an unknown one gives the first."""
        self._names.setCurrentRow(self._ids.index(page) if page in self._ids else 0)

    def _lay_out(self) -> None:
        presets = push_button(_("Window presets…"), self._actions.edit_presets)
        close = push_button(_("Close"), self.close)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._names)
        middle.addWidget(self._stack, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 8, 12, 12)
        foot.addWidget(presets)
        foot.addStretch(1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(middle, 1)
        layout.addLayout(foot)
        self.setTabOrder(self._names, self._stack)
        self._names.setFocus(Qt.FocusReason.OtherFocusReason)

    def _keys_changed(self, settings: KeySettings) -> None:
        if settings != self._keys_page.settings:
            self._keys_page.take(settings)
        self._mouse_page.take(settings)
        self._actions.change_keys(settings)
