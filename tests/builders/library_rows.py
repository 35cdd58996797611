"""Libraries of small files, all that their indexes say, and ways to damage them."""

import os
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from viewer.base.byte_source import ByteSource, FileBytes
from viewer.dicom.header_scan import scan_header
from viewer.library.catalogue import Catalogue
from viewer.library.database import Database
from viewer.library.instance_record import Door, Filed, InstanceRecord, KeptFile, Source
from viewer.library.instance_store import InstanceStore
from viewer.library.query_keys import attributes_of
from viewer.library.search import Search
from viewer.library.study_row import InstanceRow, StudyRow

PAGE_BYTES = 4096
RECEIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERYTHING = 1000


class Rows(NamedTuple):
    """All that an index says, as far as a rebuilt one must say the same."""

    studies: list[StudyRow]
    series: list[tuple[object, ...]]
    instances: list[InstanceRow]
    conflicts: set[tuple[str, str, str]]


def record_of(source: ByteSource, kept: KeptFile, number: int) -> InstanceRecord:
    header = scan_header(source)
    return InstanceRecord(
        sop_instance_uid=header.sop_instance_uid,
        sop_class_uid=header.sop_class_uid,
        series_instance_uid=header.series_instance_uid,
        study_instance_uid=header.study_instance_uid,
        transfer_syntax_uid=header.transfer_syntax_uid,
        kept=kept,
        source=Source(Door.RECEIVER, f"SENDER{number % 3}", "192.0.2.1"),
        received_at=RECEIVED + timedelta(seconds=number),
        attributes=attributes_of(header),
    )


def keep_all(folder: Path, paths: Iterable[Path], first: int = 0) -> list[Filed]:
    store = InstanceStore(folder, reserve_bytes=0)
    filed = []
    with Database(folder) as database:
        catalogue = Catalogue(database)
        for number, path in enumerate(paths, first):
            with store.batch() as batch:
                batch.add(FileBytes(path))
                (kept,) = batch.commit()
                filed += catalogue.file([record_of(FileBytes(path), kept, number)])
    return filed


def rows_of(folder: Path, *, with_in_place: bool = True) -> Rows:
    with Database(folder) as database:
        database.check()
        catalogue = Catalogue(database)
        studies = [
            *catalogue.studies(Search(limit=EVERYTHING)),
            *catalogue.studies(Search(limit=EVERYTHING, in_trash=True)),
        ]
        studies.sort(key=lambda study: study.study_instance_uid)
        instances = [row for study in studies for row in catalogue.instances_of_study(study)]
        if not with_in_place:
            instances = [row for row in instances if not row.kept.is_in_place]
            known = {row.study_instance_uid for row in instances}
            studies = [study for study in studies if study.study_instance_uid in known]
        series: list[tuple[object, ...]] = [
            (row.study_instance_uid, row.series_instance_uid, row.instance_count, row.total_size, row.attributes)
            for study in studies
            for row in catalogue.series_of(study)
        ]
        conflicts = {(row.sop_instance_uid, row.kept.sha256, row.source.name) for row in catalogue.conflicts()}
    return Rows(studies, series, sorted(instances, key=lambda row: row.sop_instance_uid), conflicts)


def of_files(rows: Rows) -> tuple[object, ...]:
    """What of the rows the files alone tell."""
    moment = RECEIVED
    studies = [
        replace(
            study,
            key=0,
            first_received_at=moment,
            last_received_at=moment,
            last_displayed_at=None,
            trashed_at=None,
            displayed_count=0,
            rating=0,
            notes="",
            flags=frozenset(),
            warning_count=0,
        )
        for study in rows.studies
    ]
    nowhere = Source(Door.IMPORT)
    instances = [replace(row, source=nowhere, received_at=moment, displayed_at=None) for row in rows.instances]
    return (
        studies,
        rows.series,
        instances,
        {(uid, sha256) for uid, sha256, _source in rows.conflicts},
    )


def damage(index: Path, seed: int) -> None:
    """Damage a file in one of four ways."""
    chance = random.Random(seed)
    size = index.stat().st_size
    pages = size // PAGE_BYTES
    if seed % 4 == 0:
        os.truncate(index, chance.randrange(size))
        return
    with index.open("r+b") as stream:
        for page in chance.sample(range(pages), chance.randint(1, 6)):
            stream.seek(page * PAGE_BYTES)
            if seed % 4 == 1:
                stream.write(chance.randbytes(chance.randint(1, 200)))
            elif seed % 4 == 2:
                stream.write(bytes(PAGE_BYTES))
            else:
                stream.write(chance.randbytes(PAGE_BYTES))


def normal(rows: Rows) -> tuple[object, ...]:
    """What an index says but for the keys that it gives itself."""
    return ([replace(study, key=0) for study in rows.studies], *rows[1:])


def make_promises(database: Database) -> None:
    """Write down a commitment and a delivery, as a receiver does."""
    with database.writing() as connection:
        connection.execute(
            "INSERT INTO commitments (transaction_uid, ae_title, address, requested, asked_at, due_at, attempts)"
            """ VALUES ('1.2', 'CT', '192.0.2.1', '[["1.2", "1.3"]]', 5, 6, 2)"""
        )
        connection.execute(
            "INSERT INTO deliveries (rule, action, study_instance_uid, done, came_at, due_at, ended_at)"
            """ VALUES ('to PACS', '{"kind": "send"}', '1.2.3', '["1.3"]', 7, 8, 9)"""
        )


def promises(database: Database) -> list[tuple[object, ...]]:
    """Return what has been promised."""
    with database.reading() as connection:
        rows = [*connection.execute("SELECT * FROM commitments"), *connection.execute("SELECT * FROM deliveries")]
    return [tuple(row) for row in rows]


def flip(store: InstanceStore, sha256: str) -> None:
    """Flip one bit of an object."""
    path = store.path_of(KeptFile(sha256, 0))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
