"""Commands for the monitor: its calibration, its tests, its size."""

from collections.abc import Callable

from viewer.base.translation import N_
from viewer.workspace.commands.command import Command, has_window
from viewer.workspace.commands.file import in_window
from viewer.workspace.window_actions import WindowActions


def _command(
    name: str,
    title: str,
    act: Callable[[WindowActions], None],
    *,
    group: str,
    icon: str,
    help_text: str,
    keys: tuple[str, ...] = (),
) -> Command:
    return Command(
        id=f"display.{name}",
        title=title,
        run=in_window(act),
        keys=keys,
        menu="display",
        group=group,
        enabled=has_window,
        icon=icon,
        help=help_text,
    )


COMMANDS = (
    _command(
        "panel",
        N_("State of the monitor"),
        lambda window: window.show_display(),
        group="state",
        icon="monitor",
        keys=("F7",),
        help_text=N_("What a grey level means on this monitor, since when, and what is due"),
    ),
    _command(
        "calibrate",
        N_("Calibrate the monitor…"),
        lambda window: window.calibrate_display(),
        group="state",
        icon="gauge",
        help_text=N_("Measure the monitor with a luminance meter or by eye, so that equal steps look equal (GSDF)"),
    ),
    _command(
        "test",
        N_("Test the monitor…"),
        lambda window: window.test_display(),
        group="tests",
        icon="monitor-check",
        help_text=N_("Constancy tests with TG18, TG270, SMPTE and DIN patterns; answers are kept"),
    ),
    _command(
        "check",
        N_("Check what reaches the monitor"),
        lambda window: window.check_display(),
        group="tests",
        icon="scan-eye",
        help_text=N_("Draw a ramp and read it back: finds colour management, night light and double calibration"),
    ),
    _command(
        "history",
        N_("History of the tests…"),
        lambda window: window.show_display_history(),
        group="tests",
        icon="history",
        help_text=N_("Results of earlier tests with their course over time"),
    ),
    _command(
        "report",
        N_("Quality report (PDF)…"),
        lambda window: window.report_display(),
        group="tests",
        icon="file-chart-column",
        help_text=N_("Calibration, tests and limits of this monitor on paper"),
    ),
    _command(
        "size",
        N_("Size of the screen…"),
        lambda window: window.measure_screen(),
        group="size",
        icon="ruler-dimension-line",
        help_text=N_("Hold a bank card or a ruler to the screen, so that true size is true"),
    ),
)
