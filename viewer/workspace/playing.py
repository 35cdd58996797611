"""How what a cell shows is played: images as their data ask for it, views of volumes place by place."""

from viewer.workspace.cine import DEFAULT_RATE, CineTiming, timing_of
from viewer.workspace.workspace import Workspace


def timing_at(workspace: Workspace, cell: int) -> CineTiming | None:
    """Return how a cell is played; None where there is nothing to play.

    A plane runs through its volume, a projection once round the patient.
    """
    display_set = workspace.display_set_at(cell)
    if display_set is None or not display_set.is_image:
        return None
    if workspace.viewport(cell).volume is None:
        return timing_of(display_set)
    _index, count = workspace.place_at(cell)
    if count < 2:
        return None
    return CineTiming(DEFAULT_RATE, (), 0, count - 1, is_sweep=False, is_stated=False)
