"""Records as an importer would hand them to the library, and a process that files them until it is killed."""

import hashlib
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from viewer.library.catalogue import Catalogue
from viewer.library.database import Database
from viewer.library.instance_record import Door, InstanceRecord, KeptFile, Source

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
DISC = Source(Door.IMPORT, "WINTER 2024", "/media/disc")
MODALITY_STATION = Source(Door.RECEIVER, "CT_ONE", "192.0.2.7")
FIRST_MOMENT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HONG = {
    "PatientID": "P-1",
    "PatientName": "Hong^Gildong=洪^吉洞=홍^길동",
    "PatientBirthDate": "19700102",
    "StudyDate": "20240307",
    "StudyTime": "101500",
    "AccessionNumber": "ACC-77",
    "StudyDescription": "Brain",
    "Modality": "CT",
    "SeriesDescription": "Axial 5 mm",
}


def record(
    number: int,
    *,
    study: str = "1.2.3.1",
    series: str = "",
    content: str = "",
    source: Source = DISC,
    after: timedelta = timedelta(0),
    path: str = "",
    attributes: Mapping[str, str] | None = None,
    **changed: str,
) -> InstanceRecord:
    """Return the record of instance 1.2.3.9.<number>; its bytes stand for content, or for its number."""
    digest = hashlib.sha256((content or f"instance {number}").encode()).hexdigest()
    return InstanceRecord(
        sop_instance_uid=f"1.2.3.9.{number}",
        sop_class_uid=CT_IMAGE_STORAGE,
        series_instance_uid=series or f"{study}.1",
        study_instance_uid=study,
        transfer_syntax_uid=EXPLICIT_LITTLE_ENDIAN,
        kept=KeptFile(digest, 1000 + number, path),
        source=source,
        received_at=FIRST_MOMENT + after,
        attributes={**HONG, "InstanceNumber": str(number), **(attributes or {}), **changed},
    )


def file_until_killed(folder: Path, first: int, batches: int, batch: int = 5) -> None:
    """File batches from a number on; print the last number of each after it was acknowledged."""
    with Database(folder) as database:
        catalogue = Catalogue(database)
        for start in range(first, first + batches * batch, batch):
            numbers = range(start, start + batch)
            catalogue.file(
                [record(number, study=f"1.2.3.{number // 20}", PatientID=f"P{number // 40}") for number in numbers]
            )
            print(numbers[-1], flush=True)


if __name__ == "__main__":
    file_until_killed(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
