"""The receiver's page with a real receiver behind it: closed at first, opened on purpose, wrong input told in words."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QSpinBox, QTableWidget

from tests.builders import aside_library
from tests.ui.reception_scene import button, free_port, receiving_program, wait
from viewer.application.programme import Programme
from viewer.application.reception import Reception
from viewer.reception.receiver_process import Phase
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.reception.receiver_state import is_receiver_running
from viewer.ui.main_window import MainWindow
from viewer.ui.preferences.preferences_window import PreferencesWindow
from viewer.ui.reception.allow_table import AllowTable
from viewer.ui.reception.events_table import EventsTable
from viewer.ui.reception.receiver_page import ReceiverPage
from viewer.ui.reception.receiver_status import AsideAlarm, ReceiverStatus
from viewer.ui.reception.station_table import StationTable


@pytest.fixture
def program(qapp: QApplication, tmp_path: Path) -> Iterator[tuple[Programme, MainWindow]]:
    with receiving_program(qapp, tmp_path) as made:
        yield made


def _reception(programme: Programme) -> Reception:
    assert programme.reception is not None
    return programme.reception


def _page(window: MainWindow) -> ReceiverPage:
    window.actions_table.run("receiver.page")
    shown = [
        each for each in QApplication.topLevelWidgets() if isinstance(each, PreferencesWindow) and each.isVisible()
    ]
    assert shown[-1].page == "receiver"
    return shown[-1].findChildren(ReceiverPage)[0]


def _texts(page: ReceiverPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if not label.isHidden())


def _table(page: ReceiverPage) -> QTableWidget:
    return page.findChildren(AllowTable)[0].findChildren(QTableWidget)[0]


def _type_rule(page: ReceiverPage, title: str, network: str) -> None:
    button(page, "Add a sender").click()
    table = _table(page)
    row = table.rowCount() - 1
    for column, text in ((0, title), (1, network)):
        item = table.item(row, column)
        assert item is not None
        item.setText(text)


def test_it_is_closed_and_on_this_computer_only_at_first(program: tuple[Programme, MainWindow]) -> None:
    programme, window = program
    page = _page(window)
    assert "The receiver is off" in _texts(page)
    assert "Nobody: the receiver is off" in _texts(page)
    assert page.desk.draft == ReceiverSettings()
    assert page.desk.draft.bind == "127.0.0.1"
    assert not button(page, "Put into force").isEnabled()
    assert window.findChildren(ReceiverStatus)[0].isHidden()
    assert _reception(programme).condition.phase is Phase.OFF


def test_started_by_hand_it_is_not_said_to_be_out_of_reach(program: tuple[Programme, MainWindow]) -> None:
    programme, window = program
    page = _page(window)
    page.desk.change(port=free_port())
    button(page, "Put into force").click()
    wait(lambda: not page.desk.is_changed)
    _reception(programme).start()
    wait(lambda: _reception(programme).condition.phase is Phase.RUNNING)
    assert "Only programs on this computer" in _texts(page)
    _reception(programme).stop()
    wait(lambda: _reception(programme).condition.phase is Phase.OFF)
    assert "Nobody: the receiver is off" in _texts(page)


def test_it_is_switched_on_answers_an_echo_and_is_stopped(
    program: tuple[Programme, MainWindow], tmp_path: Path
) -> None:
    programme, window = program
    page, port = _page(window), free_port()
    switch = page.findChild(QCheckBox, "is_on")
    assert isinstance(switch, QCheckBox)
    switch.setFocus()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert "Only programs on this computer" in _texts(page)
    page.desk.change(port=port)
    assert "Changed, not in force yet" in _texts(page)
    button(page, "Put into force").click()
    wait(lambda: _reception(programme).condition.is_up)
    assert f"Receiving at 127.0.0.1:{port} as NEGATOSCOPE" in _texts(page)
    status = window.findChildren(ReceiverStatus)[0]
    assert status.isVisible()
    assert status.text() == f"receiver on :{port}"
    assert programme.settings.section("receiver", ReceiverSettings).is_on
    button(page, "Send yourself an echo").click()
    wait(lambda: "The receiver answered in" in _texts(page))
    page.desk.change(stations=(f"NEGATOSCOPE@127.0.0.1:{port}", "nobody"))
    stations = page.findChildren(StationTable)[0].findChildren(QTableWidget)[0]
    button(page, "Ask whether it is there").click()

    def told() -> str:
        item = stations.item(0, 4)
        return item.text() if item is not None else ""

    wait(lambda: "answered in" in told())
    assert "'nobody' is no station" in _texts(page)
    button(page, "Stop").click()
    wait(lambda: _reception(programme).condition.phase is Phase.OFF)
    assert not is_receiver_running(tmp_path / "library")
    assert status.isHidden()


def test_what_was_typed_is_there_when_the_page_is_opened_again(program: tuple[Programme, MainWindow]) -> None:
    _programme, window = program
    page = _page(window)
    _type_rule(page, "CT1", "10.0.0.1")
    page.window().close()
    again = _page(window)
    assert again is not page
    assert "Changed, not in force yet" in _texts(again)
    assert again.desk.draft.allow == ("CT1@10.0.0.1",)
    button(again, "Take back").click()
    again.window().close()
    assert _page(window).desk.draft == ReceiverSettings()


def test_other_settings_start_it_again_under_them(program: tuple[Programme, MainWindow]) -> None:
    programme, window = program
    page, port = _page(window), free_port()
    page.desk.change(is_on=True, port=port)
    button(page, "Put into force").click()
    wait(lambda: _reception(programme).condition.is_up)
    page.desk.change(ae_title="RADIOLOGY")
    button(page, "Put into force").click()

    def is_renamed() -> bool:
        state = _reception(programme).condition.state
        return state is not None and state.ae_title == "RADIOLOGY"

    wait(is_renamed)
    state = _reception(programme).condition.state
    assert state is not None
    assert state.port == port


def test_another_address_asks_who_may_send(program: tuple[Programme, MainWindow]) -> None:
    _programme, window = program
    page = _page(window)
    page.desk.change(is_on=True, bind="0.0.0.0")  # noqa: S104 - to be warned of
    assert "Say who may send" in _texts(page)
    assert not button(page, "Put into force").isEnabled()
    _type_rule(page, "CT1", "10.0.0.0/24")
    assert page.desk.draft.allow == ("CT1@10.0.0.0/24",)
    words = _texts(page)
    assert "CT1 from 10.0.0.0/24, not encrypted" in words
    assert "Not encrypted" in words
    assert "every address of this computer" in words
    assert "Say who may send" not in words
    assert button(page, "Put into force").isEnabled()
    _type_rule(page, "MR7", "")
    assert "any computer that calls itself so can send" in _texts(page)
    page.desk.change(unknown="refuse")
    assert "inbox" not in _texts(page)


@pytest.mark.parametrize(
    ("title", "network", "words"),
    [
        ("CT1", "10.0.0.300", "'10.0.0.300' is no address or network"),
        ("A TITLE THAT IS TOO LONG", "10.0.0.1", "is no AE title"),
        ("CT\\1", "", "is no AE title"),
        ("한글", "", "is no AE title"),
    ],
)
def test_wrong_senders_are_told_where_they_are_typed(
    program: tuple[Programme, MainWindow], title: str, network: str, words: str
) -> None:
    _programme, window = program
    page = _page(window)
    _type_rule(page, title, network)
    told = _table(page).item(0, 2)
    assert told is not None
    assert words in told.text()
    assert words in _texts(page)
    assert not button(page, "Put into force").isEnabled()


def test_a_sender_is_taken_away_with_delete(program: tuple[Programme, MainWindow]) -> None:
    _programme, window = program
    page = _page(window)
    _type_rule(page, "CT1", "10.0.0.1")
    _table(page).setCurrentCell(0, 0)
    _table(page).setFocus()
    QTest.keyClick(_table(page), Qt.Key.Key_Delete)
    assert page.desk.draft.allow == ()


def test_a_taken_port_and_anothers_address_are_told_before_anything_is_kept(
    program: tuple[Programme, MainWindow],
) -> None:
    programme, window = program
    page = _page(window)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        page.desk.change(is_on=True, port=port)
        button(page, "Put into force").click()
        wait(lambda: f"Port {port} is taken by another program" in _texts(page))
    page.desk.change(bind="192.0.2.1", allow=("CT1@192.0.2.0/24",), port=free_port())
    button(page, "Put into force").click()
    wait(lambda: "192.0.2.1 is no address of this computer" in _texts(page))
    page.desk.change(bind="nowhere")
    assert "'nowhere' is no address of a computer" in _texts(page)
    assert not programme.settings.section("receiver", ReceiverSettings).is_on
    assert _reception(programme).condition.phase is Phase.OFF
    button(page, "Take back").click()
    assert page.desk.draft == ReceiverSettings()
    assert page.findChildren(QComboBox)[0].currentText() == "127.0.0.1"


def test_missing_certificates_are_told_and_one_is_made(program: tuple[Programme, MainWindow], tmp_path: Path) -> None:
    programme, window = program
    page = _page(window)
    field = page.findChild(QLineEdit, "certificate")
    assert isinstance(field, QLineEdit)
    field.setText(str(tmp_path / "nothing.pem"))
    assert "The key of the certificate is missing" in _texts(page)
    page.desk.change(key=str(tmp_path / "nothing.key"))
    assert "The file cannot be read" in _texts(page)
    button(page, "Without encryption").click()
    button(page, "Make a certificate").click()
    wait(lambda: "Fingerprint (SHA-256)" in _texts(page))
    certificate = page.desk.draft.certificate
    assert Path(certificate).is_file()
    assert Path(page.desk.draft.key).stat().st_mode & 0o077 == 0
    page.desk.change(is_on=True, port=free_port())
    button(page, "Put into force").click()
    wait(lambda: _reception(programme).condition.is_up)
    assert ", over TLS" in _texts(page)
    button(page, "Send yourself an echo").click()
    wait(lambda: "The receiver answered in" in _texts(page))


def test_a_receiver_that_cannot_be_kept_running_is_an_alarm(program: tuple[Programme, MainWindow]) -> None:
    programme, window = program
    reception = _reception(programme)
    programme.settings.store("receiver", replace(ReceiverSettings(), bind="192.0.2.1"))
    reception.start()
    wait(lambda: reception.condition.phase is Phase.FAILED)
    status = window.findChildren(ReceiverStatus)[0]
    assert status.text() == "receiver failed"
    assert "192.0.2.1" in status.toolTip()
    page = _page(window)
    assert "The receiver could not be kept running" in _texts(page)
    assert "192.0.2.1" in _texts(page)


def test_the_page_is_reached_by_f4_and_left_by_esc(program: tuple[Programme, MainWindow]) -> None:
    _programme, window = program
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_F4)
    shown = [
        each for each in QApplication.topLevelWidgets() if isinstance(each, PreferencesWindow) and each.isVisible()
    ]
    assert len(shown) == 1
    assert shown[0].page == "receiver"
    QTest.keyClick(shown[0], Qt.Key.Key_Escape)
    assert not shown[0].isVisible()


def test_every_field_has_a_name_for_screen_readers(program: tuple[Programme, MainWindow]) -> None:
    _programme, window = program
    page = _page(window)
    for kind in (QLineEdit, QComboBox, QSpinBox, QTableWidget):
        for each in page.findChildren(kind):
            inside = isinstance(each, QLineEdit) and isinstance(each.parent(), (QComboBox, QSpinBox))
            assert inside or each.accessibleName(), each.objectName()


def test_closing_the_window_leaves_it_running_or_stops_it_as_set(qapp: QApplication, tmp_path: Path) -> None:
    library = tmp_path / "library"
    settings = replace(ReceiverSettings(), is_on=True, port=free_port())
    with receiving_program(qapp, tmp_path, settings) as (programme, window):
        wait(lambda: _reception(programme).condition.is_up)
        window.close()
        programme.close()
        assert is_receiver_running(library)
    with receiving_program(qapp, tmp_path, replace(settings, keeps_when_closed=False)) as (programme, window):
        wait(lambda: _reception(programme).condition.is_up)
        window.close()
        programme.close()
        wait(lambda: not is_receiver_running(library))


@pytest.mark.skipif(shutil.which("storescu") is None, reason="DCMTK is not installed")
def test_what_an_unknown_station_sends_is_an_alarm_and_it_can_be_let_in(qapp: QApplication, tmp_path: Path) -> None:
    port = free_port()
    settings = replace(ReceiverSettings(), is_on=True, port=port, allow=("CT_ONE@127.0.0.1",))
    (file,) = aside_library.series(tmp_path / "files", count=1)
    with receiving_program(qapp, tmp_path, settings) as (programme, window):
        reception = _reception(programme)
        wait(lambda: reception.condition.is_up)
        page = _page(window)
        alarm = window.findChildren(AsideAlarm)[0]

        def send(title: str, path: Path) -> None:
            """Send with another program; the window goes on meanwhile."""
            sending = subprocess.Popen(
                ["storescu", "-xs", "-aet", title, "-aec", "NEGATOSCOPE", "127.0.0.1", str(port), str(path)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            wait(lambda: sending.poll() is not None)

        send("STRANGER", file)
        wait(lambda: alarm.isVisible() and alarm.text() == "1 to decide")
        assert any("unknown station" in each.text() for each in window.job_line.findChildren(QLabel))
        send("CT_ONE", file)
        send("CT_ONE", aside_library.altered(file, tmp_path / "altered", PatientID="0815"))
        wait(lambda: alarm.text() == "2 to decide")
        assert any("other content" in each.text() for each in window.job_line.findChildren(QLabel))
        events = page.findChildren(EventsTable)[0].findChildren(QTableWidget)[0]
        wait(lambda: events.rowCount() >= 2)
        told = [
            (row, [item.text() for column in range(4) if (item := events.item(row, column)) is not None])
            for row in range(events.rowCount())
        ]
        row, texts = next((row, texts) for row, texts in told if "STRANGER at 127.0.0.1" in texts)
        assert texts[1] == "kept aside"
        events.setCurrentCell(row, 0)
        button(page, "Add this sender to the list").click()
        assert page.desk.draft.allow == ("CT_ONE@127.0.0.1", "STRANGER@127.0.0.1")


def test_starting_at_login_is_written_for_the_system_and_taken_away(
    program: tuple[Programme, MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "autostart" / "receiver.desktop"
    monkeypatch.setattr("viewer.reception.autostart.autostart_file", lambda: file)
    _programme, window = program
    page = _page(window)
    for is_on in (True, False):
        switch = page.findChild(QCheckBox, "starts_at_login")
        assert isinstance(switch, QCheckBox)
        switch.click()
        button(page, "Put into force").click()
        wait(lambda is_on=is_on: file.is_file() is is_on)  # type: ignore[misc] # bound in the loop
    assert not file.exists()
