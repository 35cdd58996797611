"""What other archives have of ours, and have promised to keep: as far as it was told to us, and never further.

A row stands for one file, by its SHA-256: other bytes under the same UID have not been sent. What leaves a doubt stays
a doubt until the archive has given the very bytes back.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from viewer.library.database import Database
from viewer.library.kept_values import bounded_uid, clean, microseconds, moment_of

_AT_ONCE = 500
OTHER_VERSION_SENT = 0x0111
"""Kept as a failure: other bytes were sent there before under that UID, and nobody knows which ones are held now."""
NOT_TOLD = 0x0110
"""The failure of an instance of which an answer says nothing."""

# What no promise takes away: the doubt above (0x0111), and that an instance was taken otherwise than it was (0xBxxx).
_NOTE_SENT = """
    INSERT INTO sent_instances (archive, sop_instance_uid, sha256, sent_at, failure) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (archive, sop_instance_uid) DO UPDATE SET
        failure = CASE WHEN failure = 0x0111 OR (sent_at IS NOT NULL AND sha256 != excluded.sha256) THEN 0x0111
            WHEN failure BETWEEN 0xB000 AND 0xBFFF THEN failure ELSE excluded.failure END,
        sha256 = excluded.sha256, sent_at = excluded.sent_at, committed_at = NULL
"""
_NOTE_HELD = """
    INSERT INTO sent_instances (archive, sop_instance_uid, sha256, sent_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (archive, sop_instance_uid) DO UPDATE SET
        committed_at = CASE WHEN sha256 = excluded.sha256 AND failure IS NULL THEN committed_at END,
        sent_at = CASE WHEN sha256 = excluded.sha256 AND failure IS NULL AND sent_at IS NOT NULL THEN sent_at
            ELSE excluded.sent_at END,
        failure = NULL, sha256 = excluded.sha256
"""
_PROMISE = """
    UPDATE sent_instances SET committed_at = ?,
        failure = CASE WHEN failure = 0x0111 OR failure BETWEEN 0xB000 AND 0xBFFF THEN failure END
    WHERE archive = ? AND sop_instance_uid = ? AND sha256 = ? AND (sent_at IS NULL OR sent_at <= ?)
"""
_PROMISE_UNSENT = """
    INSERT OR IGNORE INTO sent_instances (archive, sop_instance_uid, sha256, committed_at) VALUES (?, ?, ?, ?)
"""
_TAKE_BACK = """
    INSERT INTO sent_instances (archive, sop_instance_uid, sha256, failure) VALUES (?, ?, ?, ?)
    ON CONFLICT (archive, sop_instance_uid) DO UPDATE SET committed_at = NULL,
        failure = CASE WHEN failure = 0x0111 OR failure BETWEEN 0xB000 AND 0xBFFF THEN failure
            ELSE excluded.failure END
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """One instance that an archive has taken.

    Attributes:
        status: Of the C-STORE response; not 0 when the archive changed something.
    """

    sop_instance_uid: str
    sha256: str
    status: int = 0


@dataclass(frozen=True, slots=True)
class SentInstance:
    """What is known of one instance at one archive.

    Attributes:
        archive: Its name here.
        sha256: Of the file that was sent, in hexadecimal.
        sent_at: None when it was not we who sent it: then nothing is known of its bytes.
        committed_at: When the archive promised to keep it, after it was sent; None when it did not.
        failure: Why it must not be relied on, promise or no promise; None when nothing is known against it.
    """

    archive: str
    sop_instance_uid: str
    sha256: str
    sent_at: datetime | None
    committed_at: datetime | None
    failure: int | None

    @property
    def is_safe(self) -> bool:
        """Whether the archive has these very bytes and has promised to keep them."""
        return self.sent_at is not None and self.committed_at is not None and self.failure is None


@dataclass(frozen=True, slots=True)
class AskedCommitment:
    """A request for storage commitment of ours.

    Attributes:
        ae_titles: Who may answer.
        requested: SOP Class UID, SOP Instance UID, SHA-256 of the file.
        answered_at: None while the answer is waited for.
    """

    transaction_uid: str
    archive: str
    ae_titles: tuple[str, ...]
    study_instance_uid: str
    requested: tuple[tuple[str, str, str], ...]
    asked_at: datetime
    answered_at: datetime | None = None


class SentInstances:
    """The tables sent_instances and asked_commitments of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # What was sent

    def note_sent(self, archive: str, sent: Iterable[Sent], at: datetime) -> None:
        """Note what an archive has taken; what it had promised of it is to be asked for again."""
        with self._database.writing() as connection:
            connection.executemany(
                _NOTE_SENT,
                [
                    (
                        clean(archive), bounded_uid(one.sop_instance_uid), bytes.fromhex(one.sha256), microseconds(at),
                        one.status or None,
                    )
                    for one in sent
                ],
            )  # fmt: skip

    def note_held(self, archive: str, held: Iterable[tuple[str, str]], at: datetime) -> None:
        """Note what an archive has given back: SOP Instance UIDs, and SHA-256 of the files that are in force here."""
        with self._database.writing() as connection:
            connection.executemany(
                _NOTE_HELD,
                [(clean(archive), bounded_uid(uid), bytes.fromhex(sha256), microseconds(at)) for uid, sha256 in held],
            )

    def at_archive(self, archive: str, sop_instance_uids: Sequence[str]) -> dict[str, SentInstance]:
        """Return what is known of instances at one archive, by SOP Instance UID."""
        found = self._rows(sop_instance_uids, "archive = ? AND", clean(archive))
        return {one.sop_instance_uid: one for one in found}

    def anywhere(self, sop_instance_uids: Sequence[str]) -> list[SentInstance]:
        """Return what is known of instances at all archives."""
        return self._rows(sop_instance_uids, "")

    def _rows(self, uids: Sequence[str], condition: str, *values: str) -> list[SentInstance]:
        found: list[SentInstance] = []
        with self._database.reading() as connection:
            for start in range(0, len(uids), _AT_ONCE):
                some = [bounded_uid(uid) for uid in uids[start : start + _AT_ONCE]]
                marks = ", ".join("?" * len(some))
                rows = connection.execute(
                    f"SELECT * FROM sent_instances WHERE {condition} sop_instance_uid IN ({marks})",  # noqa: S608 - ours
                    (*values, *some),
                ).fetchall()
                found += [_sent_instance(row) for row in rows]
        return found

    # What was asked and promised

    def note_asked(self, asked: AskedCommitment) -> None:
        """Note a request before it is made: its answer may be quicker than our own note, and outlive this process."""
        requested = json.dumps(asked.requested, separators=(",", ":"))
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO asked_commitments (transaction_uid, archive, ae_title, study_instance_uid, requested,"
                " asked_at) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    bounded_uid(asked.transaction_uid), clean(asked.archive), clean("\\".join(asked.ae_titles)),
                    bounded_uid(asked.study_instance_uid), requested, microseconds(asked.asked_at),
                ),
            )  # fmt: skip

    def drop_asked(self, transaction_uid: str) -> None:
        """Forget a request that was not taken."""
        with self._database.writing() as connection:
            connection.execute(
                "DELETE FROM asked_commitments WHERE transaction_uid = ?", (bounded_uid(transaction_uid),)
            )

    def asked(self, transaction_uid: str) -> AskedCommitment | None:
        """Return a request of ours; None when we have made none of that UID."""
        found = self._asked("transaction_uid = ?", bounded_uid(transaction_uid))
        return found[0] if found else None

    def asked_of_study(self, study_instance_uid: str) -> list[AskedCommitment]:
        """Return the requests that were made for a study, the latest last."""
        return self._asked("study_instance_uid = ? ORDER BY asked_at, transaction_uid", bounded_uid(study_instance_uid))

    def waiting(self) -> list[AskedCommitment]:
        """Return the requests that are not answered yet, the latest last."""
        return self._asked("answered_at IS NULL ORDER BY asked_at, transaction_uid")

    def take(
        self,
        transaction_uid: str,
        committed: Collection[tuple[str, str]],
        failed: Mapping[str, int],
        at: datetime,
    ) -> bool:
        """Note an answer; return whether it answers a request of ours.

        An instance is promised when it was asked for, is named by its SOP class and not as failed too, and its row is
        of the file that was asked about, sent before that. A second answer can take promises back, never give any.

        Args:
            transaction_uid: Of the request.
            committed: SOP Class and SOP Instance UIDs.
            failed: Failure Reason by SOP Instance UID.
            at: Now.
        """
        with self._database.writing() as connection:
            row = connection.execute(
                "SELECT * FROM asked_commitments WHERE transaction_uid = ?", (bounded_uid(transaction_uid),)
            ).fetchone()
            if row is None:
                return False
            asked = self._value(row)
            is_late = asked.answered_at is not None or _is_overtaken(connection, asked)
            for sop_class, uid, sha256 in asked.requested:
                if (sop_class, uid) in committed and uid not in failed:
                    _promise(connection, asked, uid, sha256, at, is_late=is_late)
                elif uid in failed or asked.answered_at is None:
                    _take_back(connection, asked, uid, failed.get(uid, NOT_TOLD))
            connection.execute(
                "UPDATE asked_commitments SET answered_at = ? WHERE transaction_uid = ?",
                (microseconds(at), asked.transaction_uid),
            )
            return True

    def forget_asked(self, before: datetime) -> None:
        """Forget requests that were made before a moment, answered or not."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM asked_commitments WHERE asked_at < ?", (microseconds(before),))

    def forget(self, sop_instance_uids: Iterable[str], study_instance_uids: Iterable[str]) -> None:
        """Leave no trace of a patient's instances and studies: where they were sent, and what was asked of them.

        What is only deleted is not forgotten: other bytes may come under its UID and be sent where it is held.
        """
        with self._database.writing() as connection:
            connection.executemany(
                "DELETE FROM sent_instances WHERE sop_instance_uid = ?",
                [(bounded_uid(uid),) for uid in sop_instance_uids],
            )
            for uid in study_instance_uids:
                for asked in self._asked("study_instance_uid = ?", bounded_uid(uid)):
                    connection.executemany(
                        "DELETE FROM sent_instances WHERE sop_instance_uid = ?",
                        [(one,) for _c, one, _s in asked.requested],
                    )
                connection.execute("DELETE FROM asked_commitments WHERE study_instance_uid = ?", (bounded_uid(uid),))

    def _asked(self, condition: str, *values: str) -> list[AskedCommitment]:
        with self._database.reading() as connection:
            rows = connection.execute(f"SELECT * FROM asked_commitments WHERE {condition}", values).fetchall()  # noqa: S608 - ours
        return [self._value(row) for row in rows]

    def _value(self, row: sqlite3.Row) -> AskedCommitment:
        try:
            requested = tuple((str(one), str(two), str(three)) for one, two, three in json.loads(row["requested"]))
        except (ValueError, TypeError) as error:
            raise self._database.damaged() from error
        return AskedCommitment(
            row["transaction_uid"], row["archive"], tuple(row["ae_title"].split("\\")), row["study_instance_uid"],
            requested, moment_of(row["asked_at"]),
            None if row["answered_at"] is None else moment_of(row["answered_at"]),
        )  # fmt: skip


def _is_overtaken(connection: sqlite3.Connection, asked: AskedCommitment) -> bool:
    """Whether a request that was made later for the same study has been answered: that answer is the newer one."""
    row = connection.execute(
        "SELECT 1 FROM asked_commitments WHERE study_instance_uid = ? AND archive = ? AND transaction_uid != ?"
        " AND asked_at >= ? AND answered_at IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(requested)"
        " WHERE json_extract(value, '$[1]') IN (SELECT json_extract(value, '$[1]') FROM json_each(?)))",
        (
            asked.study_instance_uid, asked.archive, asked.transaction_uid, microseconds(asked.asked_at),
            json.dumps(asked.requested),
        ),
    ).fetchone()  # fmt: skip
    return row is not None


def _promise(
    connection: sqlite3.Connection, asked: AskedCommitment, uid: str, sha256: str, at: datetime, *, is_late: bool
) -> None:
    if is_late:
        return
    names, moment = (asked.archive, uid, bytes.fromhex(sha256)), microseconds(at)
    if not connection.execute(_PROMISE, (moment, *names, microseconds(asked.asked_at))).rowcount:
        connection.execute(_PROMISE_UNSENT, (*names, moment))


def _take_back(connection: sqlite3.Connection, asked: AskedCommitment, uid: str, failure: int) -> None:
    connection.execute(_TAKE_BACK, (asked.archive, uid, bytes(32), failure))


def _sent_instance(row: sqlite3.Row) -> SentInstance:
    def moment(value: int | None) -> datetime | None:
        return None if value is None else moment_of(value)

    return SentInstance(
        row["archive"], row["sop_instance_uid"], row["sha256"].hex(), moment(row["sent_at"]),
        moment(row["committed_at"]), row["failure"],
    )  # fmt: skip
