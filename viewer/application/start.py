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

_BEFORE_QT = (
    "viewer.workspace.commands.table",
    "viewer.archives.priors",
    "viewer.archives.transfer_process",
    "viewer.base.memory",
    "viewer.display.monitor_place",
    "viewer.display.monitor_store",
    "viewer.display.monitor_today",
    "viewer.display.ramp_report",
    "viewer.imaging.decoder_pool",
    "viewer.imaging.finished_picture",
    "viewer.imaging.frame_cache",
    "viewer.imaging.frame_source",
    "viewer.imaging.interpolated_curve",
    "viewer.imaging.readiness",
    "viewer.imaging.viewport_image",
    "viewer.library.aside_count",
    "viewer.media.mounts",
    "viewer.reception.receiver_process",
    "viewer.reception.receiver_settings",
    "viewer.volume.registration",
    "viewer.volume.row_threads",
    "viewer.workspace.archive_browsing",
    "viewer.workspace.archive_results",
    "viewer.workspace.archive_settings",
    "viewer.workspace.archive_wanted",
    "viewer.workspace.arrivals",
    "viewer.workspace.browser_rows",
    "viewer.workspace.comparison_choices",
    "viewer.workspace.corner_texts",
    "viewer.workspace.displayed_marks",
    "viewer.workspace.fusion_look",
    "viewer.workspace.keys",
    "viewer.workspace.library_browsing",
    "viewer.workspace.library_opening",
    "viewer.workspace.library_picture",
    "viewer.workspace.library_retention",
    "viewer.workspace.library_rows",
    "viewer.workspace.library_settings",
    "viewer.workspace.link_words",
    "viewer.workspace.measuring.journal",
    "viewer.workspace.measuring.placing",
    "viewer.workspace.measuring.remeasuring",
    "viewer.workspace.measuring.snapping",
    "viewer.workspace.preferences",
    "viewer.workspace.presenting.key_documents",
    "viewer.workspace.presenting.key_words",
    "viewer.workspace.presenting.own_states",
    "viewer.workspace.presenting.presented_loading",
    "viewer.workspace.presenting.state_words",
    "viewer.workspace.registration_saving",
    "viewer.workspace.reporting.report_links",
    "viewer.workspace.reporting.report_words",
    "viewer.workspace.segmenting.cell_words",
    "viewer.workspace.segmenting.segment_journal",
    "viewer.workspace.sending",
    "viewer.workspace.surface_making",
    "viewer.workspace.tag_rows",
    "viewer.workspace.tools.probe",
    "viewer.workspace.tools.scroll",
    "viewer.workspace.tools.window_level",
    "viewer.workspace.transfers_opening",
    "viewer.workspace.viewport_notes",
    "viewer.workspace.volume_building",
    "viewer.workspace.volume_facts",
    "viewer.workspace.window_settings",
)
"""What the window needs of the rooms below it, as far as no other of them imports it."""


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
    for name in _BEFORE_QT:
        importlib.import_module(name)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit code."""
    return main(arguments, QtFaces())
