"""How deep and how wide sequences may be, counted over their bytes before anything is built of them.

pydicom parses a sequence of known length when it is first looked at, with 26 us an item and a stack frame a level: a
40 MB sequence of empty items costs it two minutes. This walk costs a fraction of a microsecond an element.
"""

import struct
from typing import Literal

from viewer.base.errors import RefusedError
from viewer.base.translation import _
from viewer.dicom.instance_header import UNDEFINED_LENGTH

MAX_DEPTH = 32
MAX_ITEMS = 120_000
MAX_ELEMENTS = 600_000
_LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_HEADERS = {False: struct.Struct("<HHI").unpack_from, True: struct.Struct(">HHI").unpack_from}


def refuse_deep(depth: int) -> None:
    """Raise RefusedError for sequences nested deeper than the quota."""
    if depth > MAX_DEPTH:
        raise RefusedError(_("Sequences are nested more than {depth} deep").format(depth=MAX_DEPTH))


class SequenceQuota:
    """What is left of one file's allowance of items and elements."""

    def __init__(self) -> None:
        self.items = MAX_ITEMS
        self.elements = MAX_ELEMENTS

    def spend(self, *, items: int = 0, elements: int = 0) -> None:
        """Take some away.

        Raises:
            RefusedError: If none are left.
        """
        self.items -= items
        self.elements -= elements
        if self.items < 0 or self.elements < 0:
            raise RefusedError(_("Sequences hold more items or elements than any honest object"))

    def check(self, data: bytes, *, is_implicit: bool, is_big_endian: bool = False) -> None:
        """Walk over the value of a sequence of known length, nested sequences included.

        Bytes that make no sense end the walk: whoever parses them will say so.

        Raises:
            RefusedError: If it nests too deep or holds too much.
        """
        header = _HEADERS[is_big_endian]
        item = b"\xff\xfe\xe0\x00" if is_big_endian else b"\xfe\xff\x00\xe0"
        ends = [len(data)]
        position = 0
        while ends and position + 8 <= len(data):
            if position >= ends[-1]:
                ends.pop()
                continue
            group, element, length = header(data, position)
            if group == 0xFFFE:
                position += 8
                self.spend(items=element == 0xE000, elements=1)
                if element == 0xE0DD:
                    ends.pop()
                continue
            self.spend(elements=1)
            start, length = _value(data, position, length, is_implicit=is_implicit, is_big_endian=is_big_endian)
            if length == UNDEFINED_LENGTH or data.startswith(item, start):
                ends.append(ends[-1] if length == UNDEFINED_LENGTH else min(ends[-1], start + length))
                refuse_deep(len(ends))
                position = start
            else:
                position = start + length


def _value(data: bytes, position: int, length: int, *, is_implicit: bool, is_big_endian: bool) -> tuple[int, int]:
    """Return where an element's value begins and its length; implicit elements inside explicit ones are seen."""
    vr = data[position + 4 : position + 6]
    if is_implicit or not vr.isalpha():
        return position + 8, length
    order: Literal["big", "little"] = "big" if is_big_endian else "little"
    if vr in _LONG_VRS:
        return position + 12, int.from_bytes(data[position + 8 : position + 12], order)
    return position + 8, int.from_bytes(data[position + 6 : position + 8], order)
