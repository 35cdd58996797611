"""`negatoscope screenshot`: the real window off screen, waited for, driven by commands, grabbed."""

import time

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from viewer.application import interpreter
from viewer.application.programme import Programme
from viewer.application.window_run import make_application
from viewer.base.errors import UsageError, ViewerError
from viewer.base.paths import resources_path
from viewer.base.translation import _
from viewer.cli.main import ScreenshotRequest
from viewer.ui.main_window import MainWindow
from viewer.workspace.commands.table import BY_ID

LIMIT_S = 120.0
SETTLED_S = 0.3
"""Quiet for so long means finished: longer than every timer that gathers changes."""


def run_screenshot(request: ScreenshotRequest) -> int:
    """Write the PNG and return the exit code.

    Raises:
        UsageError: If a command does not exist.
        ViewerError: If the pixels do not come, or the PNG cannot be written.
    """
    unknown = [command for command in request.commands if command not in BY_ID]
    if unknown:
        raise UsageError(
            _("There is no command '{name}'").format(name=unknown[0]), advice=_("`negatoscope commands` lists them")
        )
    application = make_application("offscreen")
    programme = Programme(
        application,
        request.window.folder,
        library=request.window.library,
        is_attended=False,
        keeps_settings=False,
    )
    try:
        window = programme.open_window(request.size)
        interpreter.answer_quickly()
        if request.layout is not None:
            window.workspace.set_layout(*request.layout)
        paths = (resources_path("sample_disc"),) if request.window.is_demo else request.window.paths
        programme.opener.open(paths)
        wait_until_settled(application, programme, window)
        for command in request.commands:
            window.actions_table.run(command)
            if not programme.windows:
                raise ViewerError(_("The command '{0}' closed the window").format(command))
            window = programme.windows[-1]  # another language or theme builds it anew
            wait_until_settled(application, programme, window)
        if not window.grab().save(str(request.output), "PNG"):
            raise ViewerError(_("The picture could not be written"), subject=str(request.output))
        window.close()
    finally:
        programme.close()
    return 0


def wait_until_settled(application: QApplication, programme: Programme, window: MainWindow) -> None:
    """Work off events until nothing is being opened and every visible viewport shows what it should.

    Raises:
        ViewerError: If that takes longer than LIMIT_S.
    """
    end = time.monotonic() + LIMIT_S
    quiet_since: float | None = None
    while True:
        application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        now = time.monotonic()
        if programme.opener.is_busy or window.is_busy() or programme.presenting.book.is_reading:
            quiet_since = None
        elif quiet_since is None:
            quiet_since = now  # seen quiet twice: a loaded computer may have let this process sleep between two looks
        elif now - quiet_since >= SETTLED_S:
            return
        if now > end:
            raise ViewerError(_("The pixels did not come"), advice=_("Try fewer files"))
        time.sleep(0.002)
