"""Instances to a DICOM file-set: files named as PS3.10 8.5 allows, and a DICOMDIR over them (PS3.3 Annex F)."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite, write_dataset
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage

from tests.builders.data_sets import IMPLEMENTATION_VERSION_NAME, item, made_uid, write_part_10
from tests.builders.sample_disc.instance import MadeInstance

FILE_SET_ID = "NEGATOSCOPE"
_IN_USE = 0xFFFF
_ITEM_HEADER_LENGTH = 8

# Keys of each record type (PS3.3 F.5), then what else a reader likes to have without opening the files.
_KEYS = {
    "PATIENT": ("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    "STUDY": (
        "StudyDate",
        "StudyTime",
        "AccessionNumber",
        "StudyDescription",
        "ReferringPhysicianName",
        "StudyInstanceUID",
        "StudyID",
    ),
    "SERIES": ("Modality", "InstitutionName", "SeriesDescription", "SeriesInstanceUID", "SeriesNumber"),
    "IMAGE": (
        "ImageType",
        "InstanceNumber",
        "NumberOfFrames",
        "Rows",
        "Columns",
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "FrameOfReferenceUID",
        "PixelSpacing",
        "ImageLaterality",
        "PatientOrientation",
    ),
}
_FOLDERS = {"PATIENT": "PA", "STUDY": "ST", "SERIES": "SE", "IMAGE": "IM"}
_LEVELS = {"PATIENT": "PatientID", "STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID"}


@dataclass(slots=True)
class _Node:
    """A directory record and the records below it."""

    record: Dataset
    component: str
    children: dict[str, "_Node"] = field(default_factory=dict)


@dataclass(slots=True)
class FileSetWriter:
    """Writes instances into a folder as they come, and the DICOMDIR at the end."""

    root: Path
    _top: _Node = field(default_factory=lambda: _Node(Dataset(), "DICOM"))

    def add(self, instances: Iterable[MadeInstance]) -> None:
        """Write the instances' files and remember their records."""
        for instance in instances:
            data_set, node = instance.data_set, self._top
            components = [node.component]
            for level, keyword in _LEVELS.items():
                node = _child(node, level, str(data_set[keyword].value), data_set)
                components.append(node.component)
            image = _child(node, "IMAGE", data_set.SOPInstanceUID, data_set)
            components.append(image.component)
            image.record.ReferencedFileID = components
            image.record.ReferencedSOPClassUIDInFile = data_set.SOPClassUID
            image.record.ReferencedSOPInstanceUIDInFile = data_set.SOPInstanceUID
            image.record.ReferencedTransferSyntaxUIDInFile = instance.transfer_syntax_uid
            write_part_10(self.root.joinpath(*components), data_set, instance.transfer_syntax_uid)

    def finish(self) -> None:
        """Write the DICOMDIR."""
        (self.root / "DICOMDIR").write_bytes(_directory_bytes(list(self._top.children.values())))


def _child(parent: _Node, level: str, identity: str, data_set: Dataset) -> _Node:
    if identity not in parent.children:
        component = f"{_FOLDERS[level]}{len(parent.children) + 1:06d}"
        parent.children[identity] = _Node(_record(level, data_set), component)
    return parent.children[identity]


def _record(level: str, data_set: Dataset) -> Dataset:
    record = item(
        OffsetOfTheNextDirectoryRecord=0,
        RecordInUseFlag=_IN_USE,
        OffsetOfReferencedLowerLevelDirectoryEntity=0,
        DirectoryRecordType=level,
        SpecificCharacterSet=data_set.SpecificCharacterSet,
    )
    for keyword in _KEYS[level]:
        if keyword in data_set:
            record[keyword] = data_set[keyword]
    return record


def _in_order(siblings: list[_Node]) -> list[_Node]:
    """Return the records each before its children, the children before its next sibling."""
    return [node for sibling in siblings for node in (sibling, *_in_order(list(sibling.children.values())))]


def _directory_bytes(patients: list[_Node]) -> bytes:
    """Lay the records out once to learn their offsets, link them, and write them."""
    nodes = _in_order(patients)
    directory = item(
        FileSetID=FILE_SET_ID,
        OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity=0,
        OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity=0,
        FileSetConsistencyFlag=0,
        DirectoryRecordSequence=[],
    )
    position = len(_written(directory))  # the empty sequence ends the file: the first item starts here
    offsets: dict[int, int] = {}
    for node in nodes:
        offsets[id(node)] = position
        position += _ITEM_HEADER_LENGTH + _length(node.record)
    _link(patients, offsets)
    directory.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = offsets[id(patients[0])]
    directory.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = offsets[id(patients[-1])]
    directory.DirectoryRecordSequence = [node.record for node in nodes]
    return _written(directory)


def _link(siblings: list[_Node], offsets: dict[int, int]) -> None:
    for place, node in enumerate(siblings):
        following = siblings[place + 1] if place + 1 < len(siblings) else None
        node.record.OffsetOfTheNextDirectoryRecord = offsets[id(following)] if following else 0
        children = list(node.children.values())
        node.record.OffsetOfReferencedLowerLevelDirectoryEntity = offsets[id(children[0])] if children else 0
        _link(children, offsets)


def _length(record: Dataset) -> int:
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, record)
    return len(buffer.getvalue())


def _written(directory: Dataset) -> bytes:
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\0\1"
    meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    meta.MediaStorageSOPInstanceUID = made_uid("disc/directory")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = made_uid("implementation")
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    directory.file_meta = meta
    buffer = io.BytesIO()
    dcmwrite(buffer, directory, enforce_file_format=True)
    return buffer.getvalue()
