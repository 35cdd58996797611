"""How well a display follows the GSDF, and what is asked of it (AAPM TG18 and TG270, ACR-AAPM-SIIM, DIN 6868-157).

Eighteen greys, evenly spaced from black to white, are measured, or predicted from the calibration through the LUT as it
is really put out. Between neighbours the contrast for one just-noticeable difference is compared with the GSDF's own
(AAPM TG18 4.3.4); kappa is the worst of the seventeen deviations.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DisplayError
from viewer.base.translation import N_, _
from viewer.display.calibration_record import DisplayClass
from viewer.imaging.display_calibration import DisplayCalibration
from viewer.imaging.display_greys import gray_output
from viewer.imaging.display_steps import shown_luminances
from viewer.imaging.grayscale_display_function import jnd_index, luminance

FIELDS = 18
"""Greys of TG18-LN, evenly spaced: every fifteenth of 256 P-values."""
_TG18 = "AAPM TG18"
_TG270 = "AAPM TG270"
_ACR = "ACR-AAPM-SIIM"


@dataclass(frozen=True, slots=True)
class Limit:
    """What a quantity may be.

    Attributes:
        source: The publication it comes from.
        target: What it should be, where more is asked for than to lie within the limit.
    """

    source: str
    least: float | None = None
    most: float | None = None
    target: float | None = None

    def allows(self, value: float) -> bool:
        """Whether a value lies within; what is no number does not."""
        is_enough = self.least is None or value >= self.least
        return is_enough and (self.most is None or value <= self.most) and not math.isnan(value)


@dataclass(frozen=True, slots=True)
class Check:
    """A quantity held against its limit.

    Attributes:
        subject: Id of the quantity: a field of Limits ("kappa", "luminance_ratio", …).
        value: In the unit of the limit: a fraction, cd/m², mm, or a ratio.
    """

    subject: str
    value: float
    limit: Limit
    passes: bool

    @property
    def title(self) -> str:
        """The quantity in words."""
        return _(TITLES[self.subject])


TITLES = MappingProxyType(
    {
        "kappa": N_("Deviation from the GSDF (κ)"),
        "luminance_ratio": N_("Luminance ratio L'max/L'min"),
        "ambient_ratio": N_("Ambient ratio Lamb/Lmin"),
        "l_max": N_("Greatest luminance L'max (cd/m²)"),
        "l_min": N_("Least luminance L'min (cd/m²)"),
        "uniformity": N_("Luminance non-uniformity"),
        "white_point": N_("White point difference Δ(u',v')"),
        "pixel_pitch": N_("Pixel pitch (mm)"),
    }
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is asked of a display of a class.

    Attributes:
        kappa: Greatest relative deviation of contrast from the GSDF, as a fraction.
        luminance_ratio: Of white to black, both with ambient light.
        ambient_ratio: Of ambient light to black without it.
        l_max: White with ambient light, in cd/m².
        l_min: Black with ambient light, in cd/m².
        uniformity: Between centre and corners: twice the difference over the sum of the extremes, as a fraction.
        white_point: Distance in CIE 1976 u', v' between the whites of two displays read side by side.
        pixel_pitch: In mm.
    """

    kappa: Limit
    luminance_ratio: Limit
    ambient_ratio: Limit
    l_max: Limit
    l_min: Limit
    uniformity: Limit
    white_point: Limit
    pixel_pitch: Limit


def _limits(kappa: float, ratio: Limit, l_max: float, l_min: float, pitch: Limit) -> Limits:
    return Limits(
        kappa=Limit(_TG18, most=kappa),
        luminance_ratio=ratio,
        ambient_ratio=Limit(f"{_TG18}, {_TG270}", most=0.25),
        l_max=Limit(_ACR, least=l_max),
        l_min=Limit(_ACR, least=l_min),
        uniformity=Limit(_TG18, most=0.30),
        white_point=Limit(_TG18, most=0.01),
        pixel_pitch=pitch,
    )


_TG270_RATIO = Limit(_TG270, least=250.0, most=450.0, target=350.0)
_FINE_PITCH = Limit(_ACR, most=0.210)
_LIMITS = MappingProxyType(
    {
        DisplayClass.DIAGNOSTIC: _limits(0.10, _TG270_RATIO, 350.0, 1.0, _FINE_PITCH),
        DisplayClass.MAMMOGRAPHY: _limits(0.10, _TG270_RATIO, 420.0, 1.2, _FINE_PITCH),
        DisplayClass.OTHER: _limits(0.20, Limit(_TG18, least=100.0, target=350.0), 250.0, 0.8, Limit("")),
    }
)


def limits_of(display_class: DisplayClass) -> Limits:
    """Return what is asked of displays of a class."""
    return _LIMITS[display_class]


@dataclass(frozen=True, slots=True)
class Conformance:
    """How far the contrast of eighteen greys is from the GSDF's.

    Attributes:
        luminances_cd_m2: With ambient light, from black to white.
        wanted_cd_m2: What the GSDF asks between the same ends.
        deltas: Contrast for one JND of each step from one grey to the next; one fewer than the greys.
        wanted_deltas: The GSDF's own.
        kappa: Greatest relative deviation, as a fraction.
        jnd_range: JND indices of black and of white.
    """

    luminances_cd_m2: tuple[float, ...]
    wanted_cd_m2: tuple[float, ...]
    deltas: tuple[float, ...]
    wanted_deltas: tuple[float, ...]
    kappa: float
    jnd_range: tuple[float, float]

    @property
    def deviations(self) -> tuple[float, ...]:
        """Relative deviation of each step, signed."""
        return tuple(found / wanted - 1.0 for found, wanted in zip(self.deltas, self.wanted_deltas, strict=True))


def conformance(luminances_cd_m2: Sequence[float]) -> Conformance:
    """Hold measured greys against the GSDF.

    Args:
        luminances_cd_m2: With ambient light, of evenly spaced greys from black to white, 18 of them by TG18.

    Raises:
        DisplayError: If there are fewer than three, one is negative or no number, or white is not above black.
    """
    measured = np.asarray(luminances_cd_m2, np.float64)
    if measured.size < 3 or not np.isfinite(measured).all() or (measured < 0).any():
        raise DisplayError(_("Luminances must be three or more numbers, none of them negative"))
    low, high = jnd_index(float(measured[0])), jnd_index(float(measured[-1]))
    if high <= low:
        raise DisplayError(_("White must be brighter than black"))
    jnds = np.linspace(low, high, measured.size)
    wanted = luminance(jnds)
    deltas, wanted_deltas = _contrasts(measured, jnds), _contrasts(wanted, jnds)
    kappa = float(np.max(np.abs(deltas - wanted_deltas) / wanted_deltas))
    return Conformance(
        _plain(measured), _plain(wanted), _plain(deltas), _plain(wanted_deltas), kappa, (float(low), float(high))
    )


@functools.lru_cache(maxsize=16)
def predicted_conformance(calibration: DisplayCalibration) -> Conformance:
    """Hold the greys that a calibration predicts for TG18-LN, as they are really put out, against the GSDF.

    Raises:
        DisplayError: If its white is not brighter than its black.
    """
    return conformance(predicted_luminances(calibration))


def predicted_luminances(calibration: DisplayCalibration) -> tuple[float, ...]:
    """Return the luminance, with ambient light, that each of the eighteen greys is predicted to have.

    Stolen greys and ten bits count as they are put out; of a dithered grey the mean, for a meter sees no single pixels.
    """
    return _plain(shown_luminances(gray_output(calibration), FIELDS))


def check(subject: str, value: float, limits: Limits) -> Check:
    """Hold a quantity, named by its field of Limits, against its limit."""
    limit: Limit = getattr(limits, subject)
    value = float(value)  # of an array's number the answer would be no bool, and "is False" would never hold
    return Check(subject, value, limit, limit.allows(value))


def luminance_ratio(l_min: float, l_max: float, limits: Limits) -> Check:
    """Check white over black, both with ambient light in cd/m²."""
    return check("luminance_ratio", _ratio(l_max, l_min), limits)


def ambient_ratio(ambient: float, l_min: float, limits: Limits) -> Check:
    """Check ambient light over black; black without ambient light, both in cd/m²."""
    return check("ambient_ratio", _ratio(ambient, l_min), limits)


def uniformity(luminances_cd_m2: Sequence[float], limits: Limits) -> Check:
    """Check centre and corners: 2 (greatest - least) / (greatest + least), as a fraction."""
    greatest, least = max(luminances_cd_m2), min(luminances_cd_m2)
    return check("uniformity", _ratio(2.0 * (greatest - least), greatest + least), limits)


def white_point_match(first_xy: tuple[float, float], second_xy: tuple[float, float], limits: Limits) -> Check:
    """Check the whites of two displays, given in CIE 1931 x, y: their distance in CIE 1976 u', v'."""
    first, second = uv_prime(first_xy), uv_prime(second_xy)
    return check("white_point", float(np.hypot(first[0] - second[0], first[1] - second[1])), limits)


def pixel_pitch(pitch_mm: float, limits: Limits) -> Check:
    """Check the distance of two pixels' centres, in mm."""
    return check("pixel_pitch", pitch_mm, limits)


def uv_prime(xy: tuple[float, float]) -> tuple[float, float]:
    """Return CIE 1976 u', v' of CIE 1931 x, y (CIE 15).

    Raises:
        DisplayError: If there is no such colour.
    """
    x, y = xy
    below = -2.0 * x + 12.0 * y + 3.0
    if not (0 <= x <= 1 and 0 < y <= 1 and below > 0):
        raise DisplayError(_("There is no colour with x {x:g} and y {y:g}").format(x=x, y=y))
    return 4.0 * x / below, 9.0 * y / below


def _ratio(above: float, below: float) -> float:
    if below > 0:
        return above / below
    return float("inf") if above > 0 else 0.0


def _contrasts(luminances: NDArray[np.float64], jnds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 2 (L - L') / ((L + L') (J - J')) of each step."""
    sums = luminances[1:] + luminances[:-1]
    steps = np.divide(2.0 * np.diff(luminances), sums, out=np.zeros(sums.size), where=sums > 0)
    return np.asarray(steps / np.diff(jnds), np.float64)


def _plain(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
