"""What blending states blend (C.11.14, C.11.29)."""

from typing import TYPE_CHECKING

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.data_elements import element_items, element_text
from viewer.dicom.presentation_state.element_parts import (
    REFERENCED_IMAGES,
    reference_of,
    referenced_study,
    references_by_series,
)
from viewer.dicom.presentation_state.gray_reading import modality_of, palette_of, vois_of
from viewer.dicom.presentation_state.values import BlendingInput

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_BLENDING, _POSITION, _ADVANCED, _PALETTES, _SERIES = 0x00700402, 0x00700405, 0x00701B01, 0x00480120, 0x0020000E


def inputs_of(data_set: "Dataset") -> tuple[BlendingInput, ...]:
    """Return what is blended, the underlying input first.

    Raises:
        DicomError: If there are not one underlying and one superimposed input, or no inputs of an advanced state.
    """
    advanced = element_items(data_set, _ADVANCED)
    if advanced:
        return tuple(_advanced(item) for item in advanced)
    items = element_items(data_set, _BLENDING)
    positions = sorted(element_text(item, _POSITION).upper() for item in items)
    if positions != ["SUPERIMPOSED", "UNDERLYING"]:
        raise DicomError(_("The blending state does not name one underlying and one superimposed series"))
    found = (_plain(item) for item in items)
    return tuple(sorted(found, key=lambda each: each.is_superimposed))


def _plain(item: "Dataset") -> BlendingInput:
    is_superimposed = element_text(item, _POSITION).upper() == "SUPERIMPOSED"
    images = references_by_series(item, referenced_study(item))
    return BlendingInput(images, is_superimposed, modality_of(item), vois_of(item))


def _advanced(item: "Dataset") -> BlendingInput:
    series, study = element_text(item, _SERIES), referenced_study(item)
    images = tuple(reference_of(each, series, study) for each in element_items(item, REFERENCED_IMAGES))
    palettes = element_items(item, _PALETTES)
    palette = palette_of(palettes[0]) if palettes else None
    return BlendingInput(images, vois=vois_of(item), palette=palette)
