"""Undo without a limit: of views, of marks, and of drags of any length."""

from dataclasses import replace

import pytest

from tests.builders.annotations import STUDY, length
from viewer.base.jobs import JobRunner
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.measuring.annotation_deeds import change, clear
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.undo import Deed
from viewer.workspace.workspace import SharedState, Workspace

STEPS = 3000


@pytest.fixture
def workspace() -> Workspace:
    tree = StudyTree()
    return Workspace(SharedState(tree, DisplaySetCatalogue(tree, JobRunner(lambda call: call())), lambda _paths: None))


def zoomed(workspace: Workspace, zoom: float, drag: int = 0) -> None:
    state = workspace.viewport(0)
    workspace.change(replace(state, transform=replace(state.transform, zoom=zoom)), "Zoom", drag=drag)


def test_every_step_of_a_session_is_undone_and_done_again(workspace: Workspace) -> None:
    book = workspace.shared.annotations
    for step in range(STEPS):
        zoomed(workspace, 2.0 + step)
        change(workspace, {"a": length("a", end=step + 2)}, "Move")
    after = book.everything()
    for _step in range(2 * STEPS):
        workspace.undo()
    assert workspace.undo_titles == ("", "Zoom")
    assert book.everything() == ()
    assert workspace.viewport(0).transform.zoom == 1.0
    for _step in range(2 * STEPS):
        workspace.redo()
    assert workspace.undo_titles == ("Move", "")
    assert book.everything() == after
    assert workspace.viewport(0).transform.zoom == 1.0 + STEPS


def test_a_drag_of_any_length_is_one_step_of_one_size(workspace: Workspace) -> None:
    change(workspace, {"a": length("a"), "b": length("b")}, "Draw")
    before = workspace.shared.annotations.everything()
    for step in range(STEPS):
        change(workspace, {"ab"[step % 2]: length("ab"[step % 2], end=step + 20)}, "Nudge", drag=3)
    assert len(workspace._undo._done) == 2
    workspace.undo()
    assert workspace.shared.annotations.everything() == before
    workspace.redo()
    assert [each.points[1][0] for each in workspace.shared.annotations.everything()] == [STEPS + 18, STEPS + 19]


def test_a_deed_is_not_swallowed_by_a_drag_of_the_view(workspace: Workspace) -> None:
    done: list[str] = []
    zoomed(workspace, 2.0, drag=4)
    change(workspace, {"a": length("a")}, "Draw", drag=4)
    zoomed(workspace, 3.0, drag=4)
    workspace.do(Deed(lambda: done.append("undo"), lambda: done.append("do")), "Other", drag=4)
    workspace.do(Deed(lambda: done.append("undo"), lambda: done.append("do")), "Other", drag=4)
    assert done == ["do", "do"]
    workspace.undo()
    workspace.undo()
    assert done[2:] == ["undo", "undo"]
    workspace.undo()
    assert workspace.viewport(0).transform.zoom == 2.0
    workspace.undo()
    assert workspace.shared.annotations.everything() == ()
    workspace.undo()
    assert workspace.viewport(0).transform.zoom == 1.0


def test_clearing_a_study_is_one_step_and_leaves_what_is_locked(workspace: Workspace) -> None:
    locked = replace(length("c"), is_locked=True)
    change(workspace, {"a": length("a"), "b": length("b", image=2), "c": locked, "d": length("d", study="9")}, "Draw")
    before = workspace.shared.annotations.everything()
    assert clear(workspace, STUDY) == 2
    assert [each.uid for each in workspace.shared.annotations.everything()] == ["c", "d"]
    workspace.undo()
    assert set(workspace.shared.annotations.everything()) == set(before)


def test_a_change_that_changes_nothing_is_no_step(workspace: Workspace) -> None:
    change(workspace, {"a": length("a")}, "Draw")
    (kept,) = workspace.shared.annotations.everything()
    change(workspace, {"a": kept, "gone": None}, "Nothing")
    assert workspace.undo_titles == ("Draw", "")


def test_who_changed_a_mark_and_when_is_noted(workspace: Workspace) -> None:
    workspace.shared.annotations.reader = "First"
    made = replace(length("a"), provenance=replace(length("a").provenance, created_by="", created_at=""))
    change(workspace, {"a": made}, "Draw")
    workspace.shared.annotations.reader = "Second"
    change(workspace, {"a": replace(made, text="more")}, "Write")
    (kept,) = workspace.shared.annotations.everything()
    assert (kept.provenance.created_by, kept.provenance.changed_by) == ("First", "Second")
    assert kept.provenance.created_at <= kept.provenance.changed_at
    assert kept.provenance.changed_at[19:]  # with its zone
    workspace.undo()
    (kept,) = workspace.shared.annotations.everything()
    assert kept.provenance.changed_by == ""
