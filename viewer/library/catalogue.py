"""What the library holds, as lists and single rows; and what a reader changes in it. Filing is done by filing.py.

Studies are named by their Study Instance UID; where one UID came under two patients, what is done to the UID is done to
both rows unless a StudyRow says which.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from viewer.base.events import Event
from viewer.library import row_reading
from viewer.library.database import Database
from viewer.library.filing import Filing, IsSame
from viewer.library.instance_record import AsideReason, Filed, InstanceRecord, KeptFile
from viewer.library.kept_values import bounded_uid, clean, microseconds
from viewer.library.replacing import Outgoing, replace
from viewer.library.search import Search
from viewer.library.study_row import Conflict, IdentityWarning, InstanceRow, SeriesRow, Stats, StudyRow, WarningKind
from viewer.library.study_upkeep import refresh_words, take_out, tidy

T = TypeVar("T")

_AT_ONCE = 5000
_LONGEST_NOTES = 65536


class Catalogue:
    """The rows of one library.

    Attributes:
        changed: The UIDs of studies that this process has changed, after they are on the disk; on the writing thread.
    """

    def __init__(self, database: Database) -> None:
        self.changed: Event[frozenset[str]] = Event()
        self._database = database

    # Filing

    def file(self, records: Sequence[InstanceRecord], is_same: IsSame | None = None) -> list[Filed]:
        """File a batch in one transaction; when this returns, it is on the disk.

        Args:
            records: In the order they came.
            is_same: As of Filing; without it only the same bytes are the same instance.

        Raises:
            LibraryError: If it could not be written: then nothing of the batch was filed.
        """
        return [filed for filed, _warned in self.file_and_tell(records, is_same)]

    def file_and_tell(
        self, records: Sequence[InstanceRecord], is_same: IsSame | None = None
    ) -> list[tuple[Filed, frozenset[WarningKind]]]:
        """File a batch in one transaction, as file does; return also what did not fit together about each instance.

        Raises:
            LibraryError: If it could not be written: then nothing of the batch was filed.
        """
        with self._database.writing() as connection:
            filing = Filing(connection, is_same=is_same)
            filed = [filing.file(record) for record in records]
            filing.finish()
        self._announce(filing.study_uids)
        return list(zip(filed, map(frozenset, filing.warned), strict=True))

    def forget(self, sop_instance_uids: Iterable[str]) -> int:
        """Take instances out of the index, and studies and patients that have none left; return how many went."""
        count = 0
        touched: dict[int, str] = {}
        with self._database.writing() as connection:
            for uid in sop_instance_uids:
                if (of_study := take_out(connection, bounded_uid(uid))) is not None:
                    count += 1
                    touched[of_study[0]] = of_study[1]
            for study_key in touched:
                tidy(connection, study_key)
        self._announce(touched.values())
        return count

    def scrub(self) -> None:
        """Leave no trace of what was forgotten: in the search words, in free pages, in the write-ahead log."""
        with self._database.writing() as connection:
            connection.execute("INSERT INTO study_search (study_search) VALUES ('rebuild')")
        self._database.truncate_log()

    # Lists

    def studies(self, search: Search | None = None) -> list[StudyRow]:
        """Return the studies that a search asks for, the newest first."""
        with self._database.reading() as connection:
            found, values = row_reading.found_studies(connection, search or Search())
            rows = connection.execute(
                f"{row_reading.STUDIES} WHERE study_key IN ({found}) ORDER BY study_key DESC", values
            ).fetchall()
        return self._values(row_reading.study_row, rows)

    def studies_of_uid(self, study_instance_uid: str) -> list[StudyRow]:
        """Return the rows of one Study Instance UID, also from the trash: none, one, or one for each patient."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{row_reading.STUDIES} WHERE study_instance_uid = ?", (bounded_uid(study_instance_uid),)
            ).fetchall()
        return self._values(row_reading.study_row, rows)

    def listed_of_uid(self, study_instance_uid: str) -> list[StudyRow]:
        """Return the rows of one Study Instance UID that are not in the trash: none, one, or one for each patient."""
        return [row for row in self.studies_of_uid(study_instance_uid) if row.trashed_at is None]

    def series_of(self, study: StudyRow | str) -> list[SeriesRow]:
        """Return the series of a study, by number."""
        named, names = _study_named(study)
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{row_reading.SERIES} WHERE {named} ORDER BY CAST(series_number AS INTEGER), series_key", names
            ).fetchall()
        return self._values(row_reading.series_row, rows)

    def instances_of(self, series: SeriesRow | str) -> list[InstanceRow]:
        """Return the instances of a series, by number."""
        order = "ORDER BY CAST(instance_number AS INTEGER), instance_key"
        if isinstance(series, SeriesRow):  # the key of a series that is gone may be another's by now
            return self._instances(
                f"series_key = ? AND series_instance_uid = ? AND study_instance_uid = ? {order}",
                series.key,
                series.series_instance_uid,
                series.study_instance_uid,
            )
        return self._instances(f"series_instance_uid = ? {order}", bounded_uid(series))

    def instances_of_study(self, study: StudyRow | str) -> list[InstanceRow]:
        """Return all instances of a study, by series and number."""
        named, names = _study_named(study)
        return self._instances(f"{named} ORDER BY series_key, CAST(instance_number AS INTEGER)", *names)

    def instance(self, sop_instance_uid: str) -> InstanceRow | None:
        """Return the instance in force of a SOP Instance UID; None when there is none."""
        found = self._instances("sop_instance_uid = ?", bounded_uid(sop_instance_uid))
        return found[0] if found else None

    def of_hash(self, sha256: str) -> list[InstanceRow | Conflict]:
        """Return whatever the bytes of a hash are needed for; nothing when they are an orphan."""
        found: list[InstanceRow | Conflict] = []
        found += self._instances("sha256 = ?", bytes.fromhex(sha256))
        return found + self._conflicts("sha256 = ?", bytes.fromhex(sha256))

    def every_kept(self, after: str = "") -> Iterator[KeptFile]:
        """Yield every file that the library answers for, conflicts too, in the order of their hashes.

        Args:
            after: The hash behind which to begin; empty for all.
        """
        yield from self._every_kept(bytes.fromhex(after))

    def _every_kept(self, after: bytes) -> Iterator[KeptFile]:
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(
                    "SELECT * FROM (SELECT sha256, size, path FROM instances WHERE sha256 > ?1 ORDER BY sha256"
                    " LIMIT ?2) UNION SELECT * FROM (SELECT sha256, size, path FROM conflicts WHERE sha256 > ?1"
                    " ORDER BY sha256 LIMIT ?2) ORDER BY sha256 LIMIT ?2",
                    (after, _AT_ONCE),
                ).fetchall()
            # Rows of the last hash may go on behind the limit: they come again with the next page.
            is_last = len(rows) < _AT_ONCE
            whole = rows if is_last else [row for row in rows if row["sha256"] != rows[-1]["sha256"]] or rows
            yield from self._values(row_reading.kept_file, whole)
            if is_last:
                return
            after = whole[-1]["sha256"]

    def conflicts(self, study_instance_uid: str | None = None) -> list[Conflict]:
        """Return what was kept aside, the latest first; of one study when it is given."""
        if study_instance_uid is None:
            return self._conflicts("1 ORDER BY received_at DESC, conflict_key DESC")
        return self._conflicts(
            "study_instance_uid = ? ORDER BY received_at DESC, conflict_key DESC", bounded_uid(study_instance_uid)
        )

    def aside_of(self, sop_instance_uid: str) -> list[Conflict]:
        """Return what of a SOP Instance UID is kept aside, for whatever reason."""
        return self._conflicts("sop_instance_uid = ? ORDER BY conflict_key", bounded_uid(sop_instance_uid))

    def drop_conflicts(self, keys: Iterable[int]) -> None:
        """Forget instances that were kept aside; their bytes are the caller's to remove."""
        studies: set[str] = set()
        with self._database.writing() as connection:
            for key in keys:
                rows = connection.execute(
                    "DELETE FROM conflicts WHERE conflict_key = ? RETURNING study_instance_uid", (key,)
                ).fetchall()
                studies.update(row["study_instance_uid"] for row in rows)
        self._announce(studies)

    def set_aside_reason(self, keys: Iterable[str], reason: AsideReason) -> int:
        """Say why instances are aside, by the SHA-256 of their bytes; return of how many it is said."""
        studies: list[str] = []
        with self._database.writing() as connection:
            for key in keys:
                rows = connection.execute(
                    "UPDATE conflicts SET reason = ? WHERE sha256 = ? RETURNING study_instance_uid",
                    (reason.value, bytes.fromhex(key)),
                ).fetchall()
                studies += [row["study_instance_uid"] for row in rows]
        self._announce(studies)
        return len(studies)

    def replace(
        self, outgoing: Mapping[str, Outgoing], incoming: Sequence[InstanceRecord], *, are_same_images: bool = False
    ) -> None:
        """Take instances out of force and file others, in one transaction: see replacing.replace."""
        with self._database.writing() as connection:
            studies = replace(connection, outgoing, incoming, are_same_images=are_same_images)
        self._announce(studies)

    def warnings(self, study_instance_uid: str | None = None, *, with_settled: bool = False) -> list[IdentityWarning]:
        """Return what did not fit together, the latest first; of one study when it is given."""
        conditions = ["1" if with_settled else "settled_at IS NULL"]
        values: list[str] = []
        if study_instance_uid is not None:
            conditions.append("study_instance_uid = ?")
            values.append(bounded_uid(study_instance_uid))
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{row_reading.WARNINGS} WHERE {' AND '.join(conditions)} ORDER BY last_at DESC, warning_key DESC",
                values,
            ).fetchall()
        return self._values(row_reading.warning, rows)

    def settle(self, key: int, at: datetime | None = None) -> None:
        """Note that a reader has settled a warning; it comes back when the same happens again."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE warnings SET settled_at = ? WHERE warning_key = ?", (microseconds(at or _now()), key)
            )

    def stats(self) -> Stats:
        """Return how much the library holds."""
        with self._database.reading() as connection:
            return row_reading.stats(connection)

    # What a reader changes

    def mark_displayed(self, sop_instance_uids: Iterable[str], at: datetime | None = None) -> None:
        """Note that instances were displayed; only the first time of each is kept."""
        moment = microseconds(at or _now())
        studies: dict[int, str] = {}
        with self._database.writing() as connection:
            for uid in sop_instance_uids:
                row = connection.execute(
                    "SELECT instance_key, study_key, study_instance_uid, displayed_at FROM instances"
                    " JOIN series USING (series_key) JOIN studies USING (study_key) WHERE sop_instance_uid = ?",
                    (bounded_uid(uid),),
                ).fetchone()
                if row is None:
                    continue
                studies[row["study_key"]] = row["study_instance_uid"]
                if row["displayed_at"] is None:
                    connection.execute(
                        "UPDATE instances SET displayed_at = ? WHERE instance_key = ?", (moment, row["instance_key"])
                    )
                    connection.execute(
                        "UPDATE studies SET displayed_count = displayed_count + 1 WHERE study_key = ?",
                        (row["study_key"],),
                    )
            connection.executemany(
                "UPDATE studies SET last_displayed_at = ? WHERE study_key = ?", [(moment, key) for key in studies]
            )
        self._announce(studies.values())

    def set_rating(self, study: StudyRow | str, rating: int) -> None:
        """Rate a study from 0 (none) to 5."""
        self._change(study, "rating", min(max(rating, 0), 5))

    def set_notes(self, study: StudyRow | str, notes: str) -> None:
        """Write notes upon a study; it is found by their words."""
        self._change(study, "notes", clean(notes, _LONGEST_NOTES))

    def set_flags(self, study: StudyRow | str, flags: Iterable[str]) -> None:
        """Set exactly these flags upon a study."""
        kept = {" ".join(clean(flag).split()) for flag in flags} - {""}
        self._change(study, "flags", "\n".join(sorted(kept)))

    def trash(self, study: StudyRow | str, at: datetime | None = None) -> None:
        """Put a study into the trash: it is in no list but the trash's, and nothing of it is removed."""
        self._change(study, "trashed_at", microseconds(at or _now()))

    def restore(self, study: StudyRow | str) -> None:
        """Take a study out of the trash."""
        self._change(study, "trashed_at", None)

    def relocate(self, sop_instance_uid: str, kept: KeptFile) -> None:
        """Note where the same bytes lie now; bytes of another hash are not taken."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE instances SET path = ? WHERE sop_instance_uid = ? AND sha256 = ?",
                (kept.path, bounded_uid(sop_instance_uid), bytes.fromhex(kept.sha256)),
            )

    def save_search(self, name: str, search: Search) -> None:
        """Keep a search under a name, in place of one of that name."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO saved_searches (name, search) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET search = excluded.search",
                (clean(name), json.dumps(row_reading.search_values(search), ensure_ascii=False)),
            )

    def drop_search(self, name: str) -> None:
        """Forget a saved search."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM saved_searches WHERE name = ?", (clean(name),))

    def saved_searches(self) -> dict[str, Search]:
        """Return the saved searches by name, in the order of their names."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT name, search FROM saved_searches ORDER BY name").fetchall()
        searches = self._values(lambda row: row_reading.saved_search(json.loads(row["search"])), rows)
        return {row["name"]: search for row, search in zip(rows, searches, strict=True)}

    def _values(self, value: Callable[[sqlite3.Row], T], rows: Iterable[sqlite3.Row]) -> list[T]:
        """Return what rows say; what no writer of ours can have written is damage."""
        try:
            return [value(row) for row in rows]
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, sqlite3.OperationalError) as error:
            raise self._database.damaged() from error

    def _announce(self, study_uids: Iterable[str]) -> None:
        if changed := frozenset(study_uids):
            self._database.after_commit(lambda: self.changed.emit(changed))

    def _change(self, study: StudyRow | str, column: str, value: str | int | None) -> None:
        named, names = _study_named(study)
        with self._database.writing() as connection:
            rows = connection.execute(
                f"UPDATE studies SET {column} = ? WHERE {named} RETURNING study_key, study_instance_uid",  # noqa: S608
                (value, *names),
            ).fetchall()
            if column in {"notes", "flags"}:
                for row in rows:
                    refresh_words(connection, row["study_key"])
        self._announce(row["study_instance_uid"] for row in rows)

    def _instances(self, condition: str, *values: str | int | bytes) -> list[InstanceRow]:
        with self._database.reading() as connection:
            rows = connection.execute(f"{row_reading.INSTANCES} WHERE {condition}", values).fetchall()
        return self._values(row_reading.instance_row, rows)

    def _conflicts(self, condition: str, *values: str | bytes) -> list[Conflict]:
        with self._database.reading() as connection:
            rows = connection.execute(f"{row_reading.CONFLICTS} WHERE {condition}", values).fetchall()
        return self._values(row_reading.conflict, rows)


def _now() -> datetime:
    return datetime.now(UTC)


def _study_named(study: StudyRow | str) -> tuple[str, tuple[str, ...]]:
    """Return the condition by which a study is meant, and its values; never its key, which its date may change."""
    if isinstance(study, StudyRow):
        patients = "SELECT patient_key FROM patients WHERE patient_id = ? AND issuer = ?"
        return (
            f"study_instance_uid = ? AND patient_key IN ({patients})",
            (study.study_instance_uid, study.patient_id, study.issuer),
        )
    return "study_instance_uid = ?", (bounded_uid(study),)
