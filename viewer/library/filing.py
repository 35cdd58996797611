"""The writer of the index: a batch of instances goes in, in the transaction that its caller has open.

Identity: a patient is a Patient ID of an issuer; who has none is apart with each study. A study UID that comes under
another patient makes a study of its own, a series UID in another study a series of its own; these, and a patient's
other name or birth date, are written down as warnings. The first bytes of a SOP Instance UID stay in force.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from viewer.base.errors import LibraryError
from viewer.base.translation import _
from viewer.dicom.dates_and_times import parse_date, parse_time
from viewer.dicom.person_name import PersonName, folded
from viewer.library.instance_record import Filed, InstanceRecord, Source
from viewer.library.query_keys import INSTANCE_KEYS, SERIES_KEYS, STUDY_KEYS
from viewer.library.search import MAX_VALUE, study_words
from viewer.library.study_row import WarningKind

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
SERIES_COLUMNS: Mapping[str, str] = {
    "Modality": "modality",
    "SeriesNumber": "series_number",
    "SeriesDescription": "series_description",
}
_IN_PATIENT = ("PatientID", "IssuerOfPatientID", "StudyInstanceUID", "SeriesInstanceUID")
_IN_INSTANCE = ("SOPInstanceUID", "SOPClassUID", "InstanceNumber")

_LONGEST_UID = 128  # the Standard's own limit is 64; longer ones are seen, and are kept apart by their hash
_LATE = timedelta(hours=24)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A study's key: the day (22 bits), the second of the day (17 bits), a counter (24 bits).
_SECOND_BITS, _COUNTER_BITS = 17, 24


def bounded_uid(uid: str) -> str:
    """Return a UID as the index keeps it: unchanged, unless it is longer than any UID."""
    text = _clean(uid)
    if len(text) <= _LONGEST_UID:
        return text
    return f"{text[:48]}...{hashlib.sha256(text.encode()).hexdigest()}"


def microseconds(moment: datetime) -> int:
    """Return a moment as the index keeps it."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def key_of_day(ordinal: int) -> int:
    """Return the least study key of a day (date.toordinal)."""
    return ordinal << (_SECOND_BITS + _COUNTER_BITS)


@dataclass(slots=True)
class _Study:
    """A study that the batch touches."""

    key: int
    uid: str
    values: dict[str, str]
    others: dict[str, str]
    seen: set[tuple[str, ...]] = field(default_factory=set)
    is_changed: bool = False
    is_searched_anew: bool = False


@dataclass(slots=True)
class _Series:
    """A series that the batch touches."""

    key: int
    study: _Study
    last_received_at: int
    sop_classes: set[str]
    source_keys: set[int]
    is_new: bool
    count: int = 0
    size: int = 0
    first_at: int = 0
    last_at: int = 0


class Filing:
    """Files one batch; finish must be called before the transaction ends.

    Attributes:
        study_uids: Of the studies that changed.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.study_uids: set[str] = set()
        self._connection = connection
        self._patients: dict[tuple[str, str, str], tuple[int, str, str]] = {}
        self._studies: dict[tuple[str, int], _Study] = {}
        self._series: dict[tuple[int, str], _Series] = {}
        self._sources: dict[Source, int] = {}

    def file(self, record: InstanceRecord) -> Filed:
        """Put one instance in, or see that it is there, or keep it aside."""
        uid = bounded_uid(record.sop_instance_uid)
        if not uid:
            raise LibraryError(_("an instance without SOP Instance UID cannot be kept"))
        held = self._connection.execute(
            "SELECT instance_key, sha256, path FROM instances WHERE sop_instance_uid = ?", (uid,)
        ).fetchone()
        if held is None:
            self._file_new(record, uid)
            return Filed.NEW
        if held["sha256"].hex() == record.kept.sha256:
            if held["path"] and not record.kept.is_in_place:
                self._connection.execute(
                    "UPDATE instances SET path = '' WHERE instance_key = ?", (held["instance_key"],)
                )
            return Filed.ALREADY
        self._keep_aside(record, uid)
        return Filed.CONFLICT

    def finish(self) -> None:
        """Bring the counts and the search words of everything touched up to date."""
        for series in self._series.values():
            if series.count:
                self._add_counts(series)
        for study in self._studies.values():
            if study.is_changed:
                self.study_uids.add(study.uid)
                refresh_sets(self._connection, study.key)
            if study.is_searched_anew:
                refresh_words(self._connection, study.key)

    def _file_new(self, record: InstanceRecord, uid: str) -> None:
        attributes = {keyword: _clean(value) for keyword, value in record.attributes.items()}
        at = microseconds(record.received_at)
        source_key = self._source_key(record.source)
        study = self._study_of(record, attributes, at, source_key)
        series = self._series_of(record, study, attributes, at, source_key)
        self._connection.execute(
            "INSERT INTO instances (series_key, sop_instance_uid, sop_class_uid, transfer_syntax_uid, sha256, size,"
            " path, source_key, received_at, instance_number, attributes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                series.key, uid, bounded_uid(record.sop_class_uid), bounded_uid(record.transfer_syntax_uid),
                bytes.fromhex(record.kept.sha256), record.kept.size, record.kept.path, source_key, at,
                attributes.get("InstanceNumber", ""), _others(attributes, INSTANCE_KEYS, _IN_INSTANCE),
            ),
        )  # fmt: skip
        series.count += 1
        series.size += record.kept.size
        series.first_at = min(series.first_at or at, at)
        series.last_at = max(series.last_at, at)
        series.sop_classes.add(bounded_uid(record.sop_class_uid))
        study.is_changed = True

    def _study_of(self, record: InstanceRecord, attributes: dict[str, str], at: int, source_key: int) -> _Study:
        uid = bounded_uid(record.study_instance_uid)
        patient_id, issuer = attributes.get("PatientID", ""), attributes.get("IssuerOfPatientID", "")
        identity = (patient_id, issuer, "" if patient_id else uid)
        patient_key, name, birth_date = self._patient(identity, attributes)
        study = self._studies.get((uid, patient_key))
        if study is None:
            study = self._found_study(uid, patient_key) or self._new_study(uid, patient_key, attributes, at, source_key)
            self._studies[uid, patient_key] = study
        for keyword, held, kind in (
            ("PatientName", name, WarningKind.OTHER_NAME),
            ("PatientBirthDate", birth_date, WarningKind.OTHER_BIRTH_DATE),
        ):
            arrived = attributes.get(keyword, "")
            if _differ(keyword, held, arrived):
                self._warn(kind, uid, "", patient_id, held, arrived, source_key, at)
        self._fill(study, attributes)
        return study

    def _patient(self, identity: tuple[str, str, str], attributes: Mapping[str, str]) -> tuple[int, str, str]:
        """Return a patient's key, name and birth date, as held before this record."""
        held = self._patients.get(identity)
        if held is None:
            row = self._connection.execute(
                "SELECT patient_key, patient_name, birth_date FROM patients"
                " WHERE patient_id = ? AND issuer = ? AND apart = ?",
                identity,
            ).fetchone()
            held = (row[0], row[1], row[2]) if row else (0, "", "")
        key, name, birth_date = held
        new_name = name or attributes.get("PatientName", "")
        new_birth_date = birth_date or attributes.get("PatientBirthDate", "")
        if not key:
            cursor = self._connection.execute(
                "INSERT INTO patients (patient_id, issuer, apart, patient_name, birth_date, sex)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (*identity, new_name, new_birth_date, attributes.get("PatientSex", "")),
            )
            key = int(cursor.lastrowid or 0)
        elif (name, birth_date) != (new_name, new_birth_date):
            self._connection.execute(
                "UPDATE patients SET patient_name = ?, birth_date = ? WHERE patient_key = ?",
                (new_name, new_birth_date, key),
            )
        self._patients[identity] = (key, new_name, new_birth_date)
        return key, name, birth_date

    def _found_study(self, uid: str, patient_key: int) -> _Study | None:
        row = self._connection.execute(
            "SELECT * FROM studies WHERE study_instance_uid = ? AND patient_key = ?", (uid, patient_key)
        ).fetchone()
        if row is None:
            return None
        values = {keyword: row[column] for keyword, column in STUDY_COLUMNS.items()}
        return _Study(row["study_key"], uid, values, json.loads(row["attributes"] or "{}"))

    def _new_study(self, uid: str, patient_key: int, attributes: Mapping[str, str], at: int, source_key: int) -> _Study:
        values = {keyword: attributes.get(keyword, "") for keyword in STUDY_COLUMNS}
        others = _other_values(attributes, STUDY_KEYS, (*STUDY_COLUMNS, *_IN_PATIENT))
        patient_id, issuer = attributes.get("PatientID", ""), attributes.get("IssuerOfPatientID", "")
        for row in self._connection.execute(
            "SELECT patient_id, issuer FROM studies JOIN patients USING (patient_key) WHERE study_instance_uid = ?",
            (uid,),
        ).fetchall():
            held = _identity_text(row["patient_id"], row["issuer"])
            arrived = _identity_text(patient_id, issuer)
            self._warn(WarningKind.OTHER_PATIENT, uid, "", patient_id, held, arrived, source_key, at)
        key = _free_key(self._connection, values["StudyDate"], values["StudyTime"], at)
        columns = ", ".join(STUDY_COLUMNS.values())
        marks = ", ".join("?" * len(STUDY_COLUMNS))
        self._connection.execute(
            "INSERT INTO studies (study_key, patient_key, study_instance_uid, attributes, first_received_at,"
            f" last_received_at, {columns}) VALUES (?, ?, ?, ?, ?, ?, {marks})",  # noqa: S608 - our own column names
            (key, patient_key, uid, _json(others), at, at, *values.values()),
        )
        return _Study(key, uid, values, others, is_searched_anew=True)

    def _fill(self, study: _Study, attributes: Mapping[str, str]) -> None:
        """Give a study the values that it lacked so far; what it has stays."""
        arrived = tuple(attributes.get(keyword, "") for keyword in STUDY_KEYS)
        if arrived in study.seen:
            return
        study.seen.add(arrived)
        fresh = {
            keyword: attributes[keyword]
            for keyword, held in study.values.items()
            if not held and attributes.get(keyword, "")
        }
        others = _other_values(attributes, STUDY_KEYS, (*STUDY_COLUMNS, *_IN_PATIENT))
        if not fresh and others.keys() <= study.others.keys():
            return
        study.values.update(fresh)
        study.others = {**others, **study.others}
        columns = "".join(f", {STUDY_COLUMNS[keyword]} = ?" for keyword in fresh)
        self._connection.execute(
            f"UPDATE studies SET attributes = ?{columns} WHERE study_key = ?",  # noqa: S608 - our own column names
            (_json(study.others), *fresh.values(), study.key),
        )
        if "StudyDate" in fresh or "StudyTime" in fresh:
            self._move(study)
        study.is_searched_anew = True
        study.is_changed = True

    def _move(self, study: _Study) -> None:
        """Give a study the key of the date that it has got now."""
        row = self._connection.execute(
            "SELECT first_received_at FROM studies WHERE study_key = ?", (study.key,)
        ).fetchone()
        key = _free_key(self._connection, study.values["StudyDate"], study.values["StudyTime"], row[0])
        drop_words(self._connection, study.key)
        self._connection.execute("UPDATE studies SET study_key = ? WHERE study_key = ?", (key, study.key))
        self._series = {(key if old == study.key else old, uid): one for (old, uid), one in self._series.items()}
        study.key = key

    def _series_of(
        self, record: InstanceRecord, study: _Study, attributes: Mapping[str, str], at: int, source_key: int
    ) -> _Series:
        uid = bounded_uid(record.series_instance_uid)
        series = self._series.get((study.key, uid))
        if series is None:
            series = self._found_series(study, uid) or self._new_series(study, uid, attributes, at, source_key)
            self._series[study.key, uid] = series
        is_late = at - series.last_received_at > _LATE // timedelta(microseconds=1)
        if not series.is_new and (is_late or source_key not in series.source_keys):
            held = (_EPOCH + timedelta(microseconds=series.last_received_at)).isoformat(timespec="seconds")
            patient_id = attributes.get("PatientID", "")
            self._warn(WarningKind.LATE, study.uid, uid, patient_id, held, "", source_key, at)
        return series

    def _found_series(self, study: _Study, uid: str) -> _Series | None:
        row = self._connection.execute(
            "SELECT series_key, last_received_at, sop_classes FROM series"
            " WHERE study_key = ? AND series_instance_uid = ?",
            (study.key, uid),
        ).fetchone()
        if row is None:
            return None
        sources = self._connection.execute(
            "SELECT DISTINCT source_key FROM instances WHERE series_key = ?", (row["series_key"],)
        )
        classes = set(row["sop_classes"].split("\\")) - {""}
        known = {int(source["source_key"]) for source in sources}
        return _Series(row["series_key"], study, row["last_received_at"], classes, known, is_new=False)

    def _new_series(self, study: _Study, uid: str, attributes: Mapping[str, str], at: int, source_key: int) -> _Series:
        elsewhere = self._connection.execute(
            "SELECT DISTINCT study_instance_uid FROM series JOIN studies USING (study_key)"
            " WHERE series_instance_uid = ? AND study_instance_uid != ? LIMIT 1",
            (uid, study.uid),
        ).fetchone()
        if elsewhere is not None:
            patient_id = attributes.get("PatientID", "")
            self._warn(WarningKind.OTHER_STUDY, study.uid, uid, patient_id, elsewhere[0], study.uid, source_key, at)
        others = _others(attributes, SERIES_KEYS, (*SERIES_COLUMNS, *_IN_PATIENT))
        cursor = self._connection.execute(
            "INSERT INTO series (study_key, series_instance_uid, attributes, first_received_at, last_received_at,"
            " modality, series_number, series_description) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (study.key, uid, others, at, at, *(attributes.get(keyword, "") for keyword in SERIES_COLUMNS)),
        )
        study.is_searched_anew = True
        return _Series(int(cursor.lastrowid or 0), study, at, set(), {source_key}, is_new=True)

    def _add_counts(self, series: _Series) -> None:
        self._connection.execute(
            "UPDATE series SET instance_count = instance_count + ?, total_size = total_size + ?, sop_classes = ?,"
            " first_received_at = min(first_received_at, ?), last_received_at = max(last_received_at, ?)"
            " WHERE series_key = ?",
            (series.count, series.size, _joined(series.sop_classes), series.first_at, series.last_at, series.key),
        )
        self._connection.execute(
            "UPDATE studies SET instance_count = instance_count + ?, total_size = total_size + ?,"
            " first_received_at = min(first_received_at, ?), last_received_at = max(last_received_at, ?)"
            " WHERE study_key = ?",
            (series.count, series.size, series.first_at, series.last_at, series.study.key),
        )

    def _keep_aside(self, record: InstanceRecord, uid: str) -> None:
        attributes = {keyword: _clean(value) for keyword, value in record.attributes.items()}
        self._connection.execute(
            "INSERT INTO conflicts (sop_instance_uid, sha256, size, path, sop_class_uid, transfer_syntax_uid,"
            " study_instance_uid, series_instance_uid, patient_id, issuer, source_key, received_at, attributes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                uid, bytes.fromhex(record.kept.sha256), record.kept.size, record.kept.path,
                bounded_uid(record.sop_class_uid), bounded_uid(record.transfer_syntax_uid),
                bounded_uid(record.study_instance_uid), bounded_uid(record.series_instance_uid),
                attributes.get("PatientID", ""), attributes.get("IssuerOfPatientID", ""),
                self._source_key(record.source), microseconds(record.received_at), _json(attributes),
            ),
        )  # fmt: skip
        self.study_uids.add(bounded_uid(record.study_instance_uid))

    def _source_key(self, source: Source) -> int:
        key = self._sources.get(source)
        if key is None:
            values = (source.door.value, _clean(source.name), _clean(source.address))
            self._connection.execute(
                "INSERT INTO sources (door, name, address) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", values
            )
            row = self._connection.execute(
                "SELECT source_key FROM sources WHERE door = ? AND name = ? AND address = ?", values
            ).fetchone()
            key = self._sources[source] = int(row[0])
        return key

    def _warn(
        self, kind: WarningKind, study_uid: str, series_uid: str, patient_id: str, held: str, arrived: str,
        source_key: int, at: int,
    ) -> None:  # fmt: skip
        self._connection.execute(
            "INSERT INTO warnings (kind, study_instance_uid, series_instance_uid, patient_id, held, arrived,"
            " source_key, first_at, last_at, instance_count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)"
            " ON CONFLICT DO UPDATE SET last_at = excluded.last_at, instance_count = instance_count + 1,"
            " settled_at = NULL",
            (kind.value, study_uid, series_uid, patient_id, held, arrived, source_key, at, at),
        )
        self.study_uids.add(study_uid)


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
        (_joined(modalities), _joined(classes), len(rows), study_key),
    )


def refresh_words(connection: sqlite3.Connection, study_key: int) -> None:
    """Make the search words of a study what its values say."""
    row = connection.execute(
        "SELECT studies.*, patient_id FROM studies JOIN patients USING (patient_key) WHERE study_key = ?", (study_key,)
    ).fetchone()
    attributes = {keyword: row[column] for keyword, column in STUDY_COLUMNS.items()}
    attributes.update(json.loads(row["attributes"] or "{}"), PatientID=row["patient_id"])
    series = (
        {**json.loads(one["attributes"] or "{}"), **{word: one[column] for word, column in SERIES_COLUMNS.items()}}
        for one in connection.execute("SELECT * FROM series WHERE study_key = ?", (study_key,))
    )
    words = study_words(attributes, series, row["notes"], row["flags"])
    held = connection.execute("SELECT words FROM study_words WHERE study_key = ?", (study_key,)).fetchone()
    if held is not None and held["words"] == words:
        return
    drop_words(connection, study_key)
    connection.execute("INSERT INTO study_words (study_key, words) VALUES (?, ?)", (study_key, words))
    connection.execute("INSERT INTO study_search (rowid, words) VALUES (?, ?)", (study_key, words))


def drop_words(connection: sqlite3.Connection, study_key: int) -> None:
    """Let a study be found by nothing: the full text index has to be told the very words that it took in."""
    held = connection.execute("DELETE FROM study_words WHERE study_key = ? RETURNING words", (study_key,)).fetchone()
    if held is not None:
        connection.execute(
            "INSERT INTO study_search (study_search, rowid, words) VALUES ('delete', ?, ?)", (study_key, held["words"])
        )


def _free_key(connection: sqlite3.Connection, study_date: str, study_time: str, received_at: int) -> int:
    """Return the next free study key of a moment; of its arrival for a study without a date."""
    date = parse_date(study_date)
    time = parse_time(study_time) if date else None
    if date is None:
        arrival = _EPOCH + timedelta(microseconds=received_at)
        date, time = arrival.date(), arrival.time()
    second = time.hour * 3600 + time.minute * 60 + time.second if time else 0
    first = key_of_day(date.toordinal()) + (second << _COUNTER_BITS)
    last = first + (1 << _COUNTER_BITS)
    row = connection.execute(
        "SELECT max(study_key) FROM studies WHERE study_key >= ? AND study_key < ?", (first, last)
    ).fetchone()
    return first if row[0] is None else int(row[0]) + 1


def _differ(keyword: str, held: str, arrived: str) -> bool:
    """Return whether two values cannot be the same person's; an absent one can."""
    if not held or not arrived or held == arrived:
        return False
    if keyword != "PatientName":
        return True
    names = PersonName.parse(held), PersonName.parse(arrived)
    groups = [(name.alphabetic, name.ideographic, name.phonetic) for name in names]
    return any(
        one and other and folded(one.formatted()) != folded(other.formatted())
        for one, other in zip(*groups, strict=True)
    )


def _identity_text(patient_id: str, issuer: str) -> str:
    return f"{patient_id} ({issuer})" if issuer else patient_id


def _clean(text: str) -> str:
    """Return text that can be kept: bounded, without NUL, and nothing that is not Unicode."""
    bounded = text[:MAX_VALUE].replace("\0", "")
    return bounded.encode("utf-8", "replace").decode("utf-8").strip()


def _other_values(attributes: Mapping[str, str], keys: Iterable[str], but: Sequence[str]) -> dict[str, str]:
    return {
        keyword: attributes[keyword] for keyword in keys if keyword not in but and attributes.get(keyword, "") != ""
    }


def _others(attributes: Mapping[str, str], keys: Iterable[str], but: Sequence[str]) -> str:
    return _json(_other_values(attributes, keys, but))


def _json(values: Mapping[str, str]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")) if values else ""


def _joined(values: Iterable[str]) -> str:
    return "\\".join(sorted(value for value in values if value))
