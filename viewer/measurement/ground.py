"""What an image or plane lets be measured: its scales, its values, and why not where it does not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.codes import Code
from viewer.dicom.image_plane import ImagePlane
from viewer.dicom.pixel_spacing import NO_SPACING, PixelSpacing
from viewer.dicom.ultrasound_regions import UltrasoundRegion
from viewer.measurement.reading import NO_UNIT, Unit

Part = tuple[slice, slice]
"""Rows and columns."""


@dataclass(frozen=True, slots=True, eq=False)
class GroundValues:
    """The values of a frame or plane.

    Attributes:
        values: (rows, columns) float64, in unit: modality, SUV or real-world units.
        counts: Which of them are measured at all: no padding, nothing that never arrived; None for all.
        source: Name of the map that gave the unit, English, marked for translation; empty for the modality's own.
        concept: What the values are, where the map says so.
    """

    values: NDArray[np.float64]
    counts: NDArray[np.bool_] | None
    unit: Unit = NO_UNIT
    source: str = ""
    concept: Code | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What is measured on; made by measuring_ground.

    Attributes:
        spacing: Of the image, or the reader's own calibration; NO_SPACING for pixels.
        regions: Of an ultrasound image (C.8.5.5), which go before spacing.
        aspect: Height of a pixel over its width as it is known for display, also where spacing is not.
        plane: Where it lies in the patient; None when not known.
        refusal: Why no length, angle or value may be taken (a curved plane, a perspective, truncated pixels),
            translated; empty when they may.
        value_refusal: Why no values may be taken though lengths may (colour, a projection), translated.
        cautions: What must be said beside lengths, areas and angles (projection, spacing not used), translated.
        value_cautions: What must be said beside values (lossy, slab, subtracted), translated.
        read_values: Returns the values; called once, when a kind wants them. None where there are none.
        read_part: The same for the part of so many (rows, columns), where not all of them are needed; None for
            read_values only.
        missing_rows: Rows at the bottom that never arrived: nothing is measured there.
    """

    rows: int
    columns: int
    spacing: PixelSpacing = NO_SPACING
    regions: tuple[UltrasoundRegion, ...] = ()
    aspect: float = 1.0
    plane: ImagePlane | None = None
    refusal: str = ""
    value_refusal: str = ""
    cautions: tuple[str, ...] = ()
    value_cautions: tuple[str, ...] = ()
    read_values: Callable[[], GroundValues] | None = None
    is_color: bool = False
    modality: str = ""
    extra: tuple[tuple[str, Any], ...] = ()
    missing_rows: int = 0
    read_part: Callable[[Part], GroundValues] | None = None

    def values_in(self, part: Part) -> GroundValues | None:
        """Return the values of a part of the image; None where there are none."""
        if self.read_part is not None:
            return self.read_part(part)
        if self.read_values is None:
            return None
        given = self.read_values()
        counts = None if given.counts is None else given.counts[part]
        return GroundValues(given.values[part], counts, given.unit, given.source, given.concept)
