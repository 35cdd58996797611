"""Instances as senders have them: valid, varied, and encoded once; SOP Instance UIDs and pixels differ in each."""

import hashlib
import random
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from tests.builders.data_sets import made_uid, update

IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2"
JPEG_2000 = "1.2.840.10008.1.2.4.90"
CT_IMAGE, MR_IMAGE = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
SECONDARY_CAPTURE, CR_IMAGE = "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.1"
ULTRASOUND_MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.3.1"

_ONE_ROW = 100_000


@dataclass(frozen=True, slots=True)
class SentInstance:
    """What a sender knows of an instance it sends.

    Attributes:
        data_set: Encoded, as it goes over the line.
    """

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    study_instance_uid: str
    series_instance_uid: str
    patient_id: str
    pixels_sha256: str
    data_set: bytes


@dataclass(frozen=True)
class _Kind:
    sop_class_uid: str
    modality: str
    transfer_syntax_uid: str
    name: str
    character_set: str = ""


_KINDS = (
    _Kind(CT_IMAGE, "CT", EXPLICIT_LITTLE_ENDIAN, "Adams^John Robert^^Rev."),
    _Kind(MR_IMAGE, "MR", IMPLICIT_LITTLE_ENDIAN, "Hong^Gildong=洪^吉洞=홍^길동", "ISO_IR 192"),
    _Kind(SECONDARY_CAPTURE, "OT", JPEG_2000, "Yamada^Tarou=山田^太郎=やまだ^たろう", "\\ISO 2022 IR 87"),
    _Kind(CR_IMAGE, "CR", EXPLICIT_BIG_ENDIAN, "Buc^Jérôme", "ISO_IR 100"),
    _Kind(ULTRASOUND_MULTI_FRAME, "US", DEFLATED, "Люкceмбypг", "ISO_IR 144"),
)


def made_instance(
    label: str, pixels: bytes, *, kind: int = 0, elements: Mapping[str, object] = MappingProxyType({})
) -> SentInstance:
    """Return an instance.

    Args:
        label: Of its SOP Instance UID; its series is named by what stands before the last slash, its study by what
            stands before the one before that.
        pixels: Of an even number of bytes; from 100,000 on of a multiple of 2,000.
        kind: Which modality, transfer syntax and alphabet.
        elements: Set in the end, by keyword.
    """
    chosen = _KINDS[kind % len(_KINDS)]
    series, _slash, _instance = label.rpartition("/")
    study = series.rpartition("/")[0]
    data_set = Dataset()
    columns = len(pixels) // 2 if len(pixels) < _ONE_ROW else 1000
    values: dict[str, object] = {
        "SpecificCharacterSet": chosen.character_set.split("\\") if chosen.character_set else None,
        "SOPClassUID": chosen.sop_class_uid, "SOPInstanceUID": made_uid(label),
        "StudyDate": "20261123", "StudyTime": "101112", "AccessionNumber": f"A{len(study)}",
        "Modality": chosen.modality, "StudyDescription": f"Study {study}", "SeriesDescription": series[-60:],
        "PatientName": chosen.name, "PatientID": f"ID-{study}", "PatientBirthDate": "19500204", "PatientSex": "O",
        "StudyInstanceUID": made_uid(study), "SeriesInstanceUID": made_uid(series), "StudyID": "1",
        "SeriesNumber": 1, "InstanceNumber": 1, "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2",
        "Rows": len(pixels) // 2 // columns, "Columns": columns, "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15,
        "PixelRepresentation": 0,
    }  # fmt: skip
    if chosen.character_set == "":
        del values["SpecificCharacterSet"]
    update(data_set, {**values, **elements})
    is_encapsulated = chosen.transfer_syntax_uid == JPEG_2000
    data_set.PixelData = encapsulate([pixels]) if is_encapsulated else pixels
    data_set["PixelData"].VR = "OB" if is_encapsulated else "OW"
    data_set["PixelData"].is_undefined_length = is_encapsulated
    return SentInstance(
        str(data_set.SOPClassUID), str(data_set.SOPInstanceUID), chosen.transfer_syntax_uid,
        str(data_set.StudyInstanceUID), str(data_set.SeriesInstanceUID), str(data_set.PatientID),
        hashlib.sha256(data_set.PixelData).hexdigest(), encoded(data_set, chosen.transfer_syntax_uid),
    )  # fmt: skip


def encoded(data_set: Dataset, transfer_syntax_uid: str) -> bytes:
    """Return a data set as it goes over the line."""
    target = DicomBytesIO()
    target.is_implicit_VR = transfer_syntax_uid == IMPLICIT_LITTLE_ENDIAN
    target.is_little_endian = transfer_syntax_uid != EXPLICIT_BIG_ENDIAN
    write_dataset(target, data_set)
    plain = target.getvalue()
    if transfer_syntax_uid != DEFLATED:
        return plain
    deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    deflated = deflate.compress(plain) + deflate.flush()
    return deflated + b"\0" * (len(deflated) % 2)


def endless(label: str, *, seed: int, smallest: int = 1000, largest: int = 60_000) -> Iterator[SentInstance]:
    """Yield instances of several studies for ever, of all kinds."""
    chance = random.Random(seed)
    number = 0
    while True:
        pixels = chance.randbytes(2 * chance.randrange(smallest // 2, largest // 2))
        study, series = number // 40, number // 10
        yield made_instance(f"{label}.{study}/{series}/{number}", pixels, kind=study)
        number += 1


def one_of_each() -> Mapping[str, SentInstance]:
    """Return an instance of each kind by its transfer syntax: what contexts are proposed for."""
    instances = (made_instance(f"each/{kind}/1", bytes(100), kind=kind) for kind in range(len(_KINDS)))
    return {each.transfer_syntax_uid: each for each in instances}
