"""What routing rules have yet to do with studies: kept in the index, so that it survives crashes and is done once."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from viewer.library.database import Database
from viewer.library.kept_values import bounded_uid, clean, microseconds, moment_of

_LONGEST_ERROR = 500
_MOST_LISTED = 1000
# The row that says up to when everything that came has been looked at by the rules.
_MARK = ""


@dataclass(frozen=True, slots=True)
class Done:
    """Which instances of a study are delivered.

    Attributes:
        uids: SOP Instance UIDs.
        before: All that came before this moment are delivered too; None says nothing.
    """

    uids: frozenset[str] = frozenset()
    before: datetime | None = None

    def has(self, sop_instance_uid: str, received_at: datetime) -> bool:
        """Whether an instance is delivered."""
        return sop_instance_uid in self.uids or (self.before is not None and received_at < self.before)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One action of one rule upon one study.

    Attributes:
        rule: Its name.
        action: As it was when the study came, in the words of whoever noted it.
        done: What is delivered.
        due_at: When the next attempt is to be made.
        ended_at: When all was delivered, or it was given up; None while something is to be done.
        error: Why the last attempt failed, or it was given up; empty after success.
    """

    key: int
    rule: str
    action: str
    study_instance_uid: str
    done: "Done"
    came_at: datetime
    due_at: datetime
    ended_at: datetime | None
    attempts: int
    error: str


class Deliveries:
    """The deliveries of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, study_instance_uid: str, actions: Iterable[tuple[str, str]], now: datetime) -> int:
        """Note what is to be done with a study; what was noted for it before is due again, for what came since.

        Args:
            study_instance_uid: Of the study.
            actions: Rule and action of each.
            now: UTC.

        Returns:
            How many are due now.
        """
        uid, moment = bounded_uid(study_instance_uid), microseconds(now)
        count = 0
        with self._database.writing() as connection:
            for rule, action in actions:
                values = (clean(rule), action, uid)
                changed = connection.execute(
                    "UPDATE deliveries SET due_at = min(due_at, ?), ended_at = NULL, attempts = 0"
                    " WHERE rule = ? AND action = ? AND study_instance_uid = ?",
                    (moment, *values),
                ).rowcount
                if not changed:
                    connection.execute(
                        "INSERT INTO deliveries (rule, action, study_instance_uid, came_at, due_at)"
                        " VALUES (?, ?, ?, ?, ?)",
                        (*values, moment, moment),
                    )
                count += 1
        return count

    def due(self, now: datetime, limit: int = 100) -> list[Delivery]:
        """Return what is to be done now, the longest due first."""
        return self._rows(
            "ended_at IS NULL AND due_at <= ? ORDER BY due_at, delivery_key LIMIT ?", microseconds(now), limit
        )

    def waiting(self) -> list[Delivery]:
        """Return what is still to be done, the next due first."""
        return self._rows("ended_at IS NULL ORDER BY due_at, delivery_key LIMIT ?", _MOST_LISTED)

    def given_up(self) -> list[Delivery]:
        """Return what was given up, the last first."""
        return self._rows(
            "ended_at IS NOT NULL AND error != '' AND rule != ? ORDER BY ended_at DESC LIMIT ?", _MARK, _MOST_LISTED
        )

    def waiting_count(self) -> int:
        """Return how many have something to be done."""
        with self._database.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM deliveries WHERE ended_at IS NULL").fetchone()[0])

    def done_of(self, key: int) -> Done:
        """Return what of a delivery is delivered by now."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT done FROM deliveries WHERE delivery_key = ?", (key,)).fetchone()
        try:
            return _done(row["done"]) if row is not None else Done()
        except (ValueError, TypeError, OverflowError) as error:
            raise self._database.damaged() from error

    def delivered(self, key: int, sop_instance_uids: Iterable[str]) -> None:
        """Note that instances were delivered; when this returns, it is on the disk."""
        with self._database.writing() as connection:
            done = self.done_of(key)
            self._write_done(connection, key, Done(done.uids.union(map(bounded_uid, sop_instance_uids)), done.before))

    def shorten(self, ended_before: datetime) -> int:
        """Replace the lists of what was delivered whole long ago by the moment; return how many.

        What came before that moment has been filed by then, or else it was noted and the delivery did not end.
        """
        with self._database.writing() as connection:
            rows = connection.execute(
                "SELECT delivery_key, ended_at FROM deliveries WHERE ended_at < ? AND error = '' AND done LIKE '[%'",
                (microseconds(ended_before),),
            ).fetchall()
            for row in rows:
                self._write_done(connection, row["delivery_key"], Done(before=moment_of(row["ended_at"])))
        return len(rows)

    def _write_done(self, connection: sqlite3.Connection, key: int, done: Done) -> None:
        uids = sorted(done.uids)
        value = uids if done.before is None else {"before": microseconds(done.before), "uids": uids}
        text = json.dumps(value, separators=(",", ":"))
        connection.execute("UPDATE deliveries SET done = ? WHERE delivery_key = ?", (text, key))

    def end(self, key: int, now: datetime, error: str = "") -> None:
        """Note that nothing is left to be done, or that it is given up for a reason."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE deliveries SET ended_at = ?, error = ?, attempts = attempts + 1 WHERE delivery_key = ?",
                (microseconds(now), clean(error, _LONGEST_ERROR), key),
            )

    def put_off(self, key: int, due_at: datetime, error: str) -> None:
        """Note that an attempt failed, and when the next is to be made."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE deliveries SET due_at = ?, error = ?, attempts = attempts + 1 WHERE delivery_key = ?",
                (microseconds(due_at), clean(error, _LONGEST_ERROR), key),
            )

    def put_off_others(self, action: str, due_at: datetime) -> None:
        """Let what is to be done in the same way wait too: nothing of it would succeed now."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE deliveries SET due_at = max(due_at, ?) WHERE action = ? AND ended_at IS NULL",
                (microseconds(due_at), action),
            )

    def forget(self, rule: str) -> int:
        """Give up whatever a rule has yet to do; return how many."""
        with self._database.writing() as connection:
            return connection.execute(
                "DELETE FROM deliveries WHERE rule = ? AND ended_at IS NULL", (clean(rule),)
            ).rowcount

    def looked_at_until(self) -> datetime | None:
        """Return up to when everything that came has been looked at by the rules; None before the first time."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT came_at FROM deliveries WHERE rule = ?", (_MARK,)).fetchone()
        return None if row is None else moment_of(row["came_at"])

    def look_again_from(self, moment: datetime) -> None:
        """Note that everything that came before a moment has been looked at."""
        at = microseconds(moment)
        with self._database.writing() as connection:
            if not connection.execute("UPDATE deliveries SET came_at = ? WHERE rule = ?", (at, _MARK)).rowcount:
                connection.execute(
                    "INSERT INTO deliveries (rule, action, study_instance_uid, came_at, due_at, ended_at)"
                    " VALUES (?, '', '', ?, ?, ?)",
                    (_MARK, at, at, at),
                )

    def came_since(self, moment: datetime) -> list[str]:
        """Return the UIDs of studies of which the receiver has kept instances since a moment."""
        at = microseconds(moment)
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT study_instance_uid FROM studies WHERE last_received_at >= ? AND EXISTS"
                " (SELECT 1 FROM series JOIN instances USING (series_key) JOIN sources"
                " ON sources.source_key = instances.source_key WHERE series.study_key = studies.study_key"
                " AND series.last_received_at >= ? AND instances.received_at >= ? AND door = 'receiver')",
                (at, at, at),
            ).fetchall()
        return list(dict.fromkeys(row["study_instance_uid"] for row in rows))

    def _rows(self, condition: str, *values: int | str) -> list[Delivery]:
        with self._database.reading() as connection:
            rows = connection.execute(f"SELECT * FROM deliveries WHERE {condition}", values).fetchall()  # noqa: S608 - our own words
        try:
            return [_delivery(row) for row in rows]
        except (ValueError, TypeError, OverflowError) as error:
            raise self._database.damaged() from error


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        key=row["delivery_key"],
        rule=row["rule"],
        action=row["action"],
        study_instance_uid=row["study_instance_uid"],
        done=_done(row["done"]),
        came_at=moment_of(row["came_at"]),
        due_at=moment_of(row["due_at"]),
        ended_at=None if row["ended_at"] is None else moment_of(row["ended_at"]),
        attempts=row["attempts"],
        error=row["error"],
    )


def _done(text: str) -> Done:
    found = json.loads(text) if text else []
    before = found.get("before") if isinstance(found, dict) else None
    uids = found.get("uids") if isinstance(found, dict) else found
    if not isinstance(uids, list) or not all(isinstance(uid, str) for uid in uids):
        raise ValueError("no list of UIDs")
    return Done(frozenset(uids), None if before is None else moment_of(before))
