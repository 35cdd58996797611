"""The dialog that lays a prior over: nothing changes before the reader agrees, whatever comes in which order."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from tests.builders.ct_series import write_ct_series
from tests.ui.viewport_scene import Scene
from viewer.base.errors import Cancelled, VolumeError
from viewer.base.jobs import ProgressReport
from viewer.dicom.frame_transform import FrameTransform
from viewer.ui.volumes.registration_dialog import RegistrationDialog, RegistrationTasks
from viewer.volume.registration import RegistrationResult
from viewer.volume.registration_judgement import Difference
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.registering import Partner

pytestmark = pytest.mark.usefixtures("qtbot")

MOVED = FrameTransform((1, 0, 0, 3, 0, 1, 0, -4, 0, 0, 1, 12, 0, 0, 0, 1))
PICTURE = np.full((20, 30), 90, np.uint8)


class Tasks:
    """Stands for the program: keeps what it is asked, and answers when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[DisplaySet, DisplaySet]] = []
        self.cancelled = 0
        self.applied: list[RegistrationResult] = []
        self.saved: list[Path] = []
        self.kept: list[RegistrationResult] = []

    def start(
        self,
        fixed: DisplaySet,
        moving: DisplaySet,
        report: Callable[[ProgressReport], None],
        done: Callable[[RegistrationResult], None],
        failed: Callable[[Exception], None],
    ) -> Callable[[], None]:
        self.asked.append((fixed, moving))
        self.report, self.done, self.failed = report, done, failed

        def cancel() -> None:
            self.cancelled += 1

        return cancel

    @property
    def made(self) -> RegistrationTasks:
        return RegistrationTasks(
            self.start,
            lambda _fixed, _moving, result: self.applied.append(result),
            lambda _fixed, _moving, _result, path: self.saved.append(path),
            lambda _fixed, _moving, result: self.kept.append(result),
        )


def _result(after: float = 1.2, overlap: float = 0.9) -> RegistrationResult:
    return RegistrationResult(MOVED, 0.4, after, overlap, (0.0, 0.0, 0.0), 50, (PICTURE, PICTURE))


@pytest.fixture
def sets(tmp_path: Path) -> tuple[DisplaySet, ...]:
    paths = [
        path
        for number, label in enumerate(("now", "then", "before"), start=1)
        for path in write_ct_series(tmp_path / label, 2, 16, label=label, elements={"SeriesNumber": number})
    ]
    with Scene(paths, (100, 100)) as scene:
        return scene.sets


@pytest.fixture
def dialog(sets: tuple[DisplaySet, ...]) -> RegistrationDialog:
    tasks = Tasks()
    partners = [Partner(each, f"series {number}", is_shown=True) for number, each in enumerate(sets[1:], start=2)]
    parent = QWidget()
    made = RegistrationDialog(parent, (sets[0], "series 1"), partners, tasks.made, ("series 9",))
    made.setProperty("kept", True)
    made.tasks, made.parent_kept = tasks, parent  # type: ignore[attr-defined]  # for the tests alone
    made.show()
    return made


def _tasks(dialog: RegistrationDialog) -> Tasks:
    tasks = dialog.tasks  # type: ignore[attr-defined]  # put there by the fixture
    assert isinstance(tasks, Tasks)
    return tasks


def _seen(dialog: RegistrationDialog) -> list[str]:
    return [button.text() for button in dialog.findChildren(QPushButton) if button.isVisible() and button.isEnabled()]


def test_it_shows_what_was_found_and_changes_nothing_before_it_is_told(
    dialog: RegistrationDialog, sets: tuple[DisplaySet, ...], tmp_path: Path
) -> None:
    tasks = _tasks(dialog)
    assert set(_seen(dialog)) == {"Register", "Close"}
    assert dialog.companions.isVisible()
    assert dialog.companions.text().endswith("already: series 9")
    dialog.choice.setCurrentIndex(1)
    dialog.start.click()
    assert tasks.asked == [(sets[0], sets[2])]
    assert set(_seen(dialog)) == {"Stop", "Close"}
    tasks.report(ProgressReport(30, 120, ""))
    assert (dialog.bar.value(), dialog.bar.maximum()) == (30, 120)
    tasks.done(_result())
    assert dialog.moved.text() == "13.0 mm  (L 3.0  A 4.0  H 12.0)"
    assert dialog.turned.text() == "0.0°"
    assert dialog.agreement.text().startswith("0.400 → 1.200")
    assert dialog.overlap.text() == "90 %"
    assert not dialog.doubt.isVisible()
    assert [label.pixmap().width() for label in dialog.pictures] == [30, 30]
    assert tasks.applied == []
    dialog.save_to(str(tmp_path / "r.dcm"))
    assert tasks.saved == [tmp_path / "r.dcm"]
    dialog.keep.click()
    assert len(tasks.kept) == 1
    assert "Save in the study" not in _seen(dialog)
    dialog.apply.click()
    assert len(tasks.applied) == 1
    assert "Lay over" not in _seen(dialog)
    dialog.close()
    assert tasks.cancelled == 0


def test_another_choice_forgets_what_was_found(dialog: RegistrationDialog) -> None:
    dialog.start.click()
    _tasks(dialog).done(_result())
    dialog.choice.setCurrentIndex(1)
    assert dialog.result_found is None
    assert set(_seen(dialog)) == {"Register", "Close"}
    dialog.close()


def test_what_is_doubtful_is_said(dialog: RegistrationDialog) -> None:
    dialog.start.click()
    _tasks(dialog).done(replace(_result(), ways=Difference(12.4, 3.0)))
    assert dialog.doubt.isVisible()
    assert dialog.doubt.text().startswith("Doubtful: the two ways differ by 12 mm.")
    assert "Lay over all the same" in _seen(dialog)
    dialog.choice.setCurrentIndex(1)
    dialog.start.click()
    _tasks(dialog).done(_result())
    assert not dialog.doubt.isVisible()
    assert "Lay over" in _seen(dialog)
    dialog.close()


def test_stopping_and_escape_cancel_and_change_nothing(dialog: RegistrationDialog) -> None:
    tasks = _tasks(dialog)
    dialog.start.click()
    dialog.stop.click()
    assert tasks.cancelled == 1
    tasks.failed(Cancelled())
    assert not dialog.trouble.isVisible()
    dialog.start.click()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert tasks.cancelled == 2
    assert tasks.applied == []
    QApplication.processEvents()


def test_what_failed_is_said_in_its_words(dialog: RegistrationDialog) -> None:
    dialog.start.click()
    _tasks(dialog).failed(VolumeError("They have nothing in common", advice="Choose others"))
    assert dialog.trouble.isVisible()
    assert dialog.trouble.text() == "They have nothing in common. Choose others"
    assert set(_seen(dialog)) == {"Register", "Close"}
    dialog.close()
