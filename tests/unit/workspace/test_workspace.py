"""What commands do to a workspace, without a window."""

from typing import Any

import pytest

from viewer.base.errors import UsageError
from viewer.imaging.spatial_transform import FitMode
from viewer.imaging.voi_lut import Window
from viewer.workspace.commands.table import BY_ID, COMMANDS
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.layout import Layout
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.tools.tool import Tool
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.workspace import SharedState, Workspace


@pytest.fixture
def workspace(make_stack: Any) -> Workspace:
    tree = StudyTree()
    catalogue = DisplaySetCatalogue(tree)
    tree.add(make_stack(30))
    tree.add(make_stack(12, series="1.2.3.5", series_number="3"))
    tree.add(make_stack(5, study="9", series="9.1", study_date="20250101", modality="MR"))
    return Workspace(SharedState(tree, catalogue, lambda _paths: None))


def _run(workspace: Workspace, *ids: str) -> None:
    for command_id in ids:
        command = BY_ID[command_id]
        assert command.enabled(workspace), command_id
        command.run(workspace)


def _show(workspace: Workspace, number: int, cell: int | None = None) -> None:
    series = next(each for each in workspace.tree.all_series() if each.number == number)
    workspace.show_series(series.key, cell)


def test_commands_that_need_an_image_or_a_window_are_off_without_one() -> None:
    tree = StudyTree()
    empty = Workspace(SharedState(tree, DisplaySetCatalogue(tree), lambda _paths: None))
    on = {command.id for command in COMMANDS if command.enabled(empty)}
    assert "view.invert" not in on
    assert "file.open_folder" not in on
    assert "tool.pan" in on
    assert "layout.2x2" in on
    for command in COMMANDS:
        command.run(empty)  # nothing falls over


def test_scrolling_stays_within_the_series(workspace: Workspace) -> None:
    _show(workspace, 2)
    shown = []
    for command_id in (
        "scroll.previous",
        "scroll.next",
        "scroll.leap_forward",
        "scroll.last",
        "scroll.next",
        "scroll.first",
    ):
        _run(workspace, command_id)
        shown.append(workspace.viewport(0).index)
    assert shown == [0, 1, 11, 29, 29, 0]


def test_arrows_go_through_the_series_of_the_study_and_through_studies(workspace: Workspace) -> None:
    _show(workspace, 2)
    _run(workspace, "series.next")
    assert _number(workspace) == 3
    _run(workspace, "series.next")
    assert _number(workspace) == 3
    _run(workspace, "series.previous", "study.next")
    series = workspace.series_at(0)
    assert series is not None
    assert series.modality == "MR"
    _run(workspace, "study.previous")
    assert _number(workspace) == 2


def _number(workspace: Workspace) -> int | None:
    series = workspace.series_at(workspace.active)
    return series.number if series is not None else None


def test_view_commands_change_the_view_and_are_undone(workspace: Workspace) -> None:
    _show(workspace, 2)
    before = workspace.viewport(0)
    _run(workspace, "view.invert", "view.rotate_right", "view.flip_horizontal", "window.preset_4", "view.one_to_one")
    state = workspace.viewport(0)
    assert state.view.inverted
    assert state.view.voi == Window(-600, 1500)
    assert state.preset == "Lung"
    assert (state.transform.rotation_deg, state.transform.is_flipped) == (90.0, True)
    assert (state.transform.fit, state.transform.zoom) == (FitMode.FIXED, 1.0)
    for _step in range(5):
        _run(workspace, "edit.undo")
    assert workspace.viewport(0) == before
    assert not BY_ID["edit.undo"].enabled(workspace)
    for _step in range(5):
        _run(workspace, "edit.redo")
    assert workspace.viewport(0) == state


def test_reset_keeps_the_image_and_drops_what_the_reader_did(workspace: Workspace) -> None:
    _show(workspace, 2)
    workspace.set_index(7)
    key = workspace.viewport(0).display_set_key
    _run(workspace, "view.invert", "view.rotate_left", "window.preset_1", "viewport.maximize", "view.reset")
    assert workspace.viewport(0) == ViewportState(key, 7)
    assert workspace.layout.maximized is None


def test_a_drag_is_undone_as_one_and_scrolling_is_not_undone(workspace: Workspace) -> None:
    from dataclasses import replace

    _show(workspace, 2)
    for width in (100, 200, 300):
        state = workspace.viewport(0)
        workspace.change(replace(state, view=replace(state.view, voi=Window(0, width))), "Window", drag=5)
    workspace.scroll(4)
    workspace.undo()
    assert workspace.viewport(0).view.voi is None
    assert workspace.viewport(0).index == 4


def test_layouts_keep_what_cells_show_also_out_of_sight(workspace: Workspace) -> None:
    _run(workspace, "layout.2x2")
    _show(workspace, 2, 0)
    _show(workspace, 3, 3)
    workspace.activate(3)
    _run(workspace, "layout.1x1")
    assert workspace.active == 0
    _run(workspace, "layout.2x2")
    assert not workspace.viewport(3).is_empty
    _run(workspace, "layout.5x5")
    assert workspace.layout.cell_count == 25
    with pytest.raises(UsageError):
        workspace.set_layout(6, 1)


def test_tiles_show_successive_images_and_change_together(workspace: Workspace) -> None:
    _show(workspace, 2)
    workspace.set_index(4)
    changed: list[frozenset[int]] = []
    workspace.viewports_changed.connect(changed.append)
    _run(workspace, "tile.2x2")
    assert [workspace.viewport(cell).index for cell in range(4)] == [4, 5, 6, 7]
    workspace.activate(2)
    _run(workspace, "view.invert", "scroll.next")
    assert all(workspace.viewport(cell).view.inverted for cell in range(4))
    assert [workspace.viewport(cell).index for cell in range(4)] == [5, 6, 7, 8]
    assert changed[-1] == frozenset(range(4))
    workspace.set_index(28)
    assert workspace.image_at(1) is not None
    assert workspace.image_at(2) is None
    _run(workspace, "layout.1x1")
    assert workspace.viewport(0).index == 28


def test_maximising_shows_one_cell_and_goes_back(workspace: Workspace) -> None:
    workspace.set_layout(2, 2)
    workspace.toggle_maximized(2)
    assert list(workspace.layout.visible_cells) == [2]
    assert workspace.active == 2
    workspace.toggle_maximized()
    assert list(workspace.layout.visible_cells) == [0, 1, 2, 3]


def test_cells_are_swapped_and_cleared(workspace: Workspace) -> None:
    workspace.set_layout(1, 2)
    _show(workspace, 2, 0)
    _show(workspace, 3, 1)
    workspace.swap(0, 1)
    assert [workspace.series_at(cell).number for cell in (0, 1)] == [3, 2]  # type: ignore[union-attr]  # both are filled
    workspace.clear(0)
    assert workspace.viewport(0).is_empty


def test_the_image_on_screen_stays_while_the_series_grows_around_it(workspace: Workspace, make_stack: Any) -> None:
    _show(workspace, 2)
    workspace.set_index(3)
    shown = workspace.image_at(0)
    workspace.tree.add(make_stack(10, first=-200))
    assert workspace.viewport(0).index == 13
    assert workspace.image_at(0) == shown


def test_closing_the_study_empties_its_viewports_alone(workspace: Workspace) -> None:
    workspace.set_layout(1, 2)
    _show(workspace, 2, 0)
    mr = next(series for series in workspace.tree.all_series() if series.modality == "MR")
    workspace.show_series(mr.key, 1)
    workspace.activate(0)
    _run(workspace, "file.close_study")
    assert workspace.viewport(0).is_empty
    assert not workspace.viewport(1).is_empty


def test_tools_panels_and_cine_are_switched(workspace: Workspace) -> None:
    _show(workspace, 2)
    _run(workspace, "tool.zoom", "panel.browser", "view.corner_texts", "cine.play", "cine.faster", "cine.sweep")
    assert workspace.tool is Tool.ZOOM
    assert not workspace.options.shows_browser
    assert workspace.options.corner_texts == "short"
    cine = workspace.viewport(0).cine
    assert (cine.is_playing, cine.frames_per_second, cine.is_sweep) == (True, 18.75, True)
    assert BY_ID["tool.zoom"].checked is not None
    assert BY_ID["tool.zoom"].checked(workspace)


def test_a_layout_is_read_from_text() -> None:
    assert Layout.parse("2x3") == Layout(2, 3)
    for text in ("2", "ax3", "0x1", "6x6"):
        with pytest.raises(UsageError):
            Layout.parse(text)


def test_display_sets_are_worked_out_in_portions(make_stack: Any) -> None:
    tree = StudyTree()
    catalogue = DisplaySetCatalogue(tree)
    for number in range(4):
        tree.add(make_stack(3, series=f"1.2.3.{number}"))
    portions = 1
    while not catalogue.work_out(0.0):
        portions += 1
    assert portions > 1
    assert all(catalogue.find(each.key) for series in tree.all_series() for each in catalogue.of_series(series.key))
    assert catalogue.work_out(0.0)


def test_emptying_a_viewport_is_undone_and_done_again(workspace: Workspace) -> None:
    _show(workspace, 2)
    workspace.set_index(7)
    shown = workspace.viewport(0)
    _run(workspace, "viewport.clear")
    assert workspace.viewport(0).is_empty
    _run(workspace, "edit.undo")
    assert workspace.viewport(0) == shown
    _run(workspace, "edit.redo")
    assert workspace.viewport(0).is_empty


def test_escape_goes_one_step_back_and_at_last_out_of_the_full_screen(workspace: Workspace) -> None:
    _show(workspace, 2)
    _run(workspace, "window.full_screen", "view.invert", "view.reset")
    assert not workspace.viewport(0).view.inverted
    was_full = workspace.options.is_full_screen
    _run(workspace, "view.reset")
    assert (was_full, workspace.options.is_full_screen) == (True, False)
    _run(workspace, "viewport.clear", "window.full_screen", "view.reset")
    assert not workspace.options.is_full_screen
