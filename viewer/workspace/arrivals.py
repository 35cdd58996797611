"""Studies on their way in: who sends them, and which of them are here now, so that the reader hears of it once."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from viewer.base.errors import ViewerError
from viewer.base.events import Event
from viewer.workspace.library_rows import Sender

if TYPE_CHECKING:
    from viewer.library.library import Library
    from viewer.library.study_row import StudyRow
    from viewer.reception.events import ReceiverEvent
    from viewer.reception.receiver_state import ReceiverState
    from viewer.workspace.library_browsing import LibraryDesk


class Arrivals:
    """Follows what the receiver says of itself.

    Args:
        arrived: Called with a study that has become quiet, with who sent it, and with how many images of it are
            missing at least, by what was announced and by its numbers.

    Attributes:
        senders: Who is sending a study now, by its UID.
        changed: Other studies are arriving, or more of them came.
    """

    def __init__(self, desk: "LibraryDesk", arrived: "Callable[[StudyRow, str, int], None]") -> None:
        self.changed: Event[None] = Event()
        self.senders: dict[str, Sender] = {}
        self._desk = desk
        self._arrived = arrived
        self._heard: frozenset[tuple[datetime, str]] | None = None

    def see(self, state: "ReceiverState | None") -> None:
        """Take what the receiver last said."""
        arriving = state.arriving if state is not None and state.is_running else ()
        senders = {each.study_instance_uid: Sender(each.ae_title, each.announced) for each in arriving}
        if senders != self.senders:
            self.senders = senders
            self.changed.emit(None)
        if state is not None:
            # What arrived before this program looked for the first time is in the list like everything else.
            quiet = {(each.at, _study_of(each)): each for each in state.arrived}
            new = [] if self._heard is None else [each for key, each in quiet.items() if key not in self._heard]
            self._heard = frozenset(quiet)
            for each in new:
                self._tell(each)

    def _tell(self, quiet: "ReceiverEvent") -> None:
        uid, title = _study_of(quiet), str(quiet.details.get("aet", ""))
        missing = quiet.details.get("missing")

        def look(library: "Library") -> "list[StudyRow]":
            return library.catalogue.listed_of_uid(uid)

        def told(rows: "list[StudyRow]") -> None:
            for row in rows:
                self._arrived(row, title, missing if isinstance(missing, int) else 0)

        def failed(_error: ViewerError) -> None:
            """It is told by whoever asks next."""

        self._desk.ask(look, told, failed)


def _study_of(quiet: "ReceiverEvent") -> str:
    return str(quiet.details.get("study_instance_uid", ""))
