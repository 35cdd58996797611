"""Flows: from places to images on screen — slow, encrypted, hostile, dropped, stopped half-way."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import pyzipper
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QLabel, QLineEdit, QPushButton, QToolButton

from tests.builders.ct_series import write_ct_series
from tests.builders.discs import fingerprint, make_directory, write_disc
from tests.ui.flow_steps import Gate, leaves, problem_lines, shown_uid, tree_of, visible, wait_for
from tests.ui.program_window import open_window, running
from viewer.application.programme import Programme
from viewer.base.settings import Settings
from viewer.ui.main_window import MainWindow
from viewer.workspace.preferences import GeneralSettings

PASSWORD = "geheim 비밀"  # noqa: S105 - of an archive made here


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    with running(qapp, tmp_path) as made:
        yield made


@pytest.fixture
def attended(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    """The program with somebody there to answer; discs of this computer are left alone."""
    folder = tmp_path / "config"
    Settings(folder).store("general", GeneralSettings(language="en", watches_media=False))
    made = Programme(qapp, folder)
    yield made
    for window in tuple(made.windows):
        window.close()
    made.close()


def stop_button(window: MainWindow) -> QToolButton:
    return next(button for button in window.findChildren(QToolButton) if button.accessibleName() == "Stop")


def test_the_first_image_is_on_screen_while_the_rest_is_found(
    programme: Programme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ct_series(tmp_path / "a", 1, 64, label="a")
    write_ct_series(tmp_path / "b", 30, 64, label="b", elements={"PatientName": "LATER^ONE", "PatientID": "B"})
    gate = Gate(monkeypatch, lambda name: "/a/" in name)
    window = programme.open_window((900, 600))
    programme.opener.open([tmp_path / "a", tmp_path / "b"])
    wait_for(lambda: shown_uid(window), "no image while the rest is held back")
    first = shown_uid(window)
    assert programme.opener.is_busy
    assert programme.tree.counts.files == 1
    tree = tree_of(window)
    wait_for(lambda: leaves(tree) == 1)
    wait_for(lambda: stop_button(window).isVisible(), "no progress is shown")
    gate.opened.set()
    wait_for(lambda: not programme.opener.is_busy)
    wait_for(lambda: leaves(tree) == 2, "the browser does not fill in")
    assert programme.tree.counts.files == 31
    assert shown_uid(window) == first  # what the reader looks at has not moved
    assert not stop_button(window).isVisible()


def test_stopping_leaves_what_was_found(programme: Programme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ct_series(tmp_path / "ct", 12, 64)
    gate = Gate(monkeypatch, lambda name: name[-1] in "012")
    window = programme.open_window((900, 600))
    programme.opener.open([tmp_path / "ct"])
    wait_for(lambda: programme.tree.counts.files and stop_button(window).isVisible())
    found = programme.tree.counts.files
    QTest.mouseClick(stop_button(window), Qt.MouseButton.LeftButton)
    assert not programme.opener.is_busy
    assert any("stays open" in label.text() for label in window.job_line.findChildren(QLabel))
    gate.opened.set()
    wait_for(lambda: shown_uid(window))
    assert programme.tree.counts.files == found < 12
    programme.opener.open([tmp_path / "ct"])  # and the rest can still be had
    wait_for(lambda: not programme.opener.is_busy)
    assert len({header.sop_instance_uid for header in programme.tree.headers()}) == 12


def locked_archive(folder: Path) -> Path:
    (path,) = write_ct_series(folder / "d", 1, 64)
    archive = folder / "<b>locked&amp;.zip"
    with pyzipper.AESZipFile(archive, "w", encryption=pyzipper.WZ_AES) as packed:
        packed.setpassword(PASSWORD.encode())
        packed.write(path, "IM1")
    return archive


def question() -> QInputDialog:
    wait_for(lambda: visible(QInputDialog), "nobody asks for the password")
    (dialog,) = visible(QInputDialog)
    assert isinstance(dialog, QInputDialog)
    return dialog


def is_closed(dialog: QInputDialog) -> bool:
    return dialog not in visible(QInputDialog)


def test_an_encrypted_archive_asks_until_the_password_is_right(attended: Programme, tmp_path: Path) -> None:
    window = attended.open_window((900, 600))
    attended.opener.open([locked_archive(tmp_path)])
    for typed in ("wrong", PASSWORD):
        dialog = question()
        (label,) = dialog.findChildren(QLabel)
        assert "<b>locked&amp;.zip" in label.text()
        assert label.textFormat() is Qt.TextFormat.PlainText
        assert ("wrong" in label.text()) is (typed == PASSWORD)
        (field,) = dialog.findChildren(QLineEdit)
        assert field.echoMode() is QLineEdit.EchoMode.Password
        field.setText(typed)
        QTest.keyClick(field, Qt.Key.Key_Return)
        wait_for(partial(is_closed, dialog))
    wait_for(lambda: shown_uid(window))
    assert PASSWORD not in (tmp_path / "config" / "settings.toml").read_text("utf-8")


def test_skipping_the_password_lists_the_archive_as_locked(attended: Programme, tmp_path: Path) -> None:
    window = attended.open_window((900, 600))
    attended.opener.open([locked_archive(tmp_path), tmp_path / "d"])
    skip = next(button for button in question().findChildren(QPushButton) if button.text().replace("&", "") == "Skip")
    QTest.mouseClick(skip, Qt.MouseButton.LeftButton)
    wait_for(lambda: not attended.opener.is_busy)
    wait_for(lambda: shown_uid(window), "what is not locked is not shown")
    wait_for(lambda: any("Locked" in line for line in problem_lines(window)))


def test_closing_the_window_answers_an_open_question(attended: Programme, tmp_path: Path) -> None:
    window = attended.open_window((900, 600))
    attended.opener.open([locked_archive(tmp_path)])
    question()
    window.close()
    attended.close()  # hangs if the worker still waits for an answer
    assert not attended.windows


@pytest.mark.real_data
def test_a_hostile_folder_is_listed_and_the_window_lives(
    programme: Programme, tmp_path: Path, shared_data: Path
) -> None:
    write_ct_series(tmp_path / "good", 2, 64)
    window = open_window(programme, shared_data / "hostile", tmp_path / "good")
    window.show_panel("problems")
    wait_for(lambda: len(problem_lines(window)) > 5)
    lines = "\n".join(problem_lines(window))
    for part in ("Damaged (5)", "Refused for safety (2)", "TC0263_depth_50.dcm", "nested more than 32 deep"):
        assert part in lines
    workspace = window.workspace
    sets = [each for series in programme.tree.all_series() for each in workspace.catalogue.of_series(series.key)]
    for display_set in sets:
        for index in {0, len(display_set.images) - 1}:
            workspace.show(display_set.key, 0, index)
            wait_for(lambda: not window.is_loading(), display_set.label)
    workspace.show(next(each.key for each in sets if len(each.images) == 2), 0)
    wait_for(lambda: shown_uid(window))


def test_what_is_dropped_on_the_window_is_opened(programme: Programme, tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path / "한글 폴더 #1", 2, 64)
    window = programme.open_window((900, 600))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(paths[0].parent)), QUrl("https://example.org/a.dcm")])
    place, none = QPointF(450, 300), Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(place.toPoint(), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none)
    QApplication.sendEvent(window, entered)
    assert entered.isAccepted()
    dropped = QDropEvent(place, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none)
    QApplication.sendEvent(window, dropped)
    assert dropped.isAccepted()
    wait_for(lambda: shown_uid(window))
    assert programme.tree.counts.files == 2
    assert programme.recent_paths() == [paths[0].parent]


def test_a_medium_is_left_exactly_as_it_was(programme: Programme, tmp_path: Path) -> None:
    write_disc(tmp_path / "disc", 4)
    make_directory(tmp_path / "disc")
    before = fingerprint(tmp_path / "disc")
    window = open_window(programme, tmp_path / "disc")
    for command in ("scroll.last", "view.invert", "image.tags", "panel.problems", "layout.2x2"):
        window.actions_table.run(command)
        wait_for(lambda: not window.is_loading())
    window.close()
    assert fingerprint(tmp_path / "disc") == before
