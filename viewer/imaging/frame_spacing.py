"""What a data set states about the size of a frame's pixels; functional groups before the top level (C.7.6.16)."""

from viewer.dicom.pixel_spacing import PixelSpacing, SpacingAttributes, pixel_spacing
from viewer.dicom.ultrasound_regions import ImageScale
from viewer.imaging.data_set_values import DataSet, macro, number, numbers, text

PIXEL_MEASURES = 0x00289110
_PLANES = (0x00209116, 0x0020930F)
"""Plane Orientation, of a patient and of an ultrasound volume."""
_PROJECTION_CALIBRATION = 0x00189401
_FRAME_PIXEL_DATA = 0x00289443
_XRAY_GEOMETRY = 0x00189476

_PIXEL_SPACING = 0x00280030
_IMAGER_SPACING = 0x00181164
_NOMINAL_SCANNED = 0x00182010
_IMAGE_PLANE = 0x30020011
_AT_CENTER = 0x00189404
_SOURCE_DETECTOR, _SOURCE_PATIENT, _SOURCE_ISOCENTER = 0x00181110, 0x00181111, 0x00189402


def stated_pixel_spacing(data_set: DataSet, index: int) -> tuple[float, ...]:
    """Return Pixel Spacing (0028,0030) of a frame counted from 0; empty when it is not stated, or no numbers."""
    return numbers(macro(data_set, index, PIXEL_MEASURES) or data_set, _PIXEL_SPACING)


def spacing_of_frame(data_set: DataSet, index: int, scale: ImageScale) -> PixelSpacing:
    """Return the spacing of a frame counted from 0, with its source.

    Args:
        data_set: The whole.
        index: Of the frame.
        scale: What ultrasound regions say of it.
    """
    measures = macro(data_set, index, PIXEL_MEASURES) or data_set
    # Enhanced X-ray states what a projection's pixels measure frame by frame (C.8.19.6).
    pixels = macro(data_set, index, _FRAME_PIXEL_DATA) or data_set
    center = macro(data_set, index, _PROJECTION_CALIBRATION) or data_set
    geometry = macro(data_set, index, _XRAY_GEOMETRY) or data_set
    stated = (
        (measures, _PIXEL_SPACING),
        (pixels, _IMAGER_SPACING),
        (data_set, _NOMINAL_SCANNED),
        (center, _AT_CENTER),
        (data_set, _IMAGE_PLANE),
    )
    return pixel_spacing(
        SpacingAttributes(
            modality="" if _is_in_patient(data_set, index) else text(data_set, 0x00080060),
            pixel_spacing=numbers(measures, _PIXEL_SPACING),
            imager_spacing=numbers(pixels, _IMAGER_SPACING),
            nominal_scanned_spacing=numbers(data_set, _NOMINAL_SCANNED),
            object_spacing_at_center=numbers(center, _AT_CENTER),
            image_plane_spacing=numbers(data_set, _IMAGE_PLANE),
            calibration_type=text(data_set, 0x00280A02),
            calibration_description=text(data_set, 0x00280A04),
            magnification=number(data_set, 0x00181114),
            source_detector_mm=number(geometry, _SOURCE_DETECTOR),
            source_patient_mm=number(geometry, _SOURCE_PATIENT),
            source_isocenter_mm=number(data_set, 0x30020022) or number(geometry, _SOURCE_ISOCENTER),
            rt_image_sid_mm=number(data_set, 0x30020026),
            has_invalid_values=any(not numbers(holder, tag) and text(holder, tag) for holder, tag in stated),
            region_spacing=scale.spacing_mm,
            region_doubt=scale.doubt,
        )
    )


def _is_in_patient(data_set: DataSet, index: int) -> bool:
    """Return whether a frame is a plane through the patient whatever its modality does else: tomosynthesis, say."""
    return macro(data_set, index, PIXEL_MEASURES) is not None and any(macro(data_set, index, tag) for tag in _PLANES)
