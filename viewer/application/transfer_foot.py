"""What every window says at its foot of transfers: how far they are, and how they ended."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakSet

from viewer.archives.transfer_values import TransferState
from viewer.base.jobs import ProgressReport
from viewer.base.translation import _
from viewer.workspace.transfers import TransferRow, TransferSummary

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.ui.main_window import MainWindow

_KEY = "transfers"


class TransferFoot:
    """The feet of all windows.

    Args:
        pause_all: Called when the reader stops what is shown.
    """

    def __init__(self, programme: "Programme", pause_all: Callable[[], None]) -> None:
        self._programme, self._pause_all = programme, pause_all
        self._showing: WeakSet[MainWindow] = WeakSet()

    def show(self, summary: TransferSummary) -> None:
        """Show how far everything is."""
        for window in self._programme.windows:
            line = window.job_line
            if summary.current:
                if window not in self._showing:
                    self._showing.add(window)
                    line.start(self._pause_all, _KEY, _("Paused; it goes on under Transfers"))
                line.show_progress(ProgressReport(summary.done, summary.expected, _("Transfers")), _KEY)
            elif window in self._showing:
                self._showing.discard(window)
                line.finish(_KEY)

    def say(self, text: str, link: str = "", follow: Callable[[], None] | None = None) -> None:
        """Say something in every window, with what can be done about it."""
        for window in self._programme.windows:
            window.job_line.show_message(text, link, follow)


def end_text(row: TransferRow) -> str:
    """Return what is said of a transfer that has ended."""
    said = row.counted if row.status.state is TransferState.DONE else row.reason or row.state
    return _("{study} {place}: {said}").format(study=row.title, place=row.place, said=said)
