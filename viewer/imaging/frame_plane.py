"""Where a frame lies in the patient: functional groups, the top level, dose grids and reconstructed tomographs.

A position that a file states for its first frame only is never shown for another one.
"""

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.image_plane import ImagePlane, added, scaled
from viewer.dicom.orientation import orientation_from
from viewer.imaging.data_set_values import DataSet, items, macro, number, numbers, text, texts

PLANE_POSITION = 0x00209113
PLANE_ORIENTATION = 0x00209116
_DETECTORS = 0x00540022
_SLICE_VECTOR = 0x00540080
_SAME_MM = 1e-3
_AXIAL_COSINE = 1 - 1e-4

Vector = tuple[float, float, float]


def orientation_of_frame(data_set: DataSet, index: int) -> tuple[float, ...]:
    """Return the direction cosines of rows and columns of a frame counted from 0; empty when not stated."""
    stated = numbers(macro(data_set, index, PLANE_ORIENTATION) or data_set, 0x00200037)
    if not stated and (detectors := items(data_set, _DETECTORS)):
        stated = numbers(detectors[0], 0x00200037)  # NM keeps its geometry with the detector
    return stated if len(stated) == 6 else ()


def orientation_warnings(
    orientation: tuple[float, ...], patient_orientation: tuple[str, ...], *, is_quadruped: bool, body_part: str
) -> list[str]:
    """Return whether what a file says twice of the image's directions contradicts itself, translated."""
    stated = orientation_from(orientation, patient_orientation, is_quadruped=is_quadruped, body_part=body_part)
    if not stated.is_contradictory:
        return []
    letters = "\\".join(patient_orientation)
    return [_("Patient Orientation {0} contradicts the direction cosines: the letters follow these").format(letters)]


def plane_of_frame(data_set: DataSet, index: int, spacing: tuple[float, ...], warnings: list[str]) -> ImagePlane | None:
    """Return the plane of a frame counted from 0; None when it is not known.

    Args:
        data_set: The whole.
        index: Of the frame.
        spacing: Pixel Spacing of the frame.
        warnings: What is wrong is added here, translated.
    """
    position = numbers(macro(data_set, index, PLANE_POSITION) or data_set, 0x00200032)
    if not position and (detectors := items(data_set, _DETECTORS)):
        position = numbers(detectors[0], 0x00200032)
    orientation = orientation_of_frame(data_set, index)
    if len(position) != 3 or not orientation or len(spacing) != 2:
        return None
    try:
        first = ImagePlane(
            (position[0], position[1], position[2]),
            (orientation[0], orientation[1], orientation[2]),
            (orientation[3], orientation[4], orientation[5]),
            spacing[0],
            spacing[1],
        )
    except DicomError as error:
        warnings.append(_("The position in the patient is not used: {reason}").format(reason=error))
        return None
    if macro(data_set, index, PLANE_POSITION) is not None:
        return first
    return _moved(data_set, index, first, warnings)


def _moved(data_set: DataSet, index: int, first: ImagePlane, warnings: list[str]) -> ImagePlane | None:
    """Return the plane of a frame of which the file states that of the first frame alone."""
    modality = text(data_set, 0x00080060)
    if modality == "RTDOSE":
        return _dose_plane(data_set, index, first, warnings)
    if modality == "NM" and items(data_set, _DETECTORS):
        return _tomograph_plane(data_set, index, first)
    return first


def _dose_plane(data_set: DataSet, index: int, first: ImagePlane, warnings: list[str]) -> ImagePlane | None:
    """Return the plane of a dose grid's frame (PS3.3 C.8.8.3.2): offsets along the normal, or z itself."""
    offsets = numbers(data_set, 0x3004000C)
    if index >= len(offsets):
        if index > 0:
            warnings.append(_("The dose grid does not say where this frame lies"))
        return first if index == 0 else None
    if abs(offsets[0]) <= _SAME_MM:
        return first.moved_to(added(first.position, scaled(first.normal, offsets[index])))
    x, y, z = first.position
    is_axial = abs(first.row_direction[0]) >= _AXIAL_COSINE and abs(first.column_direction[1]) >= _AXIAL_COSINE
    if is_axial and abs(offsets[0] - z) <= _SAME_MM:
        return first.moved_to((x, y, offsets[index]))
    warnings.append(_("The dose grid does not say soundly where its frames lie"))
    return first if index == 0 else None


def _tomograph_plane(data_set: DataSet, index: int, first: ImagePlane) -> ImagePlane | None:
    """Return the plane of a reconstructed slice: behind the first along its normal (C.8.4.15)."""
    if index == 0:
        return first
    kinds = texts(data_set, 0x00080008)
    slices, step = numbers(data_set, _SLICE_VECTOR), number(data_set, 0x00180088)
    if len(kinds) < 3 or not kinds[2].upper().startswith("RECON") or index >= len(slices) or not step:
        return None
    return first.moved_to(added(first.position, scaled(first.normal, (slices[index] - 1) * step)))
