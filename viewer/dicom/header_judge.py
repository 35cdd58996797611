"""Headers of files that are not well formed, read by pydicom under quotas.

Called by header_scan for whatever its lean walk does not understand. The outcome is the same form: raw values,
re-encoded little endian, with what is wrong said in problems; or a refusal in plain words.
"""

import struct
import warnings
from collections.abc import Iterator
from typing import Any, BinaryIO

from viewer.dicom import pydicom_loading  # noqa: F401 - first: two threads may come

# isort: split

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.filereader import data_element_generator
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from viewer.base.byte_source import ByteSource
from viewer.base.errors import DicomError
from viewer.base.translation import N_, _
from viewer.dicom.deflated import inflate
from viewer.dicom.header_checks import pixel_problems, preamble_problems, text_problems
from viewer.dicom.header_framing import Framing, find_framing
from viewer.dicom.instance_header import InstanceHeader, PixelDataLocation
from viewer.dicom.quotas import GuardedStream, Repeats
from viewer.dicom.sequence_quotas import SequenceQuota, refuse_deep
from viewer.dicom.wanted_tags import MAX_KEPT_VALUE, SEQUENCES_OF_MORE, SIGNS_OF_MORE, WANTED_TAGS

PIXEL_TAGS = frozenset({0x7FE00010, 0x7FE00008, 0x7FE00009})
_SWAPPED_SIZES = {
    **dict.fromkeys(("US", "SS", "OW", "AT"), 2),
    **dict.fromkeys(("UL", "SL", "FL", "OF", "OL"), 4),
    **dict.fromkeys(("FD", "OD", "SV", "UV", "OV"), 8),
}
# One of these two families must be there, or bytes that happen to parse would pass for an object.
_EVIDENCE = frozenset(
    {0x00080005, 0x00080008, 0x00080010, 0x00080016, 0x00080018, 0x00080020, 0x00080060, 0x00100010, 0x00100020}
    | {0x0020000D, 0x0020000E, 0x00280010, 0x00280011, 0x00041130, 0x00041220}
)
_READ_ERRORS = (EOFError, OSError, struct.error, ValueError, KeyError, AttributeError, NotImplementedError, TypeError)
_IMPLAUSIBLE = N_("The data set is damaged at byte {offset}; what comes after is left out")


def judge_header(source: ByteSource, data: bytes) -> InstanceHeader:
    """Return the header of a file that is odd in some way.

    Args:
        source: The file.
        data: Its first bytes, as many as the scanner has read.

    Raises:
        DicomError: If it is not DICOM, or damaged beyond use.
        RefusedError: If it claims more than any honest object does.
    """
    framing = find_framing(source, data)
    problems = [*framing.problems]
    data_set, begin = source, framing.offset
    if framing.is_deflated:
        inflated = inflate(source, framing.offset)
        data_set, begin = inflated, 0
        if not inflated.is_complete:
            problems.append(_("The deflated data set breaks off before its end"))
    reading = _Reading(data_set, begin, framing)
    reading.read()
    problems += reading.problems
    elements = {**{tag: raw for tag, raw in framing.meta.items() if tag in WANTED_TAGS}, **reading.elements}
    _require_evidence(framing, reading.seen)
    if 0x00080018 not in elements and framing.meta.get(0x00020002, b"").strip(b" \0") != b"1.2.840.10008.1.3.10":
        problems.append(_("The object has no SOP Instance UID"))
    problems += pixel_problems(elements, reading.pixel_data, data_set.size())
    problems += preamble_problems(data)
    problems += text_problems(elements.get(0x00080005, b""))
    is_whole = not reading.needs_more and b"MOSAIC" not in elements.get(0x00080008, b"")
    return InstanceHeader(
        source, framing.transfer_syntax_uid, elements, reading.pixel_data, is_whole, tuple(dict.fromkeys(problems))
    )


def _require_evidence(framing: Framing, seen: set[int]) -> None:
    """Refuse bytes that only happen to parse, and data sets of which nothing is left."""
    evidence = len(_EVIDENCE & (seen | framing.meta.keys()))
    if framing.meta and not seen:
        raise DicomError(_("Nothing of the data set can be read after the meta information"))
    if evidence >= (1 if framing.meta else 2):
        return
    if framing.meta:
        raise DicomError(_("The data set does not say what it is: no SOP class, modality, patient or image in it"))
    raise DicomError(_("This is not a DICOM file"))


class _Reading:
    """One pass of pydicom over the top level of a data set."""

    def __init__(self, source: ByteSource, begin: int, framing: Framing) -> None:
        self.elements: dict[int, bytes] = {}
        self.seen: set[int] = set()
        self.problems: list[str] = []
        self.needs_more = False
        self.pixel_data: PixelDataLocation | None = None
        self._repeats = Repeats()
        self._framing = framing
        self._size = source.size()
        self._stream = GuardedStream(source, begin)

    def read(self) -> None:
        """Fill the attributes; what cannot be read is left out and said."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # said in problems, in words of our own
                for element in self._generated():
                    self._take(element)
        except RecursionError:
            refuse_deep(1 << 30)
        except _READ_ERRORS:
            self.problems.append(_(_IMPLAUSIBLE).format(offset=self._stream.tell()))
        if self._stream.tell() > self._size and self.pixel_data is None:
            self.problems.append(_("The file ends in the middle of an element; it is cut off or damaged"))

    def _generated(self) -> Iterator[RawDataElement | DataElement]:
        stream: Any = self._stream
        readable: BinaryIO = stream
        return data_element_generator(
            readable,
            is_implicit_VR=self._framing.is_implicit_vr,
            is_little_endian=not self._framing.is_big_endian,
            stop_when=self._stop,
            defer_size=MAX_KEPT_VALUE,
        )

    def _stop(self, tag: BaseTag, _vr: str | None, length: int) -> bool:
        if tag in PIXEL_TAGS:
            self.pixel_data = PixelDataLocation(int(tag), self._stream.tell(), length)
            return True
        return False

    def _take(self, element: RawDataElement | DataElement) -> None:
        tag = int(element.tag)
        if tag in self.seen:
            self._repeats.note(tag, self.problems)
            return
        self.seen.add(tag)
        if tag in SEQUENCES_OF_MORE or tag in SIGNS_OF_MORE:
            self.needs_more = True
        if isinstance(element, DataElement):
            if isinstance(element.value, Sequence):
                _refuse_deep_sequence(element.value)
            return
        raw = element.value if isinstance(element.value, bytes) else b""
        if element.value is not None and len(raw) < element.length:
            self.problems.append(_("The file ends in the middle of an element; it is cut off or damaged"))
        if element.VR == "SQ":
            SequenceQuota().check(raw, is_implicit=False, is_big_endian=self._framing.is_big_endian)
        if tag in WANTED_TAGS:
            self._keep(tag, element, raw)

    def _keep(self, tag: int, element: RawDataElement, raw: bytes) -> None:
        if element.length > MAX_KEPT_VALUE:
            self.needs_more = True
            return
        if self._framing.is_big_endian:
            raw = little_endian(raw, element.VR or "UN")
        self.elements[tag] = raw


def little_endian(raw: bytes, vr: str) -> bytes:
    """Return a big endian value of a VR re-encoded little endian (PS3.5 7.3)."""
    size = _SWAPPED_SIZES.get(vr, 1)
    if size == 1 or len(raw) % size:
        return raw
    swapped = bytearray(raw)
    for place in range(size):
        swapped[place::size] = raw[size - 1 - place :: size]
    return bytes(swapped)


def _refuse_deep_sequence(sequence: Sequence) -> None:
    level: list[Sequence] = [sequence]
    depth = 0
    while level:
        depth += 1
        refuse_deep(depth)
        level = [
            element.value
            for nested in level
            for item in nested
            for element in item.elements()
            if isinstance(element, DataElement) and isinstance(element.value, Sequence)
        ]
