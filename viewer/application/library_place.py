"""The library of the program: opened once the first image has had its chance, closed last."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from viewer.workspace.library_browsing import LibraryDesk

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.ui.main_window import MainWindow


class LibraryPlace(QObject):
    """What the program does with its library for all windows.

    Args:
        folder: None for a program without a library.
    """

    def __init__(self, programme: "Programme", folder: Path | None) -> None:
        super().__init__(programme)
        self._programme = programme
        self.desk = LibraryDesk(folder, programme.runner, programme.bridge.deliver)
        programme.opener.ended.connect(lambda _end: self._open_when_quiet())

    @property
    def folder(self) -> Path | None:
        """Where the library is; None for a program without one."""
        return self.desk.folder

    def window_opened(self, _window: "MainWindow") -> None:
        """Open the library, after the images that the window was opened with."""
        if self.folder is not None:
            QTimer.singleShot(0, self, self._open_when_quiet)

    def stop(self) -> None:
        """The windows are closed: write down what is left to be written."""
        self.desk.stop()

    def close(self) -> None:
        """Close the library; no job runs any more."""
        self.desk.close()

    def _open_when_quiet(self) -> None:
        if not self._programme.opener.is_busy:
            self.desk.open()
