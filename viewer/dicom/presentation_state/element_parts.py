"""Pieces that many modules of presentation states share: references, tables, frame ranges, colours."""

import math
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.cielab import CodedLab
from viewer.dicom.data_elements import element_items, element_number, element_numbers, element_text, element_value
from viewer.dicom.presentation_state.values import ImageReference, LutData, Scope

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

REFERENCED_SERIES, REFERENCED_IMAGES = 0x00081115, 0x00081140
_CLASS, _INSTANCE, _FRAMES = 0x00081150, 0x00081155, 0x00081160
_SERIES, _STUDY = 0x0020000E, 0x0020000D
_DESCRIPTOR, _DATA, _EXPLANATION, _TYPE = 0x00283002, 0x00283006, 0x00283003, 0x00283004
MAX_LUT_BITS = 16


def scope_of(item: "Dataset") -> Scope:
    """Return the images that an item of a module names; none for all of the state."""
    return tuple(reference_of(each) for each in element_items(item, REFERENCED_IMAGES))


def reference_of(item: "Dataset", series_uid: str = "", study_uid: str = "") -> ImageReference:
    """Return the image that an item names.

    Raises:
        DicomError: If it names none.
    """
    uid = element_text(item, _INSTANCE)
    if not uid:
        raise DicomError(_("A reference of the presentation state names no image"))
    frames = tuple(int(number) for number in element_numbers(item, _FRAMES))
    return ImageReference(element_text(item, _CLASS), uid, frames, series_uid, study_uid)


def references_by_series(data_set: "Dataset", study_uid: str = "") -> Scope:
    """Return the images of a Referenced Series Sequence (0008,1115)."""
    return tuple(
        reference_of(image, element_text(series, _SERIES), study_uid)
        for series in element_items(data_set, REFERENCED_SERIES)
        for image in element_items(series, REFERENCED_IMAGES)
    )


def references_anywhere(data_set: "Dataset") -> Scope:
    """Return the images that any sequence names: volumetric states name them as the inputs of volumes."""
    found: dict[str, ImageReference] = {}
    for element in data_set.iterall():
        if element.tag == REFERENCED_IMAGES and element.VR == "SQ":
            for item in element.value:
                reference = reference_of(item)
                found.setdefault(reference.sop_instance_uid, reference)
    return tuple(found.values())


def referenced_study(item: "Dataset") -> str:
    """Return the Study Instance UID that an item states."""
    return element_text(item, _STUDY)


def lut_of(item: "Dataset") -> LutData:
    """Return the table of an item with LUT Descriptor and LUT Data.

    Raises:
        DicomError: If one is missing or makes no sense.
    """
    return lut_from(
        item, _DESCRIPTOR, _DATA, explanation=element_text(item, _EXPLANATION), type_name=element_text(item, _TYPE)
    )


def lut_from(
    item: "Dataset",
    descriptor_tag: int,
    data_tag: int,
    *,
    explanation: str = "",
    type_name: str = "",
    is_segmented: bool = False,
) -> LutData:
    """Return a table out of a descriptor and data by their tags.

    Raises:
        DicomError: If one is missing or makes no sense.
    """
    descriptor = _words(element_value(item, descriptor_tag), is_little=is_little_endian(item))
    if len(descriptor) != 3 or not 1 <= descriptor[2] <= MAX_LUT_BITS:
        raise DicomError(_("A table of the presentation state has no sense in its descriptor"))
    data = _octets(element_value(item, data_tag), is_little=is_little_endian(item))
    count = descriptor[0] or 1 << 16
    least = 1 if is_segmented else (count if descriptor[2] <= 8 else 2 * count)
    if len(data) < least:
        raise DicomError(_("A table of the presentation state is cut off"))
    return LutData(count, descriptor[1], descriptor[2], data, explanation, type_name, is_segmented)


def is_little_endian(data_set: "Dataset") -> bool:
    """Return the byte order that values still in bytes have."""
    return data_set.original_encoding[1] is not False


def _words(value: object, *, is_little: bool) -> tuple[int, ...]:
    if isinstance(value, bytes):
        order: Literal["little", "big"] = "little" if is_little else "big"
        return tuple(int.from_bytes(value[at : at + 2], order) for at in range(0, len(value) // 2 * 2, 2))
    return tuple(int(word) & 0xFFFF for word in value) if isinstance(value, Iterable) else ()


def _octets(value: object, *, is_little: bool) -> bytes:
    if isinstance(value, bytes) and is_little:
        return value
    if isinstance(value, int):
        value = (value,)
    return b"".join(word.to_bytes(2, "little") for word in _words(value, is_little=is_little))


def frame_ranges(item: "Dataset", tag: int) -> tuple[tuple[int, int], ...]:
    """Return pairs of first and last frame, from 1; none for all frames.

    Raises:
        DicomError: If they are no pairs.
    """
    numbers = [int(number) for number in element_numbers(item, tag)]
    if len(numbers) % 2:
        raise DicomError(_("A range of frames in the presentation state has no end"))
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def cielab_of(item: "Dataset", tag: int) -> CodedLab | None:
    """Return a coded CIELab colour; None when it is not stated."""
    parts = [int(part) & 0xFFFF for part in element_numbers(item, tag)]
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else None


def whole_number(item: "Dataset", tag: int, default: int = 0) -> int:
    """Return an element as a whole number."""
    found = element_number(item, tag)
    return default if found is None else int(found)


def floats_of(item: "Dataset", tag: int) -> tuple[float, ...]:
    """Return the numbers of an FL element, also of one that was too long and became UN: little endian (PS3.5 6.2.2)."""
    value = element_value(item, tag)
    if not isinstance(value, bytes):
        return element_numbers(item, tag)
    numbers = struct.unpack(f"<{len(value) // 4}f", value[: len(value) // 4 * 4])
    return numbers if all(map(math.isfinite, numbers)) else ()


def pair_of(item: "Dataset", tag: int) -> tuple[float, float] | None:
    """Return an element's two numbers; None when there are not two."""
    numbers = element_numbers(item, tag)
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None
