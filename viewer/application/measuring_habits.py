"""How the reader likes to measure: kept in the settings, the same in all windows, and a page of the preferences."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from viewer.base.settings import Settings
from viewer.base.translation import _
from viewer.workspace.shared_state import SharedState
from viewer.workspace.tools.measuring import SECTION, MeasuringSettings
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.application.programme import Programme


def follow_habits(settings: Settings, shared: SharedState, workspace: Workspace) -> None:
    """Give a window's workspace what is kept, and keep what is changed in it."""
    workspace.measuring.set_settings(settings.section(SECTION, MeasuringSettings))
    workspace.measuring.changed.connect(lambda _none: _keep(settings, shared, workspace.measuring.settings))


def preference_pages(programme: "Programme") -> dict[str, tuple[str, QWidget]]:
    """Return the page of measuring, made anew, by its id."""
    from viewer.ui.preferences.section_page import SectionPage

    settings = programme.settings
    kept = settings.section(SECTION, MeasuringSettings)
    return {SECTION: (_("Measuring"), SectionPage(kept, lambda changed: _keep(settings, programme.shared, changed)))}


def _keep(settings: Settings, shared: SharedState, changed: MeasuringSettings) -> None:
    if settings.section(SECTION, MeasuringSettings) == changed:
        return
    settings.store(SECTION, changed)
    for workspace in tuple(shared.workspaces):
        workspace.measuring.set_settings(changed)
