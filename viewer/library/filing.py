"""The writer of the index: a batch of instances goes in, in the transaction that its caller has open.

Identity: a patient is a Patient ID of an issuer; who has none is apart with each study. A study UID that comes under
another patient makes a study of its own, a series UID in another study a series of its own; these, and a patient's
other name or birth date, are written down as warnings. The first bytes of a SOP Instance UID stay in force.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from viewer.base.errors import LibraryError
from viewer.base.translation import _
from viewer.library.filing_studies import FiledStudy, StudyFiling
from viewer.library.identity import warn
from viewer.library.instance_record import AsideReason, Filed, InstanceRecord, KeptFile, Source
from viewer.library.kept_values import as_json, bounded_uid, clean, joined, microseconds, moment_of
from viewer.library.query_keys import INSTANCE_KEYS, SERIES_KEYS
from viewer.library.study_row import WarningKind
from viewer.library.study_upkeep import SERIES_COLUMNS, refresh_sets, refresh_words

_IN_COLUMNS = frozenset(
    {*SERIES_COLUMNS, "SeriesInstanceUID", "StudyInstanceUID", "SOPInstanceUID", "SOPClassUID", "InstanceNumber"}
)
_LATE_MICROSECONDS = timedelta(hours=24) // timedelta(microseconds=1)


IsSame = Callable[[KeptFile, KeptFile], bool]


@dataclass(slots=True)
class _Series:
    """A series that the batch touches: what is held of it, and what the batch adds."""

    key: int
    study: FiledStudy
    source_key: int
    on_time_at: int
    sop_classes: set[str]
    count: int = 0
    size: int = 0
    first_at: int = 0
    last_at: int = 0


class Filing:
    """Files one batch; finish must be called before the transaction ends.

    Args:
        connection: In a transaction.
        told: Which warnings are written down: what is filed once more did not come late by that.
        is_same: Says of the file in force and another of its UID whether they hold the same instance.

    Attributes:
        study_uids: Of the studies that changed.
        warned: What did not fit together, of each instance in the order in which they were given.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        told: frozenset[WarningKind] = frozenset(WarningKind),
        is_same: IsSame | None = None,
    ) -> None:
        self.study_uids: set[str] = set()
        self.warned: list[set[WarningKind]] = []
        self._connection = connection
        self._told = told
        self._is_same = is_same
        self._studies = StudyFiling(connection, self._note)
        self._series: dict[tuple[int, str], _Series] = {}
        self._sources: dict[Source, int] = {}

    def file(self, record: InstanceRecord) -> Filed:
        """Put one instance in, or see that it is there, or keep it aside.

        Raises:
            LibraryError: If it has no SOP Instance UID.
        """
        self.warned.append(set())
        uid = bounded_uid(record.sop_instance_uid)
        if not uid:
            raise LibraryError(_("an instance without SOP Instance UID cannot be kept"))
        held = self._connection.execute(
            "SELECT instance_key, series_key, sha256, size, path FROM instances WHERE sop_instance_uid = ?", (uid,)
        ).fetchone()
        is_held = held is not None and self._holds(held, record.kept)
        if record.aside is not None and not is_held:
            self._keep_aside(record, uid, record.aside)
            return Filed.ASIDE
        if held is None:
            self._file_new(record, uid)
            return Filed.NEW
        if is_held:
            if held["path"] and not record.kept.is_in_place:
                self._take_into_store(held, uid, record.kept)
            return Filed.ALREADY
        if self._is_superseded(uid, record):
            return Filed.ALREADY
        self._keep_aside(record, uid, AsideReason.ALTERED)
        return Filed.CONFLICT

    def finish(self) -> None:
        """Bring the counts and the search words of everything touched up to date."""
        for series in self._series.values():
            if series.count:
                self._add_counts(series)
        for study in self._studies.touched():
            self.study_uids.add(study.uid)
            refresh_sets(self._connection, study.key)
            if study.is_searched_anew:
                refresh_words(self._connection, study.key)

    def _note(self, kind: WarningKind) -> None:
        self.warned[-1].add(kind)

    def _holds(self, held: sqlite3.Row, arrived: KeptFile) -> bool:
        sha256 = bytes(held["sha256"]).hex()
        if sha256 == arrived.sha256:
            return True
        return self._is_same is not None and self._is_same(KeptFile(sha256, held["size"], held["path"]), arrived)

    def _take_into_store(self, held: sqlite3.Row, uid: str, kept: KeptFile) -> None:
        """Put the store's own file of an instance in the place of one that lies elsewhere."""
        sha256 = bytes.fromhex(kept.sha256)
        self._connection.execute(
            "UPDATE instances SET sha256 = ?, size = ?, path = '' WHERE instance_key = ?",
            (sha256, kept.size, held["instance_key"]),
        )
        self._connection.execute("DELETE FROM conflicts WHERE sop_instance_uid = ? AND sha256 = ?", (uid, sha256))
        more = (kept.size - held["size"], held["series_key"])
        self._connection.execute("UPDATE series SET total_size = total_size + ? WHERE series_key = ?", more)
        self._connection.execute(
            "UPDATE studies SET total_size = total_size + ?"
            " WHERE study_key = (SELECT study_key FROM series WHERE series_key = ?)",
            more,
        )

    def _file_new(self, record: InstanceRecord, uid: str) -> None:
        attributes = {keyword: clean(value) for keyword, value in record.attributes.items()}
        at = microseconds(record.received_at)
        source_key = self._source_key(record.source)
        study = self._studies.study_of(bounded_uid(record.study_instance_uid), attributes, at, source_key)
        series = self._series_of(bounded_uid(record.series_instance_uid), study, attributes, at, source_key)
        sop_class = bounded_uid(record.sop_class_uid)
        # Once it is in force it is no longer aside: bytes are taken away by the row that needs them.
        self._connection.execute(
            "DELETE FROM conflicts WHERE sop_instance_uid = ? AND sha256 = ?", (uid, bytes.fromhex(record.kept.sha256))
        )
        self._connection.execute(
            "INSERT INTO instances (series_key, sop_instance_uid, sop_class_uid, transfer_syntax_uid, sha256, size,"
            " path, source_key, received_at, instance_number, attributes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                series.key, uid, sop_class, bounded_uid(record.transfer_syntax_uid),
                bytes.fromhex(record.kept.sha256), record.kept.size, record.kept.path, source_key, at,
                attributes.get("InstanceNumber", ""), _others(attributes, INSTANCE_KEYS),
            ),
        )  # fmt: skip
        series.count += 1
        series.size += record.kept.size
        series.first_at = min(series.first_at or at, at)
        series.last_at = max(series.last_at, at)
        series.sop_classes.add(sop_class)

    def _series_of(
        self, uid: str, study: FiledStudy, attributes: Mapping[str, str], at: int, source_key: int
    ) -> _Series:
        series = self._series.get((id(study), uid))
        if series is None:
            series = self._found_series(study, uid) or self._new_series(study, uid, attributes, at, source_key)
            self._series[id(study), uid] = series
        if source_key != series.source_key or at - series.on_time_at > _LATE_MICROSECONDS:
            # What comes late moves nothing: whatever comes with it is late too.
            held = moment_of(series.on_time_at).isoformat(timespec="seconds")
            self._warn(WarningKind.LATE, study, uid, attributes, held, "", source_key, at)
        else:
            series.on_time_at = max(series.on_time_at, at)
        return series

    def _found_series(self, study: FiledStudy, uid: str) -> _Series | None:
        row = self._connection.execute(
            "SELECT series_key, source_key, on_time_at, sop_classes FROM series"
            " WHERE study_key = ? AND series_instance_uid = ?",
            (study.key, uid),
        ).fetchone()
        if row is None:
            return None
        classes = set(row["sop_classes"].split("\\"))
        return _Series(row["series_key"], study, row["source_key"], row["on_time_at"], classes)

    def _new_series(
        self, study: FiledStudy, uid: str, attributes: Mapping[str, str], at: int, source_key: int
    ) -> _Series:
        elsewhere = self._connection.execute(
            "SELECT study_instance_uid FROM series JOIN studies USING (study_key)"
            " WHERE series_instance_uid = ? AND study_instance_uid != ? ORDER BY series_key LIMIT 1",
            (uid, study.uid),
        ).fetchone()
        if elsewhere is not None:
            self._warn(WarningKind.OTHER_STUDY, study, uid, attributes, elsewhere[0], study.uid, source_key, at)
        cursor = self._connection.execute(
            "INSERT INTO series (study_key, series_instance_uid, attributes, source_key, on_time_at,"
            " first_received_at, last_received_at, modality, series_number, series_description)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                study.key, uid, _others(attributes, SERIES_KEYS), source_key, at, at, at,
                *(attributes.get(keyword, "") for keyword in SERIES_COLUMNS),
            ),
        )  # fmt: skip
        study.is_searched_anew = True
        return _Series(int(cursor.lastrowid or 0), study, source_key, at, set())

    def _add_counts(self, series: _Series) -> None:
        self._connection.execute(
            "UPDATE series SET instance_count = instance_count + ?, total_size = total_size + ?, sop_classes = ?,"
            " on_time_at = ?, first_received_at = min(first_received_at, ?),"
            " last_received_at = max(last_received_at, ?) WHERE series_key = ?",
            (
                series.count, series.size, joined(series.sop_classes), series.on_time_at, series.first_at,
                series.last_at, series.key,
            ),
        )  # fmt: skip
        self._connection.execute(
            "UPDATE studies SET instance_count = instance_count + ?, total_size = total_size + ?,"
            " first_received_at = min(first_received_at, ?), last_received_at = max(last_received_at, ?)"
            " WHERE study_key = ?",
            (series.count, series.size, series.first_at, series.last_at, series.study.key),
        )

    def _keep_aside(self, record: InstanceRecord, uid: str, reason: AsideReason) -> None:
        attributes = {keyword: clean(value) for keyword, value in record.attributes.items()}
        study_uid = bounded_uid(record.study_instance_uid)
        self._connection.execute(
            "INSERT INTO conflicts (sop_instance_uid, sha256, size, path, sop_class_uid, transfer_syntax_uid,"
            " study_instance_uid, series_instance_uid, patient_id, issuer, source_key, received_at, attributes, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET path = CASE excluded.path WHEN '' THEN '' ELSE path END,"
            " reason = CASE reason WHEN 'unknown sender' THEN excluded.reason ELSE reason END",
            (
                uid, bytes.fromhex(record.kept.sha256), record.kept.size, record.kept.path,
                bounded_uid(record.sop_class_uid), bounded_uid(record.transfer_syntax_uid), study_uid,
                bounded_uid(record.series_instance_uid), attributes.get("PatientID", ""),
                attributes.get("IssuerOfPatientID", ""), self._source_key(record.source),
                microseconds(record.received_at), as_json(attributes), reason.value,
            ),
        )  # fmt: skip
        self.study_uids.add(study_uid)

    def _is_superseded(self, uid: str, record: InstanceRecord) -> bool:
        """Return whether these very bytes were in force until a reader put others in their place: nothing is new."""
        row = self._connection.execute(
            "SELECT reason FROM conflicts WHERE sop_instance_uid = ? AND sha256 = ?",
            (uid, bytes.fromhex(record.kept.sha256)),
        ).fetchone()
        return row is not None and row["reason"] == AsideReason.SUPERSEDED.value

    def _source_key(self, source: Source) -> int:
        key = self._sources.get(source)
        if key is None:
            values = (source.door.value, clean(source.name), clean(source.address))
            self._connection.execute(
                "INSERT INTO sources (door, name, address) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", values
            )
            row = self._connection.execute(
                "SELECT source_key FROM sources WHERE door = ? AND name = ? AND address = ?", values
            ).fetchone()
            key = self._sources[source] = int(row[0])
        return key

    def _warn(
        self, kind: WarningKind, study: FiledStudy, series_uid: str, attributes: Mapping[str, str],
        held: str, arrived: str, source_key: int, at: int,
    ) -> None:  # fmt: skip
        if kind not in self._told:
            return
        self._note(kind)
        warn(
            self._connection, kind, uids=(study.uid, series_uid), patient_id=attributes.get("PatientID", ""),
            held=held, arrived=arrived, source_key=source_key, at=at,
        )  # fmt: skip


def _others(attributes: Mapping[str, str], keys: Iterable[str]) -> str:
    """Return the values of a level that have no column, as JSON."""
    return as_json(
        {keyword: attributes[keyword] for keyword in keys if keyword not in _IN_COLUMNS and attributes.get(keyword)}
    )
