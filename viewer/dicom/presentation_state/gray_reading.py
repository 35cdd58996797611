"""The grayscale stages of a state: modality, VOI, presentation LUT, palette (C.11.1, C.11.8, C.11.6, C.7.9)."""

import math
from typing import TYPE_CHECKING

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.data_elements import element_items, element_number, element_numbers, element_text
from viewer.dicom.presentation_state.element_parts import lut_from, lut_of, scope_of
from viewer.dicom.presentation_state.values import LutData, StatePalette, StateRescale, StateVoi

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_MODALITY_LUTS, _SLOPE, _INTERCEPT, _RESCALE_TYPE = 0x00283000, 0x00281053, 0x00281052, 0x00281054
_SOFTCOPY_VOIS, _VOI_LUTS = 0x00283110, 0x00283010
_CENTER, _WIDTH, _EXPLANATION, _FUNCTION = 0x00281050, 0x00281051, 0x00281055, 0x00281056
_PRESENTATION_LUTS, _SHAPE = 0x20500010, 0x20500020
_PALETTE_DESCRIPTOR, _PALETTE_DATA, _SEGMENTED_DATA, _PALETTE_UID = 0x00281101, 0x00281201, 0x00281221, 0x00281199
FUNCTIONS = frozenset({"LINEAR", "LINEAR_EXACT", "SIGMOID"})


def modality_of(item: "Dataset") -> StateRescale | LutData | None:
    """Return the modality stage; None for identity.

    Raises:
        DicomError: If it makes no sense.
    """
    tables = element_items(item, _MODALITY_LUTS)
    if tables:
        return lut_of(tables[0])
    if _SLOPE not in item and _INTERCEPT not in item:
        return None
    slope, intercept = element_number(item, _SLOPE), element_number(item, _INTERCEPT)
    if slope is None or intercept is None or slope == 0.0:
        raise DicomError(_("The rescale slope and intercept of the presentation state make no sense"))
    return StateRescale(slope, intercept, element_text(item, _RESCALE_TYPE))


def vois_of(item: "Dataset") -> tuple[StateVoi, ...]:
    """Return the VOI of all images.

    Raises:
        DicomError: If one makes no sense.
    """
    return tuple(_voi(each) for each in element_items(item, _SOFTCOPY_VOIS))


def _voi(item: "Dataset") -> StateVoi:
    scope = scope_of(item)
    tables = element_items(item, _VOI_LUTS)
    if tables:
        table = lut_of(tables[0])
        return StateVoi(scope, explanation=table.explanation, table=table)
    centers, widths = element_numbers(item, _CENTER), element_numbers(item, _WIDTH)
    if not centers or not widths:
        raise DicomError(_("A VOI of the presentation state has neither a window nor a table"))
    center, width = centers[0], widths[0]
    function = element_text(item, _FUNCTION).upper() or "LINEAR"
    if function not in FUNCTIONS:
        raise DicomError(_("The presentation state asks for a VOI LUT Function that is not known"))
    if not math.isfinite(center) or width <= 0 or (function == "LINEAR" and width < 1):
        raise DicomError(_("A window of the presentation state has the width {0}").format(f"{width:g}"))
    return StateVoi(scope, (center, width), function, element_text(item, _EXPLANATION))


def presentation_of(item: "Dataset") -> tuple[LutData | None, bool]:
    """Return the presentation LUT, None for a straight line, and whether its shape is INVERSE.

    Raises:
        DicomError: If it makes no sense.
    """
    tables = element_items(item, _PRESENTATION_LUTS)
    if tables:
        return lut_of(tables[0]), False
    shape = element_text(item, _SHAPE).upper()
    if shape not in {"", "IDENTITY", "INVERSE"}:
        raise DicomError(_("The presentation state asks for a Presentation LUT Shape that is not known"))
    return None, shape == "INVERSE"


def palette_of(item: "Dataset") -> StatePalette | None:
    """Return the palette; None where there is none.

    Raises:
        DicomError: If it is cut off or makes no sense.
    """
    if _PALETTE_DESCRIPTOR not in item:
        return None
    is_segmented = _PALETTE_DATA not in item
    data = _SEGMENTED_DATA if is_segmented else _PALETTE_DATA
    red, green, blue = (
        lut_from(item, _PALETTE_DESCRIPTOR + channel, data + channel, is_segmented=is_segmented) for channel in range(3)
    )
    if not red.count == green.count == blue.count:
        raise DicomError(_("The colours of the presentation state's palette have different lengths"))
    return StatePalette(red, green, blue, element_text(item, _PALETTE_UID))
