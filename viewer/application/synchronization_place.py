"""What links viewports lives as long as the program: settings, who follows whom, open registration objects."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from viewer.application.registration_place import WindowRegistering
from viewer.base.errors import SettingsError
from viewer.ui.main_window import MainWindow
from viewer.workspace.linking import LinkSettings
from viewer.workspace.registration_objects import RegistrationObjects
from viewer.workspace.synchronization import Synchronizer

if TYPE_CHECKING:
    from viewer.application.programme import Programme

SECTION = "linking"


class SynchronizationPlace:
    """Of one program.

    Args:
        programme: Whose windows are linked.
        tell: Says something at the foot of the windows.
    """

    def __init__(self, programme: "Programme", tell: Callable[[str], None]) -> None:
        self._programme = programme
        self._settings = programme.settings
        self._tell = tell
        linking = programme.shared.linking
        linking.set_settings(programme.settings.section(SECTION, LinkSettings))
        self.synchronizer = Synchronizer(programme.shared)
        self._registrations = RegistrationObjects(programme.tree, linking, programme.runner, tell)
        self._disconnect = linking.settings_changed.connect(self._keep)

    def window_opened(self, window: MainWindow) -> None:
        """Let a window lay priors over current series."""
        actions = window.workspace.window
        if actions is not None:
            actions.registering = WindowRegistering(self._programme, window)

    def close(self) -> None:
        """Stop following."""
        self._registrations.close()
        self._disconnect()

    def _keep(self, settings: LinkSettings) -> None:
        try:
            self._settings.store(SECTION, settings)
        except SettingsError as error:
            self._tell(error.one_line())
