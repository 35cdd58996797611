"""Going from phase to phase, playing phases, and what regions are followed through, on a workspace without a window."""

import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from tests.unit.workspace.volumes_at_hand import VolumesAtHand
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.cine import DEFAULT_RATE
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.curve_courses import Course, run_of
from viewer.workspace.curve_placing import course_at
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.multiplanar import enter
from viewer.workspace.phase_book import PhaseBook
from viewer.workspace.phase_times import PhaseTimes
from viewer.workspace.playing import played_at, show_played, timing_at
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.volume_group import set_phase
from viewer.workspace.volume_notes import phase_title
from viewer.workspace.volume_phases import phase_at, phase_count
from viewer.workspace.volume_sources import phases_of
from viewer.workspace.workspace import SharedState, Workspace

COUNT, SLICES = 3, 5
GEOMETRY = VolumeGeometry(
    (4, 4, SLICES), (0.5, 0.5, 5.0), (-100.0, -100.0, -100.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
)


class _Book:
    """Stands in for what is known of times."""

    def __init__(self) -> None:
        self.times: PhaseTimes | None = None

    def of(self, _volume: object) -> PhaseTimes | None:
        return self.times


@pytest.fixture
def book() -> _Book:
    return _Book()


@pytest.fixture
def workspace(make_stack: Callable[..., Any], book: _Book) -> Workspace:
    """Return a workspace whose first cell shows the first of three phases by planes."""
    tree = StudyTree()
    for phase in range(COUNT):
        tree.add(make_stack(SLICES, trigger_time=str(100 * phase)))
    volumes = VolumesAtHand()
    shared = SharedState(tree, DisplaySetCatalogue(tree), lambda _paths: None, volumes=volumes.as_store())
    shared.phases = cast("PhaseBook", book)
    workspace = Workspace(shared)
    (series,) = tree.all_series()
    sets = workspace.catalogue.of_series(series.key)
    assert [each.label for each in sets] == ["Trigger 0 ms", "Trigger 100 ms", "Trigger 200 ms"]
    workspace.show(sets[0].key, 0)
    volumes.put(sets[0].key, GEOMETRY)
    one = volumes.volumes[sets[0].key]
    names = tuple(each.label for each in sets)
    volumes.volumes[sets[0].key] = replace(
        one, phases=tuple(np.full_like(one.phases[0], phase) for phase in range(COUNT)), phase_names=names
    )
    enter(workspace)
    return workspace


def phases(workspace: Workspace) -> list[int]:
    return [view.phase for cell in range(4) if (view := workspace.viewport(cell).volume) is not None]


def test_the_next_phase_is_that_of_all_views_and_one_step_of_undo(workspace: Workspace) -> None:
    assert phase_count(workspace) == COUNT
    BY_ID["phase.next"].run(workspace)
    assert phases(workspace) == [1, 1, 1, 1]
    workspace.undo()
    assert phases(workspace) == [0, 0, 0, 0]
    workspace.redo()
    assert phases(workspace) == [1, 1, 1, 1]


def test_phases_go_round(workspace: Workspace) -> None:
    BY_ID["phase.previous"].run(workspace)
    assert phase_at(workspace) == COUNT - 1
    BY_ID["phase.next"].run(workspace)
    assert phase_at(workspace) == 0
    BY_ID["phase.last"].run(workspace)
    assert phase_at(workspace) == COUNT - 1
    BY_ID["phase.first"].run(workspace)
    assert phase_at(workspace) == 0


def test_the_steps_of_a_slider_are_undone_together(workspace: Workspace) -> None:
    for phase in (1, 2):
        set_phase(workspace, phase, drag=9)
    workspace.undo()
    assert phases(workspace) == [0, 0, 0, 0]


def test_a_phase_is_called_by_number_and_name(workspace: Workspace) -> None:
    volumes = workspace.shared.volumes
    volume = volumes.volume(workspace.viewport(0).display_set_key) if volumes is not None else None
    assert volume is not None
    assert phase_title(volume, 1) == "Phase 2/3 · Trigger 100 ms"
    assert phase_title(replace(volume, phase_names=("1", "2", "3")), 2) == "Phase 3/3"
    assert phase_title(replace(volume, phase_names=("Phase 1/3", "Phase 2/3", "Phase 3/3")), 0) == "Phase 1/3"
    assert phase_title(replace(volume, phases=volume.phases[:1]), 0) == ""


def test_commands_of_phases_need_phases(workspace: Workspace) -> None:
    assert BY_ID["phase.next"].enabled(workspace)
    BY_ID["volume.images"].run(workspace)
    assert not BY_ID["phase.next"].enabled(workspace)


# Playing


def test_phases_are_played_as_fast_as_they_were_taken(workspace: Workspace, book: _Book) -> None:
    book.times = PhaseTimes((0.0, 0.1, 0.3), "Trigger Time", is_rate=True)
    BY_ID["phase.play"].run(workspace)
    timing = timing_at(workspace, 0)
    assert timing is not None
    assert (timing.first, timing.last, timing.is_stated) == (0, COUNT - 1, True)
    assert timing.intervals_s == pytest.approx((0.1, 0.2, 0.15))
    assert timing.rate == pytest.approx(3 / 0.45)


@pytest.mark.parametrize(
    "times",
    [
        None,
        PhaseTimes((0.0, 3.0, 6.0), "Acquisition Time"),
        PhaseTimes((0.0, 60.0, 120.0), "Temporal Resolution", True),
    ],
)
def test_what_states_no_rate_is_played_at_the_common_one(
    workspace: Workspace, book: _Book, times: PhaseTimes | None
) -> None:
    book.times = times
    BY_ID["phase.play"].run(workspace)
    timing = timing_at(workspace, 0)
    assert timing is not None
    assert (timing.rate, timing.intervals_s, timing.is_stated) == (DEFAULT_RATE, (), False)


def test_a_cine_passes_phases_without_steps_of_undo(workspace: Workspace) -> None:
    BY_ID["phase.play"].run(workspace)
    titles = workspace.undo_titles
    assert played_at(workspace, 0) == (0, COUNT)
    show_played(workspace, 0, 2)
    assert phases(workspace) == [2, 2, 2, 2]
    assert workspace.undo_titles == titles


def test_cines_run_through_places_or_phases(workspace: Workspace) -> None:
    BY_ID["cine.play"].run(workspace)
    assert played_at(workspace, 0)[1] == SLICES
    show_played(workspace, 0, 1)
    assert phases(workspace) == [0, 0, 0, 0]
    BY_ID["cine.range_start"].run(workspace)
    BY_ID["phase.cine_phases"].run(workspace)
    cine = workspace.viewport(0).cine
    assert (cine.is_playing, cine.is_through_phases, cine.first) == (True, True, None)  # a place is no phase
    BY_ID["phase.cine_places"].run(workspace)
    assert played_at(workspace, 0) == (1, SLICES)


# What is followed


def test_a_slice_is_followed_through_the_phases_at_its_place(workspace: Workspace) -> None:
    BY_ID["volume.images"].run(workspace)
    workspace.set_index(3)
    course = course_at(workspace, 0)
    assert isinstance(course, Course)
    assert [each.image.header.ascii(0x00181060) for each in course.images] == ["0", "100", "200"]
    assert {each.image.header.numbers(0x00200032)[2] for each in course.images} == {-85.0}
    assert course.key == workspace.viewport(0).display_set_key


def test_views_of_the_whole_volume_hold_no_regions(workspace: Workspace) -> None:
    workspace.activate(3)
    assert isinstance(course_at(workspace, 3), str)


def _run(headers: list[Any], index: int = 0) -> Any:
    tree = StudyTree()
    tree.add(headers)
    catalogue = DisplaySetCatalogue(tree)
    (series,) = tree.all_series()
    display_set = catalogue.of_series(series.key)[0]
    return run_of(display_set, index, phases_of(display_set, catalogue))


def test_a_stack_is_no_course(make_stack: Callable[..., Any]) -> None:
    assert isinstance(_run(make_stack(4)), str)


def test_one_slice_in_time_and_a_cine_are_courses(make_stack: Callable[..., Any], make_header: Any) -> None:
    run = _run(make_stack(1, acquisition_time="100000") + make_stack(1, acquisition_time="100009"))
    assert [each.phase for each in run] == [0, 1]
    cine = make_header(modality="XA", frames="5", frame_time="66", sop_class="1.2.840.10008.5.1.4.1.1.12.1")
    assert [each.image.frame_index for each in _run([cine])] == [0, 1, 2, 3, 4]


def test_colours_and_views_of_two_detectors_are_no_course(make_header: Any) -> None:
    color = make_header(modality="US", frames="5", frame_time="30", raw={0x00280002: struct.pack("<H", 3)})
    color.elements[0x00280002] = struct.pack("<H", 3)
    assert "Colours" in _run([color])
    views = make_header(
        modality="NM",
        frames="2",
        sop_class="1.2.840.10008.5.1.4.1.1.20",
        raw={0x00280009: struct.pack("<2H", 0x0054, 0x0020), 0x00540020: struct.pack("<2H", 1, 2)},
    )
    assert "no course" in _run([views])


def test_frames_of_a_gated_tomograph_stay_in_their_slice(make_header: Any) -> None:
    # Two slots of three slices, the slices fastest: a region of slice 2 runs through frames 1 and 4.
    raw = {
        0x00280009: struct.pack("<4H", 0x0054, 0x0070, 0x0054, 0x0080),
        0x00540070: struct.pack("<6H", 1, 1, 1, 2, 2, 2),
        0x00540080: struct.pack("<6H", 1, 2, 3, 1, 2, 3),
    }
    gated = make_header(modality="NM", frames="6", sop_class="1.2.840.10008.5.1.4.1.1.20", raw=raw)
    run = _run([gated], 1)
    assert sorted(each.image.frame_index for each in run) == [1, 4]
