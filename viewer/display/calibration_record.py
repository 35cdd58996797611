"""A calibration with how it came about: what calibration.json holds, and what the program keeps of a monitor."""

import enum
from dataclasses import dataclass, field
from datetime import date

from viewer.imaging.display_calibration import DisplayCalibration


class DisplayClass(enum.Enum):
    """What a display is used for; its limits follow from it (AAPM TG18, TG270; ACR-AAPM-SIIM)."""

    DIAGNOSTIC = "diagnostic"
    MAMMOGRAPHY = "mammography"
    OTHER = "other"


class Method(enum.Enum):
    """How luminances were found."""

    NONE = "none"
    CONTACT = "contact"
    """A meter on the glass: it sees no ambient light."""
    TELESCOPIC = "telescopic"
    """A meter at the reader's place: what it reads includes ambient light."""
    VISUAL = "visual"


class AmbientSource(enum.Enum):
    """Where the ambient luminance comes from."""

    ASSUMED = "assumed"
    """Nobody gave any: what stands in DisplayCalibration is a guess, and is told."""
    LUMINANCE = "luminance"
    """Measured on the dark screen, in cd/m²."""
    ILLUMINANCE = "illuminance"
    """Lux on the screen, times its coefficient of diffuse reflection."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One luminance read off the display.

    Attributes:
        driving_level: From 0 to one less than the number of levels of the surface.
        luminance_cd_m2: As read.
        chromaticity: CIE 1931 x and y, where the meter gave them.
    """

    driving_level: int
    luminance_cd_m2: float
    chromaticity: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class CalibrationRecord:
    """A calibration and where it came from.

    Attributes:
        measured_on: The day; None for the sRGB estimate.
        meter: What measured, in the words of who did.
        readings: As they were taken.
        ambient_source: Where calibration.ambient_cd_m2 comes from.
        notes: What was done to the readings that a reader must know (levelled dips), translated.
    """

    calibration: DisplayCalibration = field(default_factory=DisplayCalibration)
    display_class: DisplayClass = DisplayClass.DIAGNOSTIC
    method: Method = Method.NONE
    measured_on: date | None = None
    meter: str = ""
    readings: tuple[Reading, ...] = ()
    notes: tuple[str, ...] = ()
    ambient_source: AmbientSource = AmbientSource.ASSUMED
