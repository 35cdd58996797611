"""Whether a study is kept elsewhere: of every instance in force, what other archives have and have promised.

"Safe to delete here" is said only when one archive has taken every instance in force byte for byte and has promised to
keep each of them since, and nothing of the study waits aside for a decision. Whatever is not known is not safe.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from viewer.library.database import Database
from viewer.library.kept_values import bounded_uid

_INSTANCES = """
    SELECT sop_instance_uid, sha256 FROM instances JOIN series USING (series_key) JOIN studies USING (study_key)
    WHERE study_instance_uid = ?
"""
_AT_ARCHIVES = """
    SELECT sent_instances.* FROM sent_instances
    WHERE sop_instance_uid IN (SELECT sop_instance_uid FROM instances JOIN series USING (series_key)
        JOIN studies USING (study_key) WHERE study_instance_uid = ?)
"""
_WAITING = """
    SELECT 1 FROM asked_commitments AS asked WHERE study_instance_uid = ? AND answered_at IS NULL AND NOT EXISTS
        (SELECT 1 FROM asked_commitments AS later WHERE later.study_instance_uid = asked.study_instance_uid
        AND later.archive = asked.archive AND later.asked_at > asked.asked_at AND later.answered_at IS NOT NULL)
"""
_ASIDE = """
    SELECT count(*) FROM conflicts WHERE reason != 'superseded' AND (study_instance_uid = ?1 OR sop_instance_uid IN
        (SELECT sop_instance_uid FROM instances JOIN series USING (series_key) JOIN studies USING (study_key)
        WHERE study_instance_uid = ?1))
"""
_ELSEWHERE = """
    SELECT study_instance_uid FROM studies WHERE study_instance_uid IN (SELECT value FROM json_each(?)) AND EXISTS
        (SELECT 1 FROM series JOIN instances USING (series_key) JOIN sent_instances USING (sop_instance_uid)
        WHERE series.study_key = studies.study_key)
"""


@dataclass(frozen=True, slots=True)
class ArchiveStanding:
    """What one archive has of a study: counts of instances that are in force.

    Attributes:
        archive: Its name here.
        sent: That it has taken, with the very bytes that are in force.
        committed: Of those, that it has promised to keep since.
        failed: That it has denied, or that cannot be relied on for another reason.
        is_whole: Whether it has promised every one, with nothing against any.
    """

    archive: str
    sent: int
    committed: int
    failed: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class StudyStanding:
    """What archives have of a study.

    Attributes:
        instances: In force.
        sent: At the archive that has the most; likewise committed and failed.
        is_safe_to_delete_here: Whether nothing would be lost, as far as archives keep what they promise. To be asked
            anew just before anything is deleted: instances come late.
        is_waiting: Whether an archive has yet to answer.
        aside: Instances that were kept aside and wait for a decision.
        archives: Each that has something, the best first.
    """

    study_instance_uid: str
    instances: int
    sent: int
    committed: int
    failed: int
    is_safe_to_delete_here: bool
    is_waiting: bool = False
    aside: int = 0
    archives: tuple[ArchiveStanding, ...] = ()


def standing_of(database: Database, study_instance_uid: str) -> StudyStanding:
    """Return what archives have of a study, all seen at one moment."""
    uid = bounded_uid(study_instance_uid)
    with database.reading() as connection:
        in_force = {row["sop_instance_uid"]: row["sha256"] for row in connection.execute(_INSTANCES, (uid,))}
        rows = connection.execute(_AT_ARCHIVES, (uid,)).fetchall()
        aside = int(connection.execute(_ASIDE, (uid,)).fetchone()[0])
        is_waiting = connection.execute(_WAITING, (uid,)).fetchone() is not None
    by_archive: dict[str, list[sqlite3.Row]] = {}
    for row in rows:
        by_archive.setdefault(row["archive"], []).append(row)
    archives = [_standing(archive, rows, in_force) for archive, rows in by_archive.items()]
    archives.sort(key=lambda one: (not one.is_whole, -one.committed, -one.sent, one.archive))
    best = archives[0] if archives else ArchiveStanding("", 0, 0, 0, is_whole=False)
    is_safe = best.is_whole and not aside and bool(in_force)
    return StudyStanding(
        study_instance_uid, len(in_force), best.sent, best.committed, best.failed, is_safe, is_waiting, aside,
        tuple(archives),
    )  # fmt: skip


def _standing(archive: str, rows: Iterable[sqlite3.Row], in_force: dict[str, bytes]) -> ArchiveStanding:
    sent = committed = failed = safe = 0
    for row in rows:
        is_sent = row["sent_at"] is not None and row["sha256"] == in_force[row["sop_instance_uid"]]
        is_committed = is_sent and row["committed_at"] is not None and row["committed_at"] >= row["sent_at"]
        sent += is_sent
        committed += is_committed
        failed += row["failure"] is not None
        safe += is_committed and row["failure"] is None
    return ArchiveStanding(archive, sent, committed, failed, bool(in_force) and safe == len(in_force))


def known_elsewhere(database: Database, study_instance_uids: Iterable[str]) -> list[str]:
    """Return those of some studies of which anything is known at other archives; one question for all of them."""
    uids = [bounded_uid(uid) for uid in study_instance_uids]
    with database.reading() as connection:
        rows = connection.execute(_ELSEWHERE, (json.dumps(uids),)).fetchall()
    known = {row["study_instance_uid"] for row in rows}
    return [uid for uid in dict.fromkeys(uids) if uid in known]
