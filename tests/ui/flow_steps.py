"""What the flows through the real window share: waiting, looking, and holding files back."""

import threading
import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication, QTreeView, QTreeWidget, QWidget

from viewer.base.byte_source import ByteSource
from viewer.media import disc_contents, scan_workers
from viewer.media.scan_results import ScanResult, scan_source
from viewer.ui.main_window import MainWindow
from viewer.ui.viewports.viewport import Viewport

PATIENCE = 60.0


def wait_for(condition: Callable[[], object], what: str = "") -> None:
    """Work off events until something is so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what or "it did not come"
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 10)
        time.sleep(0.001)


def shown_uid(window: MainWindow, cell: int = 0) -> str:
    """Return the instance whose pixels are on screen; empty when none are, or not yet the right ones."""
    displayed = window.workspace.displayed(cell)
    return displayed.image.header.sop_instance_uid if displayed is not None else ""


def viewport(window: MainWindow, cell: int = 0) -> Viewport:
    return next(each for each in window.findChildren(Viewport) if each.cell == cell)


def tree_of(window: MainWindow) -> QTreeView:
    return next(tree for tree in window.findChildren(QTreeView) if tree.accessibleName() == "Studies")


def leaves(tree: QTreeView) -> int:
    """Return how many display sets a study browser lists."""
    model, waiting, count = tree.model(), [tree.rootIndex()], 0
    while waiting:
        parent = waiting.pop()
        for row in range(model.rowCount(parent)):
            index = model.index(row, 0, parent)
            if model.hasChildren(index):
                waiting.append(index)
            else:
                count += 1
    return count


def problem_lines(window: MainWindow) -> list[str]:
    """Return what the problems panel lists, heading by heading."""
    tree = next(tree for tree in window.findChildren(QTreeWidget) if tree.accessibleName() == "Problems")
    lines = []
    for place in range(tree.topLevelItemCount()):
        heading = tree.topLevelItem(place)
        assert heading is not None
        lines.append(heading.text(0))
        lines += [child.text(0) for row in range(heading.childCount()) if (child := heading.child(row)) is not None]
    return lines


def visible(kind: type[QWidget]) -> list[QWidget]:
    """Return the visible windows of a kind."""
    return [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, kind) and widget.isVisible()]


class Gate:
    """Files behind it cannot be read until it is opened: a slow medium, without waiting for one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, is_free: Callable[[str], bool]) -> None:
        self.opened = threading.Event()

        def scan(source: ByteSource) -> ScanResult:
            if not is_free(source.name):
                self.opened.wait(PATIENCE)
            return scan_source(source)

        class Crew(scan_workers.ScanCrew):
            def __init__(self, *arguments: object, **options: object) -> None:
                super().__init__(*arguments, scan=scan, **options)  # type: ignore[arg-type]  # passed through

        monkeypatch.setattr(disc_contents, "ScanCrew", Crew)
