"""Regions of an ultrasound image, each with its own kind of data and its own scales (PS3.3 C.8.5.5).

Points are pixel indices (column, row) from 0 at the centre of the first pixel.
"""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.base.translation import _
from viewer.dicom.data_elements import element_items, element_number

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_SEQUENCE_OF_ULTRASOUND_REGIONS = 0x00186011
_MM_A_CM = 10.0
_IS_LOW_PRIORITY = 1
_IS_PROTECTED = 2
_SHOWS_FREQUENCY = 4
_SAME_SCALE = 1e-6
_TISSUE, _COLOR_FLOW = 1, 2

Point = tuple[float, float]


class SpatialFormat(enum.IntEnum):
    """Region Spatial Format (0018,6012)."""

    NONE = 0
    TWO_D = 1
    M_MODE = 2
    SPECTRAL = 3
    WAVEFORM = 4
    GRAPHICS = 5


class Unit(enum.IntEnum):
    """Physical Units X and Y Direction (0018,6024), (0018,6026)."""

    NONE = 0
    PERCENT = 1
    DECIBEL = 2
    CENTIMETER = 3
    SECOND = 4
    HERTZ = 5
    DECIBEL_PER_SECOND = 6
    CENTIMETER_PER_SECOND = 7
    SQUARE_CENTIMETER = 8
    SQUARE_CENTIMETER_PER_SECOND = 9
    CUBIC_CENTIMETER = 10
    CUBIC_CENTIMETER_PER_SECOND = 11
    DEGREE = 12

    @property
    def symbol(self) -> str:
        """The unit as it is written; empty for none."""
        return _SYMBOLS[self]


_SYMBOLS = ("", "%", "dB", "cm", "s", "Hz", "dB/s", "cm/s", "cm²", "cm²/s", "cm³", "cm³/s", "°")


@dataclass(frozen=True, slots=True)
class UltrasoundRegion:
    """One region.

    Attributes:
        min_column: With the three others the bounds, all inclusive.
        data_type: Region Data Type (0018,6014): 1 tissue, 2 colour flow, 3 pulsed, 4 continuous Doppler and others.
        reference: The reference pixel as column and row of the image; the file states it from the region's corner.
        reference_value: Physical values there.
        delta: Physical step of one pixel to the right and down, signed; 0 where it is not stated soundly.
        unit_x: Of horizontal steps.
        unit_y: Of vertical steps.
    """

    min_column: int
    min_row: int
    max_column: int
    max_row: int
    spatial_format: SpatialFormat
    data_type: int = 0
    flags: int = 0
    reference: Point = (0.0, 0.0)
    reference_value: Point = (0.0, 0.0)
    delta: Point = (0.0, 0.0)
    unit_x: Unit = Unit.NONE
    unit_y: Unit = Unit.NONE

    @property
    def is_low_priority(self) -> bool:
        """Whether another region that overlaps goes before this one."""
        return bool(self.flags & _IS_LOW_PRIORITY)

    @property
    def is_protected(self) -> bool:
        """Whether the scale must not be recalibrated by hand."""
        return bool(self.flags & _IS_PROTECTED)

    @property
    def shows_frequency(self) -> bool:
        """Whether a Doppler scale is in frequency and not in velocity."""
        return bool(self.flags & _SHOWS_FREQUENCY)

    @property
    def is_calibrated(self) -> bool:
        """Whether at least one direction has a unit and a scale."""
        return bool((self.unit_x and self.delta[0]) or (self.unit_y and self.delta[1]))

    @property
    def is_length(self) -> bool:
        """Whether both directions are lengths, so that distances and areas may be measured."""
        return self.unit_x is Unit.CENTIMETER is self.unit_y and all(self.delta)

    def contains(self, point: Point) -> bool:
        """Return whether a point lies on one of the region's pixels."""
        column, row = point
        return (
            self.min_column - 0.5 <= column <= self.max_column + 0.5 and self.min_row - 0.5 <= row <= self.max_row + 0.5
        )

    def physical(self, point: Point) -> tuple[float | None, float | None]:
        """Return the physical values at a point, in unit_x and unit_y; None in a direction without scale."""
        x, y = (
            value + step * (place - origin) if unit and step else None
            for value, step, place, origin, unit in zip(
                self.reference_value, self.delta, point, self.reference, (self.unit_x, self.unit_y), strict=True
            )
        )
        return x, y

    def distance_mm(self, a: Point, b: Point) -> float | None:
        """Return the distance of two points; None where a direction is no length."""
        if not self.is_length:
            return None
        return _MM_A_CM * math.hypot((b[0] - a[0]) * self.delta[0], (b[1] - a[1]) * self.delta[1])

    def spacing_mm(self) -> tuple[float, float] | None:
        """Return the size of a pixel, between rows and between columns; None where a direction is no length."""
        return (_MM_A_CM * abs(self.delta[1]), _MM_A_CM * abs(self.delta[0])) if self.is_length else None

    def has_the_scale_of(self, other: "UltrasoundRegion") -> bool:
        """Return whether steps mean the same in both regions."""
        return (
            (self.unit_x, self.unit_y, self.spatial_format) == (other.unit_x, other.unit_y, other.spatial_format)
        ) and all(math.isclose(a, b, rel_tol=_SAME_SCALE) for a, b in zip(self.delta, other.delta, strict=True))


@dataclass(frozen=True, slots=True)
class ImageScale:
    """What the regions say of the image as a whole.

    Attributes:
        spacing_mm: Between rows and between columns, of all tissue and flow; empty when there is no single one.
        doubt: Why the regions give none, translated; empty when they do, or when none is a length.
        aspect: Height and width of a pixel in any unit; empty when regions differ.
    """

    spacing_mm: tuple[float, ...] = ()
    doubt: str = ""
    aspect: tuple[float, ...] = ()


def image_scale(regions: Sequence[UltrasoundRegion], columns: int, rows: int) -> ImageScale:
    """Return the scale that holds for all tissue and flow of an image of so many columns and rows.

    Spectra, M-mode, graphics and colour bars do not count: no length is read off them.
    """
    images = [
        region
        for region in regions
        if region.spatial_format is SpatialFormat.TWO_D and region.data_type in {_TISSUE, _COLOR_FLOW}
    ]
    spacings = [spacing for spacing in (region.spacing_mm() for region in images) if spacing is not None]
    if not spacings:
        return ImageScale()
    # Some devices count the last pixel from 1; more than that is an image that was made smaller afterwards.
    if any(region.max_column > columns or region.max_row > rows for region in images):
        return ImageScale(doubt=_("an ultrasound region reaches beyond the image"))
    first = spacings[0]
    is_one_shape = all(math.isclose(a / b, first[0] / first[1], rel_tol=_SAME_SCALE) for a, b in spacings)
    aspect = first if is_one_shape else ()
    is_one_scale = is_one_shape and all(math.isclose(a, first[0], rel_tol=_SAME_SCALE) for a, _b in spacings)
    if not is_one_scale or len(spacings) < len(images):
        return ImageScale(doubt=_("the ultrasound regions do not all have the same scale"), aspect=aspect)
    return ImageScale(first, aspect=aspect)


def ultrasound_regions(data_set: "Dataset") -> tuple[UltrasoundRegion, ...]:
    """Return the regions of an image whose bounds are sound; none when it states none."""
    items = element_items(data_set, _SEQUENCE_OF_ULTRASOUND_REGIONS)
    return tuple(region for region in map(_region, items) if region is not None)


def region_of(regions: Sequence[UltrasoundRegion], points: Sequence[Point]) -> UltrasoundRegion | None:
    """Return the region whose scales hold for all the points; None when there is none, or no single one.

    Where regions overlap, high priority goes before low; two of equal rank must have the same scale.
    """
    around = [region for region in regions if all(map(region.contains, points))]
    ranked = [region for region in around if not region.is_low_priority] or around
    calibrated = [region for region in ranked if region.is_calibrated]
    if not calibrated or not all(region.has_the_scale_of(calibrated[0]) for region in calibrated[1:]):
        return None
    return calibrated[0]


def _region(item: "Dataset") -> UltrasoundRegion | None:
    bounds = [element_number(item, tag) for tag in (0x00186018, 0x0018601A, 0x0018601C, 0x0018601E)]
    left, top, right, bottom = (None if bound is None else int(bound) for bound in bounds)
    if left is None or top is None or right is None or bottom is None or right < left or bottom < top:
        return None

    def number(tag: int) -> float:
        return element_number(item, tag) or 0.0

    return UltrasoundRegion(
        left,
        top,
        right,
        bottom,
        _format(number(0x00186012)),
        int(number(0x00186014)),
        int(number(0x00186016)),
        (left + number(0x00186020), top + number(0x00186022)),
        (number(0x00186028), number(0x0018602A)),
        (number(0x0018602C), number(0x0018602E)),
        _unit(number(0x00186024)),
        _unit(number(0x00186026)),
    )


def _format(number: float) -> SpatialFormat:
    return next((member for member in SpatialFormat if member == number), SpatialFormat.NONE)


def _unit(number: float) -> Unit:
    return next((member for member in Unit if member == number), Unit.NONE)
