"""Windows that belong to no one reading window: preferences, the editor of presets, help; one of each at most."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDialog

from viewer.base.errors import SettingsError
from viewer.base.translation import current_language
from viewer.ui.main_window import MainWindow
from viewer.workspace.commands.table import COMMANDS
from viewer.workspace.keys import KeySettings, resolve
from viewer.workspace.preferences import GeneralSettings

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.ui.help_window import HelpWindow
    from viewer.ui.preferences.preferences_window import PreferencesWindow


class SharedWindows:
    """Makes them when they are first asked for, and carries out what they change."""

    def __init__(self, programme: "Programme") -> None:
        self._programme = programme
        self._preferences: PreferencesWindow | None = None
        self._help: HelpWindow | None = None

    def show_preferences(self, window: MainWindow, page: str) -> None:
        """Show the preferences, at a page."""
        from viewer.application import measuring_habits
        from viewer.ui.preferences.preferences_window import PreferenceActions, PreferencesWindow

        if self._preferences is None:
            programme = self._programme
            actions = PreferenceActions(
                self._change_general,
                self._change_keys,
                lambda: self.edit_presets(programme.windows[-1]),
                programme.shared.set_corners,
            )
            keys = programme.settings.section("keys", KeySettings)
            pages = programme.reception.preference_pages() if programme.reception is not None else {}
            pages |= programme.archives.preference_pages()
            pages |= programme.transfers.preference_pages()
            pages |= measuring_habits.preference_pages(programme)
            pages |= programme.presenting.preference_pages()
            pages |= programme.report_writing.preference_pages()
            self._preferences = PreferencesWindow(
                COMMANDS, programme.general, keys, programme.shared.corners, actions, pages
            )
            self._preferences.finished.connect(self._preferences_closed)
        self._preferences.show_page(page)
        _bring_up(self._preferences, window)

    def edit_presets(self, window: MainWindow) -> None:
        """Show the editor of window presets."""
        from viewer.ui.dialogs.preset_editor import PresetEditor

        PresetEditor(window, window.workspace).show()

    def show_help(self, window: MainWindow, topic: str) -> None:
        """Show the help, at a topic."""
        from viewer.ui.help_window import HelpWindow
        from viewer.workspace.help_pages import help_page

        if self._help is None:
            programme = self._programme
            self._help = HelpWindow(lambda page: help_page(page, current_language(), COMMANDS, programme.keys))
            self._help.finished.connect(self._help_closed)
        self._help.show_topic(topic)
        _bring_up(self._help, window)

    def close(self) -> None:
        """Close what is open: the last reading window is gone."""
        for dialog in (self._preferences, self._help):
            if dialog is not None:
                dialog.close()

    def _help_closed(self) -> None:
        if self._help is not None:
            self._help.deleteLater()
            self._help = None

    def _preferences_closed(self) -> None:
        if self._preferences is not None:
            self._preferences.deleteLater()
            self._preferences = None

    def _change_general(self, general: GeneralSettings) -> None:
        """Keep the settings; another language or theme rebuilds the windows, and these preferences with them."""
        if self._programme.change_general(general):
            QTimer.singleShot(0, self._show_anew)

    def _show_anew(self) -> None:
        if self._preferences is not None and self._programme.windows:
            page = self._preferences.page
            self._preferences.close()
            self.show_preferences(self._programme.windows[-1], page)

    def _change_keys(self, settings: KeySettings) -> None:
        try:
            self._programme.change_keys(settings, resolve(COMMANDS, settings))
            if self._help is not None:
                self._help.refresh()
        except SettingsError as error:
            for window in self._programme.windows:
                window.job_line.show_message(error.one_line())


def _bring_up(dialog: QDialog, window: MainWindow) -> None:
    if not dialog.isVisible():
        middle = window.frameGeometry().center()
        dialog.move(middle.x() - dialog.width() // 2, middle.y() - dialog.height() // 2)
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
