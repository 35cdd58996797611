"""What another start of the program wants, done in this one: its paths opened, and a window brought to the front."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from viewer.application.single_instance import FirstInstance, OpenRequest, allow_focus
from viewer.base.paths import resources_path

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.ui.main_window import MainWindow

_LOOK_S = 0.2


class OtherStarts:
    """Takes requests for a program, on the window's thread, until it is closed."""

    def __init__(self, programme: "Programme", first: FirstInstance) -> None:
        self._programme, self._first = programme, first
        self._is_closed = threading.Event()
        first.serve(self._take)

    def close(self) -> None:
        """Take nothing more; who waits for an answer gets none, and tries again when this program has ended."""
        self._is_closed.set()
        self._first.stop()

    def _take(self, request: OpenRequest) -> bool:
        done = threading.Event()

        def take() -> None:
            if not self._is_closed.is_set():
                self._open(request)
                done.set()

        self._programme.bridge.deliver(take)
        while not done.wait(_LOOK_S):
            if self._is_closed.is_set():
                return done.is_set()
        return True

    def _open(self, request: OpenRequest) -> None:
        programme = self._programme
        if request.is_demo:
            programme.opener.open((resources_path("sample_disc"),))
        elif request.paths:
            programme.open_paths([Path(path) for path in request.paths])
        allow_focus(request)
        _bring_up(programme.windows[-1] if programme.windows else programme.open_window())
        if request.show is not None:
            programme.links.show(request.show)


def _bring_up(window: "MainWindow") -> None:
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()
    QApplication.alert(window)  # where a window may not take the focus, it asks for it
