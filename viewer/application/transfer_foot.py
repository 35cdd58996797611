"""What every window says at its foot of transfers: how far they are, and how they ended."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakSet

from viewer.archives.transfer_values import TransferKind, TransferState, TransferStatus
from viewer.base.jobs import ProgressReport
from viewer.base.translation import _, ngettext
from viewer.workspace.transfers import TransferRow, TransferSummary

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.application.transfer_place import TransferPlace
    from viewer.ui.main_window import MainWindow

_KEY = "transfers"


class TransferFoot:
    """The feet of all windows.

    Args:
        place: Where a transfer is gone on with, and its row had.
        pause_all: Called when the reader stops what is shown.
    """

    def __init__(self, programme: "Programme", place: "TransferPlace", pause_all: Callable[[], None]) -> None:
        self._programme, self._place, self._pause_all = programme, place, pause_all
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

    def tell_end(self, status: TransferStatus, *, is_shown: bool) -> None:
        """Say how a transfer ended, unless somebody ended it or nobody waits for it.

        Args:
            status: Of the transfer.
            is_shown: Whether it was opened while it came.
        """
        row = self._place.list.row(status.key)
        if row is None or status.state is TransferState.CANCELLED or status.request.is_background:
            return
        if status.state is not TransferState.DONE:
            self.say(end_text(row), _("Try again"), partial(self._place.resume, status.key))
        elif status.request.kind is TransferKind.RETRIEVE and not is_shown:
            self.say(end_text(row), _("Open"), partial(self._open, status.request.study_instance_uid))
        else:
            self.say(end_text(row))

    def ask_to_go_on(self, keys: Sequence[int]) -> None:
        """Ask the reader whether what was interrupted is to go on: never by itself."""

        def go_on() -> None:
            for key in keys:
                self._place.resume(key)

        if keys:
            text = ngettext("{0} transfer was interrupted", "{0} transfers were interrupted", len(keys))
            self.say(text.format(len(keys)), _("Go on"), go_on)

    def _open(self, study_instance_uid: str) -> None:
        if self._programme.windows:
            self._programme.library.open_study(study_instance_uid, self._programme.windows[-1].workspace)


def end_text(row: TransferRow) -> str:
    """Return what is said of a transfer that has ended."""
    said = row.counted if row.status.state is TransferState.DONE else row.reason or row.state
    return _("{study} {place}: {said}").format(study=row.title, place=row.place, said=said)
