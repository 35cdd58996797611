"""Reads the rendering truth of each frame out of a data set; functional groups before the top level (C.7.6.16)."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.header_data_set import HeaderDataSet
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.presentation_state.mask_reading import image_masks, with_shifts_of_frame
from viewer.dicom.presentation_state.values import MaskSubtraction
from viewer.dicom.transfer_syntaxes import transfer_syntax
from viewer.dicom.ultrasound_regions import UltrasoundRegion, image_scale, ultrasound_regions
from viewer.imaging import display_attributes, grayscale_attributes
from viewer.imaging.data_set_values import (
    PER_FRAME_GROUPS,
    DataSet,
    has_groups_if_others_have,
    items,
    macro,
    text,
    texts,
    value,
)
from viewer.imaging.frame_plane import orientation_of_frame, orientation_warnings, plane_of_frame
from viewer.imaging.frame_spacing import spacing_of_frame, stated_pixel_spacing
from viewer.imaging.frame_state import FrameState, FrameStates, PatientIdentity
from viewer.imaging.modality_lut import IDENTITY
from viewer.imaging.presentation_lut import Presentation, image_presentation
from viewer.imaging.stored_frame import PixelDescription

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

FRAME_ANATOMY = 0x00209071
VOLUMETRIC_PROPERTIES = 0x00089206
FRAME_TYPES = (0x00189226, 0x00189329, 0x00189504, 0x00189751, 0x00189806, 0x00409092)
"""MR, CT, X-ray 3D, PET, ultrasound and parametric map frame types."""
MASK_SUBTRACTION, FRAME_PIXEL_SHIFT = 0x00286100, 0x00289415
SEQUENCE_OF_ULTRASOUND_REGIONS = 0x00186011


def states_of_header(header: InstanceHeader) -> FrameStates:
    """Return the states of the frames of a file; see frame_state.read_frame_states."""
    from viewer.imaging.frame_source import pixel_description

    identity = PatientIdentity(
        name=header.text(0x00100010),
        patient_id=header.text(0x00100020),
        birth_date=header.ascii(0x00100030),
        sex=header.ascii(0x00100040),
        species=header.ascii(0x00102210) or header.text(0x00102201),
    )
    is_lossy = transfer_syntax(header.transfer_syntax_uid).is_lossy
    return states_of_data_set(_data_set(header), pixel_description(header), identity, is_lossy_syntax=is_lossy)


def _data_set(header: InstanceHeader) -> DataSet:
    if header.is_whole:
        return HeaderDataSet(header)
    from viewer.dicom.datasets import read_data_set

    return read_data_set(header)


def states_of_data_set(
    data_set: DataSet,
    pixels: PixelDescription,
    identity: PatientIdentity | None = None,
    *,
    is_lossy_syntax: bool = False,
) -> FrameStates:
    """Return the states of the frames of a data set.

    Args:
        data_set: Without pixels.
        pixels: Their description.
        identity: Whose image it is, where the caller has read it better than pydicom does.
        is_lossy_syntax: Whether the pixels came in a lossy transfer syntax.
    """
    warnings: list[str] = []
    name = pixels.photometric_interpretation
    if pixels.samples_per_pixel == 1 and not pixels.is_monochrome and name != "PALETTE COLOR":
        warnings.append(
            _("The Photometric Interpretation {name} does not fit one sample a pixel: it is shown grey").format(
                name=name
            )
        )
    common = FrameState(
        identity=identity or _identity(data_set),
        sop_instance_uid=text(data_set, 0x00080018),
        sop_class_uid=text(data_set, 0x00080016),
        modality=text(data_set, 0x00080060),
        frame_number=1,
        pixels=pixels,
        patient_orientation=texts(data_set, 0x00200020),
        laterality=text(data_set, 0x00200062) or text(data_set, 0x00200060),
        body_part=text(data_set, 0x00180015),
        voi_options=(),
        presentation=_presentation(data_set, pixels, warnings),
        padding=grayscale_attributes.padding(data_set, pixels),
        overlays=display_attributes.overlay_planes(data_set, pixels, warnings),
        palette=display_attributes.palette(data_set, pixels, warnings),
        intensity_relationship=text(data_set, 0x00281040),
        masks=_masks(data_set, warnings),
        lossiness=display_attributes.lossiness(data_set, is_lossy_syntax=is_lossy_syntax),
        cine=display_attributes.cine(data_set, pixels.frame_count),
        regions=_regions(data_set),
        notes=_notes(data_set),
        warnings=tuple(warnings),
    )
    return FrameStates(pixels.frame_count, lambda index: _frame_state(data_set, index, common))


def _frame_state(data_set: DataSet, index: int, common: FrameState) -> FrameState:
    """Return what differs from frame to frame, added to what does not."""
    pixels = common.pixels
    if not 0 <= index < pixels.frame_count:
        raise DicomError(_("There is no frame {number}").format(number=index + 1))
    warnings = list(common.warnings)
    if not has_groups_if_others_have(data_set, index):
        warnings.append(_("The frame has no functional groups of its own: its values may be on another scale"))
    is_gray = pixels.samples_per_pixel == 1 and (common.palette is None or common.palette.is_supplemental)
    transform = grayscale_attributes.modality_transform(data_set, index, pixels, warnings) if is_gray else IDENTITY
    spacing = stated_pixel_spacing(data_set, index)
    anatomy = macro(data_set, index, FRAME_ANATOMY)
    scale = image_scale(common.regions, pixels.columns, pixels.rows)
    measured = spacing_of_frame(data_set, index, scale)
    if measured.problem:
        warnings.append(_("The pixel spacing is not used: {reason}").format(reason=measured.problem))
    orientation = orientation_of_frame(data_set, index)
    warnings += orientation_warnings(
        orientation,
        common.patient_orientation,
        is_quadruped=common.identity.is_quadruped,
        body_part=common.body_part,
    )
    return replace(
        common,
        frame_number=index + 1,
        plane=plane_of_frame(data_set, index, spacing, warnings),
        image_orientation=orientation,
        laterality=(text(anatomy, 0x00209072) if anatomy is not None else "") or common.laterality,
        spacing=measured,
        aspect=display_attributes.aspect_ratio(data_set, spacing, scale.aspect),
        modality_transform=transform,
        voi_options=grayscale_attributes.voi_options(data_set, index, pixels, transform, warnings) if is_gray else (),
        volumetric_properties=_volumetric_properties(data_set, index),
        masks=with_shifts_of_frame(common.masks, _frame_shifts(data_set, index)) if common.masks else (),
        shutter=display_attributes.display_shutter(data_set, index, warnings),
        icc_profile=_icc_profile(data_set, index, is_color=common.is_color, warnings=warnings),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _masks(data_set: DataSet, warnings: list[str]) -> tuple[MaskSubtraction, ...]:
    if MASK_SUBTRACTION not in data_set:
        return ()
    try:
        # A header that holds all that displaying needs has no sequences: this is pydicom's.
        return image_masks(cast("Dataset", data_set))
    except DicomError as error:
        warnings.append(str(error))
        return ()


def _frame_shifts(data_set: DataSet, index: int) -> "tuple[Dataset, ...]":
    frames = value(data_set, PER_FRAME_GROUPS)
    if frames is None or isinstance(frames, str | bytes) or index >= len(frames):
        return ()
    return cast("tuple[Dataset, ...]", items(frames[index], FRAME_PIXEL_SHIFT))


def _volumetric_properties(data_set: DataSet, index: int) -> str:
    """Return Volumetric Properties (0008,9206): of the whole, or of the frame where the whole is mixed (C.8.16.2)."""
    whole = text(data_set, VOLUMETRIC_PROPERTIES).upper()
    if whole not in {"", "MIXED"}:
        return whole
    groups = (group for tag in FRAME_TYPES if (group := macro(data_set, index, tag)) is not None)
    return next((said for group in groups if (said := text(group, VOLUMETRIC_PROPERTIES).upper())), whole)


def _identity(data_set: DataSet) -> PatientIdentity:
    return PatientIdentity(
        name=text(data_set, 0x00100010),
        patient_id=text(data_set, 0x00100020),
        birth_date=text(data_set, 0x00100030),
        sex=text(data_set, 0x00100040),
        species=text(data_set, 0x00102210) or text(data_set, 0x00102201),
    )


def _presentation(data_set: DataSet, pixels: PixelDescription, warnings: list[str]) -> Presentation:
    presentation, warning = image_presentation(pixels.photometric_interpretation, text(data_set, 0x20500020))
    if warning:
        warnings.append(_("Presentation LUT Shape contradicts the Photometric Interpretation, which is followed"))
    return presentation


def _icc_profile(data_set: DataSet, index: int, *, is_color: bool, warnings: list[str]) -> bytes:
    profile = display_attributes.icc_profile(data_set, index)
    if profile:
        from viewer.imaging.icc_profile import is_usable

        if not is_usable(profile):
            if is_color:  # what means nothing for grey is no news there
                warnings.append(_("The ICC profile cannot be used: colours are taken for sRGB"))
            return b""
    return profile


def _notes(data_set: DataSet) -> tuple[str, ...]:
    if text(data_set, 0x00080068) == "FOR PROCESSING":
        return (_("for processing, not for diagnosis"),)
    return ()


def _regions(data_set: DataSet) -> tuple[UltrasoundRegion, ...]:
    if SEQUENCE_OF_ULTRASOUND_REGIONS not in data_set:
        return ()
    # A header that holds all that displaying needs has no sequences: this is pydicom's.
    return ultrasound_regions(cast("Dataset", data_set))
