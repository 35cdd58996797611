"""Deciding about what is kept aside, in the window, on a library that was filled as a receiver fills it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QPushButton, QTableWidget, QTreeWidget, QWidget
from shiboken6 import isValid

from tests.builders import aside_library
from tests.ui.reception_scene import button, receiving_program, wait
from viewer.application.programme import Programme
from viewer.library.aside import pending
from viewer.library.instance_record import AsideReason
from viewer.library.library import Library
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.ui.main_window import MainWindow
from viewer.ui.reception.aside_panes import AlteredPane, InboxPane, WarningPane
from viewer.ui.reception.aside_window import AsideWindow
from viewer.ui.reception.receiver_status import AsideAlarm

HOSTILE = '<img src="file:///x.png"><b>EVE</b>^MALLORY'


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return aside_library.series(tmp_path / "came", count=4)


@pytest.fixture
def program(qapp: QApplication, tmp_path: Path, files: list[Path]) -> Iterator[tuple[Programme, MainWindow]]:
    with Library(tmp_path / "library") as library:
        aside_library.receive(library, files)
        changed = [
            aside_library.altered(files[0], tmp_path / "b", PatientName="KIM^OTHER"),
            aside_library.altered(files[1], tmp_path / "b", inverts=True),
        ]
        aside_library.receive(library, changed)
        strange = aside_library.of_new_study(files[0], tmp_path / "c", PatientName=HOSTILE, PatientID="0815")
        aside_library.receive(library, [strange], aside_library.UNKNOWN)
        other = aside_library.of_new_study(files[0], tmp_path / "d", PatientBirthDate="19610302")
        aside_library.receive(library, [other])
    with receiving_program(qapp, tmp_path, is_attended=False) as made:
        yield made


def _open(window: MainWindow) -> AsideWindow:
    window.actions_table.run("library.decide")
    shown = [each for each in QApplication.topLevelWidgets() if isinstance(each, AsideWindow) and each.isVisible()]
    assert len(shown) == 1
    wait(lambda: shown[0].lines > 0)
    return shown[0]


def _choose(decisions: AsideWindow, kind: type[QWidget]) -> QWidget:
    """Go down the list with the keyboard until a line of that kind is shown."""
    tree = decisions.findChildren(QTreeWidget)[0]
    tree.setFocus()
    QTest.keyClick(tree, Qt.Key.Key_Home)
    for _line in range(20):
        pane = decisions.pane
        if isinstance(pane, kind):
            return pane
        QTest.keyClick(tree, Qt.Key.Key_Down)
    raise AssertionError(kind)


def _texts(place: QWidget) -> str:
    labels = "\n".join(label.text() for label in place.findChildren(QLabel) if not label.isHidden())
    cells = []
    for table in place.findChildren(QTableWidget):
        for row in range(table.rowCount()):
            cells += [table.item(row, column).text() for column in range(3)]  # type: ignore[union-attr] # filled
    return "\n".join([labels, *cells])


def _asked(programme: Programme, question: Callable[[Library], object]) -> object:
    answers: list[object] = []
    programme.library.desk.ask(question, answers.append)
    wait(lambda: bool(answers))
    return answers[0]


def _aside(programme: Programme) -> dict[AsideReason, int]:
    found: dict[AsideReason, int] = {}
    for group in _asked(programme, pending):  # type: ignore[attr-defined] # groups
        found[group.reason] = found.get(group.reason, 0) + len(group.arrived)
    return found


def test_an_alarm_says_how_much_waits_and_opens_the_window(program: tuple[Programme, MainWindow]) -> None:
    _programme, window = program
    alarm = window.findChildren(AsideAlarm)[0]
    wait(alarm.isVisible)
    assert alarm.text() == "4 to decide"
    assert "Altered duplicates: 2" in alarm.toolTip()
    assert "From unknown senders: 1" in alarm.toolTip()
    alarm.click()
    assert _open(window).lines == 3


def test_both_are_shown_beside_each_other_with_what_differs(program: tuple[Programme, MainWindow]) -> None:
    _programme, window = program
    decisions = _open(window)
    pane = _choose(decisions, AlteredPane)
    wait(lambda: "The pixels are the same" in _texts(pane))
    words = _texts(pane)
    assert "Patient Name" in words
    assert "HONG^GILDONG" in words
    assert "KIM^OTHER" in words
    assert "Image 1 of 2" in words
    pictures = [label for label in pane.findChildren(QLabel) if label.accessibleName() in {"Held, in force", "Arrived"}]
    wait(lambda: all(not label.pixmap().isNull() for label in pictures))
    same = [label.pixmap().toImage() for label in pictures]
    assert same[0] == same[1]
    button(pane, "Next").click()
    wait(lambda: "The pixels differ" in _texts(pane))
    wait(lambda: all(not label.pixmap().isNull() for label in pictures))
    other = [label.pixmap().toImage() for label in pictures]
    assert other[0] != other[1]


def test_the_first_is_kept_only_when_it_was_said_twice(program: tuple[Programme, MainWindow]) -> None:
    programme, window = program
    decisions = _open(window)
    pane = _choose(decisions, AlteredPane)
    wait(lambda: "The pixels" in _texts(pane))
    pane.findChildren(QCheckBox)[0].click()
    keep = button(pane, "Keep the first")
    keep.click()
    assert keep.text() == "Remove what arrived for good?"
    assert _aside(programme)[AsideReason.ALTERED] == 2
    keep.click()
    wait(lambda: "2 images removed" in _texts(decisions))
    assert AsideReason.ALTERED not in _aside(programme)
    wait(lambda: decisions.lines == 2)
    alarm = window.findChildren(AsideAlarm)[0]
    wait(lambda: alarm.text() == "2 to decide")


def test_what_arrived_is_put_in_force_and_that_is_undone(program: tuple[Programme, MainWindow]) -> None:
    programme, window = program
    decisions = _open(window)
    pane = _choose(decisions, AlteredPane)
    wait(lambda: "The pixels" in _texts(pane))
    before = _aside(programme)[AsideReason.ALTERED]
    button(pane, "Put the arrived in force").click()
    wait(lambda: "1 image is in force" in _texts(decisions))
    assert _aside(programme)[AsideReason.ALTERED] == before - 1
    undo = button(decisions, "Undo")
    assert undo.isVisible()
    undo.click()
    wait(lambda: "1 image is as it was" in _texts(decisions))
    assert _aside(programme)[AsideReason.ALTERED] == before
    assert not undo.isVisible()


def test_an_unknown_sender_is_accepted_and_let_in_from_then_on(program: tuple[Programme, MainWindow]) -> None:
    programme, window = program
    decisions = _open(window)
    pane = _choose(decisions, InboxPane)
    words = _texts(pane)
    assert "STRANGER at 192.0.2.99" in words
    assert "0815" in words
    assert "<IMG" in words.upper()
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in pane.findChildren(QLabel))
    button(pane, "Accept, and let STRANGER send from now on").click()
    wait(lambda: "STRANGER@192.0.2.99 may send from now on" in _texts(decisions))
    assert programme.settings.section("receiver", ReceiverSettings).allow == ("STRANGER@192.0.2.99",)
    assert AsideReason.UNKNOWN_SENDER not in _aside(programme)


def test_what_an_unknown_sender_sent_is_discarded(program: tuple[Programme, MainWindow]) -> None:
    programme, window = program
    decisions = _open(window)
    pane = _choose(decisions, InboxPane)
    discard = button(pane, "Discard")
    discard.click()
    assert discard.text() == "Remove 1 image for good?"
    discard.click()
    wait(lambda: "1 image removed" in _texts(decisions))
    assert AsideReason.UNKNOWN_SENDER not in _aside(programme)
    assert programme.settings.section("receiver", ReceiverSettings).allow == ()


def test_what_is_put_off_goes_on_waiting(program: tuple[Programme, MainWindow]) -> None:
    programme, window = program
    decisions = _open(window)
    seen = []
    for _line in range(3):
        pane = decisions.pane
        assert pane is not None
        seen.append(type(pane))
        button(pane, "Later").click()
    assert set(seen) == {AlteredPane, InboxPane, WarningPane}
    assert type(decisions.pane) is seen[0]
    assert _aside(programme) == {AsideReason.ALTERED: 2, AsideReason.UNKNOWN_SENDER: 1}


def test_a_warning_is_settled(program: tuple[Programme, MainWindow]) -> None:
    programme, window = program
    decisions = _open(window)
    pane = _choose(decisions, WarningPane)
    assert "Another birth date under the same patient ID" in _texts(pane)
    assert "1961-02-03" in _texts(pane)
    assert "1961-03-02" in _texts(pane)
    button(pane, "It is settled").click()
    wait(lambda: "Settled" in _texts(decisions))
    assert _asked(programme, lambda library: len(library.catalogue.warnings())) == 0
    wait(lambda: decisions.lines == 2)


def test_what_comes_while_the_window_is_open_appears_with_an_alarm(
    program: tuple[Programme, MainWindow], files: list[Path], tmp_path: Path
) -> None:
    _programme, window = program
    decisions = _open(window)
    alarm = window.findChildren(AsideAlarm)[0]
    wait(lambda: alarm.text() == "4 to decide")
    again = aside_library.of_new_study(files[1], tmp_path / "e", PatientID="0816")
    with Library(tmp_path / "library") as elsewhere:
        aside_library.receive(elsewhere, [again], aside_library.UNKNOWN)
    wait(lambda: decisions.lines == 4)
    assert alarm.text() == "5 to decide"
    told = [each.text() for each in window.job_line.findChildren(QLabel)]
    assert any("unknown station" in text for text in told)


def test_it_is_done_with_the_keyboard_alone_and_left_by_esc(program: tuple[Programme, MainWindow]) -> None:
    programme, window = program
    decisions = _open(window)
    pane = _choose(decisions, InboxPane)
    tree = decisions.findChildren(QTreeWidget)[0]
    assert decisions.focusWidget() is tree
    for _step in range(10):
        QTest.keyClick(decisions.focusWidget(), Qt.Key.Key_Tab)
        focus = decisions.focusWidget()
        if isinstance(focus, QPushButton) and focus.text() == "Accept":
            break
    else:
        raise AssertionError("Accept is not reached by Tab")
    assert pane.isAncestorOf(decisions.focusWidget())
    QTest.keyClick(decisions.focusWidget(), Qt.Key.Key_Space)
    wait(lambda: AsideReason.UNKNOWN_SENDER not in _aside(programme))
    wait(lambda: decisions.focusWidget() is tree)
    QTest.keyClick(decisions, Qt.Key.Key_Escape)
    assert not decisions.isVisible()


def test_nothing_to_decide_is_said(qapp: QApplication, tmp_path: Path) -> None:
    with receiving_program(qapp, tmp_path, is_attended=False) as (_programme, window):
        window.actions_table.run("library.decide")
        decisions = next(each for each in QApplication.topLevelWidgets() if isinstance(each, AsideWindow))
        wait(lambda: "Nothing waits for a decision" in _texts(decisions))
        assert window.findChildren(AsideAlarm)[0].isHidden()
        decisions.close()
        assert not decisions.isVisible()


def test_windows_may_be_closed_while_an_answer_is_on_its_way(program: tuple[Programme, MainWindow]) -> None:
    programme, window = program
    programme.open_window()
    decisions = _open(window)
    pane = _choose(decisions, AlteredPane)
    button(pane, "Next").click()
    window.actions_table.run("receiver.page")
    window.actions_table.run("receiver.rules")
    decisions.reload()
    owner = decisions.parentWidget()
    assert owner is not None
    owner.close()
    assert not decisions.isVisible()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not isValid(decisions)
    assert _aside(programme)[AsideReason.ALTERED] == 2
    wait(lambda: not programme.library.desk.is_busy)
