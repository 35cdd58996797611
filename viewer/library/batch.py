"""Files that go to the disk together, in the order that loses nothing that was acknowledged."""

import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

from viewer.base.byte_source import ByteSource
from viewer.library import durable
from viewer.library.incoming import Giver, Incoming, pieces_of
from viewer.library.instance_record import KeptFile
from viewer.library.object_places import LIST, ObjectPlaces


class Batch:
    """Files that go to the disk together. Several threads may add and drop; one commits when they are done.

    Leave it after the database has them: until then nothing of it can be taken away by anyone. What was not committed
    by then is removed.
    """

    def __init__(self, places: ObjectPlaces, *, is_rehashed: bool) -> None:
        self._places = places
        self._is_rehashed = is_rehashed
        self._files: list[Incoming] = []
        self._list: Incoming | None = None
        self._held = contextlib.ExitStack()
        self._is_held = False
        self._is_list_left = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for incoming in tuple(self._files):
            self.drop(incoming)
        if self._list is not None and kind is None and not self._is_list_left:
            self._list.remove()
        elif self._list is not None:
            self._list.close()  # what was put in place may be in no index: integrity.take_back looks
        self._list = None
        self._is_held = False
        self._held.close()

    def begin(self, size: int = 0) -> Incoming:
        """Return an empty file to write to.

        Args:
            size: Expected bytes; 0 when unknown.

        Raises:
            LibraryError: If it cannot be made, or the disk has no room for that.
        """
        incoming = self._places.begin(size)
        self._files.append(incoming)
        return incoming

    def add(self, source: Giver) -> Incoming:
        """Return a file with everything that a source gives, hashed while it came.

        Raises:
            LibraryError: If it cannot be written; nothing of it stays.
            MediaError: If the source fails; nothing of it stays.
        """
        incoming = self.begin(source.size() if isinstance(source, ByteSource) else 0)
        try:
            for piece in pieces_of(source):
                incoming.write(piece)
        except BaseException:
            self.drop(incoming)
            raise
        return incoming

    def drop(self, incoming: Incoming) -> None:
        """Give a file up that is not to be kept."""
        self._files.remove(incoming)
        incoming.remove()

    def leave_list(self) -> None:
        """Let the list of what was put in place lie, as some of it is needed by nothing: integrity.take_back looks."""
        self._is_list_left = True

    def commit(self) -> tuple[KeptFile, ...]:
        """Put everything added since the last commit on the disk; return what was kept, in the order it was added.

        After this the database may answer for the files. May be called again with more files.

        Raises:
            LibraryError: If any of them cannot be kept; then none of them may be answered for, and what is on its way
                in goes when the batch is left, and what was in place already when a library is opened next
                (integrity.take_back).
        """
        self._hold()
        files = tuple(self._files)
        kept = tuple(KeptFile(incoming.sha256, incoming.size) for incoming in files)
        there = {incoming.path for incoming in files if self._places.is_there(incoming, is_rehashed=self._is_rehashed)}
        with durable.told(self._places.incoming):
            durable.sync_files([incoming.descriptor for incoming in files if incoming.path not in there])
        if kept:
            if self._list is None:
                self._list = self._places.begin(0, LIST)
                self._list.write(f"{self._places.index_identity()}\n".encode("ascii"))
            self._list.write("".join(f"{each.sha256}\n" for each in kept).encode("ascii"))
        homes = set[Path]().union(*(self._put(incoming, is_there=incoming.path in there) for incoming in files))
        with durable.told(self._places.objects):
            self._places.see_homes(homes)
        return kept

    def _hold(self) -> None:
        if not self._is_held:
            self._held.enter_context(self._places.adding())
            self._is_held = True

    def _put(self, incoming: Incoming, *, is_there: bool) -> set[Path]:
        """Put one file in its place, or let it go where its bytes are; return the folders to be seen on the disk."""
        with durable.told(self._places.object_path(incoming.sha256)):
            homes = self._places.make_home(incoming.sha256)
            if is_there:
                self.drop(incoming)
                return homes
            self._places.put(incoming)
        self._files.remove(incoming)
        return homes
