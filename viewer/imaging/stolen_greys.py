"""Greys between the levels of a display, made by raising one or two channels by one level ("bit stealing").

Six of them lie between two neighbouring levels, in the order of the eye's weights for blue, red, green: 1786 greys of
256 levels. Each has a breath of colour; those that have more than is allowed are left out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Linear RGB of Rec. 709 primaries and D65 white to XYZ (IEC 61966-2-1). A display's own primaries differ by little, and
# a stolen grey is off by that little of a part of one level.
_XYZ_OF_RGB = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])

_RAISED = np.array([[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1], [0, 1, 0], [0, 1, 1], [1, 1, 0]])
"""Which of red, green and blue are one level higher, darkest first."""

_LAB_EDGE = 6.0 / 29.0


@dataclass(frozen=True, slots=True, eq=False)
class Greys:
    """Greys from the darkest to the brightest, no two of the same luminance.

    Attributes:
        levels: (count, 3) driving levels of red, green and blue.
        luminances_cd_m2: Of each, with ambient light.
    """

    levels: NDArray[np.int64]
    luminances_cd_m2: NDArray[np.float64]


def neutral_greys(luminances_cd_m2: NDArray[np.float64]) -> Greys:
    """Return the greys of equal channels: each luminance once, the first level of each plateau.

    Args:
        luminances_cd_m2: Of each driving level, with ambient light; dips are taken for noise and levelled.
    """
    known, first = np.unique(np.maximum.accumulate(luminances_cd_m2), return_index=True)
    return Greys(np.repeat(np.asarray(first, np.int64)[:, None], 3, axis=1), known)


def stolen_greys(luminances_cd_m2: NDArray[np.float64], max_chroma: float) -> Greys:
    """Return the greys of equal channels and those of raised ones between them.

    Args:
        luminances_cd_m2: As for neutral_greys.
        max_chroma: CIELAB C*ab that a grey may have, the display's white being the reference; 0 leaves equal channels.
    """
    curve = np.maximum.accumulate(luminances_cd_m2)
    below = np.repeat(np.arange(curve.size - 1), len(_RAISED))
    raised = np.tile(_RAISED, (curve.size - 1, 1))
    levels = np.vstack([below[:, None] + raised, np.full(3, curve.size - 1)])
    # A plateau gives its greys exactly its own luminance: base and share of the step, not a sum of three channels.
    share = raised @ _XYZ_OF_RGB[1]
    known = np.append(curve[below] + share * (curve[below + 1] - curve[below]), curve[-1])
    chroma = _chroma(curve[levels] / curve[-1])
    allowed = chroma <= max(max_chroma, 0.0)
    allowed |= (levels == levels[:, :1]).all(axis=1)
    levels, known, chroma = levels[allowed], known[allowed], chroma[allowed]
    order = np.lexsort((levels.sum(axis=1), chroma, known))
    known, first = np.unique(known[order], return_index=True)
    return Greys(levels[order][first], known)


def _chroma(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return C*ab of linear RGB (count, 3) whose white is 1, 1, 1."""
    relative = linear @ (_XYZ_OF_RGB / _XYZ_OF_RGB.sum(axis=1, keepdims=True)).T
    bent = np.where(relative > _LAB_EDGE**3, np.cbrt(relative), relative / (3.0 * _LAB_EDGE**2) + 4.0 / 29.0)
    green_red, blue_yellow = 500.0 * (bent[:, 0] - bent[:, 1]), 200.0 * (bent[:, 1] - bent[:, 2])
    return np.asarray(np.hypot(green_red, blue_yellow), np.float64)
