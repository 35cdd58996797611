"""What points on an ultrasound image stand for: times and velocities by the region they lie in (PS3.3 C.8.5.5).

Values are signed and count from the region's reference pixel: what is below the baseline of a spectrum is negative.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from viewer.base.translation import N_, _
from viewer.dicom.ultrasound_regions import SpatialFormat, UltrasoundRegion, Unit
from viewer.imaging.spatial_transform import Point
from viewer.measurement.ground import Ground
from viewer.measurement.scales import region_at

US_REGION = N_("US region")
"""The source of a number that an ultrasound region gave."""
MS_A_S = 1000.0
_NAMES = {
    SpatialFormat.NONE: N_("unknown"),
    SpatialFormat.TWO_D: N_("2D image"),
    SpatialFormat.M_MODE: N_("M-mode"),
    SpatialFormat.SPECTRAL: N_("spectral Doppler"),
    SpatialFormat.WAVEFORM: N_("waveform"),
    SpatialFormat.GRAPHICS: N_("graphics"),
}
SPECTRAL = frozenset({SpatialFormat.SPECTRAL})
TIMED = frozenset({SpatialFormat.SPECTRAL, SpatialFormat.M_MODE, SpatialFormat.WAVEFORM})


@dataclass(frozen=True, slots=True)
class UltrasoundPoint:
    """What one point stands for: across and up, in the region's units; None in a direction without scale."""

    across: float | None
    up: float | None


def region_under(ground: Ground, points: Sequence[Point], formats: frozenset[SpatialFormat]) -> UltrasoundRegion | str:
    """Return the one region under all points, if it is of a wanted format; or why there is none, translated."""
    if ground.refusal:
        return ground.refusal
    if not ground.regions:
        return _("The image states no ultrasound regions")
    found = region_at(ground, points)
    if found is None:
        return _("There is no calibrated ultrasound region here")
    if isinstance(found, str):
        return found
    if found.spatial_format not in formats:
        wanted = ", ".join(_(_NAMES[each]) for each in sorted(formats))
        return _("This needs a region of {wanted}; here is one of {given}").format(
            wanted=wanted, given=_(_NAMES[found.spatial_format])
        )
    return found


def physical_points(region: UltrasoundRegion, points: Sequence[Point]) -> tuple[UltrasoundPoint, ...]:
    """Return what points stand for; regions count from the centre of the first pixel, points from its corner."""
    return tuple(UltrasoundPoint(*region.physical((x - 0.5, y - 0.5))) for x, y in points)


def times_s(ground: Ground, points: Sequence[Point]) -> tuple[float, ...] | str:
    """Return the times of points in seconds, or why they have none, translated."""
    region = region_under(ground, points, TIMED)
    if isinstance(region, str):
        return region
    return _times(region, points)


def velocities(ground: Ground, points: Sequence[Point]) -> tuple[float, ...] | str:
    """Return the velocities at points of a spectrum in cm/s, signed, or why there are none, translated."""
    region = region_under(ground, points, SPECTRAL)
    if isinstance(region, str):
        return region
    return _velocities(region, points)


def shifts(ground: Ground, points: Sequence[Point]) -> tuple[float, ...] | str:
    """Return velocities in cm/s or Doppler shifts in Hz, for their ratios; or why there are none, translated."""
    region = region_under(ground, points, SPECTRAL)
    if isinstance(region, str):
        return region
    if region.unit_y not in {Unit.CENTIMETER_PER_SECOND, Unit.HERTZ} or not region.delta[1]:
        return _("This spectrum has no scale of velocities")
    return tuple(point.up for point in physical_points(region, points) if point.up is not None)


def times_and_heights(
    ground: Ground, points: Sequence[Point]
) -> tuple[tuple[float, ...], tuple[float, ...], bool] | str:
    """Return times in seconds, and what points stand for vertically; or why there is nothing, translated.

    Returns:
        Of a spectrum velocities in cm/s and True, of M-mode depths in cm and False.
    """
    region = region_under(ground, points, frozenset({SpatialFormat.SPECTRAL, SpatialFormat.M_MODE}))
    if isinstance(region, str):
        return region
    times = _times(region, points)
    if isinstance(times, str):
        return times
    is_spectrum = region.spatial_format is SpatialFormat.SPECTRAL
    heights = _velocities(region, points) if is_spectrum else _depths(region, points)
    return heights if isinstance(heights, str) else (times, heights, is_spectrum)


def _times(region: UltrasoundRegion, points: Sequence[Point]) -> tuple[float, ...] | str:
    if region.unit_x is not Unit.SECOND or not region.delta[0]:
        return _("This ultrasound region has no scale of time")
    return tuple(point.across for point in physical_points(region, points) if point.across is not None)


def _velocities(region: UltrasoundRegion, points: Sequence[Point]) -> tuple[float, ...] | str:
    if region.unit_y is Unit.HERTZ or region.shows_frequency:
        return _("This spectrum shows frequencies (Hz), not velocities")
    if region.unit_y is not Unit.CENTIMETER_PER_SECOND or not region.delta[1]:
        return _("This spectrum has no scale of velocities")
    return tuple(point.up for point in physical_points(region, points) if point.up is not None)


def _depths(region: UltrasoundRegion, points: Sequence[Point]) -> tuple[float, ...] | str:
    if region.unit_y is not Unit.CENTIMETER or not region.delta[1]:
        return _("This ultrasound region has no scale of depth")
    return tuple(point.up for point in physical_points(region, points) if point.up is not None)
