"""Presentation state objects to values (PS3.3 A.33): grayscale, colour, pseudo-colour, blending, XA/XRF and the others.

A module that is there and makes no sense refuses the whole state: half a state would show a picture that nobody meant.
"""

from typing import TYPE_CHECKING

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.data_elements import element_items, element_number, element_text, element_value
from viewer.dicom.presentation_state.blending_reading import inputs_of
from viewer.dicom.presentation_state.element_parts import references_anywhere, references_by_series
from viewer.dicom.presentation_state.graphic_reading import annotations_of, compounds_of, layers_of
from viewer.dicom.presentation_state.gray_reading import modality_of, palette_of, presentation_of, vois_of
from viewer.dicom.presentation_state.mask_reading import masks_of
from viewer.dicom.presentation_state.space_reading import (
    activated_overlays,
    areas_of,
    overlays_of,
    shutters_of,
    transform_of,
)
from viewer.dicom.presentation_state.values import PresentationState, Scope, StateKind, kind_of_class

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_CLASS, _INSTANCE, _STUDY, _SERIES, _NUMBER = 0x00080016, 0x00080018, 0x0020000D, 0x0020000E, 0x00200013
_LABEL, _DESCRIPTION, _DATE, _TIME, _CREATOR = 0x00700080, 0x00700081, 0x00700082, 0x00700083, 0x00700084
_ICC, _OPACITY, _PATIENT_ID = 0x00282000, 0x00700403, 0x00100020
_MULTI_FRAME_PRESENTATIONS, _FRAME_DISPLAYS, _FILTER, _SKIPPED = 0x00289505, 0x00089458, 0x00289411, 0x00089460
_BLENDS = frozenset({StateKind.BLENDING, StateKind.ADVANCED_BLENDING})


def read_presentation_state(data_set: "Dataset") -> PresentationState:
    """Return what a presentation state says.

    Raises:
        DicomError: It is no presentation state, names no images, or a module of it makes no sense.
    """
    kind = kind_of_class(element_text(data_set, _CLASS))
    if kind is None:
        raise DicomError(_("This object is no presentation state"))
    blending = inputs_of(data_set) if kind in _BLENDS else ()
    images: Scope = tuple(each for one in blending for each in one.images) or references_by_series(data_set)
    if kind.is_volumetric:
        images = images or references_anywhere(data_set)
    if not images and not kind.is_volumetric:
        raise DicomError(_("The presentation state names no images"))
    table, is_inverse = presentation_of(data_set) if kind.is_gray else (None, False)
    has_gray_stages = kind.is_gray or kind is StateKind.PSEUDO_COLOR
    compounds = compounds_of(data_set)
    return PresentationState(
        kind,
        element_text(data_set, _INSTANCE),
        element_text(data_set, _STUDY),
        element_text(data_set, _SERIES),
        images,
        element_text(data_set, _LABEL),
        element_text(data_set, _DESCRIPTION),
        element_text(data_set, _CREATOR),
        " ".join(filter(None, (element_text(data_set, _DATE), element_text(data_set, _TIME)))),
        int(element_number(data_set, _NUMBER) or 1),
        # Any modality transform of XA and XRF images is ignored under their own states (A.33.6), which have none.
        modality=modality_of(data_set) if has_gray_stages and kind is not StateKind.XA_XRF else None,
        vois=vois_of(data_set) if has_gray_stages else (),
        presentation_table=table,
        is_inverse=is_inverse,
        areas=areas_of(data_set),
        transform=transform_of(data_set),
        shutters=shutters_of(data_set),
        overlays=overlays_of(data_set),
        activated_overlays=activated_overlays(data_set),
        layers=layers_of(data_set),
        annotations=annotations_of(data_set, compounds),
        compounds=compounds,
        masks=masks_of(data_set) if has_gray_stages else (),
        palette=palette_of(data_set) if kind in {StateKind.PSEUDO_COLOR, StateKind.BLENDING} else None,
        icc_profile=_icc_profile(data_set),
        blending=blending,
        opacity=_opacity(data_set),
        problems=_problems(kind),
        patient_id=element_text(data_set, _PATIENT_ID),
        omissions=_omissions(data_set),
    )


def _icc_profile(data_set: "Dataset") -> bytes:
    found = element_value(data_set, _ICC)
    if not isinstance(found, bytes):
        return b""
    stated = int.from_bytes(found[:4], "big")  # what follows only makes the length even
    return found[:stated] if 0 < stated < len(found) else found


def _opacity(data_set: "Dataset") -> float:
    found = element_number(data_set, _OPACITY)
    if found is None:
        return 1.0
    if not 0.0 <= found <= 1.0:
        raise DicomError(_("The opacity {0} of the presentation state is not between 0 and 1").format(f"{found:g}"))
    return found


def _omissions(data_set: "Dataset") -> tuple[str, ...]:
    """Return what of an angiography state is left out: how fast frames are played, and how they are filtered."""
    displays = [
        display
        for presentation in element_items(data_set, _MULTI_FRAME_PRESENTATIONS)
        for display in element_items(presentation, _FRAME_DISPLAYS)
    ]
    found = []
    if displays:
        found.append(_("the frame rates of the presentation state are not applied"))
    if any(element_text(display, _SKIPPED).upper() == "SKIP" for display in displays):
        found.append(_("frames that the presentation state skips are shown"))
    if any(element_number(display, _FILTER) for display in displays):
        found.append(_("the filter of the presentation state is not applied"))
    return tuple(found)


def _problems(kind: StateKind) -> tuple[str, ...]:
    if kind.is_volumetric:
        return (_("The state presents a volume: its planes, slabs and renderings are not applied"),)
    if kind is StateKind.ADVANCED_BLENDING:
        return (_("The state blends more than two series: it is not applied"),)
    if kind is StateKind.VARIABLE_MODALITY_LUT:
        return (_("The state has a modality LUT for each frame: it is not applied"),)
    return ()
