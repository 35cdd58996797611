"""From rows of the index to the values that study_row declares."""

import datetime as dt
import sqlite3
from collections.abc import Mapping
from typing import Any

from viewer.library.instance_record import AsideReason, Door, KeptFile, Source
from viewer.library.kept_values import clean, divided, from_json, key_of_day, moment_of
from viewer.library.search import Search, match_expression, typed_uids
from viewer.library.study_row import (
    Conflict,
    IdentityWarning,
    InstanceRow,
    SeriesRow,
    Stats,
    StudyRow,
    WarningKind,
)

STUDIES = (
    "SELECT studies.*, patient_id, issuer,"
    " (SELECT count(*) FROM warnings WHERE warnings.study_instance_uid = studies.study_instance_uid"
    " AND settled_at IS NULL) +"
    " (SELECT count(*) FROM conflicts WHERE conflicts.study_instance_uid = studies.study_instance_uid"
    " AND reason != 'superseded')"
    " AS warning_count FROM studies JOIN patients USING (patient_key)"
)
SERIES = "SELECT series.*, study_instance_uid FROM series JOIN studies USING (study_key)"
INSTANCES = (
    "SELECT instances.*, series_instance_uid, study_instance_uid, door, name, address FROM instances"
    " JOIN series USING (series_key) JOIN studies USING (study_key) JOIN sources USING (source_key)"
)
CONFLICTS = "SELECT conflicts.*, door, name, address FROM conflicts JOIN sources USING (source_key)"
WARNINGS = "SELECT warnings.*, door, name, address FROM warnings JOIN sources USING (source_key)"
_OF_PART = (
    "study_key IN (SELECT study_key FROM series WHERE series_instance_uid = ?"
    " UNION ALL SELECT study_key FROM instances JOIN series USING (series_key) WHERE sop_instance_uid = ?)"
)
_UID_IN_RANGE = "study_instance_uid >= ? AND study_instance_uid < ?"
_MANY_STUDIES = 4000
_DATE_DIGITS = "replace(replace(replace(study_date, '.', ''), '-', ''), '/', '')"
_LAST_CHARACTER = "\U0010ffff"


def found_studies(connection: sqlite3.Connection, search: Search) -> tuple[str, list[str | int]]:
    """Return the SQL that gives the keys of the studies of a search, and the values of its question marks.

    The full text index gives keys in their order, so that it is read no further than the limit asks for.
    """
    values: list[str | int] = []
    conditions = ["trashed_at IS NOT NULL" if search.in_trash else "trashed_at IS NULL"]
    key, tables = "study_key", "studies"
    if expression := match_expression(search):
        key, tables = "study_search.rowid", "study_search CROSS JOIN studies ON study_key = study_search.rowid"
        conditions.append("study_search MATCH ?")
        values.append(expression)
    for uid in typed_uids(search):
        conditions.append(_uid_condition(connection, uid))
        values += [uid, uid + _LAST_CHARACTER, uid, uid]
    if search.date_from or search.date_to:
        first, last = search.date_from or dt.date.min, search.date_to or dt.date.max
        # Studies without a date have a key as well, of their arrival: they are in no range.
        conditions.append(f"{key} >= ? AND {key} < ? AND {_DATE_DIGITS} BETWEEN ? AND ? AND {_DATE_DIGITS} GLOB ?")
        values += [key_of_day(first.toordinal()), key_of_day(last.toordinal() + 1)]
        values += [f"{first:%Y%m%d}".zfill(8), f"{last:%Y%m%d}", "[0-9]" * 8]
    if search.patient_id:
        conditions.append("patient_key IN (SELECT patient_key FROM patients WHERE patient_id = ?)")
        values.append(clean(search.patient_id))
    if search.only_undisplayed:
        conditions.append("displayed_count < instance_count")
    values += [search.limit, search.offset]
    return (
        f"SELECT {key} FROM {tables} WHERE {' AND '.join(conditions)} ORDER BY {key} DESC LIMIT ? OFFSET ?",  # noqa: S608
        values,
    )


def _uid_condition(connection: sqlite3.Connection, uid: str) -> str:
    """Return what finds the studies whose UID begins so, and the study that a series or an instance is in."""
    in_range = f"SELECT study_key FROM studies WHERE {_UID_IN_RANGE}"  # noqa: S608 - our own words
    counted = connection.execute(
        f"SELECT count(*) FROM ({in_range} LIMIT {_MANY_STUDIES:d})",  # noqa: S608 - our own words
        (uid, uid + _LAST_CHARACTER),
    ).fetchone()[0]
    if counted < _MANY_STUDIES:
        return f"(study_key IN ({in_range}) OR {_OF_PART})"
    # So many begin so that walking from the newest on finds enough of them sooner than gathering all.
    return f"(({_UID_IN_RANGE.replace('study_', '+study_')}) OR {_OF_PART})"


def study_row(row: sqlite3.Row) -> StudyRow:
    """Return a row of STUDIES."""
    return StudyRow(
        key=row["study_key"],
        study_instance_uid=row["study_instance_uid"],
        patient_id=row["patient_id"],
        issuer=row["issuer"],
        patient_name=row["patient_name"],
        birth_date=row["birth_date"],
        sex=row["sex"],
        study_date=row["study_date"],
        study_time=row["study_time"],
        accession_number=row["accession_number"],
        study_id=row["study_id"],
        study_description=row["study_description"],
        referring_physician_name=row["referring_physician_name"],
        modalities=divided(row["modalities"]),
        sop_class_uids=divided(row["sop_classes"]),
        series_count=row["series_count"],
        instance_count=row["instance_count"],
        displayed_count=row["displayed_count"],
        total_size=row["total_size"],
        first_received_at=moment_of(row["first_received_at"]),
        last_received_at=moment_of(row["last_received_at"]),
        last_displayed_at=_moment_or_none(row["last_displayed_at"]),
        trashed_at=_moment_or_none(row["trashed_at"]),
        rating=row["rating"],
        notes=row["notes"],
        flags=frozenset(flag for flag in row["flags"].split("\n") if flag),
        warning_count=row["warning_count"],
        attributes=from_json(row["attributes"]),
    )


def series_row(row: sqlite3.Row) -> SeriesRow:
    """Return a row of SERIES."""
    return SeriesRow(
        key=row["series_key"],
        study_key=row["study_key"],
        study_instance_uid=row["study_instance_uid"],
        series_instance_uid=row["series_instance_uid"],
        modality=row["modality"],
        series_number=row["series_number"],
        series_description=row["series_description"],
        sop_class_uids=divided(row["sop_classes"]),
        instance_count=row["instance_count"],
        total_size=row["total_size"],
        first_received_at=moment_of(row["first_received_at"]),
        last_received_at=moment_of(row["last_received_at"]),
        attributes=from_json(row["attributes"]),
    )


def instance_row(row: sqlite3.Row) -> InstanceRow:
    """Return a row of INSTANCES."""
    return InstanceRow(
        sop_instance_uid=row["sop_instance_uid"],
        sop_class_uid=row["sop_class_uid"],
        series_instance_uid=row["series_instance_uid"],
        study_instance_uid=row["study_instance_uid"],
        transfer_syntax_uid=row["transfer_syntax_uid"],
        kept=kept_file(row),
        source=_source(row),
        received_at=moment_of(row["received_at"]),
        displayed_at=_moment_or_none(row["displayed_at"]),
        instance_number=row["instance_number"],
        attributes=from_json(row["attributes"]),
    )


def conflict(row: sqlite3.Row) -> Conflict:
    """Return a row of CONFLICTS."""
    return Conflict(
        key=row["conflict_key"],
        sop_instance_uid=row["sop_instance_uid"],
        sop_class_uid=row["sop_class_uid"],
        series_instance_uid=row["series_instance_uid"],
        study_instance_uid=row["study_instance_uid"],
        transfer_syntax_uid=row["transfer_syntax_uid"],
        patient_id=row["patient_id"],
        issuer=row["issuer"],
        kept=kept_file(row),
        source=_source(row),
        received_at=moment_of(row["received_at"]),
        attributes=from_json(row["attributes"]),
        reason=AsideReason(row["reason"]),
    )


def warning(row: sqlite3.Row) -> IdentityWarning:
    """Return a row of WARNINGS."""
    return IdentityWarning(
        key=row["warning_key"],
        kind=WarningKind(row["kind"]),
        study_instance_uid=row["study_instance_uid"],
        series_instance_uid=row["series_instance_uid"],
        patient_id=row["patient_id"],
        held=row["held"],
        arrived=row["arrived"],
        source=_source(row),
        first_at=moment_of(row["first_at"]),
        last_at=moment_of(row["last_at"]),
        instance_count=row["instance_count"],
        settled_at=_moment_or_none(row["settled_at"]),
    )


def kept_file(row: sqlite3.Row) -> KeptFile:
    """Return what a row says of its bytes."""
    return KeptFile(sha256=row["sha256"].hex(), size=row["size"], path=row["path"])


def stats(connection: sqlite3.Connection) -> Stats:
    """Count what there is; the counts that studies carry are added up, instances are not walked."""
    sums = connection.execute(
        "SELECT count(*), coalesce(sum(series_count), 0), coalesce(sum(instance_count), 0),"
        " coalesce(sum(total_size), 0), coalesce(sum(instance_count - displayed_count), 0), count(trashed_at)"
        " FROM studies"
    ).fetchone()

    def count(what: str) -> int:
        return int(connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0])  # noqa: S608 - our own words

    return Stats(
        patients=count("patients"),
        studies=sums[0],
        series=sums[1],
        instances=sums[2],
        total_size=sums[3],
        in_place=count("instances WHERE path != ''"),
        conflicts=count("conflicts WHERE reason != 'superseded'"),
        warnings=count("warnings WHERE settled_at IS NULL"),
        never_displayed=sums[4],
        trashed_studies=sums[5],
        aside=count("conflicts"),
    )


def search_values(search: Search) -> dict[str, Any]:
    """Return a search as values that JSON can hold."""
    return {
        "text": clean(search.text),
        "modality": clean(search.modality),
        "date_from": search.date_from.isoformat() if search.date_from else None,
        "date_to": search.date_to.isoformat() if search.date_to else None,
        "flags": sorted(clean(flag) for flag in search.flags),
        "patient_id": clean(search.patient_id),
        "only_undisplayed": search.only_undisplayed,
        "in_trash": search.in_trash,
        "limit": search.limit,
    }


def saved_search(values: Mapping[str, Any]) -> Search:
    """Return the search of search_values."""
    dates = {name: dt.date.fromisoformat(values[name]) if values[name] else None for name in ("date_from", "date_to")}
    return Search(**{**values, **dates, "flags": frozenset(values["flags"])})


def _source(row: sqlite3.Row) -> Source:
    return Source(Door(row["door"]), row["name"], row["address"])


def _moment_or_none(microseconds: int | None) -> dt.datetime | None:
    return None if microseconds is None else moment_of(microseconds)
