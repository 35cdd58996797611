"""Where the studies of the list are kept besides, asked of the library in the background, many at once."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from viewer.workspace.library_browsing import LibraryDesk
from viewer.workspace.study_standings import StudyMark, mark_of, standings_of

if TYPE_CHECKING:
    from viewer.library.sent_standing import StudyStanding

PORTION = 200
SOON_MS = 200
"""What is listed changes in crowds, and while studies arrive many times a second."""


class LibraryStandings(QObject):
    """Belongs to a list.

    Args:
        desk: The library.
        listed: Returns the UIDs of the studies that are listed.
        shown: Called when other marks are to be shown.

    Attributes:
        marks: By Study Instance UID; of those that are nowhere else there is none.
    """

    def __init__(
        self, parent: QObject, desk: LibraryDesk, listed: Callable[[], list[str]], shown: Callable[[], None]
    ) -> None:
        super().__init__(parent)
        self.marks: dict[str, StudyMark] = {}
        self._desk, self._listed, self._shown = desk, listed, shown
        self._known: set[str] = set()
        self._is_closed = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._look)

    def close(self) -> None:
        """The window closes."""
        self._is_closed = True
        self._soon.stop()

    def look_soon(self) -> None:
        """More is listed: find out where it is kept besides."""
        if not self._soon.isActive() and not self._is_closed:
            self._soon.start()

    def look_again(self) -> None:
        """The library has changed: find out again."""
        self._known.clear()
        self.look_soon()

    def _look(self) -> None:
        uids = [uid for uid in dict.fromkeys(self._listed()) if uid not in self._known]
        self._known.update(uids)
        for start in range(0, len(uids), PORTION):
            self._ask(uids[start : start + PORTION])

    def _ask(self, uids: list[str]) -> None:
        def found(standings: "dict[str, StudyStanding]") -> None:
            if self._is_closed:
                return
            before = {uid: self.marks.get(uid) for uid in uids}
            for uid in uids:
                self.marks.pop(uid, None)
            self.marks.update({uid: mark_of(standing) for uid, standing in standings.items()})
            if before != {uid: self.marks.get(uid) for uid in uids}:
                self._shown()

        self._desk.ask(lambda library: standings_of(uids, library), found, lambda _error: None)
