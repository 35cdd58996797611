"""The integrity sweep: everything the library holds is read again, slowly, in the background, again and again.

It goes on where it was when the program was closed. What it found is kept in a small file beside the index, for the
window and for `library stats`; UIDs and names are not in it.
"""

import contextlib
import hashlib
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from viewer.base.errors import LibraryError, MediaError
from viewer.base.jobs import Progress
from viewer.library import durable
from viewer.library.database import DamagedDatabase
from viewer.library.incoming import pieces_of
from viewer.library.instance_record import KeptFile
from viewer.library.instance_store import ObjectState
from viewer.library.integrity import find_orphans, is_needed
from viewer.library.library import Library

FILE, LOCK = "integrity.json", "integrity.lock"
BYTES_PER_SECOND = 20_000_000
"""Slow beside any disk: what a reader does comes first."""
EVERY = timedelta(days=7)
_WRITTEN_EVERY_S = 20.0
_MOST_TOLD = 1000
_LONGEST_FILE = 4 << 20
_HASH = re.compile(r"[0-9a-f]{64}")
_VERSION = 1


@dataclass(frozen=True, slots=True)
class SweepState:
    """How far the sweep is, and what it knows.

    Attributes:
        started_at: When the pass under way began; None between two passes.
        last_finished_at: When the last pass ended; None before the first.
        checked: Files that were read in the pass under way, else in the last one.
        total: Files there are.
        missing: SHA-256 of files that were not there, of this pass and of what the last one found; the first 1,000.
        altered: Of files whose bytes are not what they were, or cannot be read; the first 1,000.
        orphans: Of objects that no row of the index needs; the first 1,000.
        is_index_sound: Whether the index was whole when it was last read; None before it was.
        after: Up to which hash this pass has come.
    """

    started_at: datetime | None = None
    last_finished_at: datetime | None = None
    checked: int = 0
    total: int = 0
    missing: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()
    is_index_sound: bool | None = None
    after: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether nothing is known to be wrong; orphans hurt nobody."""
        return not self.missing and not self.altered and self.is_index_sound is not False

    def is_due(self, now: datetime) -> bool:
        """Whether a pass is under way, or the last one is long ago."""
        return self.started_at is not None or self.last_finished_at is None or now - self.last_finished_at >= EVERY


def read_sweep_state(folder: Path) -> SweepState:
    """Return what the sweep of a library has written; where there is nothing, or it is damaged, that it never ran."""
    try:
        descriptor = durable.open_file(folder / FILE)
        with os.fdopen(descriptor, "rb") as stream:
            values = json.loads(stream.read(_LONGEST_FILE))
        return _state(values)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return SweepState()


def sweep_as_json(state: SweepState) -> dict[str, Any]:
    """Return a state as programs read it."""
    values = asdict(state)
    del values["after"]
    for name in ("started_at", "last_finished_at"):
        values[name] = values[name].isoformat() if values[name] is not None else None
    return {**values, "is_sound": state.is_sound}


@dataclass(frozen=True, slots=True)
class IntegritySweep:
    """The job: one pass, from where the last one was interrupted.

    Attributes:
        told: Called with the state each time it is written, on the job's thread.
    """

    library: Library
    bytes_per_second: int = BYTES_PER_SECOND
    told: Callable[[SweepState], None] | None = field(default=None, compare=False)

    def run(self, progress: Progress) -> SweepState:
        """Read everything once; when another process is at it, return what that one has found so far.

        Raises:
            LibraryError: If the folder cannot be read or written.
            Cancelled: If progress was cancelled; the next run goes on from there.
        """
        folder = self.library.folder
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(durable.FolderLock(folder / LOCK).exclusive(0))
            except TimeoutError:
                return read_sweep_state(folder)
            except OSError as error:
                raise durable.system_error(error, folder) from error
            return _Pass(self, progress).run()


class _Pass:
    """One pass."""

    def __init__(self, sweep: IntegritySweep, progress: Progress) -> None:
        self._sweep = sweep
        self._library = sweep.library
        self._progress = progress
        self._state = read_sweep_state(self._library.folder)
        self._written_at = time.monotonic()
        self._begun_at = time.monotonic()
        self._read = 0

    def run(self) -> SweepState:
        state = self._state
        if state.started_at is None:
            self._state = replace(state, started_at=datetime.now(UTC), checked=0, after="")
        try:
            self._check_index()
            self._check_files()
            orphans = find_orphans(self._library.store, self._library.catalogue)
            self._state = replace(
                self._state,
                orphans=tuple(kept.sha256 for kept in orphans[:_MOST_TOLD]),
                started_at=None,
                last_finished_at=datetime.now(UTC),
                after="",
            )
        except DamagedDatabase:
            self._state = replace(self._state, is_index_sound=False)
        finally:
            self._write()
        return self._state

    def _check_index(self) -> None:
        self._library.database.check()
        self._state = replace(self._state, is_index_sound=True)

    def _check_files(self) -> None:
        numbers = self._library.catalogue.stats()
        is_known = {*self._state.missing, *self._state.altered}
        self._state = replace(self._state, total=numbers.instances + numbers.aside)
        # What was found before is looked at first: it may have been mended, or deleted.
        for kept in self._library.catalogue.every_kept(after=self._state.after):
            self._progress.report(self._state.checked, max(self._state.total, self._state.checked))
            found = self._looked_at(kept)
            if kept.sha256 in is_known or found is not ObjectState.WHOLE:
                self._note(kept, found)
            self._state = replace(self._state, checked=self._state.checked + 1, after=kept.sha256)
            if time.monotonic() - self._written_at >= _WRITTEN_EVERY_S:
                self._write()
        catalogue = self._library.catalogue
        self._state = replace(  # what nobody needs any more is not missed
            self._state,
            missing=tuple(each for each in self._state.missing if catalogue.of_hash(each)),
            altered=tuple(each for each in self._state.altered if catalogue.of_hash(each)),
        )

    def _looked_at(self, kept: KeptFile) -> ObjectState:
        try:
            source = self._library.store.open(kept)
        except LibraryError:
            return self._unless_gone(kept, ObjectState.MISSING)
        found = hashlib.sha256()
        try:
            for piece in pieces_of(source):
                found.update(piece)
                self._pace(len(piece))
        except MediaError:
            return self._unless_gone(kept, ObjectState.ALTERED)
        if found.hexdigest() == kept.sha256:
            return ObjectState.WHOLE
        return self._unless_gone(kept, ObjectState.ALTERED)

    def _unless_gone(self, kept: KeptFile, state: ObjectState) -> ObjectState:
        """Return a state, unless the file has been deleted just now."""
        return state if is_needed(self._library.catalogue, kept) else ObjectState.WHOLE

    def _note(self, kept: KeptFile, found: ObjectState) -> None:
        lists = {ObjectState.MISSING: list(self._state.missing), ObjectState.ALTERED: list(self._state.altered)}
        for state, hashes in lists.items():
            if kept.sha256 in hashes:
                hashes.remove(kept.sha256)
            if state is found:
                hashes.append(kept.sha256)
        missing, altered = (tuple(hashes[:_MOST_TOLD]) for hashes in lists.values())
        self._state = replace(self._state, missing=missing, altered=altered)

    def _pace(self, count: int) -> None:
        """Wait for as long as what was read is ahead of the pace."""
        self._read += count
        ahead = self._read / self._sweep.bytes_per_second - (time.monotonic() - self._begun_at)
        if ahead > 0:
            self._progress.wait(ahead)
        else:
            self._progress.check()

    def _write(self) -> None:
        self._written_at = time.monotonic()
        path = self._library.folder / FILE
        part = path.with_suffix(".part")
        with contextlib.suppress(OSError):  # a full disk: the next run begins a little further back
            part.unlink(missing_ok=True)
            descriptor = durable.create_file(part, durable.LOCK_MODE)
            try:
                durable.write_all(descriptor, json.dumps(_values(self._state)).encode("ascii"))
                durable.sync_file(descriptor)
            finally:
                os.close(descriptor)
            part.replace(path)
        if self._sweep.told is not None:
            self._sweep.told(self._state)


def _values(state: SweepState) -> dict[str, Any]:
    return {"version": _VERSION, **sweep_as_json(state), "after": state.after}


def _state(values: dict[str, Any]) -> SweepState:
    """Return the state of a file; ValueError, TypeError or KeyError where it is none."""
    if values["version"] != _VERSION:
        raise ValueError
    started_at, last_finished_at = (
        datetime.fromisoformat(values[name]) if values[name] is not None else None
        for name in ("started_at", "last_finished_at")
    )
    missing, altered, orphans = (tuple(map(str, values[name])) for name in ("missing", "altered", "orphans"))
    after, is_sound = str(values["after"]), values["is_index_sound"]
    hashes = [*missing, *altered, *orphans, *((after,) if after else ())]
    is_whole = all(_HASH.fullmatch(each) for each in hashes) and all(
        moment is None or moment.tzinfo is not None for moment in (started_at, last_finished_at)
    )
    if not is_whole or is_sound not in (None, True, False):
        raise ValueError
    return SweepState(
        started_at, last_finished_at, int(values["checked"]), int(values["total"]), missing, altered, orphans, is_sound,
        after,
    )  # fmt: skip
