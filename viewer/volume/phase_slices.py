"""The phases of a volume: slices sorted by position, told apart where several lie at one place.

Runs after source_slices and before slice_stack.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from viewer.base.translation import _
from viewer.dicom.image_plane import dot
from viewer.volume.slice_stack import SAME_POSITION_MM, positions_of
from viewer.volume.source_slices import SourceSlice

_ENOUGH_OF_A_PHASE = 0.5
"""Of all positions: a phase with less is what was repeated of another."""


@dataclass(frozen=True, slots=True)
class PhaseSlices:
    """Sorted phases.

    Attributes:
        phases: Each by ascending position, at most one slice at each.
        positions_mm: All positions along the normal of the first phase's first slice, ascending.
        phase_positions_mm: Those of each phase.
        duplicates_mm: Positions at which slices were left out because another lies there.
        names: One for each phase.
        notes: What the reader must be told, translated.
    """

    phases: tuple[tuple[SourceSlice, ...], ...]
    positions_mm: tuple[float, ...]
    phase_positions_mm: tuple[tuple[float, ...], ...]
    duplicates_mm: tuple[float, ...] = ()
    names: tuple[str, ...] = ("",)
    notes: tuple[str, ...] = ()


def sorted_phases(given: Sequence[Sequence[SourceSlice]], names: Sequence[str] = ()) -> PhaseSlices:
    """Return the phases of a volume.

    Args:
        given: The slices of each run, in any order. A single run with the same number of slices at every position is
            several phases, told apart by their order.
        names: Of the runs.
    """
    normal = given[0][0].plane.normal
    placed = [_by_position(run, normal) for run in given]
    if len(placed) == 1:
        placed, names = _runs_within(placed[0]), ()
    positions = positions_of([distance for run in placed for distance, _slice in run])
    duplicates: list[float] = []
    kept: list[list[tuple[float, SourceSlice]]] = []
    kept_names: list[str] = []
    notes: list[str] = []
    enough = _ENOUGH_OF_A_PHASE * len(positions)
    is_any_whole = any(len(run) >= enough for run in placed)
    for number, run in enumerate(placed):
        single, repeated = _without_duplicates(run)
        if is_any_whole and len(single) < enough:
            duplicates += [distance for distance, _slice in single]
            continue
        duplicates += repeated
        kept.append(single)
        kept_names.append(names[number] if number < len(names) else "")
    for number, run in enumerate(kept):
        beyond = sum(not run[0][0] - SAME_POSITION_MM <= place <= run[-1][0] + SAME_POSITION_MM for place in positions)
        between = len(positions) - len(run) - beyond
        if beyond > 0:
            notes.append(_("Phase {0} lacks {1} slices at its ends; nothing is shown there").format(number + 1, beyond))
        if between > 0:
            notes.append(
                _("Phase {0} lacks {1} slices; what is shown there is interpolated").format(number + 1, between)
            )
    return PhaseSlices(
        tuple(tuple(each for _distance, each in run) for run in kept),
        tuple(positions),
        tuple(tuple(distance for distance, _slice in run) for run in kept),
        tuple(sorted(duplicates)),
        _named(kept_names),
        tuple(notes),
    )


def _by_position(run: Sequence[SourceSlice], normal: tuple[float, float, float]) -> list[tuple[float, SourceSlice]]:
    placed = [(dot(each.plane.position, normal), index, each) for index, each in enumerate(run)]
    return [(distance, each) for distance, _index, each in sorted(placed, key=lambda found: found[:2])]


def _runs_within(run: list[tuple[float, SourceSlice]]) -> list[list[tuple[float, SourceSlice]]]:
    """Return the runs of images that come equally often at every position, in the order they were given."""
    buckets: list[list[tuple[float, SourceSlice]]] = []
    for distance, each in run:
        if not buckets or distance - buckets[-1][0][0] > SAME_POSITION_MM:
            buckets.append([])
        buckets[-1].append((distance, each))
    count = len(buckets[0])
    if count < 2 or len(buckets) < 2 or any(len(bucket) != count for bucket in buckets):
        return [run]
    return [[bucket[index] for bucket in buckets] for index in range(count)]


def _without_duplicates(
    run: list[tuple[float, SourceSlice]],
) -> tuple[list[tuple[float, SourceSlice]], list[float]]:
    single: list[tuple[float, SourceSlice]] = []
    repeated = []
    for distance, each in run:
        if single and distance - single[-1][0] <= SAME_POSITION_MM:
            repeated.append(distance)
        else:
            single.append((distance, each))
    return single, repeated


def _named(names: list[str]) -> tuple[str, ...]:
    if len(names) == 1:
        return ("",)
    return tuple(name or str(number) for number, name in enumerate(names, start=1))
