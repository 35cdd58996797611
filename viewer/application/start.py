"""Start-up: from a command line to a window, or to a command without one.

Qt is imported only where a window is wanted, and libraries that no first image needs are left for later.
"""

import importlib
import logging
from collections.abc import Sequence
from contextlib import ExitStack

from viewer.application import interpreter
from viewer.application.screen import has_screen
from viewer.application.single_instance import FirstInstance, be_first, request_of
from viewer.cli.main import BenchRequest, ReportRequest, ScreenshotRequest, WindowRequest, main

logger = logging.getLogger(__name__)


class QtFaces:
    """The window commands; each imports what it needs when it is called."""

    def open_window(self, request: WindowRequest) -> int:
        """Open the window and run until the last one is closed; or let the program that is open already do it."""
        with ExitStack() as held:
            first: FirstInstance | None = None
            if not request.is_separate and has_screen():
                wanted = request_of(request.paths, is_demo=request.is_demo, show=request.show)
                try:
                    first = be_first(request.folder, request.library, wanted)
                except OSError as error:  # a settings folder that cannot be written, or a first one that hangs
                    logger.info("This start shares nothing with others: %s", error)
                else:
                    if first is None:
                        return 0
                    held.callback(first.close)
            _prepare()
            from viewer.application.window_run import run_window

            return run_window(request, first)

    def screenshot(self, request: ScreenshotRequest) -> int:
        """Write a PNG of the window."""
        _prepare()
        from viewer.application.screenshot import run_screenshot

        return run_screenshot(request)

    def bench(self, request: BenchRequest) -> int:
        """Measure the window and print the figures."""
        _prepare()
        from viewer.application.bench import run_bench

        return run_bench(request)

    def report(self, request: ReportRequest) -> int:
        """Write a monitor's quality report."""
        from viewer.application.report import run_report

        return run_report(request)


def _prepare() -> None:
    """Start quicker: without looking for garbage, and with most of the program imported before Qt.

    PySide reads through the source of every module that is imported after it.
    """
    interpreter.start_quickly()
    importlib.import_module("viewer.workspace.commands.table")
    importlib.import_module("viewer.imaging.viewport_image")
    importlib.import_module("viewer.display.monitor_store")
    importlib.import_module("viewer.display.monitor_place")
    importlib.import_module("viewer.display.ramp_report")
    importlib.import_module("viewer.reception.receiver_process")
    importlib.import_module("viewer.reception.receiver_settings")
    importlib.import_module("viewer.workspace.library_opening")
    importlib.import_module("viewer.workspace.library_picture")
    importlib.import_module("viewer.workspace.library_browsing")
    importlib.import_module("viewer.workspace.library_rows")
    importlib.import_module("viewer.workspace.displayed_marks")


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit code."""
    return main(arguments, QtFaces())
