"""The program with a library, and its receiver, for UI tests."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from viewer.application.programme import Programme
from viewer.application.qt_texts import set_qt_language
from viewer.application.reception import Reception
from viewer.base.settings import Settings
from viewer.base.translation import set_language
from viewer.library.library import Library
from viewer.reception.receiver_process import ReceiverProcess, receiver_command
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.ui.main_window import MainWindow

PATIENCE_S = 60.0


@contextmanager
def receiving_program(
    application: QApplication,
    folder: Path,
    settings: ReceiverSettings | None = None,
    *,
    is_attended: bool = True,
    size: tuple[int, int] = (1280, 800),
) -> Iterator[tuple[Programme, MainWindow]]:
    """Run the program over folder/library with a window; at the end nothing of it runs any more."""
    set_language("en")
    config, library = folder / "config", folder / "library"
    if settings is not None:
        Settings(config).store("receiver", settings)
    with Library(library):
        pass
    # Nobody is there to be asked for passwords or to insert discs; the receiver is looked after all the same.
    programme = Programme(application, config, library=library, is_attended=False)
    assert programme.reception is not None
    programme.reception.close()
    programme.reception = Reception(
        programme,
        library,
        programme.library.desk,
        is_attended=is_attended,
        command=(*receiver_command(library, config),),
    )
    try:
        window = programme.open_window(size)
        wait(lambda: programme.library.desk.is_open)
        yield programme, window
    finally:
        for each in tuple(programme.windows):
            each.close()
        programme.close()
        application.setQuitOnLastWindowClosed(True)
        set_language("en")
        set_qt_language(application, "en")
        application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        application.processEvents()
        left = ReceiverProcess(library, config)
        left.stop()
        assert left.end(PATIENCE_S)
        _end_those_that_had_just_begun(library)


def _end_those_that_had_just_begun(library: Path) -> None:
    """End receivers that nobody can know of yet: they go on without a window, as they should, and not after a test."""
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if str(library) in child.cmdline():
                child.terminate()
                child.wait(PATIENCE_S)


def wait(is_right: Callable[[], bool]) -> None:
    """Work off events until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not is_right():
        assert time.monotonic() < end, "waited in vain"
        QApplication.processEvents()
        time.sleep(0.01)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def button(place: QWidget, text: str) -> QPushButton:
    """Return the button that says so."""
    found = [each for each in place.findChildren(QPushButton) if each.text() == text]
    assert len(found) == 1, [each.text() for each in place.findChildren(QPushButton)]
    return found[0]
