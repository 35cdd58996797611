"""What the library remembers of transfers: those that were begun before, and what their studies are called."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from viewer.archives.transfer_values import TransferState, TransferStatus
from viewer.workspace.library_browsing import LibraryDesk
from viewer.workspace.transfers import TransferList
from viewer.workspace.transfers_library import titles_of, written_down

if TYPE_CHECKING:
    from viewer.base.errors import ViewerError


class TransferMemory:
    """Fills the list of transfers from the library.

    Args:
        desk: The library.
        transfers: The list.
        ask_to_go_on: Asks the reader about transfers that were interrupted.
        begin: Has the process there: something goes on by itself.
    """

    def __init__(
        self,
        desk: LibraryDesk,
        transfers: TransferList,
        ask_to_go_on: Callable[[Sequence[int]], None],
        begin: Callable[[], None],
    ) -> None:
        self._desk, self._list, self._ask_to_go_on, self._begin = desk, transfers, ask_to_go_on, begin

    def look(self, is_told_otherwise: Callable[[], bool]) -> None:
        """Read what is written down, where nobody works on it; what was interrupted is asked about.

        Args:
            is_told_otherwise: Whether a process has begun meanwhile that tells how it stands.
        """

        def looked(found: tuple[tuple[TransferStatus, ...], bool]) -> None:
            statuses, is_worked_on = found
            if is_told_otherwise():
                return
            self._list.show(statuses)
            self.name_unnamed()
            if not is_worked_on:
                unfinished = [
                    status.key
                    for status in statuses
                    if not status.state.has_ended
                    and status.state is not TransferState.PAUSED
                    and status.request.is_kept
                    and not status.goes_on
                ]
                self._ask_to_go_on([*unfinished, *self._list.interrupted()])
                if any(status.goes_on for status in statuses):
                    self._begin()

        self._desk.ask(written_down, looked, _is_told_by_others)

    def name_unnamed(self) -> None:
        """Have the library say what studies are called that this window has not found itself."""
        wanted = self._list.unnamed()
        if wanted:
            self._desk.ask(partial(titles_of, wanted), self._named, _is_told_by_others, key="transfer titles")

    def _named(self, titles: dict[str, str]) -> None:
        for uid, title in titles.items():
            self._list.name(uid, title)


def _is_told_by_others(_error: "ViewerError") -> None:
    """Whoever asks the library next says what is wrong with it."""
