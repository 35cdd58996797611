"""Presentation states live as long as the program: the book of those that are open, and each window's side of them."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from viewer.base.errors import SettingsError
from viewer.base.translation import _
from viewer.ui.presenting.save_state_window import WindowStateSaving
from viewer.ui.presenting.state_window import WindowStates
from viewer.workspace.presenting.own_states import OwnStates, PresentationSettings
from viewer.workspace.presenting.state_book import StateBook

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.ui.main_window import MainWindow
    from viewer.ui.viewports.grid import ViewportGrid
    from viewer.workspace.workspace import Workspace

SECTION = "presentation_states"


class PresentingPlace:
    """Belongs to the program."""

    def __init__(self, programme: "Programme") -> None:
        self._programme = programme
        self.settings = programme.settings.section(SECTION, PresentationSettings)
        self.book = StateBook(programme.tree, programme.runner)
        programme.shared.states = self.book
        self._own: dict[Workspace, OwnStates] = {}
        self._disconnect = self.book.changed.connect(lambda _none: self._refresh())

    def window_opened(self, window: "MainWindow", viewports: "ViewportGrid") -> None:
        """Give a window its side of the commands, and follow it."""
        workspace = window.workspace
        if workspace.window is not None:
            programme, say = self._programme, window.job_line.show_message
            saving = WindowStateSaving(window, viewports, programme.objects, programme.rendering.store, say)
            workspace.window.states = WindowStates(window, self._reader, saving)
        if workspace not in self._own:
            self._own[workspace] = OwnStates(workspace, lambda: self.settings.applies_own, self._reader)
        window.closing.connect(lambda _window: self._window_closed(workspace))

    def preference_pages(self) -> dict[str, tuple[str, QWidget]]:
        """Return the page of presentation states, for the preferences."""
        from viewer.ui.preferences.section_page import SectionPage

        return {SECTION: (_("Presentation states"), SectionPage(self.settings, self._keep))}

    def close(self) -> None:
        """The windows are closed."""
        self._disconnect()
        self.book.close()

    def _keep(self, settings: PresentationSettings) -> None:
        self.settings = settings
        try:
            self._programme.settings.store(SECTION, settings)
        except SettingsError as error:
            for window in self._programme.windows:
                window.job_line.show_message(error.one_line())

    def _reader(self) -> str:
        return self._programme.general.reader_name

    def _window_closed(self, workspace: "Workspace") -> None:
        if all(window.workspace is not workspace for window in self._programme.windows):
            own = self._own.pop(workspace, None)
            if own is not None:
                own.close()

    def _refresh(self) -> None:
        for window in self._programme.windows:
            window.actions_table.refresh_soon()
