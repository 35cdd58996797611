"""Objects made from others: the same patient and study, a series of our own, our equipment, references to the sources.

Knows what all of them share; volume.derived_series and secondary_capture add pixels and what their classes ask for.
"""

import functools
import io
import secrets
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import BinaryIO

import viewer
from viewer.dicom import pydicom_loading  # noqa: F401 - first: two threads may come

# isort: split

from pydicom import config
from pydicom.charset import default_encoding
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite, write_dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from viewer.dicom import derived_attributes
from viewer.dicom.codes import Code
from viewer.dicom.datasets import read_full_data_set
from viewer.dicom.element_walk import Encoding, element_bytes, item_bytes
from viewer.dicom.implementation import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.text_encoding import UTF_8, encoded_text, padded

SERIES_NUMBER_STEP = 1000
"""What we make of series 4 is numbered 1004: no scanner's numbers go there, and it sorts behind."""

_UID_BITS = 128
_LONGEST_LO = 64
_MANUFACTURER = "Negatoscope"
_SOURCE_IMAGES, _PURPOSE = 0x00082112, 0x0040A170
_WRITTEN = Encoding(is_implicit_vr=False)
ACQUISITION_EQUIPMENT = Code("109101", "DCM", "Acquisition Equipment")
SOURCE_IMAGE = Code("121322", "DCM", "Source image for image processing operation")


def new_uid() -> str:
    """Return a UID nobody else has (PS3.5 B.2)."""
    return f"2.25.{secrets.randbits(_UID_BITS)}"


@dataclass(frozen=True, slots=True)
class NewSeries:
    """What all objects of a series we make share."""

    description: str
    number: int
    uid: str = field(default_factory=new_uid)
    made_at: datetime = field(default_factory=lambda: datetime.now().astimezone())


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """A frame something was made from; number counts from 1, 0 for the whole object."""

    sop_class_uid: str
    sop_instance_uid: str
    number: int = 0


def series_number(source: Dataset) -> int:
    """Return the number of a series made from the one an object belongs to."""
    try:
        number = int(source.get("SeriesNumber") or 0)
    except (TypeError, ValueError):
        number = 0
    return max(number, 0) % 1_000_000 + SERIES_NUMBER_STEP


def source_data_set(header: InstanceHeader, frame_index: int = 0) -> Dataset:
    """Return what an object says of a frame: its top level, and its functional groups where that is silent.

    Raises:
        DicomError: If it cannot be read.
        MediaError: If the medium fails.
    """
    data_set = read_full_data_set(header.source, stop_at_pixels=True).data_set
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd texts are the source's, and stay as they are
        data_set.decode()
    for groups in _functional_groups(data_set, frame_index):
        for macro in groups:
            if macro.VR != "SQ" or not macro.value:
                continue
            for element in macro.value[0]:
                if element.tag not in data_set:
                    data_set[element.tag] = element
    return data_set


def derived_data_set(source: Dataset, series: NewSeries, sop_class_uid: str, *keywords: Sequence[str]) -> Dataset:
    """Return a data set that belongs to the source's patient and study and to a series of ours.

    Args:
        source: From source_data_set.
        series: Ours.
        sop_class_uid: Of what is made.
        keywords: What else is taken over, beside patient, study and series.
    """
    made = Dataset()
    attributes = derived_attributes
    for group in (attributes.PATIENT, attributes.STUDY, attributes.SERIES, *keywords):
        take_over(made, source, group)
    for keyword in attributes.EMPTY_IF_UNKNOWN:
        if keyword not in made:
            setattr(made, keyword, "")
    _fill_conditions(made)
    _take_character_set(made, source, series.description)
    made.SOPClassUID = UID(sop_class_uid)
    made.SOPInstanceUID = UID(new_uid())
    made.SeriesInstanceUID = UID(series.uid)
    made.SeriesNumber = str(series.number)
    made.SeriesDescription = series.description.replace("\\", "/")[:_LONGEST_LO]
    made.Modality = str(source.get("Modality") or "OT")
    _stamp(made, series)
    _name_equipment(made, source)
    return made


def take_over(made: Dataset, source: Dataset, keywords: Iterable[str]) -> None:
    """Copy the elements in which the source says something."""
    for keyword in keywords:
        tag = tag_for_keyword(keyword)
        if tag is not None and tag in source and not source[tag].is_empty:
            made[tag] = source[tag]


def take_over_private(made: Dataset, source: Dataset, blocks: Iterable[tuple[int, str, Sequence[int]]]) -> None:
    """Copy single private elements, each under its creator (PS3.5 7.8.1)."""
    for group, creator, elements in blocks:
        try:
            found = source.private_block(group, creator)
        except KeyError:
            continue
        held = [element for element in elements if element in found]
        if not held:
            continue
        block = made.private_block(group, creator, create=True)
        for element in held:
            block.add_new(element, found[element].VR, found[element].value)


@functools.lru_cache(maxsize=16)
def sources_element(frames: tuple[SourceFrame, ...]) -> bytes:
    """Return Source Image Sequence (C.7.6.1.1.4) as it is written; the frames of one object are one item.

    Every image of a reformatted series may name hundreds, and mostly the same: they are written once.
    """
    numbers: dict[tuple[str, str], list[int]] = {}
    for frame in frames:
        held = numbers.setdefault((frame.sop_class_uid, frame.sop_instance_uid), [])
        if frame.number:
            held.append(frame.number)
    value, scheme, meaning = SOURCE_IMAGE
    purpose = _item((0x00080100, "SH", value), (0x00080102, "SH", scheme), (0x00080104, "LO", meaning))
    items = []
    for (sop_class_uid, sop_instance_uid), frame_numbers in numbers.items():
        texts = [(0x00081150, "UI", sop_class_uid), (0x00081155, "UI", sop_instance_uid)]
        if frame_numbers:
            texts.append((0x00081160, "IS", "\\".join(map(str, frame_numbers))))
        inner = b"".join(_element(*text) for text in texts)
        items.append(item_bytes(inner + element_bytes(_PURPOSE, "SQ", purpose, _WRITTEN), _WRITTEN))
    return element_bytes(_SOURCE_IMAGES, "SQ", b"".join(items), _WRITTEN) if items else b""


def coded(codes: Iterable[Code]) -> Items:
    """Return codes as the items of a code sequence (PS3.3 8.8)."""
    items = []
    for value, scheme, meaning in codes:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
        items.append(item)
    return Items(items)


def decimal(number: float) -> str:
    """Return a number as a DS has it: at most 16 characters (PS3.5 6.2)."""
    return str(format_number_as_ds(float(number)))


def write_object(made: Dataset, stream: BinaryIO, sources: Iterable[SourceFrame] = ()) -> None:
    """Write an object as a DICOM file, explicit VR little endian.

    Args:
        made: Without Source Image Sequence.
        stream: Gets the file.
        sources: What it was made from.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = made.SOPClassUID
    meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    before, after = _parted(made)
    before.file_meta = meta
    head, rest = io.BytesIO(), DicomBytesIO()
    rest.is_implicit_VR, rest.is_little_endian = False, True
    with warnings.catch_warnings(), config.disable_value_validation():
        warnings.simplefilter("ignore")  # values that are not as they should be were so in the source
        dcmwrite(head, before, implicit_vr=False, little_endian=True, enforce_file_format=True)
        write_dataset(rest, after, made.get("SpecificCharacterSet") or default_encoding)
    stream.write(head.getbuffer())
    stream.write(sources_element(tuple(sources)))
    stream.write(rest.getvalue())


def _parted(made: Dataset) -> tuple[Dataset, Dataset]:
    """Return what stands before Source Image Sequence, and what stands behind it."""
    before, after = Dataset(), Dataset()
    for element in made:
        (before if element.tag < _SOURCE_IMAGES else after)[element.tag] = element
    return before, after


def _item(*texts: tuple[int, str, str]) -> bytes:
    return item_bytes(b"".join(_element(*text) for text in texts), _WRITTEN)


def _element(tag: int, vr: str, text: str) -> bytes:
    return element_bytes(tag, vr, padded(text.encode("ascii", "replace"), vr), _WRITTEN)


def _functional_groups(data_set: Dataset, frame_index: int) -> list[Dataset]:
    shared, per_frame = (data_set.get(tag) for tag in derived_attributes.FUNCTIONAL_GROUPS)
    groups = []
    if per_frame is not None and per_frame.VR == "SQ" and frame_index < len(per_frame.value):
        groups.append(per_frame.value[frame_index])
    if shared is not None and shared.VR == "SQ" and shared.value:
        groups.append(shared.value[0])
    return groups


def _fill_conditions(made: Dataset) -> None:
    """Put in what is asked for because of what was taken over, where the source left it out."""
    if made.get("PatientIdentityRemoved") == "YES" and not {
        "DeidentificationMethod",
        "DeidentificationMethodCodeSequence",
    } & set(made.dir()):
        made.DeidentificationMethod = "Not stated"
    if _may_be_paired(made) and "Laterality" not in made and "ImageLaterality" not in made:
        made.Laterality = ""


def _may_be_paired(made: Dataset) -> bool:
    """Return whether the body part is one of two, for all that is known."""
    part = str(made.get("BodyPartExamined") or "")
    regions = made.get("AnatomicRegionSequence") or []
    codes = {str(region.get("CodeValue") or "") for region in regions}
    known = derived_attributes
    return part not in known.UNPAIRED_PARTS if part else not codes & known.UNPAIRED_REGIONS


def _take_character_set(made: Dataset, source: Dataset, description: str) -> None:
    """Keep the source's character set if it can spell what we add; Unicode spells everything."""
    element = source.get(0x00080005)
    names = "" if element is None or not element.value else element.value
    stated = names if isinstance(names, str) else "\\".join(map(str, names))
    if encoded_text(description, "LO", stated) is None:
        made.SpecificCharacterSet = UTF_8
    elif element is not None and stated:
        made[element.tag] = element


def _stamp(made: Dataset, series: NewSeries) -> None:
    """Say when it was made, in the time zone the source counts in where it says so."""
    at = series.made_at
    offset = str(made.get("TimezoneOffsetFromUTC") or "")
    if len(offset) == 5 and offset[0] in "+-" and offset[1:].isdigit():
        sign = -1 if offset[0] == "-" else 1
        at = at.astimezone(timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[3:]))))
    day, moment = at.strftime("%Y%m%d"), at.strftime("%H%M%S.%f")
    made.InstanceCreationDate = made.ContentDate = day
    made.InstanceCreationTime = made.ContentTime = moment
    if "SeriesDate" not in made:
        made.SeriesDate, made.SeriesTime = day, moment


def _name_equipment(made: Dataset, source: Dataset) -> None:
    """Name ourselves as what made the object, and what acquired the source beside us (C.7.5.1, C.12.1)."""
    made.Manufacturer = _MANUFACTURER
    made.ManufacturerModelName = _MANUFACTURER
    made.SoftwareVersions = viewer.__version__
    take_over(made, source, derived_attributes.INSTITUTION)
    held = source.get("ContributingEquipmentSequence")
    items = list(held) if held else []
    if str(source.get("Manufacturer") or ""):
        item = Dataset()
        take_over(item, source, derived_attributes.EQUIPMENT)
        item.PurposeOfReferenceCodeSequence = coded([ACQUISITION_EQUIPMENT])
        items.append(item)
    if items:
        made.ContributingEquipmentSequence = Items(items)
