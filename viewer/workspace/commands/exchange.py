"""Commands for archives themselves: which there are, whether they answer, what is sent to them, what is on its way."""

from viewer.base.translation import N_
from viewer.workspace.commands.acting import Acting
from viewer.workspace.commands.command import Command
from viewer.workspace.exchange_actions import ExchangeActions
from viewer.workspace.workspace import Workspace

MENU = "archive"


def _actions(workspace: Workspace) -> ExchangeActions | None:
    return workspace.window.exchange if workspace.window is not None else None


_acting = Acting(_actions)


COMMANDS = (
    Command(
        id="archive.send",
        title=N_("Send to an archive…"),
        run=_acting.run(lambda actions: actions.send()),
        keys=("Ctrl+Shift+S",),
        menu=MENU,
        group="send",
        enabled=_acting.when(lambda actions: actions.can_transfer and actions.can_send),
        icon="send",
        help=N_("The studies that are chosen on this computer, or the one in the active viewport"),
    ),
    Command(
        id="archive.commit",
        title=N_("Ask whether it is kept…"),
        run=_acting.run(lambda actions: actions.commit()),
        keys=("Ctrl+Shift+K",),
        menu=MENU,
        group="send",
        enabled=_acting.when(lambda actions: actions.can_transfer and actions.can_send),
        icon="shield-check",
        help=N_("Ask an archive to promise that it keeps the chosen studies (storage commitment)"),
    ),
    Command(
        id="archive.transfers",
        title=N_("Transfers"),
        run=_acting.run(lambda actions: actions.show_transfers()),
        keys=("Shift+F8",),
        menu=MENU,
        group="transfers",
        enabled=_acting.when(lambda _actions: True),
        icon="arrow-left-right",
        help=N_("What is fetched and sent: how far it is, what failed, and trying again"),
    ),
    Command(
        id="archive.clear_transfers",
        title=N_("Clear finished transfers"),
        run=_acting.run(lambda actions: actions.clear_ended()),
        menu=MENU,
        group="transfers",
        enabled=_acting.when(lambda actions: actions.has_ended),
        help=N_("Take what is done from the list of transfers; what failed stays until it is removed"),
    ),
    Command(
        id="archive.peers",
        title=N_("Set up archives…"),
        run=_acting.run(lambda actions: actions.show_peers()),
        keys=("Shift+F6",),
        menu=MENU,
        group="peers",
        enabled=_acting.when(lambda _actions: True),
        icon="server",
        help=N_("Add an archive, change how it is called, ask whether it is there"),
    ),
    Command(
        id="archive.doctor",
        title=N_("Examine an archive…"),
        run=_acting.run(lambda actions: actions.examine()),
        keys=("Ctrl+Shift+D",),
        menu=MENU,
        group="peers",
        enabled=_acting.when(lambda _actions: True),
        icon="stethoscope",
        help=N_("Find out step by step where the way to an archive fails, and what helps"),
    ),
)
