"""Requests for storage commitment, in the index until they are answered; and what the index holds of what they name."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from viewer.library.database import Database
from viewer.library.instance_record import KeptFile
from viewer.library.kept_values import bounded_uid, clean, microseconds, moment_of
from viewer.library.row_reading import kept_file

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Commitment:
    """A request that is not answered yet.

    Attributes:
        key: Of its row.
        ae_title: Who asked.
        referenced: SOP Class and SOP Instance UID of each instance.
        attempts: How often it was tried to answer.
    """

    key: int
    transaction_uid: str
    ae_title: str
    address: str
    referenced: tuple[tuple[str, str], ...]
    asked_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class HeldForCommitment:
    """What the index says of an instance in force, out of the trash."""

    sop_class_uid: str
    kept: KeptFile


class CommitmentRows:
    """The table of commitments of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(
        self,
        transaction_uid: str,
        ae_title: str,
        address: str,
        referenced: Sequence[tuple[str, str]],
        at: datetime,
    ) -> bool:
        """Note a request; when this returns, it is on the disk.

        Args:
            transaction_uid: Of the request.
            ae_title: Who asked.
            address: From where.
            referenced: SOP Class and SOP Instance UID of each instance.
            at: Now.

        Returns:
            Whether it could be noted: a transaction is used once by each who asks, unless the very same is asked again,
            which is then answered again.

        Raises:
            LibraryError: If it could not be written.
        """
        names = (clean(ae_title), bounded_uid(transaction_uid))
        requested, moment = json.dumps(referenced, separators=(",", ":")), microseconds(at)
        with self._database.writing() as connection:
            held = connection.execute(
                "SELECT commitment_key, requested FROM commitments WHERE ae_title = ? AND transaction_uid = ?", names
            ).fetchone()
            if held is None:
                connection.execute(
                    "INSERT INTO commitments (ae_title, transaction_uid, address, requested, asked_at, due_at)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (*names, clean(address), requested, moment, moment),
                )
                return True
            if held["requested"] != requested:
                return False
            connection.execute(
                "UPDATE commitments SET asked_at = ?, due_at = ?, ended_at = NULL, attempts = 0, error = ''"
                " WHERE commitment_key = ?",
                (moment, moment, held["commitment_key"]),
            )
            return True

    def waiting(self, ae_title: str) -> int:
        """Return how many requests of a station are not answered yet."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT count(*) FROM commitments WHERE ended_at IS NULL AND ae_title = ?", (clean(ae_title),)
            ).fetchone()
        return int(row[0])

    def due(self, at: datetime, most: int = 100) -> list[Commitment]:
        """Return the requests whose time has come, the longest due first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM commitments WHERE ended_at IS NULL AND due_at <= ? ORDER BY due_at LIMIT ?",
                (microseconds(at), most),
            ).fetchall()
        try:
            return [_commitment(row) for row in rows]
        except (ValueError, TypeError) as error:
            raise self._database.damaged() from error

    def next_due(self) -> datetime | None:
        """Return when the next request is due; None when none is waiting."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT min(due_at) FROM commitments WHERE ended_at IS NULL").fetchone()
        return None if row[0] is None else moment_of(row[0])

    def postpone(self, commitment: Commitment, due_at: datetime, result: Mapping[str, object], error: str) -> None:
        """Note an attempt that failed, what would have been answered, and when to try again."""
        self._note_attempt(commitment, result, error, due_at, None)

    def end(self, commitment: Commitment, at: datetime, result: Mapping[str, object], error: str = "") -> None:
        """Note that a request was answered, or given up with an error."""
        self._note_attempt(commitment, result, error, at, at)

    def forget_ended(self, before: datetime) -> None:
        """Forget what ended before a moment."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM commitments WHERE ended_at < ?", (microseconds(before),))

    def held(self, sop_instance_uids: Sequence[str]) -> dict[str, HeldForCommitment]:
        """Return the instances that are in force, by UID: not those in the trash, nor those that are kept aside.

        Files that were indexed in place are left out too: they are somebody else's, who may remove them at any time.
        """
        found: dict[str, HeldForCommitment] = {}
        for start in range(0, len(sop_instance_uids), _AT_ONCE):
            uids = [bounded_uid(uid) for uid in sop_instance_uids[start : start + _AT_ONCE]]
            with self._database.reading() as connection:
                rows = connection.execute(
                    "SELECT sop_instance_uid, sop_class_uid, sha256, size, path FROM instances"  # noqa: S608 - marks
                    " JOIN series USING (series_key) JOIN studies USING (study_key)"
                    f" WHERE sop_instance_uid IN ({', '.join('?' * len(uids))}) AND trashed_at IS NULL AND path = ''",
                    uids,
                ).fetchall()
            found.update(
                (row["sop_instance_uid"], HeldForCommitment(row["sop_class_uid"], kept_file(row))) for row in rows
            )
        return found

    def _note_attempt(
        self,
        commitment: Commitment,
        result: Mapping[str, object],
        error: str,
        due_at: datetime,
        ended_at: datetime | None,
    ) -> None:
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE commitments SET result = ?, due_at = ?, ended_at = ?, attempts = ?, error = ?"
                " WHERE commitment_key = ?",
                (
                    json.dumps(result), microseconds(due_at), microseconds(ended_at) if ended_at else None,
                    commitment.attempts + 1, clean(error), commitment.key,
                ),
            )  # fmt: skip


def _commitment(row: sqlite3.Row) -> Commitment:
    return Commitment(
        key=row["commitment_key"],
        transaction_uid=row["transaction_uid"],
        ae_title=row["ae_title"],
        address=row["address"],
        referenced=tuple((str(sop_class), str(uid)) for sop_class, uid in json.loads(row["requested"])),
        asked_at=moment_of(row["asked_at"]),
        attempts=row["attempts"],
    )
