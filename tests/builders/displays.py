"""Displays of several responses, and PS3.14's functions written once more, so that the truth is not the viewer's."""

from dataclasses import replace

import numpy as np

from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration

LEVELS = np.arange(256) / 255


def l_of_j(jnd: np.ndarray) -> np.ndarray:
    """Return PS3.14's L(j), written here once more."""
    x = np.log(jnd)
    upper = -1.3011877 + 8.0242636e-2 * x + 1.3646699e-1 * x**2 - 2.5468404e-2 * x**3 + 1.3635334e-3 * x**4
    lower = 1 - 2.5840191e-2 * x - 1.0320229e-1 * x**2 + 2.8745620e-2 * x**3 - 3.1978977e-3 * x**4 + 1.2992634e-4 * x**5
    return np.asarray(10 ** (upper / lower))


def j_of_l(luminance: float) -> float:
    """Return PS3.14's j(L), written here once more."""
    powers = np.log10(luminance) ** np.arange(9)
    factors = [71.498068, 94.593053, 41.912053, 9.8247004, 0.28175407, -1.1878455, -0.18014349, 0.14710899]
    return float(powers @ np.array([*factors, -0.017046845]))


def aims(low: float, high: float, count: int) -> np.ndarray:
    """Return the luminances the GSDF asks for between two."""
    return l_of_j(np.linspace(j_of_l(low), j_of_l(high), count))


def s_curve() -> np.ndarray:
    """Return the response of a liquid crystal: S-shaped, flat at both ends."""
    raw = 1 / (1 + np.exp(-11 * (LEVELS - 0.5)))
    raw = (raw - raw[0]) / (raw[-1] - raw[0])
    curve = 0.4 + 299.6 * raw
    curve[:6], curve[250:] = curve[6], curve[250]
    return np.asarray(curve)


CURVES = {
    "gamma 1.8": 0.5 + 349.5 * LEVELS**1.8,
    "gamma 2.2": 0.5 + 349.5 * LEVELS**2.2,
    "gamma 2.6": 0.3 + 499.7 * LEVELS**2.6,
    "srgb": 0.25 + 249.75 * np.where(LEVELS <= 0.04045, LEVELS / 12.92, ((LEVELS + 0.055) / 1.055) ** 2.4),
    "lcd": s_curve(),
    "oled": 0.0005 + 400 * LEVELS**2.2,
}


def measured(name: str, **changes: object) -> DisplayCalibration:
    made = DisplayCalibration(CalibrationMode.MEASURED, tuple(CURVES[name].tolist()), 0.2)
    return replace(made, **changes)  # type: ignore[arg-type]  # names of its fields


def luminances_of(pixels: np.ndarray, curve: np.ndarray, ambient: float, *, is_ten_bits: bool = False) -> np.ndarray:
    """Return what pixels shine, by their channels."""
    if pixels.dtype == np.uint8:
        return np.asarray(curve[pixels] + ambient)
    bits = 10 if is_ten_bits else 8
    mask = (1 << bits) - 1
    if is_ten_bits:  # between two of 256 levels log luminance is straight
        logs = np.log(np.maximum(curve, curve.max() * 1e-9))
        curve = np.exp(np.interp(np.arange(1024) * (255 / 1023), np.arange(256), logs))
    channels = [curve[(pixels >> shift) & mask] for shift in (2 * bits, bits, 0)]
    return np.asarray(0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2] + ambient)
