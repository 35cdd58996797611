"""The window's side of the command line where no command needs it."""

from collections.abc import Sequence
from pathlib import Path

from viewer.cli.main import BenchRequest, ReportRequest, ScreenshotRequest, WindowRequest, main


class NoFaces:
    """Asked for nothing."""

    def open_window(self, request: WindowRequest) -> int:
        raise AssertionError(request)

    def screenshot(self, request: ScreenshotRequest) -> int:
        raise AssertionError(request)

    def bench(self, request: BenchRequest) -> int:
        raise AssertionError(request)

    def report(self, request: ReportRequest) -> int:
        raise AssertionError(request)


def run(folder: Path, arguments: Sequence[object]) -> int:
    """Run a command line in this process with its settings in a folder of the test; return the exit code."""
    try:
        return main([*map(str, arguments), "--config", str(folder / "config")], NoFaces())
    except SystemExit as ended:  # argparse's own refusals
        return ended.code if isinstance(ended.code, int) else -1
