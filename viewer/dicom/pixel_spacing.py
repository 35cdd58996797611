"""What a pixel measures, and how far that may be believed (PS3.3 10.7, C.7.6.2.1.1, C.8.7.5).

Every spacing has a source that the reader sees beside a measurement; where there is no sound source there are no mm.
"""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

from viewer.base.translation import N_, _
from viewer.dicom.instance_header import InstanceHeader

# Outside these a value is a slip of the unit or of the decimal point, not a spacing.
_LEAST_MM = 1e-6
_GREATEST_MM = 1e4
# Decimal strings of the same spacing may differ in their last digits.
_SAME_SPACING = 1e-4
# The magnification of a projection: the source is never behind the patient, and never far beyond.
_LEAST_MAGNIFICATION = 1.0
_GREATEST_MAGNIFICATION = 20.0


class SpacingSource(enum.Enum):
    """Where a spacing comes from; the value is what to write beside a measurement."""

    PATIENT = N_("mm")
    GEOMETRY = N_("mm (cal. geometry)")
    FIDUCIAL = N_("mm (cal. fiducial)")
    CALIBRATED = N_("mm (calibrated)")
    DETECTOR = N_("mm at detector")
    ESTIMATED = N_("mm est.")
    ISOCENTER = N_("mm est. at isocenter")
    US_REGION = N_("mm · US region")
    FILM = N_("mm on film")
    UNCERTAIN = N_("mm (unknown calibration)")
    UNKNOWN = N_("pixels")


@dataclass(frozen=True, slots=True)
class PixelSpacing:
    """The size of a pixel in mm; both None when it is not known.

    Attributes:
        row_mm: Between the centres of adjacent rows, the first value of a spacing attribute.
        column_mm: Between the centres of adjacent columns, the second value.
        description: Pixel Spacing Calibration Description (0028,0A04) or the like, as the device wrote it; where the
            spacing is not known, why no single one holds for the image, translated.
        problem: Why a stated spacing was refused, in plain English; empty when none was.
    """

    row_mm: float | None = None
    column_mm: float | None = None
    source: SpacingSource = SpacingSource.UNKNOWN
    description: str = ""
    problem: str = ""

    @property
    def is_known(self) -> bool:
        """Whether lengths may be given in mm, with label."""
        return self.row_mm is not None and self.column_mm is not None

    @property
    def label(self) -> str:
        """The unit with its source, in the reader's language."""
        return _(self.source.value)

    def distance_mm(self, columns: float, rows: float) -> float | None:
        """Return the length of a step in the image; None when the spacing is not known."""
        if self.row_mm is None or self.column_mm is None:
            return None
        return math.hypot(columns * self.column_mm, rows * self.row_mm)


NO_SPACING = PixelSpacing()

# Ultrasound measures by its regions; a Pixel Spacing there, or in a capture, has no calibration that could be named.
_PROJECTION = frozenset({"DX", "CR", "RG", "PX", "IO", "US", "OT", "SC"})
_MAGNIFIED = frozenset({"MG", "XA", "RF"})
_NOT_A_LENGTH = frozenset({"OP", "XC", "ES", "GM", "SMR"})
_CALIBRATION = {"GEOMETRY": SpacingSource.GEOMETRY, "FIDUCIAL": SpacingSource.FIDUCIAL}


@dataclass(frozen=True, slots=True)
class SpacingAttributes:
    """What a data set states about its spacing; empty, or None, where it states nothing.

    Attributes:
        pixel_spacing: (0028,0030), top level or of the frame's Pixel Measures.
        imager_spacing: Imager Pixel Spacing (0018,1164).
        nominal_scanned_spacing: (0018,2010).
        object_spacing_at_center: Object Pixel Spacing in Center of Beam (0018,9404).
        image_plane_spacing: Image Plane Pixel Spacing (3002,0011), at rt_image_sid.
        magnification: Estimated Radiographic Magnification Factor (0018,1114).
        source_detector_mm: (0018,1110).
        source_patient_mm: (0018,1111).
        source_isocenter_mm: Radiation Machine SAD (3002,0022), or Distance Source to Isocenter (0018,9402).
        rt_image_sid_mm: RT Image SID (3002,0026).
        region_spacing: What all tissue and flow regions of an ultrasound image share (0018,6011).
        region_doubt: Why its regions give no spacing that holds for the image; empty when they do or there are none.
    """

    modality: str = ""
    pixel_spacing: Sequence[float] = ()
    imager_spacing: Sequence[float] = ()
    nominal_scanned_spacing: Sequence[float] = ()
    object_spacing_at_center: Sequence[float] = ()
    image_plane_spacing: Sequence[float] = ()
    calibration_type: str = ""
    calibration_description: str = ""
    magnification: float | None = None
    source_detector_mm: float | None = None
    source_patient_mm: float | None = None
    source_isocenter_mm: float | None = None
    rt_image_sid_mm: float | None = None
    has_invalid_values: bool = False
    region_spacing: Sequence[float] = ()
    region_doubt: str = ""


def spacing_of(header: InstanceHeader) -> PixelSpacing:
    """Return the spacing of a single-frame image from its header."""
    stated = (0x00280030, 0x00181164, 0x00182010, 0x30020011)
    return pixel_spacing(
        SpacingAttributes(
            modality=header.modality,
            pixel_spacing=header.numbers(0x00280030),
            imager_spacing=header.numbers(0x00181164),
            nominal_scanned_spacing=header.numbers(0x00182010),
            image_plane_spacing=header.numbers(0x30020011),
            calibration_type=header.ascii(0x00280A02),
            calibration_description=header.text(0x00280A04),
            magnification=header.number(0x00181114),
            source_detector_mm=header.number(0x00181110),
            source_patient_mm=header.number(0x00181111),
            source_isocenter_mm=header.number(0x30020022),
            rt_image_sid_mm=header.number(0x30020026),
            has_invalid_values=any(header.ascii(tag) and not header.numbers(tag) for tag in stated),
        )
    )


def pixel_spacing(stated: SpacingAttributes) -> PixelSpacing:
    """Return the best spacing the attributes support, with its source; never one that is not sound."""
    problem = _problem(stated)
    if problem:
        return PixelSpacing(problem=problem)
    # Regions go before a Pixel Spacing, which cannot hold where they say that there is no single one (C.8.5.5).
    if stated.region_doubt:
        return PixelSpacing(description=stated.region_doubt)
    if stated.region_spacing:
        return _spacing(stated.region_spacing, SpacingSource.US_REGION)
    if stated.modality in _NOT_A_LENGTH and not stated.calibration_type:
        return NO_SPACING
    if stated.modality == "RTIMAGE":
        return _portal(stated)
    if stated.modality in _MAGNIFIED:
        return _magnified(stated)
    if stated.modality in _PROJECTION:
        return _projection(stated)
    if stated.pixel_spacing:
        return _spacing(stated.pixel_spacing, SpacingSource.PATIENT, stated.calibration_description)
    return _scanned(stated)


def _problem(stated: SpacingAttributes) -> str:
    if stated.has_invalid_values:
        return _("a spacing is not a number")
    for name, values in (
        ("Pixel Spacing", stated.pixel_spacing),
        ("Imager Pixel Spacing", stated.imager_spacing),
        ("Nominal Scanned Pixel Spacing", stated.nominal_scanned_spacing),
        ("Object Pixel Spacing in Center of Beam", stated.object_spacing_at_center),
        ("Image Plane Pixel Spacing", stated.image_plane_spacing),
        ("Physical Delta", stated.region_spacing),
    ):
        if values and not _is_sound(values):
            text = "\\".join(f"{value:g}" for value in values)
            return _("{name} {text} is not two positive lengths").format(name=name, text=text)
    return ""


def _is_sound(values: Sequence[float]) -> bool:
    return len(values) == 2 and all(math.isfinite(value) and _LEAST_MM <= value <= _GREATEST_MM for value in values)


def _spacing(
    values: Sequence[float], source: SpacingSource, description: str = "", divided_by: float = 1.0
) -> PixelSpacing:
    return PixelSpacing(values[0] / divided_by, values[1] / divided_by, source, description)


def _is_same(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(math.isclose(one, other, rel_tol=_SAME_SPACING) for one, other in zip(a, b, strict=True))


def _projection(stated: SpacingAttributes) -> PixelSpacing:
    calibrated = _calibrated(stated)
    if calibrated is not None:
        return calibrated
    if stated.imager_spacing:
        return _spacing(stated.imager_spacing, SpacingSource.DETECTOR)
    if stated.pixel_spacing:
        return _spacing(stated.pixel_spacing, SpacingSource.UNCERTAIN)
    return _scanned(stated)


def _magnified(stated: SpacingAttributes) -> PixelSpacing:
    if stated.object_spacing_at_center:
        return _spacing(stated.object_spacing_at_center, SpacingSource.ISOCENTER)
    calibrated = _calibrated(stated)
    if calibrated is not None:
        return calibrated
    if stated.imager_spacing:
        magnification = _magnification(stated)
        if magnification is not None:
            return _spacing(stated.imager_spacing, SpacingSource.ESTIMATED, divided_by=magnification)
        at_center = _believed(_ratio(stated.source_detector_mm, stated.source_isocenter_mm))
        if at_center is not None:
            return _spacing(stated.imager_spacing, SpacingSource.ISOCENTER, divided_by=at_center)
        return _spacing(stated.imager_spacing, SpacingSource.DETECTOR)
    if stated.pixel_spacing:
        return _spacing(stated.pixel_spacing, SpacingSource.UNCERTAIN)
    return _scanned(stated)


def _calibrated(stated: SpacingAttributes) -> PixelSpacing | None:
    """Return Pixel Spacing where it says more than the detector does (PS3.3 10.7.1.3)."""
    if not stated.pixel_spacing:
        return None
    source = _CALIBRATION.get(stated.calibration_type.strip().upper())
    if source is not None:
        return _spacing(stated.pixel_spacing, source, stated.calibration_description)
    if stated.imager_spacing and not _is_same(stated.pixel_spacing, stated.imager_spacing):
        return _spacing(stated.pixel_spacing, SpacingSource.CALIBRATED, stated.calibration_description)
    return None


def _magnification(stated: SpacingAttributes) -> float | None:
    """Return how much larger the detector's image is than the patient; None when it is not known soundly."""
    if stated.magnification is not None:
        return _believed(stated.magnification)
    return _believed(_ratio(stated.source_detector_mm, stated.source_patient_mm))


def _ratio(far_mm: float | None, near_mm: float | None) -> float | None:
    return far_mm / near_mm if far_mm and near_mm else None


def _believed(factor: float | None) -> float | None:
    """Return a magnification that can be; None for all others."""
    is_sound = factor is not None and _LEAST_MAGNIFICATION <= factor <= _GREATEST_MAGNIFICATION
    return factor if is_sound else None


def _portal(stated: SpacingAttributes) -> PixelSpacing:
    """Return the spacing of an RT Image, scaled from its plane to the isocentre where both distances are known."""
    if not stated.image_plane_spacing:
        return NO_SPACING
    source_axis, source_image = stated.source_isocenter_mm, stated.rt_image_sid_mm
    if source_axis and source_image and source_axis > 0 and source_image > 0:
        factor = source_image / source_axis
        if 1 / _GREATEST_MAGNIFICATION <= factor <= _GREATEST_MAGNIFICATION:
            return _spacing(stated.image_plane_spacing, SpacingSource.ISOCENTER, divided_by=factor)
    return _spacing(stated.image_plane_spacing, SpacingSource.DETECTOR)


def _scanned(stated: SpacingAttributes) -> PixelSpacing:
    if stated.nominal_scanned_spacing:
        return _spacing(stated.nominal_scanned_spacing, SpacingSource.FILM)
    if stated.imager_spacing:
        return _spacing(stated.imager_spacing, SpacingSource.DETECTOR)
    return NO_SPACING
