"""The Grayscale Standard Display Function: just-noticeable differences to luminance and back (PS3.14 7).

L(j) is used for every level; j(L) only finds where a display's range begins and ends, for the two published fits are
not exact inverses of each other.
"""

import numpy as np
from numpy.typing import NDArray

JND_MIN, JND_MAX = 1.0, 1023.0
LUMINANCE_MIN, LUMINANCE_MAX = 0.05, 4000.0

# PS3.14 7.1: coefficients of ln(j), lowest power first.
_NUMERATOR = (-1.3011877, 8.0242636e-2, 1.3646699e-1, -2.5468404e-2, 1.3635334e-3)
_DENOMINATOR = (1.0, -2.5840191e-2, -1.0320229e-1, 2.8745620e-2, -3.1978977e-3, 1.2992634e-4)
# PS3.14 7.2: coefficients of log10(L), lowest power first.
_INVERSE = (
    71.498068,
    94.593053,
    41.912053,
    9.8247004,
    0.28175407,
    -1.1878455,
    -0.18014349,
    0.14710899,
    -0.017046845,
)


def luminance(jnd: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the luminance in cd/m² of JND indices, which are held to 1..1023."""
    logarithm = np.log(np.clip(jnd, JND_MIN, JND_MAX))
    exponent = np.polynomial.polynomial.polyval(logarithm, _NUMERATOR)
    exponent = exponent / np.polynomial.polynomial.polyval(logarithm, _DENOMINATOR)
    return np.asarray(10.0**exponent, np.float64)


def jnd_index(luminance_cd_m2: float) -> float:
    """Return the JND index of a luminance in cd/m², held to the function's range."""
    held = min(max(luminance_cd_m2, LUMINANCE_MIN), LUMINANCE_MAX)
    index = float(jnd_indices(np.array([held]))[0])
    return min(max(index, JND_MIN), JND_MAX)


def jnd_indices(luminances_cd_m2: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the JND indices of luminances as PS3.14 7.2 has them: up to 1023.164, for the fits end apart."""
    return np.asarray(np.polynomial.polynomial.polyval(np.log10(luminances_cd_m2), _INVERSE), np.float64)
