"""Values along a line, at equal steps. What lies outside the image, or rests on padding, is no number there."""

import enum
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.base.translation import N_, _
from viewer.dicom.codes import Code
from viewer.imaging.spatial_transform import Point
from viewer.measurement.ground import Ground, GroundValues
from viewer.measurement.reading import Unit
from viewer.measurement.scales import lengths
from viewer.measurement.value_units import value_concept

MOST_STEPS = 1 << 16


class Interpolation(enum.StrEnum):
    """How a value between pixel centres is found."""

    NEAREST = "nearest"
    """That of the pixel the place lies in."""
    LINEAR = "linear"
    """Between the four pixels whose centres are around it, by distance."""

    @property
    def words(self) -> str:
        """As it is told beside a profile, English, marked for translation."""
        return N_("values of single pixels") if self is Interpolation.NEAREST else N_("interpolated between pixels")


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Values along a line.

    Attributes:
        distances: From its beginning, in distance_unit, ascending in equal steps.
        values: There, in unit; NaN where there is none.
        concept: What the values are.
        source: Of the distances, as a SpacingSource has it: English, marked for translation.
        value_source: Name of the map that gave the unit; empty for the modality's own.
    """

    distances: NDArray[np.float64]
    values: NDArray[np.float64]
    unit: Unit
    concept: Code
    distance_unit: Unit
    source: str
    value_source: str
    interpolation: Interpolation


def profile(
    ground: Ground, start: Point, end: Point, *, interpolation: Interpolation = Interpolation.LINEAR, steps: int = 0
) -> Profile | str:
    """Return the values along a line, both ends included; or why there are none, translated.

    Args:
        ground: Where it lies.
        start: Image point.
        end: Image point.
        interpolation: Between pixels.
        steps: How many; 0 for steps of at most half a pixel.
    """
    refusal = ground.refusal or ground.value_refusal
    if refusal:
        return refusal
    scale = lengths(ground, (start, end))
    if isinstance(scale, str):
        return scale
    long = math.dist(start, end)
    if not 0 < long < MOST_STEPS / 2:
        return _("The line has no length") if not long else _("The line is too long")
    count = min(steps or math.ceil(2 * long), MOST_STEPS)
    shares = np.linspace(0.0, 1.0, count + 1)
    columns, rows = (a + shares * (b - a) for a, b in zip(start, end, strict=True))
    across, down = _around(columns, ground.columns), _around(rows, ground.rows)
    given = ground.values_in((down, across))
    if given is None:
        return _("There are no values here")
    find = _nearest if interpolation is Interpolation.NEAREST else _linear
    values = find(_numbers(given), columns - across.start, rows - down.start)
    distances = shares * scale.distance(start, end)
    concept = given.concept or value_concept(given.unit, ground.modality)
    return Profile(distances, values, given.unit, concept, scale.unit, scale.source, given.source, interpolation)


def _around(places: NDArray[np.float64], size: int) -> slice:
    """Return the pixels that places along one direction rest on, one at least."""
    first = min(max(math.floor(places.min()) - 1, 0), size - 1)
    return slice(first, max(min(math.ceil(places.max()) + 1, size), first + 1))


def _numbers(given: GroundValues) -> NDArray[np.float64]:
    """Return the values with NaN for what does not count."""
    return given.values if given.counts is None else np.where(given.counts, given.values, np.nan)


def _nearest(
    values: NDArray[np.float64], columns: NDArray[np.float64], rows: NDArray[np.float64]
) -> NDArray[np.float64]:
    height, width = values.shape
    column, row = np.floor(columns).astype(np.int64), np.floor(rows).astype(np.int64)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    found = np.full(columns.shape, np.nan)
    found[inside] = values[row[inside], column[inside]]
    return found


def _linear(
    values: NDArray[np.float64], columns: NDArray[np.float64], rows: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return interpolated values; in the outer half of an edge pixel, that pixel's own along the edge."""
    height, width = values.shape
    inside = (columns >= 0) & (columns <= width) & (rows >= 0) & (rows <= height)
    x, y = np.clip(columns - 0.5, 0, width - 1), np.clip(rows - 0.5, 0, height - 1)
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = x - left, y - top
    found = np.zeros(columns.shape)
    for row, column, weight in (
        (top, left, (1 - across) * (1 - down)),
        (top, right, across * (1 - down)),
        (bottom, left, (1 - across) * down),
        (bottom, right, across * down),
    ):
        # A pixel that has no share must not make its neighbours padding.
        found += np.where(weight > 0, weight * values[row, column], 0.0)
    found[~inside] = np.nan
    return found
