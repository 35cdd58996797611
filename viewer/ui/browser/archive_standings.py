"""How much of what is listed is on this computer, kept in step with the library and with what is being fetched."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, QTimer

from viewer.ui.browser.archive_below import ArchiveBelow
from viewer.ui.browser.archive_host import ArchiveHost
from viewer.ui.browser.archive_pump import ArchivePump
from viewer.workspace.archive_rows import NOTHING, Standing

PORTION = 500
SOON_MS = 150
"""Answers come in crowds: the library is asked for several at once."""


class ArchiveStandings(QObject):
    """Asks the library for the studies of a list."""

    def __init__(
        self,
        parent: QObject,
        host: ArchiveHost,
        pump: ArchivePump,
        below: ArchiveBelow,
    ) -> None:
        super().__init__(parent)
        self._host, self._pump, self._below = host, pump, below
        self._held: dict[str, int] = {}
        self._known: set[str] = set()
        self._marked: frozenset[str] = frozenset()
        self._round = 0
        self._waiting = 0
        self._is_closed = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._look)

    @property
    def is_busy(self) -> bool:
        """Whether the library is being asked."""
        return self._soon.isActive() or self._waiting > 0

    def close(self) -> None:
        """The window closes."""
        self._is_closed = True
        self._soon.stop()

    def clear(self) -> None:
        """Another question."""
        self._held.clear()
        self._known.clear()
        self._round += 1
        self._waiting = 0

    def look_soon(self) -> None:
        """More is listed: find out how much of it is here."""
        if not self._soon.isActive() and not self._is_closed:
            self._soon.start()

    def refresh(self) -> None:
        """The library has changed: find out again for everything that is listed."""
        self._known.clear()
        self.look_soon()
        self._below.refresh()

    def show_marks(self) -> None:
        """Show which studies are open, and which are being fetched."""
        now = self._host.opened | self._host.fetching.keys()
        if not self._is_closed:
            self._show(now | self._marked)
        self._marked = now

    def _look(self) -> None:
        uids = [uid for uid in self._pump.results.study_uids if uid not in self._known]
        self._known.update(uids)
        for start in range(0, len(uids), PORTION):
            self._ask(uids[start : start + PORTION])

    def _ask(self, uids: list[str]) -> None:
        asked_in = self._round
        self._waiting += 1

        def held(counts: dict[str, int]) -> None:
            if asked_in != self._round or self._is_closed:
                return
            self._waiting -= 1
            for uid in uids:
                self._held[uid] = counts.get(uid, 0)
            self._show(uids)

        self._host.held_of_studies(uids, held)

    def _show(self, uids: Iterable[str]) -> None:
        """List those again that stand otherwise now."""
        results, opened, fetching = self._pump.results, self._host.opened, self._host.fetching
        changed = []
        for uid in uids:
            if results.study(uid) is None:
                continue
            standing = Standing(self._held.get(uid) or None, fetching.get(uid), uid in opened)
            if standing != results.standings.get(uid, NOTHING):
                results.standings[uid] = standing
                changed.append(uid)
        self._pump.show_again(changed)
