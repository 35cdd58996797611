"""Commands by which measurements leave the program, or come into it."""

from viewer.base.translation import N_
from viewer.workspace.commands.acting import Acting
from viewer.workspace.commands.command import Command
from viewer.workspace.reporting.measurement_actions import MeasurementActions
from viewer.workspace.workspace import Workspace

MENU = "measure"


def _actions(workspace: Workspace) -> MeasurementActions | None:
    return workspace.window.measurements if workspace.window is not None else None


_acting = Acting(_actions)


def _has_study(workspace: Workspace) -> bool:
    return _actions(workspace) is not None and workspace.series_at(workspace.active) is not None


def _has_marks(workspace: Workspace) -> bool:
    series = workspace.series_at(workspace.active)
    if series is None or _actions(workspace) is None:
        return False
    study = series.study.study_instance_uid or series.series_instance_uid
    return workspace.shared.annotations.has_any(study)


COMMANDS = (
    Command(
        id="marks.save",
        title=N_("Save measurements…"),
        run=_acting.run(lambda actions: actions.save()),
        keys=("Ctrl+Alt+D",),
        menu=MENU,
        group="save",
        enabled=_has_marks,
        help=N_("Save what is marked on the active study as a DICOM report; there must be a mark"),
    ),
    Command(
        id="marks.export",
        title=N_("Export measurements…"),
        run=_acting.run(lambda actions: actions.export()),
        menu=MENU,
        group="save",
        enabled=_has_marks,
        help=N_("Write what is marked on the active study into a file; there must be a mark"),
    ),
    Command(
        id="marks.take_over",
        title=N_("Take over measurements of a report…"),
        run=_acting.run(lambda actions: actions.take_over()),
        menu=MENU,
        group="save",
        enabled=_has_study,
        help=N_("Put what a report measured on the images as locked marks, with its numbers and author"),
    ),
)
