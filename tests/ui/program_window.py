"""The whole program off screen for UI tests, on small series written for it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication, QWidget

from tests.builders.ct_series import write_ct_series
from viewer.application.programme import Programme
from viewer.application.qt_texts import set_qt_language
from viewer.application.screenshot import wait_until_settled
from viewer.base.translation import set_language
from viewer.ui.main_window import MainWindow

HOSTILE = '<img src="file:///tmp/x.png"><b>Kim</b>&amp'
"""A name that would show as a picture and bold letters where text is taken for markup."""


@contextmanager
def running(application: QApplication, folder: Path, language: str = "en") -> Iterator[Programme]:
    """Run the program without anybody to ask; windows are closed at the end."""
    set_language(language)
    programme = Programme(application, folder / "config", is_attended=False)
    try:
        yield programme
    finally:
        for window in tuple(programme.windows):
            window.close()
        programme.close()
        set_language("en")
        set_qt_language(application, "en")
        application.processEvents()


def write_series(folder: Path, *, name: str = "KIM^GILDONG", count: int = 3) -> Path:
    """Write a small CT series whose texts all carry the name."""
    write_ct_series(
        folder, count, 64, elements={"PatientName": name, "StudyDescription": name, "SeriesDescription": name}
    )
    return folder


def open_window(programme: Programme, *places: Path, size: tuple[int, int] = (1280, 800)) -> MainWindow:
    """Open a window and wait until everything in the places is listed and shown."""
    window = programme.open_window(size)
    if places:
        programme.opener.open(places)
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    wait_until_settled(application, programme, window)
    return window


def pass_time(seconds: float) -> None:
    """Work off events for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        time.sleep(0.002)


def all_widgets(window: QWidget) -> list[QWidget]:
    """Return a window and everything in it."""
    return [window, *window.findChildren(QWidget)]
