"""How what a cell shows is played: images as their data ask for it, views of volumes place by place."""

from viewer.workspace.cine import DEFAULT_RATE, CineTiming, timing_of
from viewer.workspace.volume_stepping import place_count
from viewer.workspace.workspace import Workspace


def timing_at(workspace: Workspace, cell: int) -> CineTiming | None:
    """Return how a cell is played; None where there is nothing to play.

    A plane runs through its volume, a projection once round the patient.
    """
    display_set = workspace.display_set_at(cell)
    if display_set is None or not display_set.is_image:
        return None
    view, geometry = workspace.viewport(cell).volume, workspace.geometry_at(cell)
    if view is None:
        return timing_of(display_set) if len(display_set.images) > 1 else None
    count = place_count(view, geometry) if geometry is not None else 0
    return CineTiming(DEFAULT_RATE, (), 0, count - 1, is_sweep=False, is_stated=False) if count > 1 else None
