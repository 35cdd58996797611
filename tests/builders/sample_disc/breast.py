"""A breast pressed flat: glandular cone in fat, ligaments, a mass in the right one, calcifications in the left."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.builders.sample_disc import truth
from tests.builders.sample_disc.canvas import FloatArray

_HIGHEST = 4095
_CALCIFICATIONS = 14


def _cloud(rng: np.random.Generator, sigma: float) -> FloatArray:
    """Return smooth noise of standard deviation 1; the coarse ones are made small and enlarged."""
    shrink = max(1, int(sigma // 4))
    shape = (truth.MG_ROWS // shrink + 1, truth.MG_COLUMNS // shrink + 1)
    grain = cv2.GaussianBlur(rng.standard_normal(shape, np.float32), (0, 0), sigma / shrink)
    large = cv2.resize(grain, (truth.MG_COLUMNS, truth.MG_ROWS), interpolation=cv2.INTER_CUBIC)
    return np.asarray(large / large.std(), np.float32)


def breast_pixels(side: str) -> NDArray[np.uint16]:
    """Return the stored values, chest wall at the right edge for R and at the left edge for L."""
    rng = np.random.default_rng([truth.SEED, 5000 + ord(side)])
    depth = np.arange(truth.MG_COLUMNS, dtype=np.float32)[None, :] * np.float32(truth.MG_SPACING_MM)
    down = np.arange(truth.MG_ROWS, dtype=np.float32)[:, None] * np.float32(truth.MG_SPACING_MM)
    middle = truth.MG_ROWS * truth.MG_SPACING_MM / 2
    across = (down - middle) / 84
    radius = np.sqrt((depth / (112 + 2 * np.cos(5 * across))) ** 2 + np.abs(across) ** 2.1)
    skin_mm = (1 - radius) * 84
    thickness = np.clip(skin_mm / 16, 0, 1) ** 0.45
    fat = 1150 + 90 * _cloud(rng, 40) + 45 * _cloud(rng, 14)
    cone = np.clip((0.80 - np.sqrt(((depth - 48) / 62) ** 2 + ((down - middle) / 70) ** 2)) * 3.0, 0, 1)
    gland = np.clip(0.45 + 0.42 * _cloud(rng, 36) + 0.22 * _cloud(rng, 13) + 0.08 * _cloud(rng, 5), 0, 1.15) * cone
    ligaments = np.exp(-((_cloud(rng, 16) / 0.09) ** 2)) + 0.6 * np.exp(-((_cloud(rng, 9) / 0.1) ** 2))
    values = fat + 1150 * gland + (50 + 90 * gland) * ligaments
    values += _lesion(side, depth, down, rng)
    values = values * thickness + 350 * np.exp(-((skin_mm / 1.1) ** 2))
    values += cv2.GaussianBlur(rng.standard_normal(values.shape, np.float32), (0, 0), 0.8) * 8
    inside = np.clip(skin_mm / 0.5 + 1, 0, 1)
    values = np.where(skin_mm > -0.5, values * inside, 0)
    pixels: NDArray[np.uint16] = np.clip(np.rint(values), 0, _HIGHEST).astype(np.uint16)
    return np.ascontiguousarray(pixels[:, ::-1]) if side == "R" else pixels


def _lesion(side: str, depth: FloatArray, down: FloatArray, rng: np.random.Generator) -> FloatArray:
    if side == "R":
        x, y = depth - truth.MG_MASS_MM[0], down - truth.MG_MASS_MM[1]
        angle, radius = np.arctan2(y, x), np.hypot(x, y)
        edge = 6.5 + 0.7 * np.sin(7 * angle) + 0.5 * np.sin(11 * angle + 1)
        spicules = np.exp(-radius / 9) * np.clip(radius / 5, 0, 1) * (np.sin(13 * angle + 2 * np.sin(3 * angle)) > 0.55)
        return np.asarray(620 * np.clip((edge - radius) / 3 + 0.5, 0, 1) + 260 * spicules, np.float32)
    spots = np.zeros((truth.MG_ROWS, truth.MG_COLUMNS), np.float32)
    for _ in range(_CALCIFICATIONS):
        x, y = np.array(truth.MG_CALCIFICATIONS_MM) + rng.normal(0, 4, 2)
        size = rng.uniform(0.2, 0.42)
        spots = np.maximum(spots, 1700 * np.exp(-((depth - x) ** 2 + (down - y) ** 2) / (2 * size**2)))
    return spots.astype(np.float32)
