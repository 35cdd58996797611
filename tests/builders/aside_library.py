"""Libraries with something to decide: what came as a receiver takes it, from known and unknown stations."""

from collections.abc import Mapping
from pathlib import Path

from pydicom import dcmread
from pydicom.filereader import read_file_meta_info, read_preamble
from pydicom.uid import generate_uid

from tests.builders.ct_series import write_ct_series
from viewer.library.library import Library
from viewer.network.ports import Caller, OfferedInstance, StoreAnswer
from viewer.reception.intake import Intake
from viewer.reception.intake_bounds import IntakeBounds

KNOWN = Caller("CT_ONE", "192.0.2.7", "NEGATOSCOPE")
UNKNOWN = Caller("STRANGER", "192.0.2.99", "NEGATOSCOPE", is_known=False)


def series(folder: Path, *, label: str = "one", count: int = 2, **elements: object) -> list[Path]:
    """Write a small CT series of one patient."""
    given = {
        "SpecificCharacterSet": "ISO_IR 192",
        "PatientName": "HONG^GILDONG=洪^吉洞=홍^길동",
        "PatientID": "4711",
        "PatientBirthDate": "19610203",
        "PatientSex": "M",
        "StudyDate": "20261120",
        "StudyDescription": "Chest",
    }
    return write_ct_series(folder, count, 64, label=label, elements={**given, **elements})


def altered(path: Path, folder: Path, *, inverts: bool = False, **elements: object) -> Path:
    """Write a copy of a file with other content under the same UIDs."""
    data = dcmread(path)
    for name, value in elements.items():
        setattr(data, name, value)
    if inverts:
        data.PixelData = bytes(255 - byte for byte in data.PixelData)
    folder.mkdir(parents=True, exist_ok=True)
    data.save_as(folder / path.name)
    return folder / path.name


def of_new_study(path: Path, folder: Path, **elements: object) -> Path:
    """Write a copy of a file as one of a study of its own."""
    uids: Mapping[str, object] = {
        name: generate_uid() for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    }
    data = dcmread(path)
    for name, value in {**uids, **elements}.items():
        setattr(data, name, value)
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    folder.mkdir(parents=True, exist_ok=True)
    data.save_as(folder / f"{data.SOPInstanceUID}.dcm")
    return folder / f"{data.SOPInstanceUID}.dcm"


def receive(library: Library, paths: list[Path], caller: Caller = KNOWN) -> list[StoreAnswer]:
    """Take files as the receiver takes them from a station."""
    intake = Intake(library, IntakeBounds(), lambda _event: None)
    try:
        return [_receive(intake, path, caller) for path in paths]
    finally:
        intake.close()


def _receive(intake: Intake, path: Path, caller: Caller) -> StoreAnswer:
    with path.open("rb") as file:
        read_preamble(file, force=False)
        data = file.read()
    length = int.from_bytes(data[8:12], "little") + 12  # (0002,0000) says how long the rest of its group is
    meta = read_file_meta_info(path)
    offered = OfferedInstance(
        str(meta.MediaStorageSOPClassUID), str(meta.MediaStorageSOPInstanceUID), str(meta.TransferSyntaxUID)
    )
    sink = intake.begin(offered, caller)
    sink.write(data[length:])
    return sink.finish()
