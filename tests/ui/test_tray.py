"""The tray: what it says and offers, and that the program outlives its last window only with a way back."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from tests.ui.reception_scene import free_port, receiving_program, wait
from viewer.application.tray import Tray, TrayActions, tray_icon
from viewer.reception.receiver_process import Condition, Phase
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.ui.theme import colours


def _tray(done: list[str]) -> tuple[Tray, QObject]:
    owner = QObject()
    names = ("window", "start", "stop", "page", "decide", "quit")
    calls = [lambda name=name: done.append(name) for name in names]
    return Tray(owner, TrayActions(*calls)), owner


def _menu(tray: Tray) -> dict[str, bool]:
    return {
        action.text(): action.isEnabled() for action in tray._menu.actions() if action.isVisible() and action.text()
    }


@pytest.mark.usefixtures("qapp")
def test_it_offers_what_can_be_done_and_says_how_it_stands() -> None:
    done: list[str] = []
    tray, _owner = _tray(done)
    assert _menu(tray) == {
        "Open the window": True,
        "Start the receiver": True,
        "Stop the receiver": False,
        "Receiver…": True,
        "Quit": True,
    }
    tray.show_condition(Condition(Phase.FAILED, deaths=6, reason="the port is taken"))
    assert tray._icon.toolTip() == "The receiver could not be kept running\nthe port is taken"
    tray.show_waiting(3)
    assert "3 to decide" in _menu(tray)
    assert tray._icon.toolTip().endswith("3 to decide")
    for action in tray._menu.actions():
        action.setEnabled(True)
        action.trigger()
    assert done == ["window", "decide", "start", "stop", "page", "quit"]
    tray.close()


@pytest.mark.usefixtures("qapp")
def test_the_alarm_looks_other_than_peace() -> None:
    images = [tray_icon(colour).pixmap(64, 64).toImage() for colour in (colours().danger, colours().good)]
    assert images[0] != images[1]


def test_with_a_tray_the_program_outlives_its_window_and_comes_back(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: True))
    settings = replace(ReceiverSettings(), is_on=True, port=free_port())
    with receiving_program(qapp, tmp_path, settings) as (programme, window):
        reception = programme.reception
        assert reception is not None
        wait(lambda: reception.condition.is_up)
        assert not QApplication.quitOnLastWindowClosed()
        tray = reception._news.tray
        assert tray is not None
        back = next(action for action in tray._menu.actions() if action.text() == "Open the window")
        window.close()
        assert programme.windows == []
        back.trigger()
        assert len(programme.windows) == 1
        reception.put_into_force(replace(settings, is_on=False), lambda _trouble: None)
        assert QApplication.quitOnLastWindowClosed()


def test_without_a_tray_the_program_ends_with_its_window(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: False))
    settings = replace(ReceiverSettings(), is_on=True, port=free_port())
    with receiving_program(qapp, tmp_path, settings) as (_programme, _window):
        assert QApplication.quitOnLastWindowClosed()
