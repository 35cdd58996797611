"""Presentation states made from values: grayscale, colour, pseudo-colour, blending and XA/XRF (PS3.3 A.33, C.11).

The one writer of all of them. highdicom's know neither displayed areas nor turns, shutters, masks or scopes that name
frames, which everything that a viewport shows needs; and what it could write is not worth a second way.
"""

from pathlib import Path

from viewer.base.errors import DicomError, MediaError, system_reason
from viewer.base.translation import _
from viewer.dicom.derived_instance import NewSeries, derived_data_set, series_number, source_data_set, write_object

# isort: split

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID

from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.presentation_state.values import BlendingInput, PresentationState, StateKind, StatePalette
from viewer.dicom.presentation_state.writing_graphics import put_graphics
from viewer.dicom.presentation_state.writing_identity import put_identity, put_own_characters
from viewer.dicom.presentation_state.writing_masks import put_masks
from viewer.dicom.presentation_state.writing_parts import (
    even,
    long_string,
    lut_item,
    put_lut,
    put_modality,
    put_vois,
    references_by_series,
)
from viewer.dicom.presentation_state.writing_space import put_space

WRITABLE = frozenset(
    {StateKind.GRAYSCALE, StateKind.COLOR, StateKind.PSEUDO_COLOR, StateKind.BLENDING, StateKind.XA_XRF}
)
_PALETTE_TAGS = ((0x00281101, 0x00281201), (0x00281102, 0x00281202), (0x00281103, 0x00281203))
_SEGMENTED = 0x20
_PALETTE_UID = 0x00281199


def presentation_state_data_set(state: PresentationState, source: Dataset, number: int = 0) -> Dataset:
    """Return a state as a data set.

    Args:
        state: With the UIDs it is to have.
        source: An image of it (derived_instance.source_data_set): patient and study are taken from there.
        number: Of the series; 0 for one of ours behind the source's.

    Raises:
        DicomError: If such a state cannot be written.
    """
    if state.kind not in WRITABLE:
        raise DicomError(_("Such presentation states cannot be written"))
    if not state.images or not state.areas:
        raise DicomError(_("The presentation state names no images"))
    description = long_string(state.description or state.label)
    series = NewSeries(description, number or series_number(source), state.series_instance_uid)
    made = derived_data_set(source, series, state.kind.sop_class_uid)
    put_own_characters(made, state)
    made.SOPInstanceUID = UID(state.sop_instance_uid)
    made.Modality = "PR"
    put_identity(made, state)
    if state.kind is StateKind.BLENDING:
        made.BlendingSequence = Items([_input(each, state) for each in state.blending])
        made.RelativeOpacity = float(state.opacity)
    else:
        made.ReferencedSeriesSequence = references_by_series(state.images)
    put_space(made, state)
    put_graphics(made, state)
    _put_stages(made, state)
    return made


def write_presentation_state(
    state: PresentationState, header: InstanceHeader, path: Path, *, frame_index: int = 0, number: int = 0
) -> None:
    """Write a state as a file.

    Args:
        state: With the UIDs it is to have.
        header: Of an image it is for.
        path: Of the file.
        frame_index: Of the image.
        number: Of the series; 0 for one of ours behind the image's.

    Raises:
        DicomError: If it cannot be written, or the image not read.
        MediaError: If the file cannot be written.
    """
    made = presentation_state_data_set(state, source_data_set(header, frame_index), number)
    try:
        with path.open("wb") as stream:
            write_object(made, stream)
    except OSError as error:
        text = _("It could not be saved: {0}").format(system_reason(error))
        raise MediaError(text, subject=str(path.parent)) from error


def _put_stages(made: Dataset, state: PresentationState) -> None:
    """Write how values become greys or colours: what a state leaves out is identity."""
    kind = state.kind
    has_modality = kind in {StateKind.GRAYSCALE, StateKind.PSEUDO_COLOR}
    if has_modality:
        put_modality(made, state.modality)
    if has_modality or kind is StateKind.XA_XRF:
        put_vois(made, state.vois)
        put_masks(made, state)
    if kind.is_gray:
        if state.presentation_table is not None:
            made.PresentationLUTSequence = Items([lut_item(state.presentation_table)])
        else:
            made.PresentationLUTShape = "INVERSE" if state.is_inverse else "IDENTITY"
    if kind in {StateKind.PSEUDO_COLOR, StateKind.BLENDING}:
        if state.palette is None:
            raise DicomError(_("The presentation state has no palette"))
        _put_palette(made, state.palette)
    if not kind.is_gray:
        if not state.icc_profile:
            raise DicomError(_("The presentation state has no colour profile"))
        made.ICCProfile = even(state.icc_profile)


def _put_palette(made: Dataset, palette: StatePalette) -> None:
    channels = (palette.red, palette.green, palette.blue)
    for channel, (descriptor, data) in zip(channels, _PALETTE_TAGS, strict=True):
        put_lut(made, channel, descriptor, data + _SEGMENTED if channel.is_segmented else data)
    if palette.uid:
        made.add_new(_PALETTE_UID, "UI", UID(palette.uid))


def _input(blended: BlendingInput, state: PresentationState) -> Dataset:
    item = Dataset()
    item.BlendingPosition = "SUPERIMPOSED" if blended.is_superimposed else "UNDERLYING"
    study = next((each.study_instance_uid for each in blended.images if each.study_instance_uid), "")
    item.StudyInstanceUID = UID(study or state.study_instance_uid)
    item.ReferencedSeriesSequence = references_by_series(blended.images)
    put_modality(item, blended.modality)
    put_vois(item, blended.vois)
    return item
