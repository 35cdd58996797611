"""The size of a monitor's pixel: as the system states it, and as a thing of known size held to the glass shows it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from viewer.base.translation import N_, _
from viewer.display.monitor import MonitorIdentity

MM_PER_INCH = 25.4
LEAST_PITCH_MM, GREATEST_PITCH_MM = 0.05, 1.0
"""From the finest telephones to walls of light: no monitor that anybody reads on is outside."""
DOUBTFUL_SHARE = 0.25
NOT_SQUARE_SHARE = 0.01
ASSUMED_PITCH_MM = MM_PER_INCH / 96
"""To begin with, where the system states nothing."""

Pitch = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Gauge:
    """A thing of known size that is held to the screen.

    Attributes:
        title: What it is, English, marked for translation.
        width_mm: Of the frame that is fitted to it.
        height_mm: Of the frame that is fitted to it.
        corner_mm: Radius of its corners.
        has_ticks: Whether its centimetres are marked.
    """

    title: str
    width_mm: float
    height_mm: float
    corner_mm: float = 0.0
    has_ticks: bool = False


GAUGES: Mapping[str, Gauge] = {
    "card": Gauge(N_("Bank card"), 85.60, 53.98, corner_mm=3.18),  # ISO/IEC 7810, ID-1
    "ruler": Gauge(N_("Ruler"), 100.0, 50.0, has_ticks=True),
}


def system_pitch_mm(identity: MonitorIdentity) -> Pitch | None:
    """Return width and height of a pixel as the system states the monitor's size; None when it does not."""
    if min(*identity.size_px) <= 0 or not all(math.isfinite(side) and side > 0 for side in identity.size_mm):
        return None
    return identity.size_mm[0] / identity.size_px[0], identity.size_mm[1] / identity.size_px[1]


def pitch_of_frame(gauge: Gauge, frame_px: tuple[int, int], *, is_square: bool) -> Pitch:
    """Return width and height of a pixel from the pixels a gauge takes; by its width alone where they are square."""
    across = gauge.width_mm / frame_px[0]
    return (across, across) if is_square else (across, gauge.height_mm / frame_px[1])


def frame_of_pitch(gauge: Gauge, pitch_mm: Pitch) -> tuple[int, int]:
    """Return the pixels a gauge takes, to whole ones."""
    return max(1, round(gauge.width_mm / pitch_mm[0])), max(1, round(gauge.height_mm / pitch_mm[1]))


def pixels_per_inch(pitch_mm: Pitch) -> float:
    """Return the density along the width."""
    return MM_PER_INCH / pitch_mm[0]


def difference_percent(pitch_mm: Pitch, system_mm: Pitch) -> float:
    """Return how much larger pixels are than the system states, in percent: of the direction that is farther off."""
    return max((100 * (own / stated - 1) for own, stated in zip(pitch_mm, system_mm, strict=True)), key=abs)


def doubts(pitch_mm: Pitch, system_mm: Pitch | None) -> tuple[str, ...]:
    """Return what is hard to believe of a measured pitch, translated."""
    return tuple(_doubts(pitch_mm, system_mm))


def _doubts(pitch_mm: Pitch, system_mm: Pitch | None) -> Iterator[str]:
    if not all(LEAST_PITCH_MM <= side <= GREATEST_PITCH_MM for side in pitch_mm):
        text = _("No monitor has pixels of {0} mm: {1} to {2} mm are usual")
        yield text.format(f"{pitch_mm[0]:.3f}", LEAST_PITCH_MM, GREATEST_PITCH_MM)
    if system_mm is not None and abs(difference_percent(pitch_mm, system_mm)) > 100 * DOUBTFUL_SHARE:
        yield _("More than {0} % off what the system states: does the frame really fit?").format(
            round(100 * DOUBTFUL_SHARE)
        )
    if abs(pitch_mm[0] / pitch_mm[1] - 1) > NOT_SQUARE_SHARE:
        yield _("Pixels would be {0} times as wide as high: those of monitors are square").format(
            f"{pitch_mm[0] / pitch_mm[1]:.3f}"
        )
