"""From luminance readings to the response of a display: the luminance of every driving level.

Between readings the logarithm of the luminance that reaches the eye, ambient light and all, follows a monotone cubic
(PCHIP) through every reading; without ambient light it is the display's own.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DisplayError
from viewer.base.translation import _
from viewer.display.calibration_record import AmbientSource, CalibrationRecord, DisplayClass, Method, Reading
from viewer.display.luminance_readings import HIGHEST_CD_M2, checked_readings
from viewer.imaging.display_calibration import LEVEL_COUNTS, CalibrationMode, DisplayCalibration

DARKEST_CD_M2 = 1e-4
"""Below what meters tell from nothing; stands in for no light at all where a logarithm is taken."""
AMBIENT_TOLERANCE = 0.05
"""Part by which ambient light may exceed the darkest telescopic reading: two readings of the same light differ."""


def measured_calibration(
    readings: Sequence[Reading],
    method: Method,
    ambient_cd_m2: float | None,
    levels: int = LEVEL_COUNTS[0],
    *,
    ambient_source: AmbientSource = AmbientSource.LUMINANCE,
    display_class: DisplayClass = DisplayClass.DIAGNOSTIC,
    measured_on: date | None = None,
    meter: str = "",
) -> CalibrationRecord:
    """Return the calibration that follows from readings.

    Args:
        readings: At least 18, from black to white.
        method: CONTACT: ambient light is added to the readings. TELESCOPIC: they include it, and it is taken off to
            know the display itself, so that other ambient light can be followed later. VISUAL: as CONTACT, marked.
        ambient_cd_m2: Light the dark screen reflects at the reader's place; None where nobody gave it: none is
            assumed, and the notes say so.
        levels: 256 or 1024: driving levels of the surface that will be drawn on.
        ambient_source: How a given ambient light was found.
        display_class: What the display is used for.
        measured_on: The day of the readings.
        meter: What measured, in the words of who did.

    Raises:
        DisplayError: If the readings cannot be a display's response, or contradict the ambient light, or that is
            impossible.
        ViewerError: If there are no surfaces of so many levels.
    """
    checked = checked_readings(readings)
    ambient = 0.0 if ambient_cd_m2 is None else float(ambient_cd_m2)
    if not 0 <= ambient <= HIGHEST_CD_M2:
        raise DisplayError(_("The ambient luminance {value:g} cd/m² is impossible").format(value=ambient))
    notes = checked.notes
    is_visual = method is Method.VISUAL
    mode = CalibrationMode.VISUAL_ESTIMATE if is_visual else CalibrationMode.MEASURED
    read = np.maximum.accumulate(np.array([reading.luminance_cd_m2 for reading in checked.readings]))
    at = np.array([reading.driving_level for reading in checked.readings], np.float64)
    if method is Method.TELESCOPIC:
        own, darkest_notes = _without_ambient(read, ambient)
        notes += darkest_notes
    else:
        own = read
    if ambient_cd_m2 is None:
        notes += (_ambient_note(method),)
    curve = response_curve(at / at[-1], own, ambient, levels)
    return CalibrationRecord(
        calibration=DisplayCalibration(mode, tuple(float(value) for value in curve), ambient),
        display_class=display_class,
        method=method,
        measured_on=measured_on,
        meter=meter,
        readings=checked.readings,
        notes=notes,
        ambient_source=AmbientSource.ASSUMED if ambient_cd_m2 is None else ambient_source,
    )


def response_curve(
    at: NDArray[np.float64], luminances_cd_m2: NDArray[np.float64], ambient_cd_m2: float, levels: int
) -> NDArray[np.float64]:
    """Return the luminance of each driving level, without ambient light; exact where it was read.

    Args:
        at: Where on the scale from black (0) to white (1) it was read, rising.
        luminances_cd_m2: What was read there, without ambient light, never falling.
        ambient_cd_m2: Ambient light at the time.
        levels: How many driving levels there are.
    """
    from scipy.interpolate import PchipInterpolator

    wanted = np.arange(levels) / (levels - 1)
    logarithms = np.log10(np.maximum(luminances_cd_m2 + ambient_cd_m2, DARKEST_CD_M2))
    curve = 10.0 ** PchipInterpolator(at, logarithms)(wanted) - ambient_cd_m2
    nearest = np.rint(at * (levels - 1)).astype(int)
    is_on_level = np.abs(at * (levels - 1) - nearest) < 1e-9
    curve[nearest[is_on_level]] = luminances_cd_m2[is_on_level]
    bounded = np.clip(curve, luminances_cd_m2[0], luminances_cd_m2[-1])
    return np.asarray(np.maximum.accumulate(bounded), np.float64)


def ambient_from_illuminance(illuminance_lux: float, reflection_per_sr: float) -> float:
    """Return the ambient luminance in cd/m²: illuminance on the screen times its diffuse reflection in 1/sr.

    Raises:
        DisplayError: If either is negative or no number.
    """
    ambient = illuminance_lux * reflection_per_sr
    if not (illuminance_lux >= 0 and reflection_per_sr >= 0 and ambient < float("inf")):
        raise DisplayError(
            _("{lux:g} lx and a reflection of {reflection:g} 1/sr are impossible").format(
                lux=illuminance_lux, reflection=reflection_per_sr
            )
        )
    return ambient


def _without_ambient(read: NDArray[np.float64], ambient: float) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    if ambient * (1 - AMBIENT_TOLERANCE) > read[0]:
        raise DisplayError(
            _("The darkest reading, {darkest:g} cd/m², is below the ambient light of {ambient:g} cd/m²").format(
                darkest=read[0], ambient=ambient
            ),
            advice=_(
                "A telescopic meter sees the ambient light too: measure both again, or say that it touched the screen"
            ),
        )
    own = np.maximum(read - ambient, DARKEST_CD_M2 if ambient else 0.0)
    if ambient > read[0]:
        return own, (_("Black reads as dark as the ambient light alone: the display's own black is not known"),)
    return own, ()


def _ambient_note(method: Method) -> str:
    if method is Method.TELESCOPIC:
        return _("Ambient light was not given: it is in the readings, and a change of it cannot be followed")
    return _("Ambient light was not given: a dark room (0 cd/m²) is assumed")
