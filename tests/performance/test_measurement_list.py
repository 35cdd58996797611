"""How the list of measurements takes a thousand marks: nothing it does at once lasts longer than 50 ms (a campaign)."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.builders.ct_series import write_ct_series
from tests.ui.program_window import open_window, pass_time, running
from viewer.application.screenshot import wait_until_settled
from viewer.measurement.annotation import Annotation
from viewer.ui.measuring.measurements_panel import MeasurementsPanel
from viewer.workspace.measuring.annotation_deeds import change
from viewer.workspace.measuring.here import Here, here_at, new_uid
from viewer.workspace.measuring.measuring import anchor_of_image

MARKS, BLOCK_MS = 1000, 50.0


def longest_ms(panel: MeasurementsPanel, deed: Callable[[], object]) -> float:
    """Return how long the page takes to follow a deed: the processor's time of the window's thread."""
    deed()
    start = time.thread_time()
    panel.refresh()
    return (time.thread_time() - start) * 1000


@pytest.mark.campaign
@pytest.mark.timeout(300)
def test_a_thousand_marks_are_listed_and_followed_in_short_steps(
    qtbot: object, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    del qtbot
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    write_ct_series(tmp_path / "ct", 40, 128)
    with running(application, tmp_path) as programme:
        window = open_window(programme, tmp_path / "ct")
        workspace, book = window.workspace, programme.shared.annotations
        here = here_at(workspace, 0)
        assert isinstance(here, Here)
        display_set = workspace.display_set_at(0)
        assert display_set is not None
        first = here.finished(Annotation("", "ellipse", here.anchor, ((30.0, 30.0), (90.0, 90.0))))
        made = {}
        for number in range(MARKS):
            image = display_set.images[number % len(display_set.images)]
            mark = replace(first, uid=new_uid(), anchor=anchor_of_image(image), text=f"Mark {number}")
            made[mark.uid] = mark
        change(workspace, made, "Mark")
        window.actions_table.run("marks.page")
        wait_until_settled(application, programme, window)
        panel = window.findChild(MeasurementsPanel)
        assert isinstance(panel, MeasurementsPanel)
        book.select({next(iter(made))})  # the plot is made with the first mark that has one
        pass_time(1.0)
        uids = list(made)
        renamed = replace(made[uids[0]], text="Other")

        def anew() -> None:
            panel.list.show_marks(())
            panel.show_anew()

        deeds: dict[str, Callable[[], object]] = {
            "list": anew,
            "select": lambda: book.select({uids[500]}),
            "select all": lambda: book.select(uids),
            "select none": lambda: book.select(()),
            "rename": lambda: change(workspace, {renamed.uid: renamed}, "Rename"),
            "remove": lambda: change(workspace, {uids[7]: None}, "Remove"),
            "undo": workspace.undo,
            "add": lambda: change(workspace, {"new": replace(first, uid="new")}, "Mark"),
        }
        figures = {name: round(longest_ms(panel, deed), 1) for name, deed in deeds.items()}
        record_property("1,000 marks in the list, ms", figures)
        print(f"\n1,000 marks in the list, ms: {figures}")
        assert max(figures.values()) <= BLOCK_MS
