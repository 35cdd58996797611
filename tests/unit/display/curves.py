"""Responses of displays for tests, and the Standard's own arithmetic beside ours."""

import math

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]


def gsdf(jnd: float) -> float:
    """PS3.14 7.1, letter by letter."""
    a, b, c, d, e = -1.3011877, -2.5840191e-2, 8.0242636e-2, -1.0320229e-1, 1.3646699e-1
    f, g, h, k, m = 2.8745620e-2, -2.5468404e-2, -3.1978977e-3, 1.2992634e-4, 1.3635334e-3
    n = math.log(jnd)
    above = a + c * n + e * n**2 + g * n**3 + m * n**4
    return float(10 ** (above / (1 + b * n + d * n**2 + f * n**3 + h * n**4 + k * n**5)))


def inverse(cd_m2: float) -> float:
    """PS3.14 7.2, letter by letter, held to the indices there are."""
    factors = (71.498068, 94.593053, 41.912053, 9.8247004, 0.28175407, -1.1878455, -0.18014349, 0.14710899)
    x = math.log10(cd_m2)
    return min(max(sum(factor * x**power for power, factor in enumerate((*factors, -0.017046845))), 1.0), 1023.0)


def nearest_levels(reached: Curve, count: int) -> NDArray[np.intp]:
    """Return the driving level of each of count P-values by looking through all of them."""
    low, high = inverse(float(reached[0])), inverse(float(reached[-1]))
    wanted = np.array([gsdf(low + (high - low) * p / (count - 1)) for p in range(count)])
    return np.asarray(np.abs(reached[None, :] - wanted[:, None]).argmin(axis=1), np.intp)


def gamma_curve(gamma: float, low: float = 0.5, high: float = 350.0, count: int = 256) -> Curve:
    return np.asarray(low + (high - low) * (np.arange(count) / (count - 1)) ** gamma, np.float64)


def srgb_curve(low: float = 0.3, high: float = 250.0, count: int = 256) -> Curve:
    level = np.arange(count) / (count - 1)
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    return np.asarray(low + (high - low) * linear, np.float64)


def lcd_curve(low: float = 0.4, high: float = 400.0, count: int = 256) -> Curve:
    """An S-curve as of a bare panel, with plateaus at both ends."""
    level = np.arange(count) / (count - 1)
    bent = 1 / (1 + np.exp(-9 * (level - 0.55)))
    scaled = np.clip((bent - 0.012) / (0.975 - 0.012), 0, 1)
    return np.asarray(low + (high - low) * scaled, np.float64)


def oled_curve(high: float = 500.0, count: int = 256) -> Curve:
    """Black that gives no light at all."""
    return gamma_curve(2.2, 0.0, high, count)


def csv(curve: Curve, points: int) -> str:
    """Return a table of so many evenly spaced levels of a curve."""
    last = curve.size - 1
    levels = np.unique(np.rint(np.linspace(0, last, points)).astype(int))
    return "ddl,luminance\n" + "".join(f"{level},{curve[level]:.9g}\n" for level in levels)
