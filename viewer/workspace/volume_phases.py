"""The phases of a volume: which one the views of a group show, how it is called, how phases are played."""

from dataclasses import replace

from viewer.base.translation import N_
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.cine import DEFAULT_RATE, MAXIMUM_RATE, MINIMUM_RATE, CineTiming
from viewer.workspace.phase_times import PhaseTimes
from viewer.workspace.viewport_state import CineState
from viewer.workspace.volume_group import set_phase
from viewer.workspace.workspace import Workspace


def volume_at(workspace: Workspace, cell: int | None = None) -> SeriesVolume | None:
    """Return the volume that a cell (the active one by default) looks at; None for images, and before it is there."""
    state = workspace.viewport(workspace.active if cell is None else cell)
    volumes = workspace.shared.volumes
    return volumes.volume(state.display_set_key) if volumes is not None and state.volume is not None else None


def phase_count(workspace: Workspace, cell: int | None = None) -> int:
    """Return how many phases the volume of a cell has; 0 for images, and before it is there."""
    volume = volume_at(workspace, cell)
    return len(volume.phases) if volume is not None else 0


def phase_at(workspace: Workspace, cell: int | None = None) -> int:
    """Return which phase a cell shows, from 0."""
    view = workspace.viewport(workspace.active if cell is None else cell).volume
    return min(max(view.phase if view is not None else 0, 0), max(phase_count(workspace, cell) - 1, 0))


def step_phase(workspace: Workspace, steps: int) -> None:
    """Show the phase so many on in the views of the active group, round and round."""
    count = phase_count(workspace)
    if count > 1:
        set_phase(workspace, (phase_at(workspace) + steps) % count)


def pass_phase(workspace: Workspace, phase: int, cell: int) -> None:
    """Show a phase in the views of a cell's group in passing: a cine's steps are not undone one by one."""
    view = workspace.viewport(cell).volume
    if view is not None and view.phase != phase:
        workspace.step_view(cell, replace(view, phase=phase))


def phase_times_at(workspace: Workspace, cell: int | None = None) -> PhaseTimes | None:
    """Return when the phases of a cell's volume were taken; None where that is not stated, or not known yet."""
    volume, book = volume_at(workspace, cell), workspace.shared.phases
    return book.of(volume) if volume is not None and book is not None else None


def plays_phases(workspace: Workspace, cell: int) -> bool:
    """Return whether a cine in a cell runs through the phases of its volume."""
    state = workspace.viewport(cell)
    return state.volume is not None and state.cine.is_through_phases and phase_count(workspace, cell) > 1


def phase_timing(workspace: Workspace, cell: int) -> CineTiming:
    """Return how the phases of a cell's volume are played: as fast as they were taken where the data state that."""
    count, times = phase_count(workspace, cell), phase_times_at(workspace, cell)
    intervals = times.intervals_s if times is not None and times.is_rate and len(times.seconds) == count else ()
    rate = len(intervals) / sum(intervals) if intervals else 0.0
    if not MINIMUM_RATE <= rate <= MAXIMUM_RATE:
        return CineTiming(DEFAULT_RATE, (), 0, count - 1, is_sweep=False, is_stated=False)
    return CineTiming(rate, intervals, 0, count - 1, is_sweep=False, is_stated=True)


def set_played(workspace: Workspace, *, phases: bool) -> None:
    """Let the cine of the active viewport run through phases, or through places; what it plays begins anew."""

    def how(cine: CineState) -> CineState:
        return CineState(is_playing=cine.is_playing, is_sweep=cine.is_sweep, is_through_phases=phases)

    workspace.adjust(N_("What the cine runs through"), lambda state: replace(state, cine=how(state.cine)))


def toggle_phase_cine(workspace: Workspace) -> None:
    """Play through the phases, or stop where that is playing."""
    cine = workspace.viewport(workspace.active).cine
    if cine.is_through_phases:
        changed = replace(cine, is_playing=not cine.is_playing)
    else:
        changed = CineState(is_playing=True, is_sweep=cine.is_sweep, is_through_phases=True)
    workspace.adjust(N_("Play the phases"), lambda state: replace(state, cine=changed))


def set_rate(workspace: Workspace, rate: float) -> None:
    """Let the cine of the active viewport show so many a second."""
    workspace.adjust(N_("Rate"), lambda state: replace(state, cine=replace(state.cine, frames_per_second=rate)))
