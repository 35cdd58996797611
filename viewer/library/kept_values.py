"""How the index writes values down: bounded text, moments, JSON, and the key that says when a study was made."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from viewer.dicom.dates_and_times import parse_date, parse_time

MAX_VALUE = 1024
"""What files write is bounded before anything is done with it: in characters."""

_LONGEST_UID = 128  # the Standard's own limit is 64; longer ones are seen, and are kept apart by their hash
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A study's key: the day (22 bits), the second of the day (17 bits), a counter (24 bits).
_SECOND_BITS, _COUNTER_BITS = 17, 24


def clean(text: str, longest: int = MAX_VALUE) -> str:
    """Return text that can be kept: bounded, without NUL, and nothing that is not Unicode."""
    if len(text) <= longest and text.isascii() and "\0" not in text:
        return text.strip()
    return _unicode(text[:longest].replace("\0", "")).strip()


def bounded_uid(uid: str) -> str:
    """Return a UID as the index keeps it: unchanged, unless it is longer than any UID."""
    text = uid.strip(" \0").replace("\0", "")
    if len(text) <= _LONGEST_UID:
        return _unicode(text)
    return f"{_unicode(text[:48])}...{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def microseconds(moment: datetime) -> int:
    """Return a moment, with its time zone, as the index keeps it."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(microseconds_since: int) -> datetime:
    """Return the moment of microseconds()."""
    return _EPOCH + timedelta(microseconds=microseconds_since)


def as_json(values: Mapping[str, str]) -> str:
    """Return values as JSON; empty when there are none."""
    return _JSON.encode(values) if values else ""


def from_json(text: str) -> dict[str, str]:
    """Return the values of as_json().

    Raises:
        OperationalError: If it is none: said as SQLite's binding says that a text is none, for it is the same damage.
    """
    try:
        return dict(json.loads(text)) if text else {}
    except (ValueError, TypeError) as error:
        raise sqlite3.OperationalError("not JSON") from error


def joined(values: Iterable[str]) -> str:
    """Return a set of values in one text, in order, without empty ones."""
    return "\\".join(sorted(value for value in values if value))


def divided(text: str) -> tuple[str, ...]:
    """Return the values of joined()."""
    return tuple(text.split("\\")) if text else ()


def key_of_day(ordinal: int) -> int:
    """Return the least study key of a day (date.toordinal)."""
    return ordinal << (_SECOND_BITS + _COUNTER_BITS)


def free_study_key(connection: sqlite3.Connection, study_date: str, study_time: str, received_at: int) -> int:
    """Return the next free study key of a moment; of its arrival for a study without a date."""
    date = parse_date(study_date)
    time = parse_time(study_time) if date else None
    if date is None:
        arrival = moment_of(received_at)
        date, time = arrival.date(), arrival.time()
    second = time.hour * 3600 + time.minute * 60 + time.second if time else 0
    first = key_of_day(date.toordinal()) + (second << _COUNTER_BITS)
    last = first + (1 << _COUNTER_BITS)
    row = connection.execute(
        "SELECT max(study_key) FROM studies WHERE study_key >= ? AND study_key < ?", (first, last)
    ).fetchone()
    return first if row[0] is None else int(row[0]) + 1


def _unicode(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
