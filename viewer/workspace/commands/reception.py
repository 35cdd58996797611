"""Commands for the receiver: its page, starting and stopping it, putting an identity right."""

from viewer.base.translation import N_
from viewer.workspace.commands.acting import Acting
from viewer.workspace.commands.command import Command
from viewer.workspace.commands.file import in_window
from viewer.workspace.reception_actions import ReceptionActions
from viewer.workspace.workspace import Workspace

PAGE, RULES_PAGE = "receiver", "routing"


def _actions(workspace: Workspace) -> ReceptionActions | None:
    return workspace.window.reception if workspace.window is not None else None


_acting = Acting(_actions)


def _is_there(workspace: Workspace) -> bool:
    return _actions(workspace) is not None


def _chosen_study(workspace: Workspace) -> str:
    uids = workspace.window.library.chosen_study_uids if workspace.window is not None else ()
    return uids[0] if len(uids) == 1 else ""


def _can_reconcile(workspace: Workspace) -> bool:
    return _is_there(workspace) and bool(_chosen_study(workspace))


def _reconcile(workspace: Workspace) -> None:
    actions, uid = _actions(workspace), _chosen_study(workspace)
    if actions is not None and uid:
        actions.reconcile(uid)


COMMANDS = (
    Command(
        id="receiver.page",
        title=N_("Receiver…"),
        run=in_window(lambda window: window.show_preferences(PAGE)),
        keys=("F4",),
        menu="library",
        group="receiver",
        enabled=_is_there,
        icon="inbox",
        help=N_("Who can send images to this computer, where it listens, and how it stands with it"),
    ),
    Command(
        id="receiver.start",
        title=N_("Start the receiver"),
        run=_acting.run(lambda actions: actions.start()),
        menu="library",
        group="receiver",
        enabled=_acting.when(lambda actions: not actions.is_wanted),
        help=N_("Receive as the receiver's page says; at first from this computer only"),
    ),
    Command(
        id="receiver.stop",
        title=N_("Stop the receiver"),
        run=_acting.run(lambda actions: actions.stop()),
        menu="library",
        group="receiver",
        enabled=_acting.when(lambda actions: actions.is_wanted),
        help=N_("What is being received is finished first"),
    ),
    Command(
        id="receiver.rules",
        title=N_("Routing rules…"),
        run=in_window(lambda window: window.show_preferences(RULES_PAGE)),
        menu="library",
        group="receiver",
        enabled=_is_there,
        help=N_(
            "What is to be done with studies when they have arrived: sent on, flagged, written, handed to a program"
        ),
    ),
    Command(
        id="receiver.reconcile",
        title=N_("Put the identity right…"),
        run=_reconcile,
        menu="library",
        group="receiver",
        enabled=_can_reconcile,
        help=N_("The chosen study beside the patient that it should be of; the originals are kept"),
    ),
)
