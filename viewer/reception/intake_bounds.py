"""How much may come in: for one instance, for the library, and for the disk, watched over all associations together."""

import threading
import time
from dataclasses import dataclass

from viewer.base.errors import LibraryError
from viewer.library.library import Library
from viewer.network.ports import OUT_OF_RESOURCES, StoreRefused

LOOK_AGAIN_BYTES = 16 * 2**20
"""After how many bytes, of all associations, the room on the disk is looked at again."""
_COUNT_AGAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class IntakeBounds:
    """What is taken at most.

    Attributes:
        library_bytes: Of all that the library holds, what is kept aside too; 0 for no bound but the disk's.
        instance_bytes: Of one instance.
    """

    library_bytes: int = 0
    instance_bytes: int = 4096 * 2**20


class Room:
    """What may still come in."""

    def __init__(self, library: Library, bounds: IntakeBounds) -> None:
        self._library = library
        self._bounds = bounds
        self._lock = threading.Lock()
        self._unlooked = 0
        self._coming = 0
        self._held = 0
        self._counted_at = -_COUNT_AGAIN_SECONDS
        if bounds.library_bytes:
            self._count()

    def begin(self) -> None:
        """See that one more may come.

        Raises:
            StoreRefused: If it may not.
        """
        self._check_library()

    def take(self, size: int, taken: int) -> None:
        """Note that bytes are going to be written.

        Args:
            size: How many.
            taken: Of the same instance until now.

        Raises:
            StoreRefused: If they may not be.
        """
        if taken + size > self._bounds.instance_bytes:
            raise StoreRefused(OUT_OF_RESOURCES, "The instance is larger than is taken here")
        with self._lock:
            self._coming += size
            self._unlooked += size
            is_to_look = self._unlooked >= LOOK_AGAIN_BYTES
            if is_to_look:
                self._unlooked = 0
        try:
            self._check_library()
            if is_to_look:
                with refused_when_full():
                    self._library.store.places.check_room()
        except BaseException:
            with self._lock:
                self._coming -= size  # they are not coming after all
            raise

    def end(self, taken: int, *, is_kept: bool) -> None:
        """Note what became of the bytes of an instance."""
        with self._lock:
            self._coming -= taken
            if is_kept:
                self._held += taken

    def _check_library(self) -> None:
        most = self._bounds.library_bytes
        if not most or self._held + self._coming < most:
            return
        self._count()  # others may have deleted
        if self._held + self._coming >= most:
            raise StoreRefused(OUT_OF_RESOURCES, "The library holds as much as it may")

    def _count(self) -> None:
        now = time.monotonic()
        with self._lock:
            if now - self._counted_at < _COUNT_AGAIN_SECONDS:
                return
            self._counted_at = now
        with refused_when_full():
            catalogue = self._library.catalogue
            held = catalogue.stats().total_size + sum(each.kept.size for each in catalogue.conflicts())
        with self._lock:
            self._held = held


class refused_when_full:  # noqa: N801 - used like contextlib's, and a class for speed: entered for every piece
    """Turns what the library cannot do into a refusal that the sender is told: it may try again later."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, LibraryError):
            raise StoreRefused(OUT_OF_RESOURCES, str(error), subject=error.subject) from error
