"""What is shown by itself: the same images whatever order files come in, and nothing that the reader moved."""

import random
import time
from typing import Any

import pytest

from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.first_look import MOMENT_S, FirstLook
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.workspace import SharedState, Workspace


@pytest.fixture
def workspace() -> Workspace:
    tree = StudyTree()
    return Workspace(SharedState(tree, DisplaySetCatalogue(tree), lambda _paths: None))


def _position(workspace: Workspace) -> str:
    image = workspace.image_at(0)
    assert image is not None
    return image.header.ascii(0x00200032)


def test_the_first_image_is_shown_whatever_order_files_come_in(workspace: Workspace, make_stack: Any) -> None:
    headers = make_stack(24)
    random.Random(3).shuffle(headers)
    look = FirstLook(workspace)
    for start in range(0, 24, 4):
        workspace.tree.add(headers[start : start + 4])
    look.settle()
    assert workspace.viewport(0).index == 0
    assert _position(workspace) == "-100\\-100\\-100.000"


def test_a_display_set_that_is_made_after_the_end_goes_to_its_first_image_too(
    workspace: Workspace, make_stack: Any
) -> None:
    headers = make_stack(10)
    look = FirstLook(workspace)
    workspace.tree.add(headers[5:])
    look.settle()
    workspace.tree.add(headers[:5])  # as a job's display sets come after the opening's end
    assert workspace.viewport(0).index == 0
    assert _position(workspace) == "-100\\-100\\-100.000"


def test_what_the_reader_scrolled_or_changed_stays(workspace: Workspace, make_stack: Any) -> None:
    headers = make_stack(20)
    look = FirstLook(workspace)
    workspace.tree.add(headers[10:])
    workspace.scroll(3)
    seen = _position(workspace)
    workspace.tree.add(headers[:10])
    look.settle()
    assert _position(workspace) == seen


def test_after_a_moment_nothing_moves(workspace: Workspace, make_stack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = make_stack(20)
    look = FirstLook(workspace)
    workspace.tree.add(headers[10:])
    seen = _position(workspace)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + MOMENT_S + 0.1)
    workspace.tree.add(headers[:10])
    look.settle()
    assert _position(workspace) == seen


def test_a_localizer_gives_way_to_its_series(workspace: Workspace, make_stack: Any) -> None:
    look = FirstLook(workspace)
    scout = make_stack(1, series="1.2.3.9", series_number="1", image_type="ORIGINAL\\PRIMARY\\LOCALIZER")
    workspace.tree.add(scout)
    assert workspace.image_at(0) is not None
    workspace.tree.add(make_stack(6))
    look.settle()
    display_set = workspace.display_set_at(0)
    assert display_set is not None
    assert len(display_set.images) == 6
