"""What a DICOMDIR promises: the instances of each series, so that one that does not come is missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.dicom.instance_header import InstanceHeader

if TYPE_CHECKING:
    from viewer.dicom.file_set import DirectoryRecord, FileSet

_SERIES_UID = 0x0020000E


@dataclass(frozen=True, slots=True)
class Promise:
    """Instances of a series that a directory names.

    Attributes:
        series_instance_uid: Of the series.
        sop_instance_uids: Of the instances.
    """

    series_instance_uid: str
    sop_instance_uids: frozenset[str]


def promises_of(file_set: "FileSet") -> tuple[Promise, ...]:
    """Return what a directory promises; records that do not say which instance or series they mean promise nothing."""
    by_series: dict[str, set[str]] = {}
    for record in file_set.records:
        if record.referenced_file_id and record.sop_instance_uid:
            series_uid = _series_of(with_uppers(record, file_set))
            if series_uid:
                by_series.setdefault(series_uid, set()).add(record.sop_instance_uid)
    return tuple([Promise(series_uid, frozenset(uids)) for series_uid, uids in by_series.items()])


def broken_promise(records: "Sequence[DirectoryRecord]", header: InstanceHeader) -> tuple[Promise, ...]:
    """Return what is not to be waited for any more because a file is another instance than its record says.

    Args:
        records: The file's own record, then those above it.
        header: Of the file, which is believed.
    """
    said, series_uid = records[0].sop_instance_uid, _series_of(records)
    if not said or not series_uid or (said == header.sop_instance_uid and series_uid == header.series_instance_uid):
        return ()
    return (Promise(series_uid, frozenset({said})),)


def with_uppers(record: "DirectoryRecord", file_set: "FileSet") -> "tuple[DirectoryRecord, ...]":
    """Return a record, then those above it."""
    records = [record]
    while record.parent is not None:
        record = file_set.records[record.parent]
        records.append(record)
    return tuple(records)


def _series_of(records: "Sequence[DirectoryRecord]") -> str:
    for record in records:
        if record.record_type == "SERIES":
            return record.attributes.get(_SERIES_UID, b"").decode("ascii", "replace").strip(" \0")
    return ""
