"""Who follows whom, against places worked out by numpy from the positions that the files state."""

import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.dicom.frame_transform import FrameTransform, TransformKind
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.spatial_transform import FitMode
from viewer.imaging.voi_lut import Window
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.frame_links import FrameJoint
from viewer.workspace.link_words import link_notes, link_words
from viewer.workspace.linked_scroll import link_between, side_of
from viewer.workspace.linking import CursorPoint
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.synchronization import Synchronizer, go_to_point, linked_with
from viewer.workspace.tools.window_level import with_window
from viewer.workspace.workspace import SharedState, Workspace

_FRAME = 0x00200052
_SIZE = {0x00280010: struct.pack("<H", 64), 0x00280011: struct.pack("<H", 64)}
AXIAL = np.array([[1.0, 0, 0], [0, 1.0, 0]])
MakeHeader = Callable[..., InstanceHeader]


class Stack:
    """A series of parallel slices at any distances, and where each of them lies."""

    def __init__(
        self,
        make_header: MakeHeader,
        number: int,
        positions: NDArray[Any],
        axes: NDArray[np.float64] = AXIAL,
        frame: str = "1.9.1",
        modality: str = "CT",
    ) -> None:
        self.number = number
        self.normal = np.cross(*axes)
        self.origins = np.array([axes.T @ (-32.0, -32.0) + position * self.normal for position in positions])
        self.centers = self.origins + axes.T @ (31.5, 31.5)
        self.headers = [
            make_header(
                series=f"1.5.{number}",
                series_number=str(number),
                number=str(index + 1),
                modality=modality,
                orientation="\\".join(f"{value:.12g}" for value in axes.ravel()),
                position="\\".join(f"{value:.12g}" for value in origin),
                spacing="1\\1",
                raw={_FRAME: frame.encode(), **_SIZE},
            )
            for index, origin in enumerate(self.origins)
        ]

    def order(self) -> NDArray[np.intp]:
        """The slices as they are scrolled: ascending along the normal."""
        return np.argsort(self.origins @ self.normal)

    def center(self, index: int) -> NDArray[np.float64]:
        return np.array(self.centers[self.order()[index]])

    def nearest(self, point: NDArray[np.float64]) -> int:
        """The slice whose plane is nearest to a point, by its distance to every one of them."""
        return int(np.argmin(np.abs((self.origins[self.order()] - point) @ self.normal)))


def _windows(stacks: list[Stack], count: int = 1) -> list[Workspace]:
    tree = StudyTree()
    shared = SharedState(tree, DisplaySetCatalogue(tree), lambda _paths: None)
    tree.add([header for stack in stacks for header in stack.headers])
    workspaces = [Workspace(shared) for _each in range(count)]
    Synchronizer(shared)
    return workspaces


def _show(workspace: Workspace, *stacks: Stack) -> None:
    columns = max(1, int(np.ceil(np.sqrt(len(stacks)))))
    workspace.set_layout(columns, columns)
    by_number = {series.number: series for series in workspace.tree.all_series()}
    for cell, stack in enumerate(stacks):
        workspace.show_series(by_number[stack.number].key, cell)


def _random_stack(make_header: MakeHeader, rng: np.random.Generator, number: int, **values: Any) -> Stack:
    steps = rng.uniform(0.4, 9.0, int(rng.integers(5, 60)))
    positions = rng.uniform(-150, 0) + np.cumsum(steps)
    return Stack(make_header, number, rng.permutation(positions), **values)


def test_stacks_of_one_frame_meet_at_the_place_not_at_the_number(make_header: MakeHeader) -> None:
    rng = np.random.default_rng(5)
    for _case in range(8):
        stacks = [_random_stack(make_header, rng, number) for number in range(1, 5)]
        # One of them is acquired from the head to the feet: its normal points the other way.
        stacks.append(_random_stack(make_header, rng, 5, axes=np.array([[1.0, 0, 0], [0, -1.0, 0]])))
        (workspace,) = _windows(stacks)
        _show(workspace, *stacks)
        workspace.shared.linking.change(links_scroll=True)
        for _step in range(20):
            lead = int(rng.integers(len(stacks)))
            index = int(rng.integers(len(stacks[lead].headers)))
            if index == workspace.viewport(lead).index:
                continue
            workspace.set_index(index, lead)
            point = stacks[lead].center(index)
            for cell, stack in enumerate(stacks):
                if cell != lead:
                    found, truth = workspace.viewport(cell).index, stack.nearest(point)
                    away = np.abs((stack.origins[stack.order()] - point) @ stack.normal)
                    assert away[found] == pytest.approx(away[truth], abs=1e-6)


def test_nobody_follows_without_being_asked_nor_across_frames_nor_across_planes(make_header: MakeHeader) -> None:
    coronal = np.array([[1.0, 0, 0], [0, 0, -1.0]])
    places = np.arange(30) * 5.0
    stacks = [
        Stack(make_header, 1, places),
        Stack(make_header, 2, places),
        Stack(make_header, 3, places, frame="1.9.2"),
        Stack(make_header, 4, places, axes=coronal),
        Stack(make_header, 5, places, frame=""),
    ]
    (workspace,) = _windows(stacks)
    _show(workspace, *stacks)
    workspace.set_index(7, 0)
    assert [workspace.viewport(cell).index for cell in range(5)] == [7, 0, 0, 0, 0]
    workspace.shared.linking.change(links_scroll=True)
    workspace.set_index(9, 0)
    assert [workspace.viewport(cell).index for cell in range(5)] == [9, 9, 0, 0, 0]
    assert [bool(linked_with((workspace, cell))) for cell in range(5)] == [True, True, False, False, False]
    workspace.set_index(20, 2)
    assert workspace.viewport(0).index == 9


def test_a_viewport_that_stands_alone_neither_leads_nor_follows(make_header: MakeHeader) -> None:
    stacks = [Stack(make_header, number, np.arange(20) * 3.0) for number in (1, 2, 3)]
    (workspace,) = _windows(stacks)
    _show(workspace, *stacks)
    workspace.shared.linking.change(links_scroll=True)
    workspace.activate(1)
    BY_ID["link.alone"].run(workspace)
    workspace.set_index(5, 0)
    assert [workspace.viewport(cell).index for cell in range(3)] == [5, 0, 5]
    workspace.set_index(11, 1)
    assert [workspace.viewport(cell).index for cell in range(3)] == [5, 11, 5]
    BY_ID["link.alone"].run(workspace)
    workspace.set_index(2, 0)
    assert [workspace.viewport(cell).index for cell in range(3)] == [2, 2, 2]


def test_windows_follow_each_other(make_header: MakeHeader) -> None:
    stacks = [Stack(make_header, 1, np.arange(40) * 2.0), Stack(make_header, 2, np.arange(20) * 4.0 + 1)]
    first, second = _windows(stacks, 2)
    _show(first, stacks[0])
    _show(second, stacks[1])
    first.shared.linking.change(links_scroll=True)
    first.set_index(30, 0)
    assert second.viewport(0).index == stacks[1].nearest(stacks[0].center(30))
    second.close()
    first.set_index(3, 0)  # nobody is there any more


def test_a_registration_links_what_lies_in_two_frames(make_header: MakeHeader) -> None:
    moved = np.eye(4)
    moved[:3, 3] = (4.0, -3.0, 31.0)
    stacks = [Stack(make_header, 1, np.arange(40) * 3.0), Stack(make_header, 2, np.arange(60) * 2.0, frame="1.9.2")]
    (workspace,) = _windows(stacks)
    _show(workspace, *stacks)
    linking = workspace.shared.linking
    linking.change(links_scroll=True)
    linking.join(FrameJoint("1.9.1", "1.9.2", FrameTransform.of(moved), TransformKind.RIGID, "PRIOR", "7"))
    workspace.set_index(10, 0)
    assert workspace.viewport(1).index == stacks[1].nearest(stacks[0].center(10) + moved[:3, 3])
    workspace.set_index(50, 1)
    assert workspace.viewport(0).index == stacks[0].nearest(stacks[1].center(50) - moved[:3, 3])
    assert link_words(workspace, 0) == (("REGISTERED", True), ("LINKED", False))
    assert link_notes(workspace, 0) == link_notes(workspace, 1) == ("registered (rigid, PRIOR)",)
    linking.set_frames(linking.frames.without("7"))
    assert link_words(workspace, 0) == ()
    assert link_notes(workspace, 0) == ()


def test_a_manual_link_keeps_what_lay_side_by_side_and_says_by_how_much(make_header: MakeHeader) -> None:
    rng = np.random.default_rng(11)
    for _case in range(6):
        upside_down = np.array([[1.0, 0, 0], [0, -1.0, 0]])
        stacks = [
            _random_stack(make_header, rng, 1),
            _random_stack(make_header, rng, 2, frame="1.9.2", axes=upside_down if _case % 2 else AXIAL),
        ]
        (workspace,) = _windows(stacks)
        _show(workspace, *stacks)
        start = [int(rng.integers(len(stack.headers))) for stack in stacks]
        for cell, index in enumerate(start):
            workspace.set_index(index, cell)
        BY_ID["link.manual"].run(workspace)
        first, second = stacks
        shift = second.center(start[1]) - first.center(start[0])
        for index in rng.integers(0, len(first.headers), 10):
            workspace.set_index(int(index), 0)
            assert workspace.viewport(1).index == second.nearest(first.center(workspace.viewport(0).index) + shift)
        ((text, is_caution),) = link_words(workspace, 1)
        assert text.startswith("MANUAL LINK")
        assert is_caution
        assert BY_ID["link.break"].enabled(workspace)
        BY_ID["link.break"].run(workspace)
        before = workspace.viewport(1).index
        workspace.set_index(0, 0)
        workspace.set_index(len(first.headers) - 1, 0)
        assert workspace.viewport(1).index == before
        assert link_words(workspace, 1) == ()


def test_a_manual_link_holds_only_for_planes_that_lie_as_they_did(make_header: MakeHeader) -> None:
    stacks = [Stack(make_header, 1, np.arange(9) * 5.0), Stack(make_header, 2, np.arange(9) * 5.0, frame="1.9.2")]
    (workspace,) = _windows(stacks)
    _show(workspace, *stacks)
    BY_ID["link.manual"].run(workspace)
    one, other = side_of((workspace, 0)), side_of((workspace, 1))
    assert link_between(one, other) is not None
    coronal, turned_over = (0.0, 1.0, 0.0), (0.0, 0.0, -1.0)
    for normal in (coronal, turned_over, None):
        assert link_between(one, replace(other, normal=normal)) is None
        assert link_between(replace(one, normal=normal), other) is None
        assert link_between(replace(one, normal=normal), replace(other, normal=normal)) is None


def test_images_without_places_are_linked_by_their_numbers(make_header: MakeHeader) -> None:
    stacks = [
        [
            make_header(
                series=f"1.7.{number}", series_number=str(number), number=str(index + 1), position=None, modality="XA"
            )
            for index in range(12)
        ]
        for number in (1, 2)
    ]
    tree = StudyTree()
    shared = SharedState(tree, DisplaySetCatalogue(tree), lambda _paths: None)
    Synchronizer(shared)
    tree.add([header for stack in stacks for header in stack])
    workspace = Workspace(shared)
    workspace.set_layout(1, 2)
    for cell, series in enumerate(tree.all_series()):
        workspace.show_series(series.key, cell)
    assert workspace.display_set_at(0) is not None
    workspace.set_index(4, 0)
    workspace.set_index(1, 1)
    BY_ID["link.manual"].run(workspace)
    assert link_words(workspace, 0)[0][0] == "MANUAL LINK −3 IMAGES"
    workspace.set_index(9, 0)
    assert workspace.viewport(1).index == 6
    workspace.set_index(11, 1)
    assert workspace.viewport(0).index == 11


def test_who_cannot_follow_to_the_place_says_how_far_away_it_is(make_header: MakeHeader) -> None:
    stacks = [Stack(make_header, 1, np.arange(40) * 5.0), Stack(make_header, 2, np.arange(10) * 5.0)]
    (workspace,) = _windows(stacks)
    _show(workspace, *stacks)
    workspace.shared.linking.change(links_scroll=True)
    workspace.activate(0)
    workspace.set_index(8, 0)
    assert link_words(workspace, 1) == (("LINKED", False),)
    workspace.set_index(20, 0)
    assert workspace.viewport(1).index == 9
    assert ("55.0 mm AWAY", True) in link_words(workspace, 1)


def test_the_window_is_taken_over_within_a_modality_and_undone_with_the_leader(make_header: MakeHeader) -> None:
    places = np.arange(5) * 5.0
    stacks = [
        Stack(make_header, 1, places),
        Stack(make_header, 2, places, frame="1.9.2"),
        Stack(make_header, 3, places, modality="MR"),
    ]
    first, second = _windows(stacks, 2)
    _show(first, *stacks)
    _show(second, stacks[0])
    first.shared.linking.change(links_window=True)
    window = Window(40.0, 400.0)
    state = first.viewport(0)
    for width in (100.0, 250.0, 400.0):
        first.change(
            replace(state, view=with_window(state.view, replace(window, width=width))), "Window", cell=0, drag=5
        )
    # What nothing is known of on screen counts as alike only within one series.
    assert [first.viewport(cell).view.voi for cell in range(3)] == [window, None, None]
    assert second.viewport(0).view.voi == window
    first.undo()
    assert first.viewport(0).view.voi is None
    assert second.viewport(0).view.voi is None


def test_the_same_series_twice_is_windowed_and_undone_in_one_step(make_header: MakeHeader) -> None:
    stack = Stack(make_header, 1, np.arange(5) * 5.0)
    (workspace,) = _windows([stack])
    _show(workspace, stack, stack)
    workspace.shared.linking.change(links_window=True)
    state = workspace.viewport(0)
    for center in (10.0, 20.0, 30.0):
        changed = replace(state, view=with_window(state.view, Window(center, 80.0)))
        workspace.change(changed, "Window", cell=0, drag=9)
    assert workspace.viewport(1).view.voi == Window(30.0, 80.0)
    assert link_words(workspace, 0) == (("WINDOW LINKED", False),)
    workspace.undo()
    assert [workspace.viewport(cell).view.voi for cell in (0, 1)] == [None, None]
    workspace.redo()
    assert [workspace.viewport(cell).view.voi for cell in (0, 1)] == [Window(30.0, 80.0)] * 2


def test_fitting_one_fits_all_that_lie_side_by_side(make_header: MakeHeader) -> None:
    stacks = [Stack(make_header, number, np.arange(5) * 5.0) for number in (1, 2)]
    (workspace,) = _windows(stacks)
    _show(workspace, *stacks)
    for cell in (0, 1):
        state = workspace.viewport(cell)
        workspace.change(replace(state, transform=state.transform.at_scale(3.0)), "Zoom", cell=cell)
    workspace.shared.linking.change(links_zoom=True)
    workspace.activate(0)
    BY_ID["view.fit"].run(workspace)
    assert workspace.viewport(1).transform.fit is FitMode.FIT
    workspace.undo()
    assert [workspace.viewport(cell).transform.zoom for cell in (0, 1)] == [3.0, 3.0]


def test_every_viewport_of_the_frame_goes_to_a_point(make_header: MakeHeader) -> None:
    rng = np.random.default_rng(21)
    coronal, sagittal = np.array([[1.0, 0, 0], [0, 0, -1.0]]), np.array([[0, 1.0, 0], [0, 0, -1.0]])
    stacks = [
        _random_stack(make_header, rng, 1),
        _random_stack(make_header, rng, 2, axes=coronal),
        _random_stack(make_header, rng, 3, axes=sagittal),
        _random_stack(make_header, rng, 4, frame="1.9.2"),
    ]
    (workspace,) = _windows(stacks)
    _show(workspace, *stacks)
    for _case in range(10):
        point = rng.uniform(-100, 100, 3)
        cursor = CursorPoint((float(point[0]), float(point[1]), float(point[2])), "1.9.1", (workspace.number, 0))
        before = workspace.viewport(0).index
        go_to_point(workspace.shared, cursor)
        assert workspace.viewport(0).index == before
        assert [workspace.viewport(cell).index for cell in (1, 2)] == [stacks[cell].nearest(point) for cell in (1, 2)]
        assert workspace.viewport(3).index == 0


def test_linking_brings_the_others_to_the_active_viewport_at_once(make_header: MakeHeader) -> None:
    stacks = [Stack(make_header, 1, np.arange(40) * 2.0), Stack(make_header, 2, np.arange(20) * 4.0)]
    (workspace,) = _windows(stacks)
    _show(workspace, *stacks)
    workspace.activate(0)
    workspace.set_index(20, 0)
    BY_ID["link.scroll"].run(workspace)
    assert workspace.viewport(1).index == 10


def test_tiles_of_a_series_lead_and_follow_as_one(make_header: MakeHeader) -> None:
    stacks = [Stack(make_header, 1, np.arange(40) * 2.0), Stack(make_header, 2, np.arange(40) * 2.0)]
    first, second = _windows(stacks, 2)
    _show(first, stacks[0])
    _show(second, stacks[1])
    first.set_layout(2, 2, is_tiled=True)
    first.shared.linking.change(links_scroll=True)
    second.set_index(12, 0)
    assert [first.viewport(cell).index for cell in range(4)] == [12, 13, 14, 15]
    first.scroll(4)
    assert second.viewport(0).index == 16
