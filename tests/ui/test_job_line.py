"""Several jobs share the line at the foot: the latest is shown, each can be stopped, none takes another's button."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QToolButton

from tests.ui.flow_steps import wait_for
from tests.ui.library_window import library_program, open_list, write_study
from viewer.base.jobs import ProgressReport
from viewer.library.library import Library
from viewer.ui import job_line
from viewer.ui.job_line import JobLine


@pytest.fixture(autouse=True)
def shown_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_line, "MINIMUM_S", 0.0)


def _stop(line: JobLine) -> QToolButton:
    return next(button for button in line.findChildren(QToolButton) if button.accessibleName() == "Stop")


def test_the_latest_job_is_shown_and_stopping_it_leaves_the_other(qapp: QApplication) -> None:
    assert qapp is not None
    line, stopped = JobLine(), []
    line.start(lambda: stopped.append("import"), "import", "Stopped; what was imported so far stays")
    line.show_progress(ProgressReport(1, 10, "importing"), "import")
    line.start(lambda: stopped.append("opening"))
    line.show_progress(ProgressReport(2, 10, "importing"), "import")
    assert "importing  ·  1 / 10" in line.text
    line.show_progress(ProgressReport(5, 7, "opening"))
    assert "opening" in line.text
    _stop(line).click()
    assert stopped == ["opening"]
    line.show_progress(ProgressReport(3, 10, "importing"), "import")
    assert "importing  ·  3 / 10" in line.text
    assert not _stop(line).isHidden()
    _stop(line).click()
    assert stopped == ["opening", "import"]
    assert line.text == "Stopped; what was imported so far stays"
    line.show_progress(ProgressReport(4, 10, "importing"), "import")
    assert line.text == "Stopped; what was imported so far stays"


def test_an_import_that_is_stopped_keeps_what_it_had(qapp: QApplication, tmp_path: Path) -> None:
    write_study(tmp_path / "a", "Lee^Mina", "P9", "20230101", count=600)
    with library_program(qapp, tmp_path) as programme:
        window, page = open_list(programme)
        programme.library.import_paths([tmp_path / "a"])
        stop = _stop(window.job_line)
        wait_for(lambda: not stop.isHidden())
        stop.click()
        wait_for(lambda: not page.is_busy)
    with Library(tmp_path / "library") as library:
        stats = library.catalogue.stats()
        assert stats.instances == len(list((tmp_path / "library" / "objects").rglob("*.dcm")))
