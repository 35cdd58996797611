"""One window's presentation states: the list that is offered over it."""

from collections.abc import Callable

from viewer.base.translation import _
from viewer.ui.dialogs.choice_popup import Choice, ChoicePopup
from viewer.ui.main_window import MainWindow
from viewer.ui.presenting.save_state_window import WindowStateSaving
from viewer.workspace.commands.presenting import put
from viewer.workspace.presenting.applying import choices_at, own_newest
from viewer.workspace.presenting.state_words import state_detail, state_title

PANEL = "states"
"""Id of the page at the right."""


class WindowStates:
    """The window's side of commands (workspace.presenting.state_actions).

    Args:
        window: Its own.
        reader: Returns the reader's name: their own newest state is the one that Enter chooses.
        saving: Of what the window shows.
    """

    def __init__(self, window: MainWindow, reader: Callable[[], str], saving: WindowStateSaving) -> None:
        self._window = window
        self._reader = reader
        self._saving = saving
        self._popup: ChoicePopup | None = None

    def choose(self) -> None:
        """Offer the states of what the active viewport shows; those that do not fit say why when they are chosen."""
        workspace = self._window.workspace
        choices = choices_at(workspace, workspace.active)
        offered = [Choice("", _("As acquired"))]
        for each in choices:
            detail = _("not for this image") if each.reason else state_detail(each.state)
            offered.append(Choice(each.state.sop_instance_uid, state_title(each.state), detail))
        self._popup = self._popup or ChoicePopup(self._window)
        current = workspace.viewport(workspace.active).presentation
        current = current or own_newest(workspace, workspace.active, self._reader())
        self._popup.offer(_("Presentation state"), offered, lambda uid: put(workspace, uid), current=current)

    def show_list(self) -> None:
        """Bring the page of states to the front."""
        self._window.show_panel(PANEL)

    def save(self) -> None:
        """Ask how what the active viewport shows is to be saved as a state, and save it."""
        self._saving.save()
