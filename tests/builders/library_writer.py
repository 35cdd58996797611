"""A process that keeps instances in a library and says of each, once it is on the disk and in the index, that it is.

Run as `python -m tests.builders.library_writer FOLDER SEED [COUNT]`: a line "<sha256> <sop_instance_uid>" for each
acknowledged instance; "LibraryError ..." for each batch that was refused.
"""

import os
import random
import sys
from datetime import UTC, datetime
from pathlib import Path

from viewer.base.errors import LibraryError
from viewer.library.catalogue import Catalogue
from viewer.library.database import Database
from viewer.library.instance_record import Door, InstanceRecord, KeptFile, Source
from viewer.library.instance_store import InstanceStore

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"


def made_record(kept: KeptFile, sop_instance_uid: str, study: int = 1, series: int = 1) -> InstanceRecord:
    """Return the record of an instance without header."""
    return InstanceRecord(
        sop_instance_uid=sop_instance_uid,
        sop_class_uid=CT_IMAGE_STORAGE,
        series_instance_uid=f"1.2.3.{study}.{series}",
        study_instance_uid=f"1.2.3.{study}",
        transfer_syntax_uid=EXPLICIT_LITTLE_ENDIAN,
        kept=kept,
        source=Source(Door.RECEIVER, "SENDER", "127.0.0.1"),
        received_at=datetime.now(UTC),
        attributes={"PatientName": "Test^Writer", "PatientID": str(study), "Modality": "CT"},
    )


def write(folder: Path, seed: int, count: int | None = None) -> None:
    """Keep batches of random bytes until ended, or so many."""
    random.seed(seed)
    store = InstanceStore(folder, reserve_bytes=0)
    number = 0
    with Database(folder) as database:
        catalogue = Catalogue(database)
        while count is None or number < count:
            names = [f"1.2.3.{seed}.{number + each}" for each in range(random.choice((1, 2, 8)))]
            number += len(names)
            try:
                lines = _write_batch(store, catalogue, names)
            except LibraryError as error:
                lines = f"LibraryError {error.one_line()}\n"
            os.write(sys.stdout.fileno(), lines.encode())


def _write_batch(store: InstanceStore, catalogue: Catalogue, names: list[str]) -> str:
    with store.batch() as batch:
        incoming = [batch.add([random.randbytes(random.randrange(1, 40_000))]) for _name in names]
        kept = batch.commit()
        assert [each.sha256 for each in incoming] == [each.sha256 for each in kept]
        catalogue.file([made_record(file, name) for file, name in zip(kept, names, strict=True)])
    return "".join(f"{file.sha256} {name}\n" for file, name in zip(kept, names, strict=True))


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
