"""The index made again: from the files alone, with what can still be read of the old one carried over."""

import contextlib
import json
import logging
import os
import secrets
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from viewer.base.errors import LibraryError, MediaError, ViewerError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.header_scan import scan_header
from viewer.library import durable
from viewer.library.audit import AuditLog
from viewer.library.away import file_what_is_away
from viewer.library.catalogue import Catalogue
from viewer.library.database import DATABASE_NAME, Database
from viewer.library.instance_record import AsideReason, Door, Filed, InstanceRecord, KeptFile, Source
from viewer.library.instance_store import InstanceStore, ObjectState
from viewer.library.query_keys import attributes_of
from viewer.library.rebuilt_decisions import Trail, decide_again, put_made_in_force
from viewer.library.row_reading import saved_search
from viewer.library.salvage import open_scratch, salvage
from viewer.library.study_upkeep import refresh_words

logger = logging.getLogger(__name__)

READY = f"{DATABASE_NAME}.ready"
"""The new index, whole, for as long as the old one is being put aside."""
WORK_PREFIX = "rebuild-"
WORK_FOLDERS = WORK_PREFIX + "[0-9a-f]" * 16
"""Which folders may be removed: other things may lie in a folder that somebody chose."""
_AT_ONCE = 200
_READERS = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COMPANIONS = ("-wal", "-shm", "-journal")

# What was in force stays so; what was kept aside comes last; else the first to arrive comes in force. A file that the
# old index said nothing of arrived when its bytes were written.
_FILES = (
    "SELECT files.sha256, files.size, files.path, coalesce(received_at, written_at) AS at, door, name, address, aside"
    " FROM files LEFT JOIN (SELECT sha256, path, min(received_at) AS received_at, min(source_key) AS source_key,"
    " min(aside) AS aside, min(rowid) AS place FROM instances GROUP BY sha256, path) USING (sha256, path)"
    " LEFT JOIN sources USING (source_key)"
    " ORDER BY CASE aside WHEN '' THEN 0 ELSE aside IS NOT NULL END, at, place, files.rowid"
)


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What making the index again came to.

    Attributes:
        instances: In force in the new index.
        conflicts: Kept aside, because their UID is there with other bytes, or was when they were; what other bytes had
            taken the place of is not counted.
        unknown: Kept aside, because nobody knows their sender; also files of which the old index says nothing, of
            studies that unknown senders had sent something of: they are to be looked at.
        missing: Files that the old index knew, and that are not where they were; they are no longer in the index, but
            for those in place whose very folder is gone: their drive may come back.
        altered: Files whose bytes are not what they were: left where they are, and not in the index.
        unreadable: Files that are whole, but no DICOM instances; left where they are, and not in the index.
        is_carried_over: Whether all of the old index could be read: sources, ratings, notes and what was displayed.
        old_index: Where the old one is kept; None when there was none.
    """

    instances: int = 0
    conflicts: int = 0
    missing: tuple[KeptFile, ...] = ()
    altered: tuple[KeptFile, ...] = ()
    unreadable: tuple[KeptFile, ...] = ()
    is_carried_over: bool = False
    old_index: Path | None = None
    unknown: int = 0


def rebuild(folder: Path, progress: Progress, *, reserve_bytes: int = 0) -> RebuildReport:
    """Make the index of a library again; the old one is kept aside with the date in its name.

    Nobody else may have the library open (library.held_alone). Until the new index is whole, the old one stays in
    place; after a crash it begins anew, or finishes.

    Raises:
        LibraryError: If the folder cannot be read or written.
        Cancelled: If progress was cancelled; then everything is as it was.
    """
    store = InstanceStore(folder, reserve_bytes=reserve_bytes)
    index = store.folder / DATABASE_NAME
    if is_unfinished(store.folder):
        finish(store.folder)
    _clear(store.folder)
    work = store.folder / f"{WORK_PREFIX}{secrets.token_hex(8)}"
    with contextlib.ExitStack() as held, durable.told(store.folder), _scratch_told(work):
        held.enter_context(store.removing())
        durable.make_folder(work)
        held.callback(shutil.rmtree, work, ignore_errors=True)
        scratch = held.enter_context(contextlib.closing(open_scratch(work / "scratch.sqlite")))
        is_whole = salvage(index, scratch, work)
        total = _list_files(store, scratch)
        with Database(work) as database:
            catalogue = Catalogue(database)
            trail = Trail.of(AuditLog(store.folder))
            found = _Found(trail, missing=_lost_objects(scratch))
            if is_whole:
                file_what_is_away(index, scratch, catalogue)
            for done, rows in _pages(scratch):
                progress.report(done, total)
                _file(store, catalogue, rows, found)
            put_made_in_force(store, catalogue, trail)
            decide_again(catalogue)
            _carry_over(scratch, database)
            counts = Counter(conflict.reason for conflict in catalogue.conflicts())
            database.truncate_log()
        progress.check()
        _make_ready(work / DATABASE_NAME, store.folder)
        old = finish(store.folder)
    return RebuildReport(
        found.counts[Filed.NEW], counts[AsideReason.ALTERED], tuple(found.missing), tuple(found.altered),
        tuple(found.unreadable), is_whole, old, counts[AsideReason.UNKNOWN_SENDER],
    )  # fmt: skip


@dataclass(slots=True)
class _Found:
    trail: Trail
    counts: dict[Filed, int] = field(default_factory=lambda: dict.fromkeys(Filed, 0))
    missing: list[KeptFile] = field(default_factory=list)
    altered: list[KeptFile] = field(default_factory=list)
    unreadable: list[KeptFile] = field(default_factory=list)


@contextlib.contextmanager
def _scratch_told(work: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise LibraryError(
            _("The index could not be made again: {0}").format(error),
            subject=str(work),
            advice=_("Make room on the disk or choose another place for the library"),
        ) from error


def _clear(folder: Path) -> None:
    """Remove what a rebuilding left that was ended."""
    for work in folder.glob(WORK_FOLDERS):
        if not work.is_symlink():
            shutil.rmtree(work, ignore_errors=True)


def _list_files(store: InstanceStore, scratch: sqlite3.Connection) -> int:
    """Write down every file that may belong to the library; return how many there are."""
    scratch.execute("BEGIN")
    scratch.executemany(
        "INSERT OR IGNORE INTO files VALUES (?, ?, '', ?)",
        ((bytes.fromhex(each.sha256), each.size, each.written_ns // 1000) for each in store.objects_there()),
    )
    scratch.execute(
        "INSERT OR IGNORE INTO files SELECT sha256, size, path, received_at FROM instances WHERE path != ''"
    )
    scratch.execute("COMMIT")
    return int(scratch.execute("SELECT count(*) FROM files").fetchone()[0])


def _lost_objects(scratch: sqlite3.Connection) -> list[KeptFile]:
    """Return what the old index had in the library's own store, and is not there."""
    rows = scratch.execute(
        "SELECT DISTINCT sha256, size FROM instances WHERE path = '' AND sha256 NOT IN (SELECT sha256 FROM files)"
    )
    return [KeptFile(sha256.hex(), size) for sha256, size in rows]


def _pages(scratch: sqlite3.Connection) -> Iterator[tuple[int, list[sqlite3.Row]]]:
    cursor = scratch.cursor()
    cursor.row_factory = sqlite3.Row
    cursor.execute(_FILES)
    done = 0
    while rows := cursor.fetchmany(_AT_ONCE):
        yield done, rows
        done += len(rows)


def _file(store: InstanceStore, catalogue: Catalogue, rows: Sequence[sqlite3.Row], found: _Found) -> None:
    records = []
    with ThreadPoolExecutor(_READERS, thread_name_prefix="rebuild") as pool:
        for row, record in zip(rows, pool.map(lambda row: _record(store, row, found.trail), rows), strict=True):
            if isinstance(record, InstanceRecord):
                records.append(record)
            else:
                record_list = {ObjectState.MISSING: found.missing, ObjectState.ALTERED: found.altered}
                record_list.get(record, found.unreadable).append(_kept(row))
    for filed in catalogue.file(records):
        found.counts[filed] += 1


def _record(store: InstanceStore, row: sqlite3.Row, trail: Trail) -> InstanceRecord | ObjectState:
    """Return a file's record; its state when it cannot have one, WHOLE when it is not DICOM."""
    kept = _kept(row)
    try:
        state = store.check(kept)
        if state is not ObjectState.WHOLE:
            return state
        header = scan_header(store.open(kept))
    except MediaError:
        return ObjectState.ALTERED
    except ViewerError:
        return ObjectState.WHOLE
    if not (header.sop_instance_uid and header.series_instance_uid and header.study_instance_uid):
        return ObjectState.WHOLE
    aside = AsideReason(row["aside"]) if row["aside"] else None
    if row["aside"] is None and header.study_instance_uid in trail.doubtful:
        aside = AsideReason.UNKNOWN_SENDER
    return InstanceRecord(
        sop_instance_uid=header.sop_instance_uid,
        sop_class_uid=header.sop_class_uid,
        series_instance_uid=header.series_instance_uid,
        study_instance_uid=header.study_instance_uid,
        transfer_syntax_uid=header.transfer_syntax_uid,
        kept=kept,
        source=Source(Door(row["door"] or Door.IMPORT.value), row["name"] or "", row["address"] or ""),
        received_at=_EPOCH + timedelta(microseconds=row["at"]),
        attributes=attributes_of(header),
        aside=aside,
    )


def _kept(row: sqlite3.Row) -> KeptFile:
    return KeptFile(row["sha256"].hex(), row["size"], row["path"])


def _carry_over(scratch: sqlite3.Connection, database: Database) -> None:
    """Write into the new index what readers had added to the old one."""
    with database.writing() as new:
        new.executemany(
            "UPDATE instances SET displayed_at = ? WHERE sha256 = ? AND displayed_at IS NULL",
            scratch.execute("SELECT displayed_at, sha256 FROM instances WHERE displayed_at IS NOT NULL"),
        )
        new.execute(
            "UPDATE studies SET displayed_count = (SELECT count(displayed_at) FROM instances JOIN series"
            " USING (series_key) WHERE series.study_key = studies.study_key)"
        )
        _carry_studies(scratch, new)
        new.executemany(
            "UPDATE warnings SET settled_at = ? WHERE study_instance_uid = ? AND series_instance_uid = ? AND kind = ?"
            " AND patient_id = ? AND held = ? AND arrived = ?",
            scratch.execute(
                "SELECT settled_at, study_instance_uid, series_instance_uid, kind, patient_id, held, arrived"
                " FROM warnings"
            ),
        )
        for table in ("commitments", "deliveries", "sent_instances", "asked_commitments", "transfers"):
            columns = [column[1] for column in scratch.execute(f"PRAGMA table_info({table})")]
            names, marks = ", ".join(columns), ", ".join("?" * len(columns))
            new.executemany(
                f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 - our own names
                scratch.execute(f"SELECT {names} FROM {table} ORDER BY rowid"),  # noqa: S608 - our own names
            )
        for name, search in scratch.execute("SELECT name, search FROM saved_searches"):
            with contextlib.suppress(
                ValueError, KeyError, TypeError, AttributeError, RecursionError
            ):  # damaged: left out
                saved_search(json.loads(search))
                new.execute("INSERT OR IGNORE INTO saved_searches (name, search) VALUES (?, ?)", (name, search))


def _carry_studies(scratch: sqlite3.Connection, new: sqlite3.Connection) -> None:
    rows = scratch.execute(
        "SELECT last_displayed_at, trashed_at, rating, notes, flags, study_instance_uid, patient_id, issuer"
        " FROM studies LEFT JOIN patients USING (patient_key)"
        " WHERE last_displayed_at IS NOT NULL OR trashed_at IS NOT NULL OR rating != 0 OR notes != '' OR flags != ''"
    )
    for *values, uid, patient_id, issuer in rows:
        # Where the old patients cannot be read, a study UID that came under two patients gives its notes to both. Where
        # the order is lost in which the files came, the patient may have got another issuer: then the ID is enough.
        for is_any_issuer in (False, True):
            changed = new.execute(
                "UPDATE studies SET last_displayed_at = ?, trashed_at = ?, rating = ?, notes = ?, flags = ?"
                " WHERE study_instance_uid = ? AND (? IS NULL OR patient_key IN"
                " (SELECT patient_key FROM patients WHERE patient_id = ? AND (? OR issuer = ?))) RETURNING study_key",
                (*values, uid, patient_id, patient_id, is_any_issuer, issuer),
            ).fetchall()
            if changed:
                break
        for row in changed:
            refresh_words(new, row["study_key"])


def is_unfinished(folder: Path) -> bool:
    """Whether a rebuilding ended after the new index was whole and before it was in its place: see finish."""
    return (folder / READY).exists()


def finish(folder: Path) -> Path | None:
    """Put a new index that is whole in the place of the old one; return where the old one is now.

    Nobody else may have the library open. May be called again after a crash, and when another has done it already.

    Raises:
        LibraryError: If it cannot be moved.
    """
    ready, index = folder / READY, folder / DATABASE_NAME
    if not ready.exists():
        return None
    with durable.told(index):
        old = None
        if index.exists():
            old = index.with_name(f"{index.name}.replaced-{datetime.now(UTC).strftime('%Y%m%dT%H%M%S%f')}")
            # The log first: beside the new index it would be read as part of it.
            for suffix in _COMPANIONS:
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{index}{suffix}").replace(f"{old}{suffix}")
            index.replace(old)
        ready.replace(index)
        durable.sync_folder(folder)
    logger.info("The index was made again from the files")
    return old


def _make_ready(new: Path, folder: Path) -> None:
    """See a new index on the disk, under the name that finish takes."""
    for suffix in _COMPANIONS:
        if (left := Path(f"{new}{suffix}")).exists() and left.stat().st_size:
            raise LibraryError(_("The new index could not be closed"), subject=str(left))
    descriptor = os.open(new, os.O_RDWR)
    try:
        durable.sync_file(descriptor)
    finally:
        os.close(descriptor)
    new.replace(folder / READY)
    durable.sync_folder(folder)
