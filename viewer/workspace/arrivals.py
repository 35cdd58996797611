"""Studies on their way in: who sends them, and which of them are here now, so that the reader hears of it once."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from viewer.base.errors import ViewerError
from viewer.base.events import Event

if TYPE_CHECKING:
    from viewer.library.library import Library
    from viewer.library.study_row import StudyRow
    from viewer.reception.receiver_state import ReceiverState
    from viewer.workspace.library_browsing import LibraryDesk


class Arrivals:
    """Follows what the receiver says of itself.

    Args:
        arrived: Called with a study that was arriving and has become quiet, and with who sent it.

    Attributes:
        senders: Who is sending a study now, by its UID: AE title, and how many of how many came when that is known.
        changed: Other studies are arriving, or more of them came.
    """

    def __init__(self, desk: "LibraryDesk", arrived: "Callable[[StudyRow, str], None]") -> None:
        self.changed: Event[None] = Event()
        self.senders: dict[str, str] = {}
        self._desk = desk
        self._arrived = arrived
        self._titles: dict[str, str] = {}

    def see(self, state: "ReceiverState | None") -> None:
        """Take what the receiver last said."""
        arriving = state.arriving if state is not None and state.is_running else ()
        senders = {each.study_instance_uid: _shown(each.ae_title, each.announced) for each in arriving}
        quiet = {uid: title for uid, title in self._titles.items() if uid not in senders}
        is_over = state is None or not state.is_running  # it ended: nothing says that its studies are complete
        self._titles = {each.study_instance_uid: each.ae_title for each in arriving}
        if senders != self.senders:
            self.senders = senders
            self.changed.emit(None)
        if not is_over:
            for uid, title in quiet.items():
                self._tell(uid, title)

    def _tell(self, uid: str, title: str) -> None:
        def look(library: "Library") -> "list[StudyRow]":
            return [row for row in library.catalogue.studies_of_uid(uid) if row.trashed_at is None]

        def told(rows: "list[StudyRow]") -> None:
            for row in rows:
                self._arrived(row, title)

        def failed(_error: ViewerError) -> None:
            """It is told by whoever asks next."""

        self._desk.ask(look, told, failed)


def _shown(title: str, announced: int | None) -> str:
    return f"{title}, {announced}" if announced else title
