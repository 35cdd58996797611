"""Commands that measure through volumes: a threshold region grown on, the volume of outlines drawn slice by slice."""

from viewer.base.translation import N_, _
from viewer.measurement.kinds.stacked_volume import StackedVolume
from viewer.workspace.commands.command import Command
from viewer.workspace.measuring.mark_deeds import selected_marks
from viewer.workspace.measuring.volume_growing import growable
from viewer.workspace.workspace import Workspace


def _can_grow(workspace: Workspace) -> bool:
    return workspace.shared.growing is not None and growable(workspace) is not None


def _grow(workspace: Workspace) -> None:
    if workspace.shared.growing is not None:
        workspace.shared.growing.grow(workspace)


def _is_growing(workspace: Workspace) -> bool:
    return workspace.shared.growing is not None and workspace.shared.growing.is_growing


def _stop(workspace: Workspace) -> None:
    if workspace.shared.growing is not None:
        workspace.shared.growing.stop()


def _has_stack(workspace: Workspace) -> bool:
    return any(mark.kind == StackedVolume.id for mark in selected_marks(workspace))


def _tell_stack(workspace: Workspace) -> None:
    """Say the volume of the stack that the first selected outline belongs to."""
    from viewer.workspace.measuring.reading_texts import reading_text
    from viewer.workspace.measuring.stacking import stack_readings_at

    marks = [mark for mark in selected_marks(workspace) if mark.kind == StackedVolume.id]
    if not marks or workspace.window is None:
        return
    told = [
        "; ".join(filter(None, (f"{_(each.title)}: {reading_text(each)}", each.caution)))
        for each in stack_readings_at(workspace, workspace.active, marks[0])
    ]
    workspace.window.show_message("; ".join(told))


COMMANDS = (
    Command(
        id="measure.grow",
        title=N_("Grow region through the volume"),
        run=_grow,
        menu="measure/volume",
        group="volumes",
        enabled=_can_grow,
        icon="wand-sparkles",
        help=N_("Follow the selected threshold region through all slices: its volume in mm³ and its values"),
    ),
    Command(
        id="measure.stop_growing",
        title=N_("Stop growing"),
        run=_stop,
        menu="measure/volume",
        group="volumes",
        enabled=_is_growing,
        help=N_("Let go of the region that is being grown through the volume"),
    ),
    Command(
        id="measure.stack",
        title=N_("Volume of stacked outlines"),
        run=_tell_stack,
        menu="measure/volume",
        group="volumes",
        enabled=_has_stack,
        icon="layers",
        help=N_("Add up the outlines drawn slice by slice: areas times the distance of slices, with gaps told"),
    ),
)
