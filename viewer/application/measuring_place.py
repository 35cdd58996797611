"""What is marked in the open studies lives as long as the program: the journal that keeps it, what is told of it."""

import getpass
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer

from viewer.application.measuring_habits import follow_habits
from viewer.base.errors import system_reason
from viewer.base.translation import _, ngettext
from viewer.imaging.frame_store import FrameStore
from viewer.library.study_marks import MARKS, marks_folder
from viewer.ui.measuring.keeping_warning import KeepingWarning
from viewer.ui.measuring.measurement_window import WindowMarkPage
from viewer.workspace.measuring.grounds import Grounds
from viewer.workspace.measuring.journal import Journal
from viewer.workspace.measuring.remeasuring import Remeasuring
from viewer.workspace.study_tree import TreeChange

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.ui.main_window import MainWindow

LOOK_MS = 2000
"""How often journals are looked at: for what other programs wrote, and what could not be written."""


class MeasuringPlace(QObject):
    """Of one program.

    Args:
        programme: Whose studies are marked.
        library: Its library, beside which the journals lie; None keeps them beside the settings.
        settings_folder: Where what could not be written goes in the end.
        store: Of its frames.
        is_kept: Whether anything is written; False for a run that is not the reader's own.
    """

    def __init__(
        self, programme: "Programme", library: Path | None, settings_folder: Path, store: FrameStore, *, is_kept: bool
    ) -> None:
        super().__init__(programme)
        self._programme = programme
        self._book = programme.shared.annotations
        folder, spare = marks_folder(library) if library else settings_folder / MARKS, settings_folder / "unkept-marks"
        self.journal = Journal(
            self._book,
            folder if is_kept else None,
            spare if is_kept else None,
            programme.bridge.deliver,
            programme.shared.keys,
        )
        programme.shared.keys.reader = lambda: self._book.reader
        shared = programme.shared
        self.grounds = Grounds(shared.tree, shared.catalogue, store, programme.runner, shared.volumes, self._book)
        shared.grounds = self.grounds
        self._remeasuring = Remeasuring(self._book, self.grounds)
        self._may_lose = False
        self._studies: set[str] = set()
        self._warnings: list[KeepingWarning] = []
        self._looking = QTimer(self)
        self._looking.setInterval(LOOK_MS)
        self._looking.timeout.connect(self._look)
        self.set_reader(programme.general.reader_name)
        self._disconnect = (
            programme.tree.changed.connect(self._tree_changed),
            self.journal.told.connect(self._tell),
            self.journal.standing_changed.connect(lambda _none: self._show_standing()),
        )

    def set_reader(self, name: str) -> None:
        """What is marked from now on bears this name; empty for the name of the account."""
        self._book.reader = " ".join(name.split()) or _account()

    def window_opened(self, window: "MainWindow") -> None:
        """Show in a window whether what is marked is kept."""
        follow_habits(self._programme.settings, self._programme.shared, window.workspace)
        if window.workspace.window is not None:
            window.workspace.window.mark_page = WindowMarkPage(window)
        warning = KeepingWarning(self.journal.retry)
        window.statusBar().insertPermanentWidget(0, warning)
        self._warnings.append(warning)
        window.closing.connect(lambda _window: self._warnings.remove(warning))
        window.installEventFilter(self)
        warning.show_problem(self.journal.problem)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Keep the last window open while marks are in memory alone, until the reader says that they may go."""
        windows = self._programme.windows
        is_last = event.type() is QEvent.Type.Close and [watched] == list(windows)
        if not is_last or self._may_lose or not self._programme.is_attended or self.journal.is_all_kept():
            return False
        event.ignore()
        self._ask_to_close(windows[0])
        return True

    def erased(self, studies: Iterable[str]) -> None:
        """The patient of studies was erased."""
        try:
            self.journal.erased(studies)
        except OSError as error:
            self._tell(_("What was marked could not be erased: {0}").format(system_reason(error)))

    def close(self) -> None:
        """Write what is left to be written."""
        self._looking.stop()
        for disconnect in self._disconnect:
            disconnect()
        self._remeasuring.close()
        self.journal.close()

    def _ask_to_close(self, window: "MainWindow") -> None:
        from viewer.ui.browser.library_dialogs import SureDialog

        def close() -> None:
            self._may_lose = True
            window.close()

        count = self.journal.unkept
        text = ngettext("{0} mark would be lost", "{0} marks would be lost", count).format(count)
        lose = _("Lose the marks and close")
        SureDialog(window, _("Marks are not kept"), f"{text}. {self.journal.problem}", lose, close).open()

    def _tree_changed(self, change: TreeChange) -> None:
        tree = self._programme.tree
        if change.is_rebuilt:
            there = {each.study.study_instance_uid or each.series_instance_uid for each in tree.all_series()}
            for gone in self._studies - there:
                self.journal.close_study(gone)
            self._studies &= there
        else:
            series = [found for key in change.series_keys if (found := tree.series(key)) is not None]
            there = {each.study.study_instance_uid or each.series_instance_uid for each in series}
        for came in sorted(there - self._studies):
            self._studies.add(came)
            self.journal.open_study(came)
        self._looking.start() if self._studies else self._looking.stop()

    def _look(self) -> None:
        self.journal.retry()
        self.journal.look()

    def _show_standing(self) -> None:
        self._tell(self.journal.problem or _("What you marked is kept again"))
        for warning in self._warnings:
            warning.show_problem(self.journal.problem)

    def _tell(self, text: str) -> None:
        for window in self._programme.windows:
            window.job_line.show_message(text)


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name
        return ""
