"""A whole header read like a data set, without pydicom: what the first image of a folder is displayed from.

It answers as pydicom's Dataset does in the few ways that the readers of display attributes ask. A header that is not
whole is read by datasets.read_data_set instead.
"""

import struct
from dataclasses import dataclass
from typing import Any

from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.wanted_tags import PLAIN_TAGS

_NUMBERS = {"US": "H", "SS": "h", "UL": "I", "FL": "f", "FD": "d"}
_TEXTS = frozenset({"LO", "LT", "PN", "SH", "ST"})
_DEFAULT_REPERTOIRE = "CS"
"""Stands for all VRs whose values are plain ASCII text: AS CS DA DS DT IS TM UI."""
_BY_PIXEL_REPRESENTATION = frozenset({0x00280106, 0x00280107, 0x00280120, 0x00280121})


def _tags(vr: str, text: str) -> dict[int, str]:
    return {int(word, 16): vr for word in text.split()}


# Of the public elements that headers keep (wanted_tags), those that are not plain ASCII text (PS3.6 6).
_VRS = {
    **_tags(
        "US",
        "00181244 00181310 00209162 00209163 00280002 00280003 00280006 00280010 00280011 00280100 00280101 00280102"
        " 00280103 00280200 00286010 00286020 00286040 00540010 00540011 00540020 00540021 00540030 00540031 00540050"
        " 00540051 00540053 00540060 00540061 00540070 00540071 00540080 00540081 00540090 00540100 00540101 00541330",
    ),
    **_tags("SS", "00281041"),
    **_tags("UL", "00209057 00209128 00209228 00480006 00480007"),
    **_tags("FL", "00280122 00280124"),
    **_tags("FD", "00189073 00189087 00189089 00189345 00280123 00280125"),
    **_tags("AT", "00280009 0028000A"),
    **_tags(
        "SH",
        "00080050 00080201 00081010 00180024 00181160 00181210 00181250 00200010 00209056 00400253 30020002 30060002"
        " 300A0002 00102160 00102180",
    ),
    **_tags(
        "LO",
        "00080070 00080080 00081030 0008103E 00081040 00081090 00100020 00100021 00102201 00102292 00180010 00181000"
        " 00181020 00181030 00181064 00181400 00181401 00201040 00280A04 00281054 00281055 00321030 00321060 00380010"
        " 00400254 00420012 00541101 00541103 00541105 00700081 30020003 30040006 30060004 300A0003 00081080 00101000",
    ),
    **_tags("PN", "00080090 00081050 00081060 00081070 00100010 00101001 00700084"),
    **_tags("ST", "00082111 00281351 00420010"),
    **_tags("LT", "001021B0 00104000 00204000 00324000"),
}


@dataclass(frozen=True, slots=True)
class HeaderElement:
    """One element: value is bytes as in the file, or what they mean, as it was asked for."""

    VR: str
    value: Any


class HeaderDataSet:
    """The elements of a whole header."""

    def __init__(self, header: InstanceHeader) -> None:
        self._header = header

    def __contains__(self, tag: int) -> bool:
        return tag in self._header.elements

    def __getitem__(self, tag: int) -> HeaderElement:
        """Return an element with its value: a text, a number, several numbers, or bytes of an unknown meaning.

        Raises:
            KeyError: If there is none.
            ValueError: If its bytes are no value of its VR.
        """
        raw = self._header.elements[tag]
        vr = self.vr(tag)
        if vr in _NUMBERS:
            return HeaderElement(vr, _numbers(raw, _NUMBERS[vr]))
        if vr in _TEXTS:
            return HeaderElement(vr, self._header.text(tag) or None)
        return HeaderElement(vr, self._header.ascii(tag) or None if vr == _DEFAULT_REPERTOIRE else raw)

    def get_item(self, tag: int) -> HeaderElement:
        """Return an element with the bytes of the file."""
        return HeaderElement(self.vr(tag), self._header.elements[tag])

    def vr(self, tag: int) -> str:
        """Return the VR of an element, CS for all whose values are plain ASCII text; UN when it is not known."""
        if tag in _BY_PIXEL_REPRESENTATION:
            return "SS" if self._header.unsigned_short(0x00280103) == 1 else "US"
        return _VRS.get(tag, _DEFAULT_REPERTOIRE if tag in PLAIN_TAGS else "UN")


def _numbers(raw: bytes, code: str) -> Any:  # noqa: ANN401 - none, one or several
    size = struct.calcsize(code)
    if len(raw) % size:
        raise ValueError(f"{len(raw)} bytes do not hold numbers of {size}")
    numbers = struct.unpack(f"<{len(raw) // size}{code}", raw)
    return numbers[0] if len(numbers) == 1 else numbers or None
