"""SUV that an image maps its stored values onto by itself: Real World Value Mapping (PS3.3 C.7.6.16.2.11)."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.base.translation import _
from viewer.dicom.data_elements import element_items, element_number, element_text
from viewer.dicom.functional_groups import FrameAttributes, FunctionalGroups
from viewer.measurement.body_measures import SUV_TYPES, SuvType

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MAPPINGS = 0x00409096
_UNITS = 0x004008EA
_SLOPE, _INTERCEPT = 0x00409225, 0x00409224
_RESCALE_SLOPE, _RESCALE_INTERCEPT = 0x00281053, 0x00281052
_TOLERANCE = 1e-6
_BY_UCUM = {each.ucum.lower(): each for each in SUV_TYPES}


@dataclass(frozen=True, slots=True)
class MappedFactor:
    """From modality values to a kind of SUV: value × factor + offset.

    Attributes:
        text: The mapping as it stands, for the list of inputs.
    """

    type: SuvType
    factor: float
    offset: float
    text: str

    def agrees_with(self, other: "MappedFactor") -> bool:
        """Return whether two frames are mapped alike."""
        return math.isclose(self.factor, other.factor, rel_tol=_TOLERANCE) and math.isclose(
            self.offset, other.offset, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE * abs(self.factor)
        )


def mapped_factors(data_set: "Dataset") -> tuple[MappedFactor, ...] | str:
    """Return the SUV mappings that hold for every frame, none where there are none; or what is wrong with them.

    Mappings count from stored values and factors from modality values: each frame's own rescale is taken back.
    """
    common: dict[str, MappedFactor] | None = None
    for frame in FunctionalGroups(data_set):
        own = _frame_factors(frame)
        if common is None:
            common = own
        for type_id in list(common):
            if type_id not in own:
                del common[type_id]
            elif not own[type_id].agrees_with(common[type_id]):
                return _("frames of the image are mapped onto {0} differently").format(common[type_id].type.title)
        if not common:
            return ()
    return tuple((common or {}).values())


def _frame_factors(frame: FrameAttributes) -> dict[str, MappedFactor]:
    found: dict[str, MappedFactor] = {}
    slope, intercept = frame.number(_RESCALE_SLOPE), frame.number(_RESCALE_INTERCEPT)
    slope, intercept = (1.0 if slope is None else slope), intercept or 0.0
    if slope == 0:
        return found
    for item in frame.items(MAPPINGS):
        units = element_items(item, _UNITS)
        kind = _kind(element_text(units[0], 0x00080100)) if units else None
        to, at = element_number(item, _SLOPE), element_number(item, _INTERCEPT)
        if kind is None or to is None or at is None or to <= 0 or kind.id in found:
            continue
        first = element_text(item, 0x00409216) or element_text(item, 0x00409214)
        last = element_text(item, 0x00409211) or element_text(item, 0x00409213)
        text = f"{kind.title} = SV × {to:g} + {at:g}" + (f" ({first} ≤ SV ≤ {last})" if first and last else "")
        found[kind.id] = MappedFactor(kind, to / slope, at - to * intercept / slope, text)
    return found


def _kind(unit_code: str) -> SuvType | None:
    """Return the kind of a UCUM code like g/ml{SUVbw}, also as older writers turned it round: {SUVbw}g/ml."""
    before, brace, rest = unit_code.partition("{")
    annotation, closing, after = rest.partition("}")
    kind = _BY_UCUM.get(annotation.strip().lower()) if brace and closing else None
    return kind if kind is not None and (before + after).strip() == kind.unit else None
