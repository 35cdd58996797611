"""Which images a reader has had on the screen: gathered here, written into the library now and then, many at once."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakSet

from viewer.base.byte_source import ByteSource
from viewer.dicom.instance_header import InstanceHeader
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.library.library import Library
    from viewer.workspace.library_browsing import LibraryDesk

LAST_PATIENCE_S = 3.0
"""How long the program's end waits for the last marks."""


class DisplayedMarks:
    """Marks instances of the library as displayed when their pixels are in a viewport.

    Args:
        is_kept: Whether an instance is a file that the library answers for: a copy from a disc marks nothing.
        soon: Sees that write() is called in a while; called when there is something to write.
    """

    def __init__(
        self, desk: "LibraryDesk", is_kept: Callable[[InstanceHeader], bool], soon: Callable[[], None]
    ) -> None:
        self._desk = desk
        self._is_kept = is_kept
        self._soon = soon
        self._known: set[ByteSource] = set()
        self._waiting: dict[str, None] = {}
        self._followed: WeakSet[Workspace] = WeakSet()

    def follow(self, workspace: Workspace) -> None:
        """Note what is displayed in a window, also when it is built anew over the same workspace."""
        if workspace not in self._followed:
            self._followed.add(workspace)
            workspace.displayed_changed.connect(lambda cell: self._note(workspace, cell))

    def write(self) -> None:
        """Write down what was displayed since the last time."""
        if self._waiting:
            uids, self._waiting = tuple(self._waiting), {}
            self._desk.ask(lambda library: library.catalogue.mark_displayed(uids))

    def write_last(self) -> None:
        """Write down what is left before the program ends, and wait for it a moment."""
        if self._waiting:
            uids, self._waiting = tuple(self._waiting), {}
            self._desk.finish(lambda library: _mark(library, uids), LAST_PATIENCE_S)

    def _note(self, workspace: Workspace, cell: int) -> None:
        displayed = workspace.displayed(cell)
        if displayed is None:
            return
        header = displayed.image.header
        # By its bytes: where others are put in force under its UID, nobody has seen those.
        if header.source not in self._known and self._is_kept(header):
            self._known.add(header.source)
            self._waiting[header.sop_instance_uid] = None
            self._soon()


def _mark(library: "Library", uids: tuple[str, ...]) -> None:
    library.catalogue.mark_displayed(uids)
