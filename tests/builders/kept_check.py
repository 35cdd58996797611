"""What a library holds, seen past its own code: index rows, and files that are hashed here."""

import contextlib
import hashlib
import sqlite3
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.builders.sent_instances import SentInstance

_META_LENGTH = 140
"""Where the value of (0002,0000) stands (PS3.10 7.1)."""


@dataclass(frozen=True)
class Holding:
    """A library at rest.

    Attributes:
        in_force: Hash of the file of each SOP Instance UID.
        aside: SOP Instance UID, hash and reason of what is kept aside.
        objects: Path of the file of each hash, as hashed here.
    """

    in_force: Mapping[str, str]
    aside: frozenset[tuple[str, str, str]]
    objects: Mapping[str, Path]

    def by_data_set(self) -> dict[bytes, str]:
        """Return the hash of the file of each data set: what stands behind the File Meta Information."""
        found = {}
        for sha256, path in self.objects.items():
            data = path.read_bytes()
            (length,) = struct.unpack_from("<I", data, _META_LENGTH)
            found[data[_META_LENGTH + 4 + length :]] = sha256
        return found

    def data_set(self, uid: str, length: int) -> bytes:
        """Return the last bytes of the file of an instance in force."""
        return self.objects[self.in_force[uid]].read_bytes()[-length:]


def holding(library: Path) -> Holding:
    """Return what a library holds; its index must be sound, and its files what the index says, no more and no fewer."""
    with contextlib.closing(sqlite3.connect(f"file:{library / 'library.sqlite'}?mode=ro", uri=True)) as index:
        assert index.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert index.execute("PRAGMA foreign_key_check").fetchall() == []
        in_force = {
            uid: bytes(sha).hex() for uid, sha in index.execute("SELECT sop_instance_uid, sha256 FROM instances")
        }
        aside = frozenset(
            (uid, bytes(sha).hex(), reason)
            for uid, sha, reason in index.execute("SELECT sop_instance_uid, sha256, reason FROM conflicts")
        )
        counted = index.execute("SELECT total(instance_count) FROM studies").fetchone()[0]
    assert counted == len(in_force)
    objects = {}
    for path in (library / "objects").rglob("*"):
        if path.is_file():
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            assert path.stem == found, f"{path} is damaged"
            objects[found] = path
    wanted = {*in_force.values(), *(sha256 for _uid, sha256, _reason in aside)}
    assert wanted == objects.keys(), f"{len(objects.keys() - wanted)} orphans, {len(wanted - objects.keys())} missing"
    return Holding(in_force, aside, objects)


def check_holds(library: Path, promised: Iterable[SentInstance]) -> Holding:
    """See that every one of these is in force with the bytes that were sent, and that nothing is on its way in."""
    held = holding(library)
    for instance in promised:
        assert instance.sop_instance_uid in held.in_force, f"{instance.sop_instance_uid} is lost"
        kept = held.data_set(instance.sop_instance_uid, len(instance.data_set))
        assert kept == instance.data_set, f"{instance.sop_instance_uid} is not as it was sent"
    assert sorted(path.name for path in (library / "incoming").iterdir()) == []
    return held
