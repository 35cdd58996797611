"""The audit trail of the library: what was deleted, erased, restored or exported, and when (after PS3.15 A.5).

One JSON object a line, only ever appended, each with the hash of the line before it: a line that was changed or taken
out is seen. Lines carry UIDs, counts and times, never a patient's name or ID, so that they may outlive an erased
patient.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from viewer.base.errors import LibraryError, system_reason
from viewer.base.translation import _
from viewer.library.durable import NEVER_FOLLOW, FolderLock, open_file, sync_file, sync_folder, write_all

FILE = "audit.log"
_LOCK = "audit.lock"
_NOTHING_BEFORE = "0" * 64
_UID = re.compile(r"[0-9.]{1,64}")
_READ_AT_ONCE = 1 << 16
_OWNER_ONLY = 0o600
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One thing that was done.

    Attributes:
        number: Counts from 1.
        time: UTC, ISO 8601.
        event: What was done: "delete", "restore", "erase", "export" …
        study_instance_uids: Of the studies it was done to.
        count: Of the instances it was done to.
    """

    number: int
    time: str
    event: str
    study_instance_uids: tuple[str, ...]
    count: int


class AuditLog:
    """The trail in a library's folder; several processes may append to it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = FolderLock(folder / _LOCK)

    def append(self, event: str, study_instance_uids: tuple[str, ...], count: int) -> None:
        """Add a line and have it on the disk before returning.

        Raises:
            LibraryError: If it cannot be written; what it would have told of must then not be done.
        """
        try:
            with self._lock.exclusive(_PATIENCE_SECONDS):
                self._append(event, study_instance_uids, count)
        except OSError as error:
            raise LibraryError(
                _("The audit trail cannot be written: {reason}").format(reason=system_reason(error)),
                subject=str(self.path),
            ) from error

    def lines(self) -> Iterator[AuditLine]:
        """Yield what was done, oldest first; lines that cannot be read are left out (`broken` tells them)."""
        for text in self._texts():
            if (line := _parsed(text)) is not None:
                yield line

    def broken(self) -> tuple[int, ...]:
        """Return which lines, counted from 1, are not as they were written, or do not follow the one before."""
        found, before = [], _NOTHING_BEFORE
        for position, text in enumerate(self._texts(), 1):
            if _parsed(text) is None or json.loads(text).get("previous") != before or _own_hash(text) is None:
                found.append(position)
            before = hashlib.sha256(text).hexdigest()
        return tuple(found)

    def _append(self, event: str, study_instance_uids: tuple[str, ...], count: int) -> None:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | NEVER_FOLLOW, _OWNER_ONLY)
        try:
            last, is_torn = _last_line(descriptor)
            parsed = _parsed(last)
            body = {
                "number": (parsed.number if parsed is not None else 0) + 1,
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "event": event,
                "study_instance_uids": [_without_words(uid) for uid in study_instance_uids],
                "count": count,
                "previous": hashlib.sha256(last).hexdigest() if last else _NOTHING_BEFORE,
            }
            line = {**body, "hash": _hash_of(body)}
            # A line torn by a crash stays, closed: the trail is only ever added to.
            data = (b"\n" if is_torn else b"") + json.dumps(line).encode("ascii") + b"\n"
            write_all(descriptor, data)
            sync_file(descriptor)
            if not last:
                sync_folder(self.path.parent)
        finally:
            os.close(descriptor)

    def _texts(self) -> Iterator[bytes]:
        try:
            with os.fdopen(open_file(self.path), "rb") as stream:
                for line in stream:
                    yield line.rstrip(b"\n")
        except FileNotFoundError:
            return
        except OSError as error:
            raise LibraryError(system_reason(error), subject=str(self.path)) from error


def _last_line(descriptor: int) -> tuple[bytes, bool]:
    """Return the last line without its end, and whether its end is missing."""
    position = os.fstat(descriptor).st_size
    tail = b""
    while position and b"\n" not in tail.removesuffix(b"\n"):
        step = min(position, _READ_AT_ONCE)
        position -= step
        os.lseek(descriptor, position, os.SEEK_SET)
        tail = os.read(descriptor, step) + tail
    return tail.removesuffix(b"\n").rpartition(b"\n")[2], bool(tail) and not tail.endswith(b"\n")


def _without_words(uid: str) -> str:
    """Return a UID; in the place of one that is none, and may hold a patient's name, its hash."""
    if _UID.fullmatch(uid):
        return uid
    return f"no UID {hashlib.sha256(uid.encode('utf-8', 'replace')).hexdigest()}"


def _parsed(text: bytes) -> AuditLine | None:
    try:
        line = json.loads(text)
        uids = tuple(str(uid) for uid in line["study_instance_uids"])
        return AuditLine(int(line["number"]), str(line["time"]), str(line["event"]), uids, int(line["count"]))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def _own_hash(text: bytes) -> str | None:
    """Return the line's own hash where it is right."""
    line = json.loads(text)
    stated = line.pop("hash", None)
    return stated if stated == _hash_of(line) else None


def _hash_of(body: object) -> str:
    return hashlib.sha256(json.dumps(body).encode("ascii")).hexdigest()
