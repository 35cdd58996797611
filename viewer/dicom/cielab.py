"""CIELab as attributes code it in 16 bits, white point D50 (PS3.3 C.10.7.1.1), to 8-bit sRGB and back."""

import math

Rgb = tuple[int, int, int]
CodedLab = tuple[int, int, int]

_WHITE = (0.9642, 1.0, 0.8249)
_CODE_MAX = 65535
_EDGE = 6 / 29


def cielab_to_srgb(coded: CodedLab) -> Rgb:
    """Return 8-bit sRGB of a coded CIELab value."""
    lightness = coded[0] * 100.0 / _CODE_MAX
    a, b = (part * 255.0 / _CODE_MAX - 128.0 for part in coded[1:])
    y = (lightness + 16.0) / 116.0
    parts = (y + a / 500.0, y, y - b / 200.0)
    x, y, z = (scale * _inverse_f(value) for scale, value in zip(_WHITE, parts, strict=True))
    # D50 XYZ to linear sRGB, adapted to D65 by Bradford.
    linear = (
        3.1338561 * x - 1.6168667 * y - 0.4906146 * z,
        -0.9787684 * x + 1.9161415 * y + 0.0334540 * z,
        0.0719453 * x - 0.2289914 * y + 1.4052427 * z,
    )
    red, green, blue = (_coded_gamma(part) for part in linear)
    return red, green, blue


def srgb_to_cielab(rgb: Rgb) -> CodedLab:
    """Return the code of the CIELab value of 8-bit sRGB."""
    red, green, blue = (_linear_light(part / 255.0) for part in rgb)
    # Linear sRGB to D50 XYZ, the inverse of the above.
    xyz = (
        0.4360747 * red + 0.3850649 * green + 0.1430804 * blue,
        0.2225045 * red + 0.7168786 * green + 0.0606169 * blue,
        0.0139322 * red + 0.0971045 * green + 0.7141733 * blue,
    )
    x, y, z = (_f(part / scale) for part, scale in zip(xyz, _WHITE, strict=True))
    lightness, a, b = 116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)
    coded = (lightness * _CODE_MAX / 100.0, *((part + 128.0) * _CODE_MAX / 255.0 for part in (a, b)))
    first, second, third = (min(max(round(part), 0), _CODE_MAX) for part in coded)
    return first, second, third


def _f(value: float) -> float:
    return value ** (1 / 3) if value > _EDGE**3 else value / (3 * _EDGE**2) + 4 / 29


def _inverse_f(value: float) -> float:
    return value**3 if value > _EDGE else 3 * _EDGE**2 * (value - 4 / 29)


def _linear_light(coded: float) -> float:
    return coded / 12.92 if coded <= 0.04045 else math.pow((coded + 0.055) / 1.055, 2.4)


def _coded_gamma(linear: float) -> int:
    linear = min(max(linear, 0.0), 1.0)
    coded = 12.92 * linear if linear <= 0.0031308 else 1.055 * math.pow(linear, 1 / 2.4) - 0.055
    return round(coded * 255.0)
