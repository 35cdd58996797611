"""Commands that save what is made of a volume, and pictures of the screen."""

from viewer.base.translation import N_
from viewer.workspace.commands.acting import Acting
from viewer.workspace.commands.command import Command
from viewer.workspace.multiplanar import refusal_at
from viewer.workspace.saving_actions import SavingActions
from viewer.workspace.volume_saving import SAVED_KINDS
from viewer.workspace.workspace import Workspace


def _actions(workspace: Workspace) -> SavingActions | None:
    return workspace.window.saving if workspace.window is not None else None


_acting = Acting(_actions)


def _has_plane(workspace: Workspace) -> bool:
    view = workspace.viewport(workspace.active).volume
    return view is not None and view.kind in SAVED_KINDS and _actions(workspace) is not None


def _has_picture(workspace: Workspace) -> bool:
    return workspace.displayed(workspace.active) is not None and _actions(workspace) is not None


def _has_volume(workspace: Workspace) -> bool:
    display_set = workspace.display_set_at(workspace.active)
    return display_set is not None and not refusal_at(workspace) and _actions(workspace) is not None


COMMANDS = (
    Command(
        id="volume.save_series",
        title=N_("Save reformatted series…"),
        run=_acting.run(lambda actions: actions.save_series()),
        keys=("Ctrl+Alt+S",),
        menu="volume",
        group="save",
        enabled=_has_plane,
        icon="images",
        help=N_("The planes or slabs of this view through the whole volume, as a new DICOM series"),
    ),
    Command(
        id="volume.make_surface",
        title=N_("Make a surface…"),
        run=_acting.run(lambda actions: actions.make_surface()),
        keys=("Ctrl+Alt+M",),
        menu="volume",
        group="save",
        enabled=_has_volume,
        icon="box",
        help=N_("What has at least a value, as a mesh: its volume and area, and files for printing and modelling"),
    ),
    Command(
        id="volume.save_picture",
        title=N_("Save picture as secondary capture…"),
        run=_acting.run(lambda actions: actions.save_picture()),
        keys=("Ctrl+Alt+P",),
        menu="file",
        group="save",
        enabled=_has_picture,
        icon="camera",
        help=N_("The active viewport as it is on the screen, its texts and the patient's name in it, as DICOM"),
    ),
)
