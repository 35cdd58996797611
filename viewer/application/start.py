"""Start-up: from a command line to a window, or to a command without one.

Qt is imported only where a window is wanted, and libraries that no first image needs are left for later.
"""

import importlib
from collections.abc import Sequence

from viewer.application import interpreter
from viewer.cli.main import BenchRequest, ReportRequest, ScreenshotRequest, WindowRequest, main


class QtFaces:
    """The window commands; each imports what it needs when it is called."""

    def open_window(self, request: WindowRequest) -> int:
        """Open the window and run until the last one is closed."""
        _prepare()
        from viewer.application.window_run import run_window

        return run_window(request)

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


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit code."""
    return main(arguments, QtFaces())
