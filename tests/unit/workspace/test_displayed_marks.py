"""What a reader has seen is marked once, by its bytes."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from viewer.base.byte_source import FileBytes
from viewer.base.events import Event
from viewer.workspace.displayed_marks import DisplayedMarks


class _Workspace:
    """Shows what is put into it."""

    def __init__(self) -> None:
        self.displayed_changed: Event[int] = Event()
        self.header: Any = None

    def displayed(self, _cell: int) -> object:
        return SimpleNamespace(image=SimpleNamespace(header=self.header))

    def show(self, source: FileBytes) -> None:
        self.header = SimpleNamespace(sop_instance_uid="1.2.3", source=source)
        self.displayed_changed.emit(0)


def test_other_bytes_of_the_same_uid_are_marked_again() -> None:
    marked: list[tuple[str, ...]] = []
    catalogue = SimpleNamespace(mark_displayed=marked.append)
    desk: Any = SimpleNamespace(ask=lambda question: question(SimpleNamespace(catalogue=catalogue)))
    workspace: Any = _Workspace()
    marks = DisplayedMarks(desk, lambda _header: True, lambda: None)
    marks.follow(workspace)
    first, second = FileBytes(Path("first")), FileBytes(Path("second"))
    for source in (first, first, second, first):
        workspace.show(source)
        marks.write()
    assert marked == [("1.2.3",), ("1.2.3",)]
