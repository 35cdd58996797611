"""What is known of one display: its response, the light around it, the greys and colours it can show (PS3.14).

The driving levels themselves are worked out by display_greys.
"""

import enum
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.imaging.grayscale_display_function import LUMINANCE_MAX, LUMINANCE_MIN

LEVEL_COUNTS = (256, 1024)
"""Driving levels of surfaces of 8 and of 10 bits a channel."""

# An ordinary office monitor in a dim room; nobody measured this one, and the screen says so.
ASSUMED_WHITE_CD_M2 = 250.0
ASSUMED_BLACK_CD_M2 = 0.25
ASSUMED_AMBIENT_CD_M2 = 0.5

# A CIELAB difference of 2.3 is just seen by half of those who look at two large fields that touch (Mahy, Van Eycken,
# Oosterlinck 1994). One level of one channel makes 0.8 to 1.4 on displays of gamma 1.8 to 2.6: with 2 all such greys
# count, and what is left out are the steep parts of odd curves, where a level is too far a step.
DEFAULT_MAX_CHROMA = 2.0
"""CIELAB chroma that a stolen grey may have."""


class CalibrationMode(enum.Enum):
    """How the display's response is known."""

    NATIVE_GSDF = "native"
    """The display follows the GSDF by itself: P-values pass straight, or they would be corrected twice."""
    MEASURED = "measured"
    VISUAL_ESTIMATE = "visual"
    """Matched by eye, without a meter."""
    SRGB_ESTIMATE = "estimate"
    """Taken for an sRGB monitor: not calibrated, not for diagnosis."""


class MoreGreys(enum.Enum):
    """How more than 256 greys are shown."""

    NONE = "none"
    BIT_STEALING = "bit-stealing"
    """Red, green and blue differ by a level: greys in between, with a breath of colour."""
    TEN_BITS = "ten-bits"
    """The surface takes 10 bits a channel."""


class RenderingIntent(enum.Enum):
    """How colours that the display lacks are replaced (ICC.1)."""

    PERCEPTUAL = "perceptual"
    RELATIVE = "relative"


@dataclass(frozen=True, slots=True)
class DisplayColor:
    """How colour is brought to the display.

    Attributes:
        profile: The display's ICC profile; empty for sRGB.
    """

    profile: bytes = b""
    intent: RenderingIntent = RenderingIntent.PERCEPTUAL


@dataclass(frozen=True, slots=True)
class DisplayCalibration:
    """What is known of one display.

    Attributes:
        mode: How the response is known.
        luminances_cd_m2: For MEASURED and VISUAL_ESTIMATE: the luminance of each of 256 or 1024 driving levels, without
            ambient light, never falling.
        ambient_cd_m2: Light the screen reflects, at the reader's place.
        more_greys: How more than 256 greys are shown.
        is_dithered: Whether greys between two levels are mixed of neighbouring pixels.
        max_chroma: CIELAB chroma that a grey of BIT_STEALING may have.
        color: For colour images, which never pass through any of the above.
    """

    mode: CalibrationMode = CalibrationMode.SRGB_ESTIMATE
    luminances_cd_m2: tuple[float, ...] = ()
    ambient_cd_m2: float = ASSUMED_AMBIENT_CD_M2
    more_greys: MoreGreys = MoreGreys.NONE
    is_dithered: bool = False
    max_chroma: float = DEFAULT_MAX_CHROMA
    color: DisplayColor = field(default_factory=DisplayColor)

    def __post_init__(self) -> None:
        if self.has_curve and len(self.luminances_cd_m2) not in LEVEL_COUNTS:
            raise ViewerError(
                _("A measured display needs {count} luminances, not {found}").format(
                    count=" / ".join(map(str, LEVEL_COUNTS)), found=len(self.luminances_cd_m2)
                )
            )
        self._check_reach()

    def _check_reach(self) -> None:
        """Refuse luminances that the GSDF does not reach: every P-value would get the same grey."""
        known = self.luminances_cd_m2
        black, white = (known[0], known[-1]) if known else (0.0, LUMINANCE_MAX)
        if white + self.ambient_cd_m2 <= LUMINANCE_MIN:
            raise ViewerError(_("White must be brighter than black"))
        if not 0 <= self.ambient_cd_m2 < LUMINANCE_MAX - black:
            raise ViewerError(_("The ambient luminance {value:g} cd/m² is impossible").format(value=self.ambient_cd_m2))

    @property
    def has_curve(self) -> bool:
        """Whether the response is this display's own, measured or matched."""
        return self.mode in {CalibrationMode.MEASURED, CalibrationMode.VISUAL_ESTIMATE}

    @property
    def is_calibrated(self) -> bool:
        """Whether grey may be shown without "display not calibrated" beside it."""
        return self.mode in {CalibrationMode.MEASURED, CalibrationMode.NATIVE_GSDF}

    def plain(self) -> "DisplayCalibration":
        """Return the same display with 256 true greys: for files and wherever exact RGB matters."""
        return replace(self, more_greys=MoreGreys.NONE, is_dithered=False)

    def on_surface(self, *, has_ten_bits: bool) -> "DisplayCalibration":
        """Return the same display as a surface can show it: without ten bits a channel where it has eight."""
        if self.more_greys is MoreGreys.TEN_BITS and not has_ten_bits:
            return replace(self, more_greys=MoreGreys.NONE)
        return self

    def curve(self) -> NDArray[np.float64]:
        """Return the luminance of each driving level, without ambient light, in cd/m².

        The sRGB estimate stands in where nothing was measured; a native display has the GSDF between its ends, which
        are those of luminances_cd_m2 where they were given, else the assumed ones.
        """
        from viewer.imaging.display_greys import display_curve

        return display_curve(self)

    def display_lut(self) -> NDArray[np.uint8]:
        """Return the driving level, of 256, of each of the 65536 P-values; read-only, computed once."""
        from viewer.imaging.display_greys import driving_level_table

        return driving_level_table(self)


UNCALIBRATED = DisplayCalibration()
