"""Values that segmentations and structure sets share: codes, colours, references to images."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from viewer.dicom.codes import Code
from viewer.dicom.data_elements import element_items, element_numbers, element_text
from viewer.dicom.graphic_objects import Rgb
from viewer.dicom.segmentation.values import SourceImage

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_CODE_VALUES = (0x00080100, 0x00080119, 0x00080120)
_SCHEME, _MEANING = 0x00080102, 0x00080104
_REFERENCED_CLASS, _REFERENCED_INSTANCE, _REFERENCED_FRAMES = 0x00081150, 0x00081155, 0x00081160
_OCTET_MAX = 255
_LARGEST_FRAME = 1 << 31


@contextmanager
def quietly() -> Iterator[None]:
    """Keep pydicom from complaining of odd texts on standard error: what counts is told in words of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def codes_of(data_set: "Dataset", tag: int) -> tuple[Code, ...]:
    """Return the codes of a code sequence, those without any value left out (PS3.3 8.8)."""
    found = (_code(item) for item in element_items(data_set, tag))
    return tuple(code for code in found if code is not None)


def code_of(data_set: "Dataset", tag: int) -> Code | None:
    """Return the first code of a code sequence; None when there is none."""
    found = codes_of(data_set, tag)
    return found[0] if found else None


def _code(item: "Dataset") -> Code | None:
    value = next((text for tag in _CODE_VALUES if (text := element_text(item, tag))), "")
    meaning = element_text(item, _MEANING)
    return Code(value, element_text(item, _SCHEME), meaning) if value or meaning else None


def source_of(item: "Dataset") -> SourceImage | None:
    """Return the image that an item refers to; None when it names none."""
    instance = element_text(item, _REFERENCED_INSTANCE)
    if not instance:
        return None
    numbers = element_numbers(item, _REFERENCED_FRAMES)
    frames = tuple(int(number) for number in numbers if 1 <= number < _LARGEST_FRAME)
    return SourceImage(element_text(item, _REFERENCED_CLASS), instance, frames)


def rgb_of_display_color(values: tuple[float, ...]) -> Rgb | None:
    """Return three octets as a colour; None when they are none."""
    if len(values) != 3 or not all(0 <= value <= _OCTET_MAX for value in values):
        return None
    red, green, blue = (round(value) for value in values)
    return red, green, blue


def srgb_of_cielab(stored: tuple[float, ...]) -> Rgb | None:
    """Return the sRGB of a PCS value of D50 (C.10.7.1.1), clipped to what sRGB has; None when there are not three.

    Args:
        stored: L*, a* and b* as words of 16 bits.
    """
    if len(stored) != 3 or not all(0 <= value <= 0xFFFF for value in stored):
        return None
    lightness = stored[0] / 65535 * 100
    a, b = (value / 65535 * 255 - 128 for value in stored[1:])
    middle = (lightness + 16) / 116
    x, y, z = (
        white * _cubed(part) for white, part in zip(_D50, (middle + a / 500, middle, middle - b / 200), strict=True)
    )
    linear = (row[0] * x + row[1] * y + row[2] * z for row in _XYZ_D50_TO_SRGB)
    red, green, blue = (round(255 * _gamma(min(max(part, 0.0), 1.0))) for part in linear)
    return red, green, blue


def cielab_of_srgb(rgb: Rgb) -> tuple[int, int, int]:
    """Return an sRGB colour as a PCS value of D50 in words of 16 bits (C.10.7.1.1)."""
    linear = [_linear(part / 255) for part in rgb]
    xyz = (sum(row[place] * linear[place] for place in range(3)) for row in _SRGB_TO_XYZ_D50)
    x, y, z = (_rooted(part / white) for part, white in zip(xyz, _D50, strict=True))
    lightness, a, b = 116 * y - 16, 500 * (x - y), 200 * (y - z)
    words = (lightness / 100 * 65535, (a + 128) / 255 * 65535, (b + 128) / 255 * 65535)
    first, second, third = (min(max(round(word), 0), 0xFFFF) for word in words)
    return first, second, third


# The profile connection space of ICC, and sRGB adapted to it by Bradford's matrix (ICC.1:2022, annex E).
_D50 = (0.9642, 1.0, 0.8249)
_SRGB_TO_XYZ_D50 = (
    (0.4360747, 0.3850649, 0.1430804),
    (0.2225045, 0.7168786, 0.0606169),
    (0.0139322, 0.0971045, 0.7141733),
)
_XYZ_D50_TO_SRGB = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)
_EDGE = 6 / 29


def _cubed(part: float) -> float:
    return part**3 if part > _EDGE else 3 * _EDGE**2 * (part - 4 / 29)


def _rooted(part: float) -> float:
    return part ** (1 / 3) if part > _EDGE**3 else part / (3 * _EDGE**2) + 4 / 29


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
