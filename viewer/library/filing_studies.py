"""Under which patient and study an instance is filed, and the warnings when that is not beyond doubt."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from viewer.library.identity import differ, identity_text, warn
from viewer.library.kept_values import as_json, free_study_key, from_json
from viewer.library.query_keys import STUDY_KEYS
from viewer.library.study_row import WarningKind
from viewer.library.study_upkeep import STUDY_COLUMNS, drop_words

_IN_COLUMNS = frozenset({*STUDY_COLUMNS, "PatientID", "IssuerOfPatientID", "StudyInstanceUID"})
_EVER = 2**62
_COMPARED = (
    ("PatientName", WarningKind.OTHER_NAME),
    ("PatientBirthDate", WarningKind.OTHER_BIRTH_DATE),
)

_MOST_RIVALS = 3
"""Told of each: a thousand patients in one study must not write a million warnings."""


@dataclass(slots=True)
class FiledStudy:
    """A study that instances are filed into.

    Attributes:
        values: What its columns hold, by keyword.
        others: What else it holds, by keyword.
        is_searched_anew: Whether what it is found by has changed.
        rivals: The patients under whom the study UID was there before it came under this one.
    """

    key: int
    uid: str
    values: dict[str, str]
    others: dict[str, str]
    is_searched_anew: bool = False
    seen: set[tuple[str, ...]] = field(default_factory=set)
    rivals: tuple[str, ...] = ()


@dataclass(slots=True)
class _Patient:
    key: int
    values: dict[str, str]


class StudyFiling:
    """Finds, makes and fills the patients and studies of one batch.

    Args:
        connection: In a transaction.
        note: Told of each warning that is written down.
    """

    def __init__(self, connection: sqlite3.Connection, note: Callable[[WarningKind], None]) -> None:
        self._connection = connection
        self._note = note
        self._patients: dict[tuple[str, str, str], _Patient] = {}
        self._studies: dict[tuple[str, int], FiledStudy] = {}

    def touched(self) -> Iterator[FiledStudy]:
        """Yield the studies that got instances."""
        yield from self._studies.values()

    def study_of(self, uid: str, attributes: Mapping[str, str], at: int, source_key: int) -> FiledStudy:
        """Return the study that an instance with these attributes belongs to; made when there is none."""

        def told(kind: WarningKind, held: str, arrived: str) -> None:
            self._note(kind)
            warn(
                self._connection, kind, uids=(uid, ""), patient_id=attributes.get("PatientID", ""), held=held,
                arrived=arrived, source_key=source_key, at=at,
            )  # fmt: skip

        patient_id, issuer = attributes.get("PatientID", ""), attributes.get("IssuerOfPatientID", "")
        known_issuer = self._known_issuer(uid, patient_id, issuer)
        if known_issuer != issuer:
            told(WarningKind.OTHER_ISSUER, identity_text(patient_id, known_issuer), identity_text(patient_id, issuer))
        patient = self._patient((patient_id, known_issuer, "" if patient_id else uid), attributes)
        study = self._studies.get((uid, patient.key)) or self._found(uid, patient.key)
        if study is None:
            study = self._new(uid, patient.key, attributes, at)
        self._studies[uid, patient.key] = study
        for held in study.rivals:
            told(WarningKind.OTHER_PATIENT, held, identity_text(patient_id, issuer))
        for keyword, kind in _COMPARED:
            arrived = attributes.get(keyword, "")
            for held in dict.fromkeys((study.values[keyword], patient.values[keyword])):
                if differ(keyword, held, arrived):
                    told(kind, held, arrived)
        self._fill(study, attributes, at)
        self._fill_patient(patient, attributes)
        return study

    def _known_issuer(self, uid: str, patient_id: str, issuer: str) -> str:
        """Return the issuer under which the study has the patient, where one of the two names none: it is no other."""
        if not patient_id:
            return issuer
        rows = self._connection.execute(
            "SELECT issuer FROM studies JOIN patients USING (patient_key)"
            " WHERE study_instance_uid = ? AND patient_id = ? ORDER BY study_key",
            (uid, patient_id),
        ).fetchall()
        issuers = [str(row["issuer"]) for row in rows]
        if not issuers or issuer in issuers:
            return issuer
        if not issuer:
            return issuers[0] if len(issuers) == 1 else issuer
        return "" if "" in issuers else issuer

    def _patient(self, identity: tuple[str, str, str], attributes: Mapping[str, str]) -> _Patient:
        patient = self._patients.get(identity)
        if patient is None:
            row = self._connection.execute(
                "SELECT patient_key, patient_name, birth_date FROM patients"
                " WHERE patient_id = ? AND issuer = ? AND apart = ?",
                identity,
            ).fetchone()
            if row is not None:
                values = {"PatientName": row["patient_name"], "PatientBirthDate": row["birth_date"]}
                patient = _Patient(row["patient_key"], values)
            else:
                values = {keyword: attributes.get(keyword, "") for keyword, _kind in _COMPARED}
                cursor = self._connection.execute(
                    "INSERT INTO patients (patient_id, issuer, apart, patient_name, birth_date, sex)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (*identity, *values.values(), attributes.get("PatientSex", "")),
                )
                patient = _Patient(int(cursor.lastrowid or 0), values)
            self._patients[identity] = patient
        return patient

    def _fill_patient(self, patient: _Patient, attributes: Mapping[str, str]) -> None:
        fresh = {keyword: attributes.get(keyword, "") for keyword, held in patient.values.items() if not held}
        if any(fresh.values()):
            patient.values.update(fresh)
            self._connection.execute(
                "UPDATE patients SET patient_name = ?, birth_date = ? WHERE patient_key = ?",
                (patient.values["PatientName"], patient.values["PatientBirthDate"], patient.key),
            )

    def _rivals(self, uid: str, patient_key: int, before: int) -> tuple[str, ...]:
        """Return under which other patients a study UID was there before a moment; the first few, if there are many."""
        rows = self._connection.execute(
            "SELECT patient_id, issuer FROM studies JOIN patients USING (patient_key)"
            " WHERE study_instance_uid = ? AND patient_key != ? AND first_received_at <= ?"
            " ORDER BY first_received_at LIMIT ?",
            (uid, patient_key, before, _MOST_RIVALS),
        )
        return tuple(identity_text(row["patient_id"], row["issuer"]) for row in rows.fetchall())

    def _found(self, uid: str, patient_key: int) -> FiledStudy | None:
        row = self._connection.execute(
            "SELECT * FROM studies WHERE study_instance_uid = ? AND patient_key = ?", (uid, patient_key)
        ).fetchone()
        if row is None:
            return None
        values = {keyword: row[column] for keyword, column in STUDY_COLUMNS.items()}
        rivals = self._rivals(uid, patient_key, row["first_received_at"])
        return FiledStudy(row["study_key"], uid, values, from_json(row["attributes"]), rivals=rivals)

    def _new(self, uid: str, patient_key: int, attributes: Mapping[str, str], at: int) -> FiledStudy:
        values = {keyword: attributes.get(keyword, "") for keyword in STUDY_COLUMNS}
        others = _others(attributes)
        key = free_study_key(self._connection, values["StudyDate"], values["StudyTime"], at)
        columns = (
            "study_key", "patient_key", "study_instance_uid", "attributes", "first_received_at", "last_received_at",
            *STUDY_COLUMNS.values(),
        )  # fmt: skip
        self._connection.execute(
            f"INSERT INTO studies ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608 - ours
            (key, patient_key, uid, as_json(others), at, at, *values.values()),
        )
        rivals = self._rivals(uid, patient_key, _EVER)
        return FiledStudy(key, uid, values, others, is_searched_anew=True, rivals=rivals)

    def _fill(self, study: FiledStudy, attributes: Mapping[str, str], at: int) -> None:
        """Give a study the values that it lacked so far; what it has stays."""
        arrived = tuple(attributes.get(keyword, "") for keyword in STUDY_KEYS)
        if arrived in study.seen:
            return
        study.seen.add(arrived)
        fresh = {
            keyword: attributes[keyword]
            for keyword, held in study.values.items()
            if not held and attributes.get(keyword)
        }
        others = _others(attributes)
        if not fresh and others.keys() <= study.others.keys():
            return
        study.values.update(fresh)
        study.others = {**others, **study.others}
        changes = "".join(f", {STUDY_COLUMNS[keyword]} = ?" for keyword in fresh)
        self._connection.execute(
            f"UPDATE studies SET attributes = ?{changes} WHERE study_key = ?",  # noqa: S608 - our own column names
            (as_json(study.others), *fresh.values(), study.key),
        )
        if "StudyDate" in fresh or "StudyTime" in fresh:
            self._move(study, at)
        study.is_searched_anew = True

    def _move(self, study: FiledStudy, at: int) -> None:
        """Give a study the key of the date that it has got now; its series follow."""
        key = free_study_key(self._connection, study.values["StudyDate"], study.values["StudyTime"], at)
        drop_words(self._connection, study.key)
        self._connection.execute("UPDATE studies SET study_key = ? WHERE study_key = ?", (key, study.key))
        study.key = key


def _others(attributes: Mapping[str, str]) -> dict[str, str]:
    return {
        keyword: attributes[keyword] for keyword in STUDY_KEYS if keyword not in _IN_COLUMNS and attributes.get(keyword)
    }
