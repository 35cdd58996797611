"""Other bytes in the place of those in force, in the index alone: what goes out is kept aside or forgotten.

What a reader added to a study (rating, notes, flags), what was displayed, and what does not fit together stays with the
study, also when it is filed under another patient by it.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from viewer.library.filing import Filing
from viewer.library.instance_record import AsideReason, InstanceRecord
from viewer.library.kept_values import as_json, bounded_uid, clean, from_json
from viewer.library.study_row import WarningKind
from viewer.library.study_upkeep import SERIES_COLUMNS, STUDY_COLUMNS, refresh_words, take_out, tidy

_OF_PATIENT = frozenset(
    {WarningKind.OTHER_PATIENT, WarningKind.OTHER_ISSUER, WarningKind.OTHER_NAME, WarningKind.OTHER_BIRTH_DATE}
)
"""What is told of a patient's identity: found out anew when a study is filed again, unlike what came late."""
_KINDS = ", ".join(f"'{kind.value}'" for kind in sorted(_OF_PATIENT, key=lambda kind: kind.value))
HELD = (
    "SELECT instances.*, studies.*, patients.*, series.*, instances.attributes AS of_instance,"
    " series.attributes AS of_series, studies.attributes AS of_study, instances.source_key AS came_from"
    " FROM instances JOIN series USING (series_key) JOIN studies USING (study_key) JOIN patients USING (patient_key)"
    " WHERE sop_instance_uid = ?"
)
"""All that the index has of an instance in force."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What becomes of an instance that was in force.

    Attributes:
        reason: Why it is aside from now on; None forgets it.
        attributes: All its query keys as its file has them; None takes what the index has, which are the study's.
    """

    reason: AsideReason | None = AsideReason.SUPERSEDED
    attributes: Mapping[str, str] | None = None


@dataclass(slots=True)
class _Study:
    """What a reader added to a study row that instances go out of."""

    key: int
    uid: str
    patient_id: str
    values: sqlite3.Row
    displayed: dict[str, int] = field(default_factory=dict)


def replace(
    connection: sqlite3.Connection, outgoing: Mapping[str, Outgoing], incoming: Sequence[InstanceRecord], *,
    are_same_images: bool,
) -> set[str]:  # fmt: skip
    """Take instances out of force and file others; return the UIDs of the studies that changed.

    Args:
        connection: In a transaction.
        outgoing: By SOP Instance UID; those that are not in force are passed over.
        incoming: In the order they arrived once; their UIDs are free after the others went out.
        are_same_images: Whether what comes in shows what went out: then what was displayed stays so.
    """
    studies: dict[int, _Study] = {}
    for uid, out in outgoing.items():
        _out(connection, bounded_uid(uid), out, studies)
    warnings = [row for uid in {study.uid for study in studies.values()} for row in _warnings(connection, uid)]
    for study in studies.values():
        tidy(connection, study.key)
    emptied = [study for study in studies.values() if not _is_there(connection, study)]
    for study in emptied:
        connection.execute(
            f"DELETE FROM warnings WHERE study_instance_uid = ? AND patient_id = ? AND kind IN ({_KINDS})",  # noqa: S608
            (study.uid, study.patient_id),
        )
    filing = Filing(connection, told=_OF_PATIENT)
    for record in incoming:
        filing.file(record)
    filing.finish()
    _bring_back_warnings(connection, warnings, {(study.uid, study.patient_id) for study in emptied})
    if are_same_images:
        _bring_back_displayed(connection, [moment for study in studies.values() for moment in study.displayed.items()])
    for study in emptied:
        _bring_back_values(connection, study, incoming)
    return filing.study_uids | {study.uid for study in studies.values()}


def _out(connection: sqlite3.Connection, uid: str, out: Outgoing, studies: dict[int, _Study]) -> None:
    row = connection.execute(HELD, (uid,)).fetchone()
    if row is None:
        return
    key = row["study_key"]
    if key not in studies:
        values = connection.execute("SELECT * FROM studies WHERE study_key = ?", (key,)).fetchone()
        studies[key] = _Study(key, row["study_instance_uid"], row["patient_id"], values)
    if row["displayed_at"] is not None:
        studies[key].displayed[uid] = row["displayed_at"]
    if out.reason is not None:
        attributes = in_index(row) if out.attributes is None else out.attributes
        attributes = {keyword: clean(value) for keyword, value in attributes.items()}
        connection.execute(
            "INSERT INTO conflicts (sop_instance_uid, sha256, size, path, sop_class_uid, transfer_syntax_uid,"
            " study_instance_uid, series_instance_uid, patient_id, issuer, source_key, received_at, attributes, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET reason = excluded.reason",
            (
                uid, row["sha256"], row["size"], row["path"], row["sop_class_uid"], row["transfer_syntax_uid"],
                row["study_instance_uid"], row["series_instance_uid"], attributes.get("PatientID", row["patient_id"]),
                attributes.get("IssuerOfPatientID", row["issuer"]), row["came_from"], row["received_at"],
                as_json(attributes), out.reason.value,
            ),
        )  # fmt: skip
    take_out(connection, uid)


def in_index(row: sqlite3.Row) -> dict[str, str]:
    """Return the query keys of an instance as far as the index tells them."""
    values = {keyword: str(row[column]) for keyword, column in (*STUDY_COLUMNS.items(), *SERIES_COLUMNS.items())}
    values.update(PatientID=row["patient_id"], IssuerOfPatientID=row["issuer"], InstanceNumber=row["instance_number"])
    for column in ("of_study", "of_series", "of_instance"):
        values.update(from_json(row[column]))
    return {keyword: value for keyword, value in values.items() if value}


def _is_there(connection: sqlite3.Connection, study: _Study) -> bool:
    return connection.execute("SELECT 1 FROM studies WHERE study_key = ?", (study.key,)).fetchone() is not None


def _warnings(connection: sqlite3.Connection, uid: str) -> list[sqlite3.Row]:
    return connection.execute("SELECT * FROM warnings WHERE study_instance_uid = ?", (uid,)).fetchall()


def _bring_back_warnings(
    connection: sqlite3.Connection, warnings: Iterable[sqlite3.Row], emptied: set[tuple[str, str]]
) -> None:
    """Write warnings down again that went with their study, but for those of a patient whose study it is no more."""
    for row in warnings:
        is_of_patient = WarningKind(row["kind"]) in _OF_PATIENT
        if is_of_patient and (row["study_instance_uid"], row["patient_id"]) in emptied:
            continue
        columns = [name for name in row.keys() if name != "warning_key"]  # noqa: SIM118 - a row's own keys
        connection.execute(
            f"INSERT INTO warnings ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - ours
            " ON CONFLICT DO NOTHING",
            [row[name] for name in columns],
        )
    for uid in {uid for uid, _patient_id in emptied}:
        if connection.execute("SELECT count(*) FROM studies WHERE study_instance_uid = ?", (uid,)).fetchone()[0] == 1:
            connection.execute(
                "DELETE FROM warnings WHERE study_instance_uid = ? AND kind = ?", (uid, WarningKind.OTHER_PATIENT.value)
            )


def _bring_back_displayed(connection: sqlite3.Connection, displayed: Iterable[tuple[str, int]]) -> None:
    for uid, moment in displayed:
        changed = connection.execute(
            "UPDATE instances SET displayed_at = ? WHERE sop_instance_uid = ? AND displayed_at IS NULL"
            " RETURNING series_key",
            (moment, uid),
        ).fetchone()
        if changed is not None:
            connection.execute(
                "UPDATE studies SET displayed_count = displayed_count + 1"
                " WHERE study_key = (SELECT study_key FROM series WHERE series_key = ?)",
                (changed["series_key"],),
            )


def _bring_back_values(connection: sqlite3.Connection, study: _Study, incoming: Sequence[InstanceRecord]) -> None:
    """Give what a reader had added to a study that is gone to the one that took its place; both keep theirs."""
    record = next((each for each in incoming if bounded_uid(each.study_instance_uid) == study.uid), None)
    record = record or next(iter(incoming), None)
    if record is None:
        return
    new = connection.execute(
        "SELECT studies.* FROM instances JOIN series USING (series_key) JOIN studies USING (study_key)"
        " WHERE sop_instance_uid = ?",
        (bounded_uid(record.sop_instance_uid),),
    ).fetchone()
    old = study.values
    notes = [text for text in dict.fromkeys((new["notes"], old["notes"])) if text]
    flags = sorted({flag for row in (new, old) for flag in row["flags"].split("\n") if flag})
    connection.execute(
        "UPDATE studies SET rating = ?, notes = ?, flags = ?, last_displayed_at = ? WHERE study_key = ?",
        (
            new["rating"] or old["rating"], "\n".join(notes), "\n".join(flags),
            max((row["last_displayed_at"] for row in (new, old) if row["last_displayed_at"]), default=None),
            new["study_key"],
        ),
    )  # fmt: skip
    refresh_words(connection, new["study_key"])
