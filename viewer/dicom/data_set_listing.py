"""A whole file as a list of its elements in words: what the tag browser and `negatoscope dump` show.

Values are decoded here from the bytes of the file, by VR and character set; nothing is converted that would hide what
the file really says. Numbers keep the file's digits, private elements are named by their creator (PS3.5 7.8).
"""

import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.base.byte_source import ByteSource
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.element_values import VALUE_LIMIT, is_binary, value_text
from viewer.dicom.instance_header import PixelDataLocation
from viewer.dicom.tag_names import is_private, tag_name, tag_text

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement, RawDataElement
    from pydicom.dataset import Dataset

    from viewer.dicom.datasets import FullDataSet

MAXIMUM_ELEMENTS = 250_000
"""More elements than this are not listed, and that is said: nobody reads them, and they cost memory."""
_CHECK_EVERY = 512

_PIXEL_REPRESENTATION, _CHARACTER_SET = 0x00280103, 0x00080005
_UNREADABLE = (
    ValueError,
    KeyError,
    EOFError,
    OSError,
    struct.error,
    AttributeError,
    NotImplementedError,
    TypeError,
)
"""What pydicom raises over the bytes of a broken element."""


@dataclass(frozen=True, slots=True)
class ListedElement:
    """One element.

    Attributes:
        creator: Who reserved the block, for a private element.
        vr: As in the file, or of the dictionary where the file states none.
        length: In bytes; None for undefined.
        value: In words, cut at VALUE_LIMIT.
        raw: The bytes as in the file; None for a value that is still there (place) or was never one (undefined length).
        place: Where a value lies that was not read.
        items: The elements of each item of a sequence.
    """

    tag: int
    name: str
    keyword: str = ""
    creator: str = ""
    vr: str = "UN"
    length: int | None = None
    value: str = ""
    raw: bytes | None = None
    place: PixelDataLocation | None = None
    items: tuple[tuple["ListedElement", ...], ...] = ()

    @property
    def key(self) -> tuple[int, str]:
        """What makes it the same element in another file: private blocks may lie elsewhere there."""
        element = self.tag & 0xFF if self.creator else self.tag & 0xFFFF
        return self.tag >> 16 << 16 | element, self.creator


@dataclass(frozen=True, slots=True)
class DataSetListing:
    """A file's elements.

    Attributes:
        elements: Of the file meta information and the data set, by tag.
        problems: What could not be read or is not listed, in plain English.
        transfer_syntax_uid: As read.
    """

    source: ByteSource
    elements: tuple[ListedElement, ...]
    problems: tuple[str, ...]
    transfer_syntax_uid: str


def list_data_set(
    source: ByteSource, character_set: str = "", progress: Progress | None = None, limit: int = MAXIMUM_ELEMENTS
) -> DataSetListing:
    """Return a file as a list of its elements.

    Args:
        source: The file.
        character_set: In place of every (0008,0005) of the file; empty for the file's own.
        progress: Cancels the work.
        limit: How many elements are listed at most.

    Raises:
        DicomError: If it is not DICOM or nothing of it can be read.
        RefusedError: If it is larger or deeper than quotas allow.
        MediaError: If the medium fails.
    """
    from viewer.dicom.datasets import read_full_data_set

    full = read_full_data_set(source)
    lister = _Lister(character_set, progress or Progress(), limit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is odd is shown as it is
        elements = (*lister.listed(_meta_elements(full), _Surroundings()), *lister.top_level(full))
    problems = [*full.problems, *(_("Element {tag} cannot be read").format(tag=tag) for tag in lister.unreadable)]
    if lister.is_cut:
        problems.append(_("Only the first {limit} elements are listed").format(limit=limit))
    return DataSetListing(source, elements, tuple(problems), full.transfer_syntax_uid)


def stored_bytes(listing: DataSetListing, element: ListedElement, limit: int) -> bytes:
    """Return the first bytes of a value as they are in the file; empty where there are none to show.

    Raises:
        MediaError: If the medium fails.
    """
    if element.raw is not None or element.place is None:
        return (element.raw or b"")[:limit]
    place = element.place
    length = limit if place.is_encapsulated else min(place.length, limit)
    return _behind(listing).read_at(place.offset, length)


def same_value(first: DataSetListing, one: ListedElement, second: DataSetListing, other: ListedElement) -> bool:
    """Return whether two elements hold the same, leaving padding, nested items and undefined lengths aside.

    Raises:
        MediaError: If a medium fails.
    """
    if one.items or other.items or one.vr == other.vr == "SQ":
        return len(one.items) == len(other.items)
    if one.place is None and other.place is None:
        if one.raw is not None and other.raw is not None and one.raw == other.raw:
            return True
        is_cut = max(len(one.value), len(other.value)) >= VALUE_LIMIT or is_binary(one.vr)
        return one.value == other.value and not is_cut
    return _same_bytes(first, one, second, other)


def _same_bytes(first: DataSetListing, one: ListedElement, second: DataSetListing, other: ListedElement) -> bool:
    if one.place is None or other.place is None or one.length != other.length or one.length is None:
        return False
    step = 1 << 20
    left, right = _behind(first), _behind(second)
    return all(
        left.read_at(one.place.offset + done, min(step, one.length - done))
        == right.read_at(other.place.offset + done, min(step, one.length - done))
        for done in range(0, one.length, step)
    )


def _behind(listing: DataSetListing) -> ByteSource:
    from viewer.dicom.datasets import inflated
    from viewer.dicom.deflated import InflatedBytes
    from viewer.dicom.transfer_syntaxes import DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN

    is_deflated = listing.transfer_syntax_uid == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
    return InflatedBytes(listing.source.name, inflated(listing.source)) if is_deflated else listing.source


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What an element's value depends on besides its bytes."""

    character_set: str = ""
    is_signed: bool = False
    is_big_endian: bool = False


class _Lister:
    """Puts elements into words, with a count of how many are left."""

    def __init__(self, character_set: str, progress: Progress, limit: int) -> None:
        self._override = character_set
        self._progress = progress
        self._left = limit
        self.is_cut = False
        self.unreadable: list[str] = []

    def top_level(self, full: "FullDataSet") -> tuple[ListedElement, ...]:
        """Return the elements of the data set and those that were left in the file, by tag."""
        listed = [*self.listed(self._stored(full.data_set), _Surroundings())]
        for tag, place in full.long_values.items():
            creator = _creator_of(tag, listed)
            known = tag_name(tag, creator)
            length = None if place.is_encapsulated else place.length
            vr = known.vr.partition(" or ")[0]
            listed.append(ListedElement(tag, known.name, known.keyword, creator, vr, length, place=place))
        return tuple(sorted(listed, key=lambda element: element.tag))

    def listed(
        self, elements: "list[RawDataElement | DataElement]", around: _Surroundings
    ) -> tuple[ListedElement, ...]:
        """Return elements in words, by tag."""
        creators: dict[int, str] = {}
        found: list[ListedElement] = []
        around = self._within(elements, around)
        for element in sorted(elements, key=lambda each: each.tag):
            self._left -= 1
            if self._left < 0:
                self.is_cut = True
                break
            if self._left % _CHECK_EVERY == 0:
                self._progress.check()
            tag = int(element.tag)
            creator = creators.get(tag >> 8, "") if is_private(tag) and tag & 0xFFFF > 0xFF else ""
            one = self._one(element, creator, around)
            if is_private(tag) and 0x10 <= tag & 0xFFFF <= 0xFF:
                creators[tag >> 16 << 8 | tag & 0xFF] = one.value
            found.append(one)
        return tuple(found)

    def _stored(self, data_set: "Dataset") -> "list[RawDataElement | DataElement]":
        """Return the elements as they were read; what pydicom cannot take apart is named and left out."""
        found: list[RawDataElement | DataElement] = []
        for tag in data_set.keys():  # noqa: SIM118 - iterating a data set itself decodes its elements
            try:
                found.append(data_set.get_item(tag))
            except _UNREADABLE:
                self.unreadable.append(tag_text(int(tag)))
        return found

    def _within(self, elements: "list[RawDataElement | DataElement]", around: _Surroundings) -> _Surroundings:
        """Return what holds inside a data set or item that says other than what surrounds it."""
        character_set, is_signed = self._override or around.character_set, around.is_signed
        is_big = around.is_big_endian
        for element in elements:
            raw = _raw_of(element)
            is_big = not getattr(element, "is_little_endian", not is_big)
            if element.tag == _CHARACTER_SET and raw and not self._override:
                character_set = raw.decode("ascii", "replace").strip(" \0")
            elif element.tag == _PIXEL_REPRESENTATION and raw:
                is_signed = any(raw)
        return _Surroundings(character_set, is_signed, is_big)

    def _one(self, element: "RawDataElement | DataElement", creator: str, around: _Surroundings) -> ListedElement:
        tag, raw = int(element.tag), _raw_of(element)
        known = tag_name(tag, creator)
        stated = element.VR or ""
        vr = _vr(stated, known.vr, around, len(raw or b""))
        items = tuple(self.listed(self._stored(item), around) for item in _items(element, vr))
        value = "" if items or vr == "SQ" else value_text(raw or b"", vr, around.character_set, around.is_big_endian)
        shown = stated or vr
        if stated == "UN" and vr != "UN":
            shown = f"UN ({vr})"
        length = None if raw is None else len(raw)
        return ListedElement(tag, known.name, known.keyword, creator, shown, length, value, raw, None, items)


def _vr(stated: str, known: str, around: _Surroundings, length: int) -> str:
    """Return the VR to read a value by, where the file or the dictionary leave it open (PS3.5 6.2.2, A.1)."""
    if stated and stated != "UN":
        return stated
    options = known.split(" or ")
    if len(options) == 1:
        return known
    if {"US", "SS"} <= set(options) and not ("OW" in options and length > 2):
        return "SS" if around.is_signed else "US"
    return "OW" if "OW" in options else options[0]


def _raw_of(element: "RawDataElement | DataElement") -> bytes | None:
    """Return the bytes of an element; None for one that pydicom had to parse to find its end."""
    from pydicom.uid import UID

    value = element.value
    if isinstance(value, UID):  # written by the reader, which knows it better than an odd file
        return value.encode("ascii") + b"\0" * (len(value) % 2)
    return value if isinstance(value, bytes) else b"" if value is None else None


def _items(element: "RawDataElement | DataElement", vr: str) -> "Iterator[Dataset]":
    """Yield the items of a sequence; a broken one yields none, and its bytes stay to be looked at."""
    from pydicom.dataelem import RawDataElement, convert_raw_data_element
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    if vr != "SQ":
        return
    try:
        if isinstance(element, RawDataElement):
            element = convert_raw_data_element(element._replace(VR="SQ"))
        value = element.value
        if isinstance(value, Sequence):
            yield from (item for item in value if isinstance(item, Dataset))
    except _UNREADABLE:
        return


def _meta_elements(full: "FullDataSet") -> "list[RawDataElement | DataElement]":
    elements = list(full.meta.elements())
    # A lone transfer syntax was supplied by the reader: the file has no meta information.
    return elements if len(elements) > 1 else []


def _creator_of(tag: int, listed: list[ListedElement]) -> str:
    if not is_private(tag):
        return ""
    wanted = tag >> 16 << 16 | tag >> 8 & 0xFF
    return next((element.value for element in listed if element.tag == wanted), "")
