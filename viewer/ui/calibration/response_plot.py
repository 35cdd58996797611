"""The plot of a response against the GSDF."""

import math
from collections.abc import Sequence

import numpy as np

from viewer.base.translation import _
from viewer.display.calibration_record import Reading
from viewer.imaging.display_calibration import DisplayCalibration
from viewer.imaging.display_greys import display_curve
from viewer.imaging.grayscale_display_function import jnd_index, luminance
from viewer.ui.quality.plots import Axis, LinePlot, Series

POINTS = 86
_TICKS = tuple((float(level), str(level)) for level in (0, 64, 128, 192, 255))


def readings_plot(readings: Sequence[Reading], highest_level: int) -> LinePlot:
    """Return the readings alone, while they are taken."""
    points = [(255 * each.driving_level / highest_level, each.luminance_cd_m2) for each in readings]
    shown = tuple((x, y) for x, y in points if y > 0)
    return _plot((Series(_("Readings"), shown, has_marks=True),))


def response_plot(calibration: DisplayCalibration) -> LinePlot:
    """Return a display's response with ambient light, and what the GSDF asks between its ends."""
    ambient = calibration.ambient_cd_m2
    curve = display_curve(calibration) + ambient
    at = np.linspace(0.0, 1.0, POINTS)
    own = np.interp(at * (curve.size - 1), np.arange(curve.size), curve)
    low, high = jnd_index(float(curve[0])), jnd_index(float(curve[-1]))
    wanted = luminance(low + at * (high - low))
    return _plot(
        (
            Series(_("GSDF"), _points(at, wanted), is_reference=True),
            Series(_("Monitor"), _points(at, own)),
        )
    )


def _points(at: np.ndarray, values: np.ndarray) -> tuple[tuple[float, float], ...]:
    return tuple((float(255 * x), float(y)) for x, y in zip(at, values, strict=True) if y > 0)


def _plot(series: tuple[Series, ...]) -> LinePlot:
    values = [y for each in series for _x, y in each.points] or [0.1, 1000.0]
    low = 10.0 ** math.floor(math.log10(min(values)))
    high = 10.0 ** math.ceil(math.log10(max(values) * 1.0001))
    return LinePlot(
        _("Response"),
        Axis(_("Driving level"), 0.0, 255.0, ticks=_TICKS),
        Axis(_("cd/m²"), low, high, is_logarithmic=True),
        series,
        empty_text=_("No readings yet"),
    )
