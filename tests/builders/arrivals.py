"""Instances as the receiver files them: real bytes in the store, rows in the index."""

from collections.abc import Iterable
from datetime import UTC, datetime

from viewer.library.instance_record import Door, InstanceRecord, Source
from viewer.library.library import Library

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"


def arrive(
    library: Library,
    numbers: Iterable[int],
    *,
    study: str = "1.2.3.1",
    ae_title: str = "CT1",
    door: Door = Door.RECEIVER,
    at: datetime | None = None,
    **attributes: str,
) -> list[str]:
    """Keep instances of a study; return their UIDs."""
    records = []
    with library.store.batch() as batch:
        incoming = []
        chosen = list(numbers)
        for number in chosen:
            file = batch.begin()
            file.write(f"bytes of {study}.{number}".encode())
            incoming.append(file)
        for number, kept in zip(chosen, batch.commit(), strict=True):
            records.append(
                InstanceRecord(
                    sop_instance_uid=f"{study}.9.{number}",
                    sop_class_uid=CT_IMAGE_STORAGE,
                    series_instance_uid=f"{study}.1",
                    study_instance_uid=study,
                    transfer_syntax_uid=EXPLICIT_LITTLE_ENDIAN,
                    kept=kept,
                    source=Source(door, ae_title, "192.0.2.7"),
                    received_at=at or datetime.now(UTC),
                    attributes={
                        "PatientID": "P-1",
                        "PatientName": "KIM^GILDONG",
                        "StudyDescription": "Chest CT",
                        "Modality": "CT",
                        "StationName": "ROOM 3",
                        "InstanceNumber": str(number),
                        **attributes,
                    },
                )
            )
        library.file(records)
    return [record.sop_instance_uid for record in records]
