"""A millimetre of the image is a millimetre of the glass: held against plain arithmetic with rulers."""

import math
import random
from types import SimpleNamespace
from typing import Any

import pytest

from viewer.dicom.pixel_spacing import NO_SPACING, PixelSpacing, SpacingSource
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.workspace.commands.table import BY_ID, COMMANDS
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.tools.same_size import SizedView, same_size
from viewer.workspace.tools.true_size import is_at_true_size, true_size_scale, why_no_scale
from viewer.workspace.workspace import SharedState, Workspace

MM = SpacingSource.PATIENT


def _state(row_mm: float | None, column_mm: float | None, source: SpacingSource = MM, aspect: float = 0.0) -> Any:
    if not aspect:
        is_number = row_mm and column_mm and math.isfinite(row_mm / column_mm)
        aspect = row_mm / column_mm if is_number else 1.0  # type: ignore[operator]  # both are numbers there
    return SimpleNamespace(spacing=PixelSpacing(row_mm, column_mm, source), aspect=aspect)


def test_a_ruler_in_the_image_and_a_ruler_on_the_glass_agree_in_both_directions() -> None:
    chance = random.Random(3)
    for _case in range(2000):
        row_mm, column_mm = 10 ** chance.uniform(-3, 1), 10 ** chance.uniform(-3, 1)
        pitch_mm = chance.uniform(0.05, 0.6)  # of the monitor
        state = _state(row_mm, column_mm)
        scale = true_size_scale(state, 1 / pitch_mm)
        assert scale is not None
        turned = SpatialTransform(chance.choice((0, 90, 30, 217)), chance.random() < 0.5)
        placement = turned.at_scale(scale).place(640, 480, state.aspect, (1000, 800))
        start = (chance.uniform(0, 640), chance.uniform(0, 480))
        end = (chance.uniform(0, 640), chance.uniform(0, 480))
        in_image = math.hypot((end[0] - start[0]) * column_mm, (end[1] - start[1]) * row_mm)
        (x0, y0), (x1, y1) = placement.to_viewport(start), placement.to_viewport(end)
        on_glass = math.hypot(x1 - x0, y1 - y0) * pitch_mm
        assert on_glass == pytest.approx(in_image, rel=1e-9)


@pytest.mark.parametrize("bad", [None, 0.0, -0.5, math.nan, math.inf])
def test_a_spacing_or_a_monitor_that_is_no_length_has_no_true_size(bad: float | None) -> None:
    assert true_size_scale(_state(bad, 0.5), 4.0) is None
    assert true_size_scale(_state(0.5, bad), 4.0) is None
    assert true_size_scale(_state(0.5, 0.5), bad) is None
    assert why_no_scale(_state(0.5, 0.5), bad).startswith("the monitor does not state its size")
    assert why_no_scale(_state(0.5, bad), 4.0) == "the file states no spacing of its pixels"


def test_a_pixel_shape_that_contradicts_the_spacing_has_no_true_size() -> None:
    state = _state(0.5, 0.5, aspect=1.2)  # only the columns could be true
    assert true_size_scale(state, 4.0) is None
    assert "contradict" in why_no_scale(state, 4.0)


def test_the_reason_of_a_refused_spacing_is_passed_on() -> None:
    state: Any = SimpleNamespace(spacing=PixelSpacing(problem="Pixel Spacing 0\\0 is not two positive lengths"))
    assert why_no_scale(state, 4.0) == "Pixel Spacing 0\\0 is not two positive lengths"
    nothing: Any = SimpleNamespace(spacing=NO_SPACING)
    assert why_no_scale(nothing, 4.0) == "the file states no spacing of its pixels"


def test_a_scale_beyond_what_can_be_shown_is_refused() -> None:
    assert true_size_scale(_state(5000.0, 5000.0), 20.0) is None
    assert "too small or too large" in why_no_scale(_state(5000.0, 5000.0), 20.0)


def test_the_same_millimetre_is_equally_long_on_all_monitors() -> None:
    chance = random.Random(7)
    for _case in range(500):
        views = {
            cell: SizedView(
                _state(10 ** chance.uniform(-2, 0.5), 10 ** chance.uniform(-2, 0.5)),
                chance.uniform(0.3, 5),
                1 / chance.uniform(0.08, 0.5),
            )
            for cell in range(4)
        }
        found = same_size(2, views)
        assert found is not None
        assert found.scales[2] == views[2].scale_x
        assert not found.left_out
        ten_mm_on_glass = [
            10 / views[cell].state.spacing.column_mm * scale / views[cell].pixels_per_mm  # type: ignore[union-attr,operator]  # all are known
            for cell, scale in found.scales.items()
        ]
        assert ten_mm_on_glass == pytest.approx([ten_mm_on_glass[0]] * 4, rel=1e-9)


def test_viewports_without_a_millimetre_are_left_out_and_cannot_lead() -> None:
    known = SizedView(_state(0.5, 0.5), 2.0, 4.0)
    unknown = SizedView(_state(None, None), 2.0, 4.0)
    no_size = SizedView(_state(0.5, 0.5), 2.0, None)
    found = same_size(0, {0: known, 1: unknown, 2: no_size, 3: known})
    assert found is not None
    assert found.left_out == (1, 2)
    assert dict(found.scales) == {0: 2.0, 3: 2.0}
    assert same_size(1, {0: known, 1: unknown}) is None
    assert same_size(2, {0: known, 2: no_size}) is None


class _Window:
    """Two monitors: cells 0 and 1 on one of 4 pixels a millimetre, others on one of 8."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.pitches: dict[int, float | None] = {0: 4.0, 1: 4.0, 2: 8.0, 3: 8.0}
        self.workspace: Workspace | None = None
        self.is_measured = True

    def screen_pixels_per_mm(self, cell: int | None = None) -> float | None:
        assert self.workspace is not None
        return self.pitches[self.workspace.active if cell is None else cell]

    def is_screen_measured(self, cell: int | None = None) -> bool:
        return self.is_measured and cell != -1

    def shares_screen(self, cell: int, other: int) -> bool:
        return cell // 2 == other // 2

    def show_message(self, text: str) -> None:
        self.messages.append(text)


@pytest.fixture
def window() -> _Window:
    return _Window()


@pytest.fixture
def workspace(make_stack: Any, window: _Window) -> Workspace:
    tree = StudyTree()
    catalogue = DisplaySetCatalogue(tree)
    for number in range(4):
        tree.add(make_stack(3, series=f"1.2.3.{number}", series_number=str(number + 1)))
    made = Workspace(SharedState(tree, catalogue, lambda _paths: None))
    made.window = window  # type: ignore[assignment]  # the part of a window that sizes are about
    window.workspace = made
    made.set_layout(2, 2)
    for cell, series in enumerate(tree.all_series()):
        made.show_series(series.key, cell)
    return made


def _put(workspace: Workspace, cell: int, state: Any, scale: float = 1.0) -> None:
    """Let a cell show a picture of such a state."""
    rendered = SimpleNamespace(state=state, placement=SimpleNamespace(scale_x=scale))
    image = workspace.image_at(cell)
    displayed: Any = SimpleNamespace(image=image, rendered=rendered, look=None)
    workspace.set_displayed(cell, displayed)


def _zooms(workspace: Workspace) -> list[float]:
    return [workspace.viewport(cell).transform.zoom for cell in range(4)]


def test_true_size_says_of_what_it_is_true(workspace: Workspace, window: _Window) -> None:
    command = BY_ID["view.true_size"]
    assert command.enabled(workspace)
    _put(workspace, 0, _state(0.25, 0.25))
    command.run(workspace)
    assert (_zooms(workspace)[0], window.messages) == (1.0, [])
    _put(workspace, 0, _state(0.1, 0.1, SpacingSource.DETECTOR))
    command.run(workspace)
    assert _zooms(workspace)[0] == pytest.approx(0.4)
    assert window.messages.pop() == "True size at the detector: the patient's own is smaller"
    window.is_measured = False
    _put(workspace, 0, _state(0.25, 0.25))
    command.run(workspace)
    assert window.messages.pop().startswith("True size, as the monitor states its own.")


def test_without_a_spacing_nothing_moves_and_the_reader_hears_why(workspace: Workspace, window: _Window) -> None:
    before = _zooms(workspace)
    for state in (_state(None, None), _state(math.nan, 0.5), _state(0.0, 0.0)):
        _put(workspace, 0, state)
        BY_ID["view.true_size"].run(workspace)
        assert window.messages.pop() == "No true size: the file states no spacing of its pixels"
        _put(workspace, 1, _state(0.5, 0.5))
        BY_ID["view.same_size"].run(workspace)
        assert window.messages.pop() == "No same size: the file states no spacing of its pixels"
    assert _zooms(workspace) == before
    assert workspace.undo_titles == ("", "")


def test_same_size_is_one_step_back(workspace: Workspace, window: _Window) -> None:
    before = _zooms(workspace)
    _put(workspace, 0, _state(0.5, 0.5), scale=2.0)  # 1 mm of glass for 1 mm
    _put(workspace, 1, _state(0.25, 0.25))
    _put(workspace, 2, _state(1.0, 1.0))
    _put(workspace, 3, _state(None, None), scale=3.0)
    BY_ID["view.same_size"].run(workspace)
    assert _zooms(workspace) == [2.0, 1.0, 8.0, before[3]]
    assert window.messages == ["One size in 3 viewports; viewport 4 stays: the file states no spacing of its pixels"]
    workspace.undo()
    assert _zooms(workspace) == before
    assert workspace.undo_titles == ("", "Same size")
    workspace.redo()
    assert _zooms(workspace) == [2.0, 1.0, 8.0, before[3]]


def test_other_windows_follow_and_each_has_its_own_step_back(workspace: Workspace, window: _Window) -> None:
    beside = _Window()
    other = Workspace(workspace.shared)
    beside.workspace, other.window = other, beside  # type: ignore[assignment]  # the part of a window that sizes are about
    other.set_layout(1, 2)
    for cell, series in enumerate(list(workspace.tree.all_series())[:2]):
        other.show_series(series.key, cell)
    beside.pitches = {0: 10.0, 1: None}
    before = other.viewport(0)
    _put(workspace, 0, _state(0.5, 0.5), scale=2.0)  # 1 mm of glass for 1 mm
    _put(other, 0, _state(0.5, 0.5))
    _put(other, 1, _state(0.5, 0.5))
    BY_ID["view.same_size"].run(workspace)
    assert other.viewport(0).transform.zoom == 5.0
    (message,) = window.messages
    assert message.startswith("One size in 2 viewports; another window's viewport 2 stays: the monitor does not state")
    assert beside.messages == []
    other.undo()
    assert other.viewport(0) == before
    assert workspace.viewport(0).transform.zoom == 2.0
    workspace.undo()
    other.close()
    BY_ID["view.same_size"].run(workspace)
    assert window.messages[-1] == "Same size needs images in two viewports"
    assert workspace.shared.workspaces == [workspace]


def test_another_kind_of_millimetre_is_named(workspace: Workspace, window: _Window) -> None:
    _put(workspace, 0, _state(0.5, 0.5), scale=2.0)
    _put(workspace, 1, _state(0.1, 0.1, SpacingSource.DETECTOR))
    BY_ID["view.same_size"].run(workspace)
    assert window.messages == ["One size in 2 viewports; viewport 2 is in mm at detector"]


def test_a_monitor_of_unknown_size_is_as_good_as_any_for_viewports_that_share_it(
    workspace: Workspace, window: _Window
) -> None:
    window.pitches = dict.fromkeys(range(4))
    for cell in range(3):
        _put(workspace, cell, _state(0.5 + cell, 0.5 + cell), scale=1.0)
    BY_ID["view.same_size"].run(workspace)
    assert _zooms(workspace)[:2] == [1.0, 3.0]
    assert window.messages[0].startswith("One size in 2 viewports; viewport 3 stays: the monitor does not state")


def test_one_image_alone_and_tiles_are_told_so(workspace: Workspace, window: _Window) -> None:
    _put(workspace, 0, _state(0.5, 0.5))
    BY_ID["view.same_size"].run(workspace)
    assert window.messages.pop() == "Same size needs images in two viewports"
    workspace.set_layout(2, 2, is_tiled=True)
    BY_ID["view.same_size"].run(workspace)
    assert window.messages.pop() == "The tiles of a series have one size already"


def test_a_picture_is_true_within_half_a_percent() -> None:
    for factor, is_true in ((1.0, True), (1.004, True), (0.994, False), (1.01, False)):
        rendered: Any = SimpleNamespace(state=_state(0.5, 0.5), placement=SimpleNamespace(scale_x=2.0 * factor))
        assert is_at_true_size(rendered, 4.0) is is_true


def test_the_key_of_same_size_is_nobody_elses() -> None:
    assert [command.id for command in COMMANDS if "Ctrl+3" in command.keys] == ["view.same_size"]
