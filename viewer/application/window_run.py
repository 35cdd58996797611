"""Opening the window for a reader: on a screen, until the last window is closed."""

import os

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from viewer.application import crash_report, interpreter
from viewer.application.interrupts import Interrupts
from viewer.application.other_starts import OtherStarts
from viewer.application.programme import Programme
from viewer.application.qt_messages import log_qt_messages
from viewer.application.screen import has_screen
from viewer.application.single_instance import FirstInstance
from viewer.base.errors import ViewerError
from viewer.base.paths import icons_path, resources_path
from viewer.base.translation import _
from viewer.cli.main import WindowRequest


def run_window(request: WindowRequest, first: FirstInstance | None = None) -> int:
    """Open the window and return when the last one is closed.

    Args:
        request: What it is to be opened with.
        first: What other starts call; None to have nothing to do with them.

    Raises:
        ViewerError: If there is no screen to open it on.
    """
    application = make_application()
    programme = Programme(application, request.folder, library=request.library)
    crash_report.install(request.folder / "crashes", lambda path: _tell(programme, str(path or "")))
    if paths := (resources_path("sample_disc"),) if request.is_demo else request.paths:
        programme.opener.open(paths) if request.is_demo else programme.open_paths(paths)
    programme.open_window()
    if request.show is not None:
        programme.links.show(request.show)
    interpreter.answer_quickly()
    interrupts = Interrupts(_quit, programme)
    others = OtherStarts(programme, first) if first is not None else None
    try:
        return application.exec()
    finally:
        interrupts.close()
        if others is not None:
            others.close()
        programme.close()


def _quit() -> None:
    QApplication.closeAllWindows()
    QApplication.quit()  # it may go on without a window, in the tray


def make_application(platform: str = "") -> QApplication:
    """Return the application, on a platform of Qt's ("offscreen"), or on the screen there is.

    Raises:
        ViewerError: If there is no screen.
    """
    if platform:
        os.environ["QT_QPA_PLATFORM"] = platform
    elif not has_screen():
        raise ViewerError(
            _("There is no screen to open a window on"),
            advice=_("`negatoscope screenshot PATH -o window.png` draws the window into a file instead"),
        )
    log_qt_messages()
    application = QApplication.instance() or QApplication(["negatoscope"])
    if not isinstance(application, QApplication):
        raise ViewerError(_("Another Qt application without windows is running in this process"))
    application.setApplicationName("Negatoscope")
    application.setDesktopFileName("negatoscope")
    application.setWindowIcon(QIcon(str(icons_path("negatoscope.svg"))))
    return application


def _tell(programme: Programme, path: str) -> None:
    for window in programme.windows:
        window.job_line.show_message(_("Something went wrong in the program; it goes on. Report: {0}").format(path))
