"""Studies of patients with names of Korea, Japan and Germany, each in a character set of its own, as Part 10 files."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

CT = "1.2.840.10008.5.1.4.1.1.2"
_ROOT = "1.2.826.0.1.3680043.8.498.77"


@dataclass(frozen=True, slots=True)
class NamedPatient:
    """Who is in a study, and how it is written."""

    patient_id: str
    name: str
    character_set: tuple[str, ...]
    study_date: str
    modality: str = "CT"


PATIENTS = (
    NamedPatient("KR1", "Hong^Gildong=洪^吉洞=홍^길동", ("", "ISO 2022 IR 149"), "20240102"),
    NamedPatient("KR2", "김^철수", ("ISO_IR 192",), "20240203", "MR"),
    NamedPatient("JP1", "Yamada^Tarou=山田^太郎=やまだ^たろう", ("", "ISO 2022 IR 87"), "20240304"),
    NamedPatient("JP2", "ﾔﾏﾀﾞ^ﾊﾅｺ=山田^花子", ("ISO 2022 IR 13", "ISO 2022 IR 87"), "20240405"),
    NamedPatient("DE1", "Müller^Jürgen", ("ISO_IR 100",), "20240506", "US"),
    NamedPatient("DE2", "Weiß^Jörg", ("ISO_IR 192",), "20240607"),
)


def study_uid(patient: NamedPatient) -> str:
    """Return the UID of a patient's study."""
    numbers = {each.patient_id: number for number, each in enumerate(PATIENTS, 1)}
    return f"{_ROOT}.{numbers.get(patient.patient_id) or 100 + zlib.crc32(patient.patient_id.encode())}"


def write_named_studies(
    folder: Path, patients: Sequence[NamedPatient] = PATIENTS, series: int = 2, instances: int = 2
) -> list[Path]:
    """Write a study of each patient; its UIDs are that of the study with numbers after it."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for patient in patients:
        for number in range(series * instances):
            uid = f"{study_uid(patient)}.{number // instances + 1}.{number % instances + 1}"
            paths.append(write_instance(folder / f"{uid}.dcm", uid, patient))
    return paths


def write_instance(
    path: Path, uid: str, patient: NamedPatient, more: Mapping[str, object] = MappingProxyType({})
) -> Path:
    """Write one instance; its study and series are what its UID has before its last two numbers and its last."""
    series, _dot, number = uid.rpartition(".")
    study, _dot, series_number = series.rpartition(".")
    data_set = Dataset()
    values: dict[str, object] = {
        "SpecificCharacterSet": list(patient.character_set), "SOPClassUID": CT, "SOPInstanceUID": uid,
        "StudyDate": patient.study_date, "StudyTime": "101530", "AccessionNumber": f"ACC{patient.patient_id}",
        "Modality": patient.modality, "StudyDescription": f"Study of {patient.patient_id}",
        "SeriesDescription": f"Series {series_number}", "BodyPartExamined": "CHEST", "PatientName": patient.name,
        "PatientID": patient.patient_id, "PatientBirthDate": "19500204", "PatientSex": "O", "StudyID": "7",
        "StudyInstanceUID": study, "SeriesInstanceUID": series, "SeriesNumber": series_number,
        "InstanceNumber": number, "Rows": 4, "Columns": 4, "SamplesPerPixel": 1, "BitsAllocated": 16, "BitsStored": 12,
        "HighBit": 11, "PixelRepresentation": 0, "PhotometricInterpretation": "MONOCHROME2", **more,
    }  # fmt: skip
    for keyword, value in values.items():
        setattr(data_set, keyword, value)
    data_set.add_new(0x7FE00010, "OW", bytes(32))
    data_set.file_meta = FileMetaDataset()
    data_set.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data_set.file_meta.MediaStorageSOPClassUID = UID(CT)
    data_set.file_meta.MediaStorageSOPInstanceUID = UID(uid)
    data_set.save_as(path, enforce_file_format=True)
    return path
