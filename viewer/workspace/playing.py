"""How what a cell shows is played: images as their data ask for it, views of volumes place by place."""

from viewer.workspace.cine import DEFAULT_RATE, CineTiming, timing_of
from viewer.workspace.volume_look import VolumeLook
from viewer.workspace.volume_phases import pass_phase, phase_at, phase_count, phase_timing, plays_phases
from viewer.workspace.volume_stepping import place_count, place_index
from viewer.workspace.workspace import Workspace


def timing_at(workspace: Workspace, cell: int) -> CineTiming | None:
    """Return how a cell is played; None where there is nothing to play.

    A plane runs through its volume, a projection once round the patient; or either through the volume's phases.
    """
    display_set = workspace.display_set_at(cell)
    if display_set is None or not display_set.is_image:
        return None
    view, geometry = workspace.viewport(cell).volume, workspace.geometry_at(cell)
    if view is None:
        return timing_of(display_set) if len(display_set.images) > 1 else None
    if plays_phases(workspace, cell):
        return phase_timing(workspace, cell)
    count = place_count(view, geometry) if geometry is not None else 0
    return CineTiming(DEFAULT_RATE, (), 0, count - 1, is_sweep=False, is_stated=False) if count > 1 else None


def played_at(workspace: Workspace, cell: int) -> tuple[int, int]:
    """Return where a cell stands in what is played there, from 0, and how many of it there are."""
    if plays_phases(workspace, cell):
        return phase_at(workspace, cell), phase_count(workspace, cell)
    return workspace.place_at(cell)


def show_played(workspace: Workspace, cell: int, index: int) -> None:
    """Show one of what is played in a cell."""
    if plays_phases(workspace, cell):
        pass_phase(workspace, index, cell)
    else:
        workspace.set_index(index, cell)


def played_in(workspace: Workspace, cell: int, look: VolumeLook) -> int:
    """Return which of what is played in a cell a picture shows."""
    if plays_phases(workspace, cell):
        return look.view.phase
    return place_index(look.view, look.volume.geometry)
