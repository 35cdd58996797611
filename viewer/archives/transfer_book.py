"""The transfers of one library, in its index: what is left of them goes on after a crash, if somebody says so.

Several processes may have it open: the one that works on transfers, and commands that pause or cancel them. Who writes
a state says which one was there before, so that no wish of another's is written over.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from viewer.archives.transfer_values import (
    ENDED,
    INTERRUPTED,
    MOST_LINES,
    LogLine,
    TransferRequest,
    TransferState,
    TransferStatus,
    request_of,
)
from viewer.library.database import Database
from viewer.library.kept_values import microseconds, moment_of

MOST_ENDED = 500
"""So many transfers that have ended are remembered."""
_UNFINISHED = tuple(sorted(state.value for state in TransferState if state not in ENDED))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is written down of how a transfer went.

    Attributes:
        is_asked: Whether somebody said that it is to go on, when nobody was there to do it.
        reason: Plain words, as they were said.
    """

    done: int = 0
    expected: int = 0
    failed: int = 0
    size: int = 0
    reason: str = ""
    is_asked: bool = False
    log: tuple[LogLine, ...] = field(default=())

    def written(self) -> str:
        """Return it as JSON."""
        values = {name: getattr(self, name) for name in _OUTCOME_NAMES if getattr(self, name)}
        lines = [[round(line.at, 3), line.text] for line in self.log[-MOST_LINES:]]
        return json.dumps({**values, **({"log": lines} if lines else {})}, ensure_ascii=False, separators=(",", ":"))


_OUTCOME_NAMES = ("done", "expected", "failed", "size", "reason", "is_asked")


class TransferBook:
    """The table of transfers.

    Args:
        database: The library's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, request: TransferRequest) -> int:
        """Note a new transfer; when this returns, it is on the disk. Return its key.

        Raises:
            LibraryError: If it could not be written. So do all the others.
        """
        with self._database.writing() as connection:
            cursor = connection.execute(
                "INSERT INTO transfers (request, state, outcome, made_at) VALUES (?, ?, ?, ?)",
                (request.written(), TransferState.QUEUED.value, Outcome(expected=request.expected).written(), _now()),
            )
            return int(cursor.lastrowid or 0)

    def put(self, key: int, before: TransferState, state: TransferState, outcome: Outcome) -> bool:
        """Write how it stands with a transfer, if it still stood as the writer knows; return whether it did."""
        ended_at = _now() if state.has_ended else None
        with self._database.writing() as connection:
            cursor = connection.execute(
                "UPDATE transfers SET state = ?, outcome = ?, ended_at = ? WHERE transfer_key = ? AND state = ?",
                (state.value, outcome.written(), ended_at, key, before.value),
            )
            return cursor.rowcount > 0

    def wish(self, keys: Sequence[int], state: TransferState) -> list[int]:
        """Write what somebody else wants of transfers; return the keys of those that there are.

        Whoever works on them sees it within a moment; where nobody does, what is to go on waits for the next who comes.
        """
        found = []
        for status in self.all_of(keys):
            with self._database.writing() as connection:
                connection.execute(
                    "UPDATE transfers SET state = ?, outcome = ?, ended_at = ? WHERE transfer_key = ?",
                    (
                        state.value,
                        replace(_outcome_of(status), is_asked=state is TransferState.QUEUED, reason="").written(),
                        _now() if state.has_ended else None,
                        status.key,
                    ),
                )
            found.append(status.key)
        return found

    def forget(self, keys: Sequence[int]) -> list[int]:
        """Forget transfers; return the keys of those that there were."""
        with self._database.writing() as connection:
            return [
                key
                for key in keys
                if connection.execute("DELETE FROM transfers WHERE transfer_key = ?", (key,)).rowcount
            ]

    def states(self) -> dict[int, TransferState]:
        """Return the state of every transfer, by its key."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT transfer_key, state FROM transfers").fetchall()
        return {row["transfer_key"]: _state_of(row["state"]) for row in rows}

    def all_of(self, keys: Sequence[int] | None = None) -> list[TransferStatus]:
        """Return transfers, those that were asked for first at the beginning; all of them where keys is None."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM transfers ORDER BY transfer_key").fetchall()
        wanted = None if keys is None else set(keys)
        found = []
        for row in rows:
            if wanted is None or row["transfer_key"] in wanted:
                status = _status_of(dict(row))
                if status is not None:
                    found.append(status)
        return found

    def take_up(self) -> list[TransferStatus]:
        """Return all transfers for whoever begins to work on them; what was being done is paused until somebody asks.

        What goes on by itself waits for its turn again. What was not to be kept is gone with the program that showed
        it, and is forgotten.
        """
        for status in self.all_of():
            if status.state.has_ended:
                continue
            if not status.request.is_kept:
                self.forget([status.key])
            elif status.goes_on:
                outcome = replace(_outcome_of(status), reason="")
                self.put(status.key, status.state, TransferState.QUEUED, outcome)
            elif status.state is not TransferState.PAUSED and not self._is_asked(status.key):
                outcome = replace(_outcome_of(status), reason=INTERRUPTED)
                self.put(status.key, status.state, TransferState.PAUSED, outcome)
        self._forget_old()
        return self.all_of()

    def _is_asked(self, key: int) -> bool:
        with self._database.reading() as connection:
            row = connection.execute("SELECT outcome FROM transfers WHERE transfer_key = ?", (key,)).fetchone()
        return row is not None and bool(_values(row["outcome"]).get("is_asked"))

    def _forget_old(self) -> None:
        with self._database.writing() as connection:
            connection.execute(
                "DELETE FROM transfers WHERE ended_at IS NOT NULL AND transfer_key NOT IN"
                " (SELECT transfer_key FROM transfers WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?)"
                # What was saved and did not get there stays until somebody sees to it.
                " AND (state IN (?, ?) OR NOT coalesce(json_extract(request, '$.goes_on'), 0))",
                (MOST_ENDED, TransferState.DONE.value, TransferState.CANCELLED.value),
            )


def _now() -> int:
    return microseconds(datetime.now(UTC))


def _state_of(text: str) -> TransferState:
    try:
        return TransferState(text)
    except ValueError:  # of a newer program
        return TransferState.PAUSED


def _values(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _status_of(row: Mapping[str, Any]) -> TransferStatus | None:
    """Return what a row says; None where it is no transfer that this program knows."""
    try:
        request = request_of(_values(row["request"]))
    except ValueError:
        return None
    said = _values(row["outcome"])
    counts = {name: int(said.get(name, 0)) for name in ("done", "expected", "failed", "size")}
    return TransferStatus(
        row["transfer_key"],
        request,
        _state_of(row["state"]),
        **counts,
        reason=str(said.get("reason", "")),
        made_at=_seconds(row["made_at"]),
        ended_at=None if row["ended_at"] is None else _seconds(row["ended_at"]),
        log=tuple(LogLine(float(at), str(text)) for at, text in said.get("log", ())),
    )


def _outcome_of(status: TransferStatus) -> Outcome:
    return Outcome(status.done, status.expected, status.failed, status.size, status.reason, log=status.log)


def _seconds(moment: int) -> float:
    return moment_of(moment).timestamp()


def now_s() -> float:
    """Return the seconds since 1970."""
    return time.time()
