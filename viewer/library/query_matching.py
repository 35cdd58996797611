"""From a query's keys to conditions in SQL, and what narrows the rows down by the indexes that there are."""

import enum
import functools
import re
import sqlite3
import unicodedata
from collections.abc import Callable, Iterator, Mapping

from viewer.base.errors import LibraryError
from viewer.base.translation import _
from viewer.dicom.dates_and_times import parse_date
from viewer.library.kept_values import clean, key_of_day
from viewer.library.matching import (
    EVERYTHING,
    NOTHING,
    Condition,
    date_condition,
    name_matches,
    text_condition,
    time_condition,
    uid_condition,
    wild_match,
)
from viewer.library.query_columns import Column, Kind, Level
from viewer.library.search import words_of

_MOST_ALTERNATIVES = 100
_LONGEST_WORD = 32
# Scripts without spaces between words are found by any part of a word (search.py).
_FIRST_UNSPACED = "\u0e00"


class QueryFault(enum.Enum):
    """Why a query is not answered."""

    UNFIT = "unfit"
    """It is no query of its level."""
    TOO_MANY = "too many"
    """It asks for more than can be answered at once."""


class QueryError(LibraryError):
    """A query that is not answered, or not further."""

    def __init__(self, fault: QueryFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


def register(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that conditions use."""
    connection.create_function("name_matches", 2, _any_name_matches, deterministic=True)
    connection.create_function("any_matches", 2, _any_matches, deterministic=True)


def condition(column: Column, value: str, *, is_exact: bool = False) -> Condition:
    """Return the condition of one key.

    Args:
        column: Where it is.
        value: As asked.
        is_exact: Whether signs of wild cards mean themselves: what names something to retrieve.
    """
    if is_exact and column.kind is not Kind.UID:
        return f"{column.sql} = ?", (clean(value),)
    if column.kind is Kind.ANSWER_ONLY or (not is_exact and not value.strip("* \0")):
        return EVERYTHING
    return _CONDITIONS[column.kind](column.sql, value)


def candidates(level: Level, keyword: str, value: str) -> Condition:
    """Return a condition that every match of a key fulfils, and that an index answers: for long lists of studies."""
    if level is not Level.STUDY:
        return EVERYTHING
    if keyword == "StudyDate":
        return _days(value)
    if keyword not in {"PatientName", "AccessionNumber", "PatientID"} or "\\" in value:
        return EVERYTHING
    if keyword == "PatientID" and not any(sign in value for sign in "*?"):
        return EVERYTHING
    words = list(dict.fromkeys(_beginnings(clean(value))))
    if not words:
        return EVERYTHING
    expression = " AND ".join(f'"{word}" *' for word in words)
    return "studies.study_key IN (SELECT rowid FROM study_search WHERE study_search MATCH ?)", (expression,)


def _beginnings(value: str) -> Iterator[str]:
    """Yield what some word of a match must begin with; a piece after a wild card may be the middle of a word."""
    for number, piece in enumerate(re.split(r"[*?]", value)):
        words = words_of(piece)
        is_middle = number > 0 and bool(words) and _is_of_word(piece[0])
        if is_middle and max(words[0]) < _FIRST_UNSPACED:
            words = words[1:]
        yield from (word[:_LONGEST_WORD] for word in words)


def _is_of_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char)[0] == "M"


def _days(value: str) -> Condition:
    """Return the range of studies' keys that a date or a range of dates is in."""
    ends = [parse_date(end.strip()) for end in clean(value).split("-")]
    if len(ends) > 2 or not any(ends):
        return EVERYTHING
    first, last = ends[0], ends[-1]
    conditions: list[str] = []
    if first is not None:
        conditions.append(f"studies.study_key >= {key_of_day(first.toordinal()):d}")
    if last is not None:
        conditions.append(f"studies.study_key < {key_of_day(last.toordinal() + 1):d}")
    return " AND ".join(conditions), ()


def _text(sql: str, value: str) -> Condition:
    values = list(dict.fromkeys(clean(part) for part in value.split("\\") if part.strip(" \0")))
    if not values or any(not each.strip("*") for each in values):
        return EVERYTHING
    single = [each for each in values if "*" not in each and "?" not in each]
    wild = [text_condition(sql, each) for each in values if each not in single]
    if len(wild) > _MOST_ALTERNATIVES:
        raise QueryError(QueryFault.TOO_MANY, _("The query has more values than can be looked for at once"))
    conditions = [f"{sql} IN ({', '.join('?' * len(single))})"] if single else []
    conditions += [each[0] for each in wild]
    return " OR ".join(conditions), (*single, *(value for each in wild for value in each[1]))


def _texts(sql: str, value: str) -> Condition:
    return f"any_matches(?, {sql})", (clean(value),)


def _name(sql: str, value: str) -> Condition:
    return (f"name_matches(?, {sql})", (clean(value),)) if value.strip("*^= ") else EVERYTHING


def _set(sql: str, value: str) -> Condition:
    """Match any of several values with any of those that a row has."""
    values = [clean(part) for part in value.split("\\") if part.strip(" \0")][:_MOST_ALTERNATIVES]
    if any("*" in each or "?" in each for each in values):
        return f"any_matches(?, {sql})", ("\\".join(values),)
    found = " OR ".join(rf"instr('\' || {sql} || '\', ?) > 0" for _each in values)
    return found or "1", tuple(f"\\{each}\\" for each in values)


def _integer(sql: str, value: str) -> Condition:
    return _number(sql, value, "INTEGER", r"[+-]?\d{1,12}")


def _decimal(sql: str, value: str) -> Condition:
    return _number(sql, value, "REAL", r"[+-]?\d{0,12}(\.\d{0,12})?([eE][+-]?\d{1,2})?")


def _number(sql: str, value: str, cast: str, written: str) -> Condition:
    values = [part.strip() for part in clean(value).split("\\")][:_MOST_ALTERNATIVES]
    values = [each for each in values if re.fullmatch(written, each, re.ASCII) and any(map(str.isdigit, each))]
    if not values:
        return NOTHING
    marks = ", ".join(f"CAST(? AS {cast})" for _each in values)
    return f"{sql} != '' AND CAST({sql} AS {cast}) IN ({marks})", tuple(values)


_CONDITIONS: Mapping[Kind, Callable[[str, str], Condition]] = {
    Kind.TEXT: _text,
    Kind.TEXTS: _texts,
    Kind.LONG_TEXT: text_condition,
    Kind.NAME: _name,
    Kind.UID: uid_condition,
    Kind.SET: _set,
    Kind.DATE: date_condition,
    Kind.TIME: time_condition,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
}


def _any_name_matches(pattern: str, names: str) -> bool:
    return any(name_matches(pattern, name) for name in names.split("\\"))


def _any_matches(patterns: str, values: str) -> bool:
    return any(wild_match(pattern, value) for pattern in _divided(patterns) for value in values.split("\\"))


@functools.lru_cache(maxsize=64)
def _divided(patterns: str) -> tuple[str, ...]:
    return tuple(pattern.strip() for pattern in patterns.split("\\") if pattern.strip())[:_MOST_ALTERNATIVES]
