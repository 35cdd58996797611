"""What a study's row repeats of its series, kept true by the writer: counts, sets, and the words it is found by."""

import sqlite3
from collections.abc import Mapping

from viewer.library.kept_values import from_json, joined
from viewer.library.search import study_words

STUDY_COLUMNS: Mapping[str, str] = {
    "PatientName": "patient_name",
    "PatientBirthDate": "birth_date",
    "PatientSex": "sex",
    "StudyDate": "study_date",
    "StudyTime": "study_time",
    "AccessionNumber": "accession_number",
    "StudyID": "study_id",
    "StudyDescription": "study_description",
    "ReferringPhysicianName": "referring_physician_name",
}
"""The query keys of the study level that have columns of their own."""
SERIES_COLUMNS: Mapping[str, str] = {
    "Modality": "modality",
    "SeriesNumber": "series_number",
    "SeriesDescription": "series_description",
}
"""The query keys of the series level that have columns of their own."""


def refresh_sets(connection: sqlite3.Connection, study_key: int) -> None:
    """Make the number of series, the modalities and the SOP classes of a study what its series say."""
    modalities: set[str] = set()
    classes: set[str] = set()
    rows = connection.execute("SELECT modality, sop_classes FROM series WHERE study_key = ?", (study_key,)).fetchall()
    for row in rows:
        modalities.add(row["modality"])
        classes.update(row["sop_classes"].split("\\"))
    connection.execute(
        "UPDATE studies SET modalities = ?, sop_classes = ?, series_count = ? WHERE study_key = ?",
        (joined(modalities), joined(classes), len(rows), study_key),
    )


def refresh_words(connection: sqlite3.Connection, study_key: int) -> None:
    """Make the search words of a study what its values say."""
    words = _words(connection, study_key)
    held = connection.execute("SELECT words FROM study_words WHERE study_key = ?", (study_key,)).fetchone()
    if held is not None and held["words"] == words:
        return
    drop_words(connection, study_key)
    connection.execute("INSERT INTO study_words (study_key, words) VALUES (?, ?)", (study_key, words))
    connection.execute("INSERT INTO study_search (rowid, words) VALUES (?, ?)", (study_key, words))


def remake_words(connection: sqlite3.Connection) -> None:
    """Make the search words of all studies anew, whatever they were: other versions divided words otherwise."""
    connection.execute("DELETE FROM study_words")
    keys = [row["study_key"] for row in connection.execute("SELECT study_key FROM studies ORDER BY study_key")]
    for key in keys:
        words = _words(connection, key)
        connection.execute("INSERT INTO study_words (study_key, words) VALUES (?, ?)", (key, words))
    connection.execute("INSERT INTO study_search (study_search) VALUES ('rebuild')")


def _words(connection: sqlite3.Connection, study_key: int) -> str:
    row = connection.execute(
        "SELECT studies.*, patient_id FROM studies JOIN patients USING (patient_key) WHERE study_key = ?", (study_key,)
    ).fetchone()
    attributes = {keyword: row[column] for keyword, column in STUDY_COLUMNS.items()}
    attributes.update(from_json(row["attributes"]), PatientID=row["patient_id"])
    series = (
        {**from_json(one["attributes"]), **{keyword: one[column] for keyword, column in SERIES_COLUMNS.items()}}
        for one in connection.execute("SELECT * FROM series WHERE study_key = ? ORDER BY series_key", (study_key,))
    )
    return study_words(attributes, series, row["notes"], row["flags"])


def drop_words(connection: sqlite3.Connection, study_key: int) -> None:
    """Let a study be found by nothing: the full text index has to be told the very words that it took in."""
    held = connection.execute("DELETE FROM study_words WHERE study_key = ? RETURNING words", (study_key,)).fetchone()
    if held is not None:
        connection.execute(
            "INSERT INTO study_search (study_search, rowid, words) VALUES ('delete', ?, ?)", (study_key, held["words"])
        )


def take_out(connection: sqlite3.Connection, sop_instance_uid: str) -> tuple[int, str] | None:
    """Take one instance out; return its study's key and UID, for tidy; None when there is no such instance."""
    row = connection.execute(
        "SELECT instance_key, series_key, study_key, study_instance_uid, size, displayed_at FROM instances"
        " JOIN series USING (series_key) JOIN studies USING (study_key) WHERE sop_instance_uid = ?",
        (sop_instance_uid,),
    ).fetchone()
    if row is None:
        return None
    connection.execute("DELETE FROM instances WHERE instance_key = ?", (row["instance_key"],))
    connection.execute(
        "UPDATE series SET instance_count = instance_count - 1, total_size = total_size - ? WHERE series_key = ?",
        (row["size"], row["series_key"]),
    )
    connection.execute(
        "UPDATE studies SET instance_count = instance_count - 1, total_size = total_size - ?,"
        " displayed_count = displayed_count - ? WHERE study_key = ?",
        (row["size"], row["displayed_at"] is not None, row["study_key"]),
    )
    return row["study_key"], row["study_instance_uid"]


def tidy(connection: sqlite3.Connection, study_key: int) -> None:
    """Remove what a study has left without instances, the study and its patient too when it comes to that."""
    connection.execute("DELETE FROM series WHERE study_key = ? AND instance_count = 0", (study_key,))
    row = connection.execute(
        "SELECT patient_key, study_instance_uid FROM studies WHERE study_key = ? AND instance_count = 0", (study_key,)
    ).fetchone()
    if row is None:
        for series in connection.execute("SELECT series_key FROM series WHERE study_key = ?", (study_key,)).fetchall():
            _refresh_classes(connection, series["series_key"])
        refresh_sets(connection, study_key)
        refresh_words(connection, study_key)
        return
    drop_words(connection, study_key)
    connection.execute("DELETE FROM studies WHERE study_key = ?", (study_key,))
    connection.execute(
        "DELETE FROM patients WHERE patient_key = ?1 AND NOT EXISTS (SELECT 1 FROM studies WHERE patient_key = ?1)",
        (row["patient_key"],),
    )
    connection.execute(
        "DELETE FROM warnings WHERE study_instance_uid = ?1"
        " AND NOT EXISTS (SELECT 1 FROM studies WHERE study_instance_uid = ?1)",
        (row["study_instance_uid"],),
    )


def _refresh_classes(connection: sqlite3.Connection, series_key: int) -> None:
    rows = connection.execute("SELECT DISTINCT sop_class_uid FROM instances WHERE series_key = ?", (series_key,))
    classes = joined(row["sop_class_uid"] for row in rows)
    connection.execute("UPDATE series SET sop_classes = ? WHERE series_key = ?", (classes, series_key))
