"""Random walks over everything that changes marks, against a plain model: the state is the same after every step."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders.annotations import STUDY, length
from viewer.base.jobs import JobRunner
from viewer.library.study_marks import marks_name
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.measuring import journal_file
from viewer.workspace.measuring.annotation_book import AnnotationBook
from viewer.workspace.measuring.annotation_deeds import change, clear
from viewer.workspace.measuring.journal import Journal
from viewer.workspace.measuring.journal_file import JournalFile
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.window_actions import WindowActions
from viewer.workspace.workspace import SharedState, Workspace

UIDS = ("a", "b", "c")
LOCKED = "c"
"""It is locked from its first day: clearing leaves it."""
Marks = dict[str, int]
"""What the model knows of a mark: how long it is."""
Step = dict[str, int | None]


@dataclass
class ModelWindow:
    """What a window can undo: each step as it was and as it is, and its drag."""

    done: list[tuple[Step, Step, int]] = field(default_factory=list)
    undone: list[tuple[Step, Step, int]] = field(default_factory=list)


@dataclass
class Model:
    """What marks there are, said as plainly as it can be."""

    shown: Marks = field(default_factory=dict)
    kept: Marks = field(default_factory=dict)
    is_open: bool = True
    windows: tuple[ModelWindow, ModelWindow] = field(default_factory=lambda: (ModelWindow(), ModelWindow()))
    told: int = 0

    def change(self, window: int, after: Step, drag: int = 0) -> None:
        before = {uid: self.shown.get(uid) for uid in after}
        changed = [uid for uid in after if before[uid] != after[uid]]
        if not changed:
            return
        before, after = {uid: before[uid] for uid in changed}, {uid: after[uid] for uid in changed}
        of = self.windows[window]
        if drag and of.done and of.done[-1][2] == drag:
            first_before, first_after, _drag = of.done[-1]
            of.done[-1] = ({**before, **first_before}, {**first_after, **after}, drag)
        else:
            of.done.append((before, after, drag))
        of.undone.clear()
        self._put(after)

    def undo(self, window: int) -> None:
        of = self.windows[window]
        if of.done:
            of.undone.append(of.done.pop())
            self._back(*of.undone[-1][:2])

    def redo(self, window: int) -> None:
        of = self.windows[window]
        if of.undone:
            of.done.append(of.undone.pop())
            before, after, _drag = of.done[-1]
            self._back(after, before)

    def _back(self, wanted: Step, left: Step) -> None:
        """Make marks what is wanted, where they are as they were left; else it is told."""
        elsewhere = {uid for uid in wanted if self.shown.get(uid) not in {wanted[uid], left[uid]}}
        if self.is_open:
            self._put({uid: wanted[uid] for uid in wanted if uid not in elsewhere})
        self.told += bool(elsewhere) or not self.is_open

    def _put(self, after: Mapping[str, int | None]) -> None:
        for uid, end in after.items():
            for marks in (self.shown, self.kept):
                marks.pop(uid, None) if end is None else marks.__setitem__(uid, end)

    def close(self) -> None:
        self.shown, self.is_open = {}, False

    def open(self) -> None:
        self.shown, self.is_open = dict(self.kept), True

    def restart(self) -> None:
        self.windows = (ModelWindow(), ModelWindow())
        self.open()


class Real:
    """Two windows of a program, with its journal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[str] = []
        self.start()

    def start(self) -> None:
        tree = StudyTree()
        catalogue = DisplaySetCatalogue(tree, JobRunner(lambda call: call()))
        shared = SharedState(tree, catalogue, lambda _paths: None)
        self.windows = (Workspace(shared), Workspace(shared))
        for window in self.windows:
            window.window = cast("WindowActions", SimpleNamespace(show_message=self.told.append))
        self.book: AnnotationBook = shared.annotations
        self.journal = Journal(self.book, self.folder)
        self.journal.open_study(STUDY)

    def restart(self) -> None:
        self.journal.close()
        self.start()

    @property
    def marks(self) -> Marks:
        return {each.uid: int(each.points[1][0]) for each in self.book.of_study(STUDY)}


def _mark(uid: str, end: int) -> Any:
    return replace(length(uid, end=end), is_locked=uid == LOCKED)


WINDOWS = st.sampled_from((0, 1))
OPS = st.one_of(
    st.tuples(st.just("put"), WINDOWS, st.sampled_from(UIDS), st.integers(1, 4)),
    st.tuples(st.just("nudge"), WINDOWS, st.sampled_from(UIDS), st.integers(1, 4)),
    st.tuples(st.just("both"), WINDOWS, st.integers(1, 4), st.none() | st.integers(1, 4)),
    st.tuples(st.just("remove"), WINDOWS, st.sampled_from(UIDS)),
    st.tuples(st.just("hold"), WINDOWS, st.sampled_from(UIDS)),
    st.tuples(st.just("undo"), WINDOWS),
    st.tuples(st.just("undo"), WINDOWS),
    st.tuples(st.just("redo"), WINDOWS),
    st.tuples(st.just("clear"), WINDOWS),
    st.tuples(st.just("close")),
    st.tuples(st.just("open")),
    st.tuples(st.just("restart")),
)


def _do(op: tuple[Any, ...], model: Model, real: Real) -> None:
    name = op[0]
    if name in {"put", "nudge", "both", "remove", "hold", "clear"} and not model.is_open:
        return  # nobody draws on what is not open
    if name in {"put", "nudge", "both", "remove"}:
        step: Step = {op[2]: op[3] if name != "remove" else None} if name != "both" else {"a": op[2], "b": op[3]}
        drag = 7 if name == "nudge" else 0
        model.change(op[1], step, drag)
        marks = {uid: None if end is None else _mark(uid, end) for uid, end in step.items()}
        change(real.windows[op[1]], marks, "Change", drag=drag)
    elif name == "hold":
        real.book.hold(_mark(op[2], 9))
        real.book.hold(None)
    elif name == "clear":
        model.change(op[1], {uid: None for uid in model.shown if uid != LOCKED})
        clear(real.windows[op[1]], STUDY)
    elif name in {"undo", "redo"}:
        getattr(model, name)(op[1])
        getattr(real.windows[op[1]], name)()
    elif name == "restart":
        model.restart()
        real.restart()
    else:
        getattr(model, name)()
        getattr(real.journal, f"{name}_study")(STUDY)


@contextmanager
def _quick_disk() -> Iterator[Path]:
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        mock.patch.object(journal_file, "sync_file"),
        mock.patch.object(journal_file, "sync_folder"),
    ):
        yield Path(folder) / "marks"


def _walk(ops: list[tuple[Any, ...]]) -> None:
    with _quick_disk() as folder:
        model, real = Model(), Real(folder)
        for op in ops:
            order = [each.uid for each in real.book.of_study(STUDY)]
            _do(op, model, real)
            assert real.marks == model.shown, op
            assert len(real.told) == model.told, (op, real.told)
            if op[0] == "restart" and order:
                assert [each.uid for each in real.book.of_study(STUDY)] == order
        model.restart()
        real.restart()
        assert real.marks == model.kept
        real.journal.close()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(OPS, max_size=30))
def test_two_windows_come_to_the_state_of_the_model(ops: list[tuple[Any, ...]]) -> None:
    _walk(ops)


TWO_PROGRAMS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), WINDOWS, st.sampled_from(UIDS), st.integers(1, 4)),
        st.tuples(st.just("new"), WINDOWS),
        st.tuples(st.just("remove"), WINDOWS, st.sampled_from(UIDS)),
        st.tuples(st.just("look"), WINDOWS),
        st.tuples(st.just("compact"), WINDOWS),
        st.tuples(st.just("restart"), WINDOWS),
    ),
    max_size=25,
)


def _do_in(real: Real, name: str, rest: list[Any]) -> None:
    if name in {"put", "new"}:
        change(real.windows[0], {rest[0]: _mark(rest[0], rest[1])}, "Change")
    elif name == "remove" and rest[0] in real.marks:
        change(real.windows[0], {rest[0]: None}, "Remove")
    elif name == "look":
        real.journal.look()
    elif name == "restart":
        real.restart()
    elif name == "compact" and (file := JournalFile(real.folder, marks_name(STUDY))).path.exists():
        file.compact()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TWO_PROGRAMS)
def test_two_programs_agree_and_lose_no_mark_that_nobody_removed(ops: list[tuple[Any, ...]]) -> None:
    with _quick_disk() as folder:
        programs = [Real(folder), Real(folder)]
        new: set[str] = set()
        for number, (name, which, *rest) in enumerate(ops):
            if name == "new":
                new.add(f"n{number}")
            _do_in(programs[which], name, rest or [f"n{number}", 1])
        for real in programs:
            real.journal.look()
        third = Real(folder)
        assert programs[0].marks == programs[1].marks == third.marks
        assert new <= third.marks.keys()
        for real in (*programs, third):
            real.journal.close()
