"""What is kept of every file while it is open: the raw values of its header, decoded only when they are asked for.

The header scanner fills it for well-formed files; pydicom, the judge of everything else, fills the same form. Tags are
plain integers (0x00100010); values are the element's bytes, little endian, without trailing padding removed.
"""

import functools
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from viewer.base.byte_source import ByteSource

UNDEFINED_LENGTH = 0xFFFFFFFF
_LONGEST_IS = 12


@dataclass(frozen=True, slots=True)
class PixelDataLocation:
    """Where the value of the top-level pixel element lies in its source (PS3.5 8.1).

    Attributes:
        tag: 0x7FE00010, or 0x7FE00008 (float), or 0x7FE00009 (double).
        offset: Of the first byte of the value (of the Basic Offset Table item when encapsulated), from the start of
            the source; for a deflated data set, from the start of the inflated data set.
        length: In bytes as declared; UNDEFINED_LENGTH when encapsulated.
    """

    tag: int
    offset: int
    length: int

    @property
    def is_encapsulated(self) -> bool:
        """Whether the value is a sequence of fragments."""
        return self.length == UNDEFINED_LENGTH


@dataclass(frozen=True, slots=True)
class InstanceHeader:
    """One DICOM instance as found: its source, its header's raw values, and where its pixels lie.

    Attributes:
        source: The bytes of the file.
        transfer_syntax_uid: As the file says, or as guessed for a file without meta information.
        elements: Raw little-endian values of the top-level elements of header_scan.WANTED_TAGS that are present.
        pixel_data: The pixel element; None when the object has none.
        is_whole: True when elements holds all that displaying needs; False when the file has sequences, LUTs,
            overlays or functional groups for which the full data set must be read (datasets.read_data_set).
        problems: What is wrong with the file though it can be used, in plain English.
    """

    source: ByteSource
    transfer_syntax_uid: str
    elements: Mapping[int, bytes]
    pixel_data: PixelDataLocation | None = None
    is_whole: bool = True
    problems: tuple[str, ...] = field(default=())

    def ascii(self, tag: int) -> str:
        """Return a value of the default repertoire (UI CS DA TM DS IS AS), stripped; empty when absent."""
        return self.elements.get(tag, b"").decode("ascii", "replace").strip(" \0")

    def values(self, tag: int) -> tuple[str, ...]:
        """Return the values of a multi-valued element of the default repertoire; empty when absent."""
        text = self.ascii(tag)
        return tuple(value.strip() for value in text.split("\\")) if text else ()

    def numbers(self, tag: int) -> tuple[float, ...]:
        """Return the numbers of a DS or IS element; empty when absent or when any of them is not a finite number."""
        return _numbers(self.elements.get(tag, b""))

    def number(self, tag: int) -> float | None:
        """Return the first number of a DS or IS element; None when absent or not a number."""
        numbers = self.numbers(tag)
        return numbers[0] if numbers else None

    def unsigned_short(self, tag: int) -> int | None:
        """Return the first value of a US element; None when absent."""
        raw = self.elements.get(tag, b"")
        return int(struct.unpack_from("<H", raw)[0]) if len(raw) >= 2 else None

    def text(self, tag: int, character_set: str | None = None) -> str:
        """Return an LO, SH, ST, LT, UT or PN value decoded by (0008,0005), or by the given override (C.12.1.1.2)."""
        from viewer.dicom.character_sets import decode_text

        raw = self.elements.get(tag, b"")
        return decode_text(raw, character_set or self.ascii(0x00080005)).strip(" \0") if raw else ""

    @property
    def sop_class_uid(self) -> str:
        """SOP Class UID (0008,0016)."""
        return self.ascii(0x00080016)

    @property
    def sop_instance_uid(self) -> str:
        """SOP Instance UID (0008,0018)."""
        return self.ascii(0x00080018)

    @property
    def study_instance_uid(self) -> str:
        """Study Instance UID (0020,000D)."""
        return self.ascii(0x0020000D)

    @property
    def series_instance_uid(self) -> str:
        """Series Instance UID (0020,000E)."""
        return self.ascii(0x0020000E)

    @property
    def modality(self) -> str:
        """Modality (0008,0060)."""
        return self.ascii(0x00080060)

    @property
    def frame_count(self) -> int:
        """Number of Frames (0028,0008), at least 1 when there are pixels and 0 when there are none."""
        if self.pixel_data is None:
            return 0
        return stated_frames(self.elements.get(0x00280008, b"")) or 1


def stated_frames(raw: bytes) -> int:
    """Return Number of Frames (0028,0008) from its bytes; 0 when it is not a positive whole number (IS, PS3.5 6.2)."""
    text = raw.strip(b" \0").removeprefix(b"+")
    return int(text) if text.isdigit() and len(text) <= _LONGEST_IS else 0


@functools.lru_cache(maxsize=65536)
def _numbers(raw: bytes) -> tuple[float, ...]:
    import math

    try:
        numbers = (
            tuple(float(part) for part in raw.decode("ascii").strip(" \0").split("\\")) if raw.strip(b" \0") else ()
        )
    except ValueError:
        return ()
    return numbers if all(math.isfinite(number) for number in numbers) else ()
