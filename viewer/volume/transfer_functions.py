"""Transfer functions: how opaque and of what colour a value is in a volume rendering, and how its surface is lit.

Presets are files in resources/rendering_presets, and those a reader kept in a folder of theirs; both are read by
rendering_presets and look alike.
"""

import enum
import itertools
import math
from dataclasses import dataclass, replace

from viewer.base.errors import VolumeError
from viewer.base.translation import _

Color = tuple[float, float, float]

MOST_POINTS = 64
"""Of one curve: nobody edits more, and a file that holds more was not made by hand."""


class ValueScale(enum.StrEnum):
    """What the values of a preset's points are."""

    MODALITY = "modality"
    """Modality units, HU for CT: the same in every volume."""
    RELATIVE = "relative"
    """0 and 1 are the ends of the range a volume's values mostly lie in: for units that mean nothing, as in MR."""


class Blend(enum.StrEnum):
    """What a ray shows of the values it meets."""

    COMPOSITE = "composite"
    MAXIMUM = "maximum"
    MINIMUM = "minimum"


@dataclass(frozen=True, slots=True)
class OpacityPoint:
    """A value and how opaque it is, 0 to 1."""

    value: float
    opacity: float

    def __post_init__(self) -> None:
        _check_finite(self.value)
        if not 0.0 <= self.opacity <= 1.0:
            raise VolumeError(_("An opacity of {0} is not between 0 and 1").format(self.opacity))


@dataclass(frozen=True, slots=True)
class ColorPoint:
    """A value and its colour, red, green and blue from 0 to 1."""

    value: float
    color: Color

    def __post_init__(self) -> None:
        _check_finite(self.value)
        if len(self.color) != 3 or not all(0.0 <= part <= 1.0 for part in self.color):
            raise VolumeError(_("A colour needs red, green and blue between 0 and 1"))


@dataclass(frozen=True, slots=True)
class Shading:
    """How surfaces are lit by a lamp at the camera (Phong).

    Attributes:
        is_on: Whether they are.
        ambient: Share of the light that reaches everything.
        diffuse: Share that is sent back the more the surface faces the lamp.
        specular: Strength of the highlight.
        power: How small the highlight is.
    """

    is_on: bool = True
    ambient: float = 0.15
    diffuse: float = 0.9
    specular: float = 0.2
    power: float = 12.0

    def __post_init__(self) -> None:
        if not all(0.0 <= part <= 1.0 for part in (self.ambient, self.diffuse, self.specular)):
            raise VolumeError(_("Shares of light must be between 0 and 1"))
        if not 1.0 <= self.power <= 128.0:
            raise VolumeError(_("The power of highlights must be between 1 and 128"))


@dataclass(frozen=True, slots=True)
class TransferFunctions:
    """Curves through points, straight between them and level beyond their ends.

    Attributes:
        opacity: By ascending value, at least two.
        color: By ascending value, at least one.
        gradient: Opacity is multiplied by this, by the steepness of values (their change for each millimetre); empty
            for no matter how steep.
        scale: What values are.
        blend: Of the values along a ray.
        opacity_distance_mm: The thickness for which opacities are meant.
        shading: Only for composites.
    """

    opacity: tuple[OpacityPoint, ...]
    color: tuple[ColorPoint, ...]
    gradient: tuple[OpacityPoint, ...] = ()
    scale: ValueScale = ValueScale.MODALITY
    blend: Blend = Blend.COMPOSITE
    opacity_distance_mm: float = 1.0
    shading: Shading = Shading()

    def __post_init__(self) -> None:
        if not 2 <= len(self.opacity) <= MOST_POINTS:
            raise VolumeError(_("An opacity curve needs between 2 and {0} points").format(MOST_POINTS))
        if not 1 <= len(self.color) <= MOST_POINTS or len(self.gradient) > MOST_POINTS:
            raise VolumeError(_("A colour curve needs between 1 and {0} points").format(MOST_POINTS))
        for points in (self.opacity, self.color, self.gradient):
            values = [point.value for point in points]
            if values != sorted(values):
                raise VolumeError(_("The points of a curve must be in the order of their values"))
        if not (math.isfinite(self.opacity_distance_mm) and self.opacity_distance_mm > 0):
            raise VolumeError(_("Opacities need a thickness above 0 mm for which they are meant"))

    @property
    def is_shaded(self) -> bool:
        """Whether surfaces are lit: what a ray shows at its highest value has none."""
        return self.shading.is_on and self.blend is Blend.COMPOSITE

    @property
    def needs_gradients(self) -> bool:
        """Whether the steepness of values must be known."""
        return self.blend is Blend.COMPOSITE and (self.shading.is_on or bool(self.gradient))

    @property
    def span(self) -> tuple[float, float]:
        """The lowest and highest value between which opacity changes; what a window would move."""
        values = [
            value
            for before, after in itertools.pairwise(self.opacity)
            if before.opacity != after.opacity
            for value in (before.value, after.value)
        ]
        ends = values or [point.value for point in self.opacity]
        return ends[0], ends[-1]

    def opacity_at(self, value: float) -> float:
        """Return the opacity of a value."""
        return _interpolated([(point.value, (point.opacity,)) for point in self.opacity], value)[0]

    def color_at(self, value: float) -> Color:
        """Return the colour of a value."""
        red, green, blue = _interpolated([(point.value, point.color) for point in self.color], value)
        return red, green, blue

    def stretched(self, slope: float, offset: float) -> "TransferFunctions":
        """Return these for values of slope × value + offset.

        Raises:
            VolumeError: If the slope is 0.
        """
        if slope == 0 or not (math.isfinite(slope) and math.isfinite(offset)):
            raise VolumeError(_("Values cannot be stretched by {0}").format(slope))
        opacity = [replace(point, value=slope * point.value + offset) for point in self.opacity]
        color = [replace(point, value=slope * point.value + offset) for point in self.color]
        gradient = tuple(replace(point, value=abs(slope) * point.value) for point in self.gradient)
        order = -1 if slope < 0 else 1
        return replace(self, opacity=tuple(opacity[::order]), color=tuple(color[::order]), gradient=gradient)

    def placed(self, low: float, high: float) -> "TransferFunctions":
        """Return these in modality units, for a volume whose values mostly lie between two."""
        if self.scale is ValueScale.MODALITY:
            return self
        width = high - low if high > low else 1.0
        return replace(self.stretched(width, low), scale=ValueScale.MODALITY)

    def relative_to(self, low: float, high: float) -> "TransferFunctions":
        """Return these, in modality units, as values between two: what placed() turns back."""
        if self.scale is ValueScale.RELATIVE:
            return self
        width = high - low if high > low else 1.0
        return replace(self.stretched(1 / width, -low / width), scale=ValueScale.RELATIVE)

    def moved_to(self, low: float, high: float) -> "TransferFunctions":
        """Return these with their span between two values: what a window does to them."""
        first, last = self.span
        if last <= first or high <= low:
            return self
        slope = (high - low) / (last - first)
        return self.stretched(slope, low - slope * first)


def _check_finite(value: float) -> None:
    if not math.isfinite(value):
        raise VolumeError(_("{0} is no value a point can have").format(value))


def _interpolated(points: "list[tuple[float, tuple[float, ...]]]", value: float) -> tuple[float, ...]:
    if value <= points[0][0]:
        return points[0][1]
    for (start, first), (end, last) in itertools.pairwise(points):
        if value < end:
            share = (value - start) / (end - start)
            return tuple(a + (b - a) * share for a, b in zip(first, last, strict=True))
    return points[-1][1]
