"""Whole data sets as pydicom's, read from any source under quotas, with the pixels left where they are.

What displays an instance asks read_data_set; what shows its tags asks read_full_data_set. Both see the same file that
header_scan saw, however odd: header_framing says where it begins and how it is encoded.
"""

import struct
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from viewer.dicom import pydicom_loading  # noqa: F401 - first: two threads may come

# isort: split

from pydicom import config
from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filereader import data_element_generator
from pydicom.tag import BaseTag
from pydicom.uid import UID

from viewer.base.byte_source import ByteSource
from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.deflated import inflate
from viewer.dicom.header_framing import Framing, find_framing
from viewer.dicom.header_scan import FIRST_READ
from viewer.dicom.instance_header import InstanceHeader, PixelDataLocation
from viewer.dicom.quotas import GuardedStream, Repeats
from viewer.dicom.sequence_quotas import SequenceQuota, refuse_deep

LONG_VALUE = 1 << 20
"""From this many bytes on a value outside the pixels is shown by its place, not read into the tag browser."""
_PIXEL_TAGS = frozenset({0x7FE00010, 0x7FE00008, 0x7FE00009})
_BY_PIXEL_REPRESENTATION = frozenset({0x00280106, 0x00280107, 0x00280120, 0x00280121})
_FRAGMENT, _DELIMITER = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
_READ_ERRORS = (EOFError, OSError, struct.error, ValueError, KeyError, AttributeError, NotImplementedError, TypeError)

Element = RawDataElement | DataElement

# Wrong values are no news in files from outside, and pydicom's warnings quote them: no patient data on standard error.
config.settings.reading_validation_mode = config.IGNORE


@dataclass(frozen=True, slots=True)
class FullDataSet:
    """A file's meta information and data set for showing its tags.

    Attributes:
        long_values: Top-level values that were left in the file, by tag: the pixels, and anything long. Offsets count
            from the start of the source, or of the inflated data set.
        problems: What could not be read, in plain English.
    """

    meta: FileMetaDataset
    data_set: Dataset
    long_values: Mapping[int, PixelDataLocation]
    transfer_syntax_uid: str
    problems: tuple[str, ...] = ()


def read_data_set(header: InstanceHeader) -> Dataset:
    """Return the data set of an instance without its pixel element.

    When the header is whole, the data set is built of its elements and the file is not touched; then it holds only
    header_scan.WANTED_TAGS.

    Raises:
        DicomError: If the data set cannot be read.
        RefusedError: If it is larger or deeper than quotas allow.
        MediaError: If the medium fails.
    """
    if header.is_whole:
        return _of_elements(header)
    data_set = read_full_data_set(header.source, stop_at_pixels=True).data_set
    data_set.file_meta = _meta_of(header.transfer_syntax_uid)
    return data_set


def read_full_data_set(source: ByteSource, *, stop_at_pixels: bool = False) -> FullDataSet:
    """Return everything a file says, its pixels and long values by their place.

    Args:
        source: The file.
        stop_at_pixels: Whether to end at the pixel element and to read long values before it.

    Raises:
        DicomError: If it is not DICOM or nothing of it can be read.
        RefusedError: If it is larger or deeper than quotas allow.
        MediaError: If the medium fails.
    """
    framing = find_framing(source, source.read_at(0, FIRST_READ))
    data, begin = source, framing.offset
    if framing.is_deflated:
        data, begin = inflate(source, framing.offset), 0
    reading = _Reading(data, framing, keep_long=stop_at_pixels)
    reading.read(begin, stop_at_pixels=stop_at_pixels)
    if not reading.elements:
        raise DicomError(_("Nothing of the data set can be read"))
    meta = _meta_of(framing.transfer_syntax_uid, framing.meta)
    problems = (*framing.problems, *reading.problems)
    return FullDataSet(meta, reading.data_set(), reading.long_values, framing.transfer_syntax_uid, problems)


def inflated(source: ByteSource) -> bytes:
    """Return the inflated data set of a file in a deflated syntax; the last one asked for is kept.

    Raises:
        DicomError: If the file is not deflated, or damaged from the start.
        RefusedError: If more comes out than quotas allow.
    """
    framing = find_framing(source, source.read_at(0, FIRST_READ))
    if not framing.is_deflated:
        raise DicomError(_("The data set is not deflated"), subject=source.name)
    return inflate(source, framing.offset).data


class _Reading:
    """One pass of pydicom over a data set; first elements win over later ones of the same tag."""

    def __init__(self, source: ByteSource, framing: Framing, *, keep_long: bool) -> None:
        self.elements: dict[BaseTag, Element] = {}
        self.long_values: dict[int, PixelDataLocation] = {}
        self.problems: list[str] = []
        self._source = source
        self._framing = framing
        self._quota = SequenceQuota()
        self._repeats = Repeats()
        self._keep_long = keep_long
        self._pixels: PixelDataLocation | None = None

    def read(self, begin: int, *, stop_at_pixels: bool) -> None:
        """Read from an offset on; damage ends the reading and is said."""
        stream = GuardedStream(self._source, begin)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                while self._read_to_pixels(stream) and not stop_at_pixels and self._pass_pixels(stream):
                    pass
        except RecursionError:
            refuse_deep(1 << 30)
        except _READ_ERRORS:
            self.problems.append(
                _("The data set is damaged at byte {offset}; what comes after is left out").format(offset=stream.tell())
            )
        finally:
            stream.close()

    def data_set(self) -> Dataset:
        """Return what was read."""
        return _data_set(
            self.elements, is_implicit=self._framing.is_implicit_vr, is_big_endian=self._framing.is_big_endian
        )

    def _read_to_pixels(self, stream: GuardedStream) -> bool:
        """Take elements up to the next pixel element; return whether there is one."""
        self._pixels = None
        for element in self._generated(stream):
            self._take(element)
        return self._pixels is not None

    def _generated(self, stream: GuardedStream) -> Iterator[Element]:
        readable: Any = stream

        def stop(tag: BaseTag, _vr: str | None, length: int) -> bool:
            if tag in _PIXEL_TAGS:
                self._pixels = PixelDataLocation(int(tag), stream.tell(), length)
            return tag in _PIXEL_TAGS

        return data_element_generator(
            readable,
            is_implicit_VR=self._framing.is_implicit_vr,
            is_little_endian=not self._framing.is_big_endian,
            stop_when=stop,
            defer_size=None if self._keep_long else LONG_VALUE,
        )

    def _take(self, element: Element) -> None:
        if element.tag in self.elements:
            self._repeats.note(int(element.tag), self.problems)
            return
        if isinstance(element, RawDataElement):
            if element.value is None and element.length > LONG_VALUE:
                place = PixelDataLocation(int(element.tag), element.value_tell, element.length)
                self.long_values.setdefault(int(element.tag), place)
                return
            if isinstance(element.value, bytes) and _is_sequence(element, is_big=self._framing.is_big_endian):
                is_implicit = element.is_implicit_VR or element.VR == "UN"
                self._quota.check(element.value, is_implicit=is_implicit, is_big_endian=self._framing.is_big_endian)
        else:
            _spend_parsed(element, self._quota)
        self.elements[element.tag] = element

    def _pass_pixels(self, stream: GuardedStream) -> bool:
        """Note where the pixels lie and move behind them; return whether there can be more after them."""
        pixels = self._pixels
        if pixels is None:
            return False
        self.long_values.setdefault(pixels.tag, pixels)
        if not pixels.is_encapsulated:
            stream.seek(pixels.offset + pixels.length)
            return stream.tell() < self._source.size()
        stream.seek(pixels.offset)
        while (fragment := stream.read(8))[:4] == _FRAGMENT:
            stream.seek(stream.tell() + int.from_bytes(fragment[4:], "little"))
        return fragment[:4] == _DELIMITER and stream.tell() < self._source.size()


def _of_elements(header: InstanceHeader) -> Dataset:
    is_signed = header.unsigned_short(0x00280103) == 1
    elements: dict[BaseTag, Element] = {}
    for tag, raw in header.elements.items():
        if tag >> 16 == 2:
            continue
        vr = ("SS" if is_signed else "US") if tag in _BY_PIXEL_REPRESENTATION else None
        place = BaseTag(tag)
        elements[place] = RawDataElement(place, vr, len(raw), raw, 0, is_implicit_VR=vr is None, is_little_endian=True)
    data_set = _data_set(elements, is_implicit=True, is_big_endian=False)
    data_set.file_meta = _meta_of(header.transfer_syntax_uid)
    return data_set


def _data_set(elements: dict[BaseTag, Element], *, is_implicit: bool, is_big_endian: bool) -> Dataset:
    data_set = Dataset(elements)
    charset = elements.get(BaseTag(0x00080005))
    raw = charset.value if isinstance(charset, RawDataElement) else b""
    names = raw.decode("ascii", "replace").strip(" \0").split("\\") if isinstance(raw, bytes) else [""]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an unknown character set is the business of character_sets
        encodings = convert_encodings([name.strip() for name in names])
    data_set.set_original_encoding(is_implicit, not is_big_endian, encodings)
    return data_set


def _meta_of(transfer_syntax_uid: str, raw: Mapping[int, bytes] | None = None) -> FileMetaDataset:
    meta = FileMetaDataset()
    for tag, value in (raw or {}).items():
        place = BaseTag(tag)
        vr = dictionary_VR(tag) if tag in _META_TAGS else "UN"
        meta[place] = RawDataElement(place, vr, len(value), value, 0, is_implicit_VR=False, is_little_endian=True)
    if transfer_syntax_uid:
        meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    return meta


_META_TAGS = frozenset(
    0x00020000 | element
    for element in (0, 1, 2, 3, 0x10, 0x12, 0x13, 0x16, 0x17, 0x18, 0x26, 0x27, 0x28, 0x31, 0x32, 0x33, 0x100, 0x102)
)


def _is_sequence(element: RawDataElement, *, is_big: bool) -> bool:
    first = b"\xff\xfe\xe0\x00" if is_big else b"\xfe\xff\x00\xe0"
    return element.VR == "SQ" or bytes(element.value or b"")[:4] == first


def _spend_parsed(element: DataElement, quota: SequenceQuota) -> None:
    """Count a sequence that pydicom had to parse because its length is undefined, and check what it left unparsed."""
    if element.VR != "SQ" or element.value is None:
        return
    level = list(element.value)
    depth = 0
    while level:
        depth += 1
        refuse_deep(depth)
        quota.spend(items=len(level), elements=sum(len(item) for item in level))
        level = [nested for item in level for nested in _nested_items(item, quota, depth)]


def _nested_items(item: Dataset, quota: SequenceQuota, depth: int) -> list[Dataset]:
    found: list[Dataset] = []
    for element in item.elements():
        if isinstance(element, DataElement):
            if element.VR == "SQ" and element.value is not None:
                found += element.value
        elif isinstance(element.value, bytes) and _is_sequence(element, is_big=not element.is_little_endian):
            refuse_deep(depth + 1)
            quota.check(element.value, is_implicit=element.is_implicit_VR, is_big_endian=not element.is_little_endian)
    return found
