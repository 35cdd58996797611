"""Where things must show in a rendering, worked out from the words of the issue alone: no camera of ours in it."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.volume.series_volume import SeriesVolume
from viewer.volume.transfer_functions import ColorPoint, OpacityPoint, Shading, TransferFunctions

Vector = tuple[float, float, float]
Places = NDArray[np.float64]
Mask = NDArray[np.bool_]

SIDES: dict[str, tuple[float, float, Vector, Vector]] = {
    "A": (0.0, 0.0, (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    "L": (90.0, 0.0, (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "P": (180.0, 0.0, (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    "R": (-90.0, 0.0, (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
    "H": (0.0, 90.0, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    "F": (0.0, -90.0, (1.0, 0.0, 0.0), (0.0, -1.0, 0.0)),
}
"""The side of the patient that faces the camera: azimuth, elevation, and the patient's directions right and upwards."""


@dataclass(frozen=True)
class Ball:
    center: Vector
    radius: float

    def holds(self, places: NDArray[np.float64]) -> Mask:
        inside: Mask = ((places - np.array(self.center)) ** 2).sum(axis=-1) <= self.radius**2
        return inside

    def soft(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return 1 inside, 0 outside, half on the surface, straight over two millimetres."""
        distance = np.sqrt(((places - np.array(self.center)) ** 2).sum(axis=-1))
        return np.asarray(np.clip((self.radius - distance) / 2 + 0.5, 0.0, 1.0))

    def shadow(self, across: Places, up: Places, right: Vector, top: Vector) -> Mask:
        x, y = np.dot(self.center, right), np.dot(self.center, top)
        return np.asarray((across - x) ** 2 + (up - y) ** 2 <= self.radius**2)


@dataclass(frozen=True)
class Box:
    low: Vector
    high: Vector

    def soft(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        depth = np.minimum(places - np.array(self.low), np.array(self.high) - places).min(axis=-1)
        return np.asarray(np.clip(depth / 2 + 0.5, 0.0, 1.0))

    def shadow(self, across: Places, up: Places, right: Vector, top: Vector) -> Mask:
        corners = np.array(list(itertools.product(*zip(self.low, self.high, strict=True))))
        x, y = corners @ np.array(right), corners @ np.array(top)
        return np.asarray((across >= x.min()) & (across <= x.max()) & (up >= y.min()) & (up <= y.max()))


def solid(threshold: float, below: float = -3000.0, above: float = 4000.0) -> TransferFunctions:
    """Return functions that show everything over a threshold as flat white."""
    return TransferFunctions(
        tuple(
            OpacityPoint(value, opacity)
            for value, opacity in ((below, 0.0), (threshold - 0.01, 0.0), (threshold, 1.0), (above, 1.0))
        ),
        (ColorPoint(threshold, (1.0, 1.0, 1.0)),),
        opacity_distance_mm=0.01,
        shading=Shading(is_on=False),
    )


def expected_shadow(volume: SeriesVolume, things: "list[Ball | Box]", side: str, size: tuple[int, int]) -> Mask:
    """Return which pixels of a parallel picture at zoom 1 lie over a thing: its diagonal fills the shorter side."""
    _azimuth, _elevation, right, top = SIDES[side]
    width, height = size
    corners = volume.geometry.corners_mm
    middle = corners.mean(axis=0)
    mm = np.linalg.norm(corners[7] - corners[0]) / min(size)
    across = (np.arange(width) + 0.5 - width / 2) * mm + middle @ np.array(right)
    up = (height / 2 - np.arange(height) - 0.5) * mm + middle @ np.array(top)
    x, y = np.meshgrid(across, up)
    return np.asarray(np.any([thing.shadow(x, y, right, top) for thing in things], axis=0))
