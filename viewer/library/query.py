"""Queries of the query/retrieve models upon the index (PS3.4 C.6.1, C.6.2): what matches, and what a retrieve names.

Keys and values are text by keyword of the data dictionary. Studies in the trash and what is kept aside answer nothing.
Which rows match is found at once; what is answered of them is read in pages, so that a slow caller holds nothing open.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from viewer.base.translation import _
from viewer.library.database import Database
from viewer.library.instance_record import KeptFile
from viewer.library.kept_values import from_json
from viewer.library.matching import EVERYTHING, Condition
from viewer.library.query_columns import UNIQUE_KEYS, Column, Kind, Level, columns_of
from viewer.library.query_matching import QueryError, QueryFault, candidates, condition, register
from viewer.library.row_reading import kept_file

MOST_ANSWERS = 200_000
"""So many rows are answered at most; a query that finds more is told so."""
_PAGE = 500
_MOST_VALUES = 30_000  # of one query: SQLite takes 32,766

_TABLES: Mapping[Level, str] = {
    Level.PATIENT: "patients",
    Level.STUDY: "studies JOIN patients USING (patient_key)",
    Level.SERIES: "series JOIN studies USING (study_key) JOIN patients USING (patient_key)",
    Level.IMAGE: "instances JOIN series USING (series_key) JOIN studies USING (study_key)"
    " JOIN patients USING (patient_key)",
}
_ROW_KEYS: Mapping[Level, str] = {
    Level.PATIENT: "patients.patient_key",
    Level.STUDY: "studies.study_key",
    Level.SERIES: "series.series_key",
    Level.IMAGE: "instances.instance_key",
}
_NOT_IN_TRASH = "studies.trashed_at IS NULL"
_PATIENT_NOT_IN_TRASH = (
    "EXISTS (SELECT 1 FROM studies WHERE studies.patient_key = patients.patient_key AND trashed_at IS NULL)"
)
_ORDERS: Mapping[Level, str] = {
    Level.PATIENT: "patients.patient_key",
    Level.STUDY: "studies.study_key DESC",
    Level.SERIES: "CAST(series.series_number AS INTEGER), series.series_key",
    Level.IMAGE: "CAST(instances.instance_number AS INTEGER), instances.instance_key",
}


@dataclass(frozen=True, slots=True)
class NamedInstance:
    """An instance that a retrieve names."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    kept: KeptFile


def find(
    database: Database, level: str, keys: Mapping[str, str], *, is_patient_root: bool, most: int = MOST_ANSWERS
) -> Iterator[dict[str, str]]:
    """Yield the keys of each row that matches, as far as they are supported at that level.

    Raises:
        QueryError: At once if it is no query of that level; after the last answer if there are more than that.
        LibraryError: If the index cannot be read.
    """
    of_level = _checked(level, keys, is_patient_root=is_patient_root)
    columns = columns_of(of_level)
    conditions = _conditions(of_level, keys, columns)
    with database.reading() as connection:
        register(connection)
        row_keys = _matching(connection, of_level, conditions, most + 1)
    unique = UNIQUE_KEYS[of_level]
    wanted = {keyword: column for keyword, column in columns.items() if keyword in keys or keyword == unique}
    return _answers(database, of_level, wanted, row_keys, most)


def instances(database: Database, level: str, keys: Mapping[str, str], *, is_patient_root: bool) -> list[NamedInstance]:
    """Return the instances that the unique keys of a retrieve name, by series and number.

    Raises:
        QueryError: If they name nothing that can be retrieved.
        LibraryError: If the index cannot be read.
    """
    of_level = _checked(level, keys, is_patient_root=is_patient_root)
    levels = list(Level)[: list(Level).index(of_level) + 1]
    unique = {UNIQUE_KEYS[each]: keys[UNIQUE_KEYS[each]] for each in levels if keys.get(UNIQUE_KEYS[each])}
    if UNIQUE_KEYS[of_level] not in unique:
        raise _unfit(_("The keys name nothing to retrieve"))
    columns = columns_of(Level.IMAGE)
    conditions = [condition(columns[keyword], value, is_exact=True) for keyword, value in unique.items()]
    _check_values(conditions)
    with database.reading() as connection:
        register(connection)
        rows = connection.execute(
            "SELECT instances.sop_class_uid, sop_instance_uid, transfer_syntax_uid, sha256, size, path"  # noqa: S608 - our own words
            f" FROM {_TABLES[Level.IMAGE]} WHERE {_joined(conditions)} AND {_NOT_IN_TRASH}"
            " ORDER BY studies.study_key, CAST(series_number AS INTEGER), series.series_key,"
            " CAST(instance_number AS INTEGER), instance_key",
            [value for each in conditions for value in each[1]],
        ).fetchall()
    return [
        NamedInstance(row["sop_class_uid"], row["sop_instance_uid"], row["transfer_syntax_uid"], kept_file(row))
        for row in rows
    ]


def _unfit(message: str) -> QueryError:
    return QueryError(QueryFault.UNFIT, message)


def _level(level: str) -> Level:
    try:
        return Level(level)
    except ValueError:
        raise _unfit(_("There is no such level of query")) from None


def _checked(level: str, keys: Mapping[str, str], *, is_patient_root: bool) -> Level:
    """Return the level of a query that keeps the rules of hierarchy (PS3.4 C.4.1.2.1)."""
    of_level = _level(level)
    if of_level is Level.PATIENT and not is_patient_root:
        raise _unfit(_("The study root has no patients"))
    levels = list(Level)
    at = levels.index(of_level)
    for above in levels[0 if is_patient_root else 1 : at]:
        value = keys.get(UNIQUE_KEYS[above], "")
        if not value or any(sign in value for sign in "\\*?"):
            raise _unfit(_("A single value is needed for {0}").format(UNIQUE_KEYS[above]))
    for below in levels[at + 1 :]:
        if keys.get(UNIQUE_KEYS[below]):
            raise _unfit(_("{0} is a key of a lower level").format(UNIQUE_KEYS[below]))
    return of_level


def _conditions(level: Level, keys: Mapping[str, str], columns: Mapping[str, Column]) -> list[Condition]:
    """Return what must hold, what is looked up in an index first and what costs most last."""
    known = sorted(
        ((keyword, value) for keyword, value in keys.items() if keyword in columns),
        key=lambda each: columns[each[0]].kind in {Kind.NAME, Kind.TEXTS},
    )
    conditions = [candidates(level, keyword, value) for keyword, value in known]
    conditions += [condition(columns[keyword], value) for keyword, value in known]
    _check_values(conditions)
    return [each for each in conditions if each != EVERYTHING]


def _check_values(conditions: Sequence[Condition]) -> None:
    if sum(len(values) for _sql, values in conditions) > _MOST_VALUES:
        raise QueryError(QueryFault.TOO_MANY, _("The query has more values than can be looked for at once"))


def _joined(conditions: Sequence[Condition]) -> str:
    return " AND ".join(f"({sql})" for sql, _values in conditions) or "1"


def _matching(connection: sqlite3.Connection, level: Level, conditions: Sequence[Condition], most: int) -> list[int]:
    """Return the keys of the rows that match, in the order of answering."""
    trash = _PATIENT_NOT_IN_TRASH if level is Level.PATIENT else _NOT_IN_TRASH
    rows = connection.execute(
        f"SELECT {_ROW_KEYS[level]} FROM {_TABLES[level]} WHERE {_joined(conditions)} AND {trash}"  # noqa: S608 - our own
        f" ORDER BY {_ORDERS[level]} LIMIT {most:d}",
        [value for each in conditions for value in each[1]],
    )
    return [row[0] for row in rows]


def _answers(
    database: Database, level: Level, wanted: Mapping[str, Column], row_keys: Sequence[int], most: int
) -> Iterator[dict[str, str]]:
    sources = tuple(dict.fromkeys(column.source for column in wanted.values()))
    sql = f"SELECT {', '.join((_ROW_KEYS[level], *sources))} FROM {_TABLES[level]} WHERE {_ROW_KEYS[level]} IN"  # noqa: S608 - ours
    for start in range(0, min(len(row_keys), most), _PAGE):
        page = row_keys[start : min(start + _PAGE, most)]
        with database.reading() as connection:
            rows = connection.execute(f"{sql} ({', '.join('?' * len(page))})", page).fetchall()
        try:
            answers = {row[0]: _answer(dict(zip(sources, row[1:], strict=True)), wanted) for row in rows}
        except (sqlite3.OperationalError, TypeError, ValueError, AttributeError) as error:
            raise database.damaged() from error
        yield from (answers[key] for key in page if key in answers)
    if len(row_keys) > most:
        raise QueryError(QueryFault.TOO_MANY, _("There are more than {0} answers").format(most))


def _answer(held: Mapping[str, str | int], wanted: Mapping[str, Column]) -> dict[str, str]:
    parsed = {column.source: from_json(str(held[column.source])) for column in wanted.values() if column.keyword}
    return {
        keyword: parsed[column.source].get(keyword, "") if column.keyword else str(held[column.source])
        for keyword, column in wanted.items()
    }
