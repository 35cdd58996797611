"""The integrity sweep of the window's library: begun when nothing else is to be done, stopped when it is in the way."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from viewer.base.errors import ViewerError
from viewer.base.jobs import SWEEPING, JobHandle, JobRunner
from viewer.base.translation import _, ngettext
from viewer.workspace.library_browsing import DeskState, LibraryDesk

if TYPE_CHECKING:
    from viewer.library.sweep import SweepState

FIRST_AFTER_MS = 120_000
"""Whoever opens the program wants to see something first."""
AGAIN_AFTER_MS = 3_600_000


class LibrarySweep(QObject):
    """Has everything read again in the background, once a week, and tells what is wrong.

    Args:
        parent: Ends it with itself.
        desk: Whose library.
        runner: Runs it, on a lane of its own.
        tell: Says something to the reader.
    """

    def __init__(self, parent: QObject, desk: LibraryDesk, runner: JobRunner, tell: Callable[[str], None]) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._tell = tell
        self._handle: JobHandle[SweepState] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.begin)
        desk.state_changed.connect(self._state_changed)

    @property
    def state(self) -> "SweepState | None":
        """How far it is, and what it has found; None without a library."""
        if self._desk.folder is None:
            return None
        from viewer.library.sweep import read_sweep_state

        return read_sweep_state(self._desk.folder)

    def begin(self) -> None:
        """Go on with the pass, or begin the next one when it is due."""
        library = self._desk.library
        if library is None or self._handle is not None:
            return
        from viewer.library.sweep import IntegritySweep, read_sweep_state

        if not read_sweep_state(library.folder).is_due(datetime.now(UTC)):
            self._timer.start(AGAIN_AFTER_MS)
            return
        self._handle = self._runner.submit(IntegritySweep(library), lane=SWEEPING, done=self._done, failed=self._failed)

    def _state_changed(self, state: DeskState) -> None:
        if state is DeskState.OPEN:
            self._timer.start(FIRST_AFTER_MS)
            return
        self._timer.stop()
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.cancel()

    def _done(self, state: "SweepState") -> None:
        self._handle = None
        self._timer.start(AGAIN_AFTER_MS)
        bad = len(state.missing) + len(state.altered)
        if state.is_index_sound is False:
            self._tell(_("The library's index is damaged: make it again from the kept files"))
        elif bad:
            self._tell(
                ngettext(
                    "{count} file of the library is missing or altered: import it again",
                    "{count} files of the library are missing or altered: import them again",
                    bad,
                ).format(count=bad)
            )

    def _failed(self, error: Exception) -> None:
        self._handle = None
        self._timer.start(AGAIN_AFTER_MS)
        if not isinstance(error, ViewerError):
            raise error
        self._tell(error.one_line())
