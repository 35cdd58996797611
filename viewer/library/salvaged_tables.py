"""The tables of an index of which something can be salvaged: what is read of each, and when a row of it is believed.

Damage can look like anything: every value is judged before it is written down.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from viewer.library.instance_record import AsideReason, Door

SCRATCH = """
CREATE TABLE files (sha256 BLOB, size INTEGER, path TEXT, written_at INTEGER, UNIQUE (sha256, path));
CREATE TABLE sources (source_key INTEGER PRIMARY KEY, door TEXT, name TEXT, address TEXT);
CREATE TABLE instances (sha256 BLOB, path TEXT, size INTEGER, source_key INTEGER, received_at INTEGER,
    displayed_at INTEGER, aside TEXT);
CREATE TABLE patients (patient_key INTEGER PRIMARY KEY, patient_id TEXT, issuer TEXT);
CREATE TABLE studies (study_key INTEGER PRIMARY KEY, study_instance_uid TEXT, patient_key INTEGER,
    last_displayed_at INTEGER, trashed_at INTEGER, rating INTEGER, notes TEXT, flags TEXT);
CREATE TABLE saved_searches (name TEXT PRIMARY KEY, search TEXT);
CREATE TABLE warnings (study_instance_uid TEXT, series_instance_uid TEXT, kind TEXT, patient_id TEXT, held TEXT,
    arrived TEXT, settled_at INTEGER);
CREATE TABLE commitments (transaction_uid TEXT, ae_title TEXT, address TEXT, requested TEXT, result TEXT,
    asked_at INTEGER, due_at INTEGER, ended_at INTEGER, attempts INTEGER, error TEXT);
CREATE TABLE deliveries (rule TEXT, action TEXT, study_instance_uid TEXT, done TEXT, came_at INTEGER, due_at INTEGER,
    ended_at INTEGER, attempts INTEGER, error TEXT);
CREATE TABLE sent_instances (archive TEXT, sop_instance_uid TEXT, sha256 BLOB, sent_at INTEGER, committed_at INTEGER,
    failure INTEGER, UNIQUE (archive, sop_instance_uid));
CREATE TABLE asked_commitments (transaction_uid TEXT PRIMARY KEY, archive TEXT, ae_title TEXT, study_instance_uid TEXT,
    requested TEXT, asked_at INTEGER, answered_at INTEGER);
CREATE TABLE transfers (request TEXT, state TEXT, outcome TEXT, made_at INTEGER, ended_at INTEGER);
"""

_MOST_ATTEMPTED = 2**31
_LATEST = 2**55
"""Microseconds since 1970: some thousand years."""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _is_key(value: object) -> bool:
    return isinstance(value, int)


def _is_hash(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == 32


def _is_moment(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < _LATEST


def _is_moment_or_none(value: object) -> bool:
    return value is None or _is_moment(value)


def _is_size(value: object) -> bool:
    return isinstance(value, int) and value >= 0


def _is_rating(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= 5


def _is_door(value: object) -> bool:
    return value in {door.value for door in Door}


def _is_reason(value: object) -> bool:
    return value in {reason.value for reason in AsideReason}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < _MOST_ATTEMPTED


def _is_status_or_none(value: object) -> bool:
    return value is None or (isinstance(value, int) and 0 < value <= 0xFFFF)


def _is_json(value: object) -> bool:
    try:
        return _is_text(value) and isinstance(json.loads(str(value)), list | dict)
    except (ValueError, RecursionError):
        return False


def _is_json_or_empty(value: object) -> bool:
    return value == "" or _is_json(value)


@dataclass(frozen=True, slots=True)
class Table:
    """A table to be read: what each column must be for a row to be believed; whether older versions had it."""

    name: str
    columns: Mapping[str, Callable[[object], bool]]
    insert: str
    is_in_all: bool = True


_FILE_COLUMNS = {"sha256": _is_hash, "path": _is_text, "size": _is_size, "source_key": _is_key}
_ATTEMPTED = {
    "asked_at": _is_moment,
    "due_at": _is_moment,
    "ended_at": _is_moment_or_none,
    "attempts": _is_count,
    "error": _is_text,
}
TABLES = (
    Table(
        "sources",
        {"source_key": _is_key, "door": _is_door, "name": _is_text, "address": _is_text},
        "INSERT OR IGNORE INTO sources VALUES (?, ?, ?, ?)",
    ),
    Table(
        "instances",
        {**_FILE_COLUMNS, "received_at": _is_moment, "displayed_at": _is_moment_or_none},
        "INSERT INTO instances VALUES (?, ?, ?, ?, ?, ?, '')",
    ),
    Table(
        "conflicts",
        {**_FILE_COLUMNS, "received_at": _is_moment, "reason": _is_reason},
        "INSERT INTO instances VALUES (?, ?, ?, ?, ?, NULL, ?)",
    ),
    Table(
        "patients",
        {"patient_key": _is_key, "patient_id": _is_text, "issuer": _is_text},
        "INSERT OR IGNORE INTO patients VALUES (?, ?, ?)",
    ),
    Table(
        "studies",
        {
            "study_key": _is_key,
            "study_instance_uid": _is_text,
            "patient_key": _is_key,
            "last_displayed_at": _is_moment_or_none,
            "trashed_at": _is_moment_or_none,
            "rating": _is_rating,
            "notes": _is_text,
            "flags": _is_text,
        },
        "INSERT OR IGNORE INTO studies VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    Table(
        "saved_searches",
        {"name": _is_text, "search": _is_text},
        "INSERT OR IGNORE INTO saved_searches VALUES (?, ?)",
    ),
    Table(
        "warnings",
        {
            "study_instance_uid": _is_text,
            "series_instance_uid": _is_text,
            "kind": _is_text,
            "patient_id": _is_text,
            "held": _is_text,
            "arrived": _is_text,
            "settled_at": _is_moment,
        },
        "INSERT INTO warnings VALUES (?, ?, ?, ?, ?, ?, ?)",
    ),
    Table(
        "commitments",
        {
            "transaction_uid": _is_text,
            "ae_title": _is_text,
            "address": _is_text,
            "requested": _is_json,
            "result": _is_json_or_empty,
            **_ATTEMPTED,
        },
        "INSERT INTO commitments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    Table(
        "deliveries",
        {
            "rule": _is_text,
            "action": _is_json,
            "study_instance_uid": _is_text,
            "done": _is_json_or_empty,
            **{("came_at" if name == "asked_at" else name): check for name, check in _ATTEMPTED.items()},
        },
        "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    Table(
        "sent_instances",
        {
            "archive": _is_text,
            "sop_instance_uid": _is_text,
            "sha256": _is_hash,
            "sent_at": _is_moment_or_none,
            "committed_at": _is_moment_or_none,
            "failure": _is_status_or_none,
        },
        "INSERT OR IGNORE INTO sent_instances VALUES (?, ?, ?, ?, ?, ?)",
        is_in_all=False,
    ),
    Table(
        "asked_commitments",
        {
            "transaction_uid": _is_text,
            "archive": _is_text,
            "ae_title": _is_text,
            "study_instance_uid": _is_text,
            "requested": _is_json,
            "asked_at": _is_moment,
            "answered_at": _is_moment_or_none,
        },
        "INSERT OR IGNORE INTO asked_commitments VALUES (?, ?, ?, ?, ?, ?, ?)",
        is_in_all=False,
    ),
    Table(
        "transfers",
        {
            "request": _is_json,
            "state": _is_text,
            "outcome": _is_json_or_empty,
            "made_at": _is_moment,
            "ended_at": _is_moment_or_none,
        },
        "INSERT INTO transfers VALUES (?, ?, ?, ?, ?)",
        is_in_all=False,
    ),
)
