"""Whether the library still has what it answers for; and the index made again from the files alone."""

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from viewer.base.errors import LibraryError, MediaError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.library import durable
from viewer.library.catalogue import Catalogue
from viewer.library.instance_record import KeptFile
from viewer.library.instance_store import InstanceStore, ObjectState, Removal
from viewer.library.object_places import LIST, StoredObject
from viewer.library.rebuilding import RebuildReport, rebuild

__all__ = [
    "IntegrityReport",
    "RebuildReport",
    "check_whole",
    "find_orphans",
    "is_needed",
    "rebuild",
    "state_of",
    "take_back",
    "verify",
]

ORPHAN_PATIENCE_SECONDS, TAKE_BACK_PATIENCE_SECONDS = 10.0, 1.0
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class IntegrityReport:
    """What a look through the library found.

    Attributes:
        checked: Files that were read and hashed.
        missing: Files that the index knows and that are not there, or have a link or a folder in their place.
        altered: Files whose bytes are not what they were, or cannot be read.
        orphans: Objects that no index row needs; rebuild files them again.
        strangers: What lies among the objects and is none: links, folders, files with other names.
    """

    checked: int = 0
    missing: tuple[KeptFile, ...] = ()
    altered: tuple[KeptFile, ...] = ()
    orphans: tuple[KeptFile, ...] = ()
    strangers: tuple[Path, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether everything that the index knows is there, bit for bit."""
        return not self.missing and not self.altered


def verify(store: InstanceStore, catalogue: Catalogue, progress: Progress) -> IntegrityReport:
    """Read every file again and compare its hash; the library may be in use meanwhile.

    Raises:
        LibraryError: If the index or the folder of objects cannot be read.
        Cancelled: If progress was cancelled.
    """
    numbers = catalogue.stats()
    total = numbers.instances + numbers.aside
    found: dict[ObjectState, list[KeptFile]] = {state: [] for state in ObjectState}
    checked = 0
    for kept in catalogue.every_kept():
        state = state_of(store, kept)
        if state is not ObjectState.WHOLE and is_needed(catalogue, kept):  # it may have been deleted just now
            found[state].append(kept)
        checked += 1
        progress.report(min(checked, total), total)
    return IntegrityReport(
        checked,
        tuple(found[ObjectState.MISSING]),
        tuple(found[ObjectState.ALTERED]),
        find_orphans(store, catalogue),
        store.strangers(),
    )


def take_back(store: InstanceStore, catalogue: Catalogue, patience_seconds: float = TAKE_BACK_PATIENCE_SECONDS) -> int:
    """Remove objects that a batch had put in place when it was cut off before the index had them; return how many.

    Nobody was ever told that they are kept. To be called when a library is opened; where others are busy for longer
    than the patience, it is left to the next time. An index that has come in the place of the one that the batch had,
    or that is empty, does not know what that one knew: then everything stays, and verify tells of orphans.

    Raises:
        LibraryError: If the lists of what was put in place cannot be read or removed.
    """
    if not store.lists():
        return 0
    taken = 0
    with contextlib.ExitStack() as held:
        try:
            removal = held.enter_context(store.removing(patience_seconds))
        except LibraryError:
            return 0
        is_filled = catalogue.stats().instances > 0
        for path in store.lists():  # nobody is between keeping and writing that down: all of these were cut off
            with durable.told(path):
                identity, hashes = _read_list(path)
                if is_filled and identity == store.index_identity():
                    taken += sum(_take_away(removal, catalogue, sha256) for sha256 in hashes)
                durable.remove_file(path)
    return taken


@contextlib.contextmanager
def taken_back_if_cut_off(store: InstanceStore, hashes: Iterable[str]) -> Iterator[None]:
    """Have objects taken away when a library is opened next, unless rows need them, should the inside be cut off.

    Raises:
        LibraryError: If that cannot be written down.
    """
    listed = store.places.begin(0, LIST)
    try:
        listed.write("".join(f"{line}\n" for line in (store.index_identity(), *hashes)).encode("ascii"))
        yield
    except BaseException:
        listed.close()
        raise
    listed.remove()


def _take_away(removal: Removal, catalogue: Catalogue, sha256: str) -> bool:
    if catalogue.of_hash(sha256):
        return False
    try:
        return removal.remove(sha256)
    except LibraryError:
        return False  # verify tells of it


def _read_list(path: Path) -> tuple[str, list[str]]:
    """Return which index a list was written beside, and the whole hashes in it; its end may be cut off."""
    with os.fdopen(durable.open_file(path), "rb") as stream:
        identity, *lines = stream.read().decode("ascii", "replace").split("\n")
    return identity, [line for line in lines if _HASH.fullmatch(line)]


def state_of(store: InstanceStore, kept: KeptFile) -> ObjectState:
    """Read a file again and compare its hash; one that the disk cannot give any more is altered."""
    try:
        return store.check(kept)
    except MediaError:
        return ObjectState.ALTERED


def check_whole(store: InstanceStore, kept: KeptFile) -> None:
    """Read a file again before its bytes are relied on.

    Raises:
        LibraryError: If it is missing or altered.
    """
    if state_of(store, kept) is not ObjectState.WHOLE:
        raise LibraryError(
            _("The file is not as it was kept"), subject=str(store.path_of(kept)), advice=_("Check the library")
        )


def is_needed(catalogue: Catalogue, kept: KeptFile) -> bool:
    """Whether some row of the index names these bytes, where they lie."""
    return any(row.kept.path == kept.path for row in catalogue.of_hash(kept.sha256))


def find_orphans(store: InstanceStore, catalogue: Catalogue) -> tuple[KeptFile, ...]:
    """Return the objects that no row of the index needs; none where files are arriving all the time."""
    needed = (kept.sha256 for kept in catalogue.every_kept() if not kept.is_in_place)
    suspects = list(_only_in_store(store.objects_there(), needed))
    if not suspects:
        return ()
    try:
        with store.removing(ORPHAN_PATIENCE_SECONDS):  # nobody is between keeping bytes and writing that down
            return tuple(kept for kept in suspects if store.has(kept.sha256) and not is_needed(catalogue, kept))
    except LibraryError:
        return ()  # files are arriving all the time: the next look through tells


def _only_in_store(objects: Iterator[StoredObject], needed: Iterator[str]) -> Iterator[KeptFile]:
    """Yield the objects that are not needed; both come in the order of their hashes."""
    next_needed = next(needed, None)
    for each in objects:
        while next_needed is not None and next_needed < each.sha256:
            next_needed = next(needed, None)
        if next_needed != each.sha256:
            yield KeptFile(each.sha256, each.size)
