"""Instances that were indexed in place on a drive that is not there now: an index made anew does not forget them.

Their files cannot be read, so what the old index says of them is taken over, where that is sound.
"""

import contextlib
import sqlite3
from pathlib import Path

from viewer.library.catalogue import Catalogue
from viewer.library.instance_record import Door, InstanceRecord, KeptFile, Source
from viewer.library.kept_values import moment_of
from viewer.library.replacing import HELD, in_index
from viewer.library.salvage import opened_for_reading

_BY_PLACE = HELD.replace("sop_instance_uid = ?", "instances.sha256 = ? AND instances.path = ?")


def file_what_is_away(index: Path, scratch: sqlite3.Connection, catalogue: Catalogue) -> int:
    """File instances in place whose very folder is gone, as a drive's that is not plugged in; return how many."""
    rows = scratch.execute("SELECT DISTINCT sha256, path FROM instances WHERE path != '' AND aside = ''").fetchall()
    away = [(sha256, path) for sha256, path in rows if not _has_folder(path)]
    if not away:
        return 0
    with contextlib.closing(opened_for_reading(index)) as old:
        old.row_factory = sqlite3.Row
        records = [record for sha256, path in away if (record := _record(old, sha256, path)) is not None]
    catalogue.file(records)
    return len(records)


def _has_folder(path: str) -> bool:
    try:
        return Path(path).parent.exists()
    except (OSError, ValueError):
        return True  # no path at all: it comes from damage


def _record(old: sqlite3.Connection, sha256: bytes, path: str) -> InstanceRecord | None:
    """Return what the old index says of an instance; None where it cannot be read."""
    try:
        row = old.execute(_BY_PLACE, (sha256, path)).fetchone()
        if row is None:
            return None
        source = old.execute(
            "SELECT door, name, address FROM sources WHERE source_key = ?", (row["came_from"],)
        ).fetchone()
        return InstanceRecord(
            sop_instance_uid=row["sop_instance_uid"],
            sop_class_uid=row["sop_class_uid"],
            series_instance_uid=row["series_instance_uid"],
            study_instance_uid=row["study_instance_uid"],
            transfer_syntax_uid=row["transfer_syntax_uid"],
            kept=KeptFile(sha256.hex(), int(row["size"]), path),
            source=Source(Door(source["door"]), source["name"], source["address"]),
            received_at=moment_of(row["received_at"]),
            attributes=in_index(row),
        )
    except (sqlite3.Error, UnicodeError, ValueError, TypeError, KeyError, OverflowError, AttributeError):
        return None
