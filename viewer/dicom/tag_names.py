"""What to call a tag: name, keyword and VR by the data dictionary, private ones by their creator (PS3.6, PS3.5 7.8).

Nothing heavy is loaded until a name is asked for.
"""

import functools
import re
from dataclasses import dataclass

from viewer.base.translation import N_

_GROUP_LENGTH = N_("Group Length")
_PRIVATE_CREATOR = N_("Private Creator")
_UNKNOWN = N_("Unknown")
_PRIVATE = N_("Private")
# Repeating groups are one row of the dictionary: overlays (60xx), curves (50xx) and others (PS3.6 7).
_TAG_TEXT = re.compile(r"^\(?([0-9A-Fa-f]{4})[, ]?([0-9A-Fa-f]{4})\)?$")


@dataclass(frozen=True, slots=True)
class TagName:
    """How the dictionaries know a tag.

    Attributes:
        name: In English, as in PS3.6 or in the vendor's dictionary.
        keyword: Empty for private and unknown tags.
        vr: The VR, or several joined by " or "; "UN" when unknown.
        is_retired: Whether the element is retired.
    """

    name: str
    keyword: str = ""
    vr: str = "UN"
    is_retired: bool = False


def tag_text(tag: int) -> str:
    """Return a tag as it is written: (0010,0010)."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def parse_tag(text: str) -> int | None:
    """Return the tag of a text such as 0010,0010, (0010,0010), 00100010 or PatientName; None when it is none."""
    match = _TAG_TEXT.match(text.strip())
    if match:
        return int(match[1], 16) << 16 | int(match[2], 16)
    from viewer.dicom import pydicom_loading  # noqa: F401 - first: two threads may come

    # isort: split
    from pydicom.datadict import tag_for_keyword

    tag = tag_for_keyword(text.strip())
    return None if tag is None else int(tag)


def is_private(tag: int) -> bool:
    """Return whether a tag is private: of an odd group."""
    return bool(tag >> 16 & 1)


@functools.lru_cache(maxsize=16384)
def tag_name(tag: int, private_creator: str = "") -> TagName:
    """Return the name of a tag; for a private one, of the creator that reserved its block."""
    if is_private(tag):
        return _private_name(tag, private_creator.strip(" \0"))
    if tag & 0xFFFF == 0:
        return TagName(_GROUP_LENGTH, "", "UL", is_retired=tag >> 16 > 0x0006)
    from viewer.dicom import pydicom_loading  # noqa: F401 - first: two threads may come

    # isort: split
    from pydicom.datadict import get_entry

    try:
        vr, _vm, name, retired, keyword = get_entry(tag)
    except KeyError:
        return TagName(_UNKNOWN)
    return TagName(name, keyword, vr, bool(retired))


def _private_name(tag: int, creator: str) -> TagName:
    element = tag & 0xFFFF
    if element == 0:
        return TagName(_GROUP_LENGTH, "", "UL")
    if 0x10 <= element < 0x100:
        return TagName(_PRIVATE_CREATOR, "", "LO")
    from viewer.dicom import pydicom_loading  # noqa: F401 - first: two threads may come

    # isort: split
    from pydicom.datadict import get_private_entry

    try:
        vr, _vm, name, _retired = get_private_entry(tag, creator)
    except KeyError:
        return TagName(f"{_PRIVATE} {creator}".strip())
    return TagName(name or f"{_PRIVATE} {creator}", "", vr)
