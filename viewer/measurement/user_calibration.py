"""A scale that the reader sets by a known length on one image; it never changes the image itself.

It is a fiducial calibration (PS3.3 10.7.1.3): it holds at the depth of what was measured, and on that image alone.
"""

import math
from dataclasses import dataclass

from viewer.base.translation import N_, _
from viewer.dicom.pixel_spacing import PixelSpacing, SpacingSource
from viewer.measurement.annotation import ImageAnchor
from viewer.measurement.ground import Ground
from viewer.measurement.scales import region_at

Point = tuple[float, float]

DESCRIPTION = N_("known length {0} mm")
_LEAST_PIXELS = 2.0
_LEAST_MM, _GREATEST_MM = 1e-3, 1e4


@dataclass(frozen=True, slots=True)
class UserCalibration:
    """A known length on an image.

    Attributes:
        frame_number: From 1; 0 for every frame of the image.
        points: The ends of the length.
        known_mm: How long the reader says it is.
        aspect: Height of a pixel over its width.
        by: Who set it.
        at: When, ISO 8601 with zone.
    """

    study_instance_uid: str
    sop_instance_uid: str
    points: tuple[Point, Point]
    known_mm: float
    aspect: float = 1.0
    frame_number: int = 0
    by: str = ""
    at: str = ""

    @property
    def spacing(self) -> PixelSpacing:
        """The spacing it gives."""
        (x0, y0), (x1, y1) = self.points
        column_mm = self.known_mm / math.hypot(x1 - x0, (y1 - y0) * self.aspect)
        text = _(DESCRIPTION).format(f"{self.known_mm:g}")
        return PixelSpacing(column_mm * self.aspect, column_mm, SpacingSource.FIDUCIAL, text)

    def is_of(self, sop_instance_uid: str, frame_number: int) -> bool:
        """Return whether it is of a frame, counted from 1."""
        return self.sop_instance_uid == sop_instance_uid and self.frame_number in {0, frame_number}


def calibrated(
    ground: Ground, anchor: ImageAnchor, points: tuple[Point, Point], known_mm: float, *, by: str = "", at: str = ""
) -> UserCalibration | str:
    """Return the calibration by a known length, or why there can be none, translated.

    Args:
        ground: Of the image as it is without it.
        anchor: The image.
        points: The ends of the length.
        known_mm: How long it is.
        by: Who sets it.
        at: When.
    """
    refusal = ground.refusal or _refusal(ground, points, known_mm)
    if refusal:
        return refusal
    return UserCalibration(
        anchor.study_instance_uid, anchor.sop_instance_uid, points, known_mm, ground.aspect, by=by, at=at
    )


def _refusal(ground: Ground, points: tuple[Point, Point], known_mm: float) -> str:
    if not math.isfinite(known_mm) or not _LEAST_MM <= known_mm <= _GREATEST_MM:
        return _("{0} mm is no length to calibrate by").format(f"{known_mm:g}")
    (x0, y0), (x1, y1) = points
    if not math.hypot(x1 - x0, y1 - y0) >= _LEAST_PIXELS:
        return _("The line is too short to calibrate by")
    if ground.spacing.problem and ground.aspect == 1.0:
        return _("The shape of a pixel is not known: {reason}").format(reason=ground.spacing.problem)
    if any(region.is_protected for region in ground.regions):
        return _("The device protects the scale of its ultrasound regions: it must not be set by hand")
    found = region_at(ground, points)
    if isinstance(found, str):
        return found
    if found is not None and not found.is_length:
        return _("This ultrasound region does not show lengths in both directions")
    return ""
