"""Labels that count along the body: vertebrae and ribs. What comes after a label, and the code of what it names.

Bodies vary: a T13 or L6 goes on as the next region does, and a reader who left one out writes the label and goes on
from there. What is no label of a row has nothing after it.
"""

import re
from collections.abc import Mapping, Sequence

from viewer.dicom.codes import Code

_REGIONS = (("C", 7), ("T", 12), ("L", 5), ("S", 1))
"""Regions of the spine from the head down, with how many vertebrae are labelled as a rule."""
_VARIANTS = {"C": 7, "T": 14, "L": 6, "S": 5}
"""How far labels of a region can be counted."""
SPINE = tuple(f"{region}{number}" for region, count in _REGIONS for number in range(1, count + 1))
"""From the head down."""
RIB_COUNT = 12
_MOST_RIBS = 15
RIBS = tuple(f"{side}{number}" for side in "RL" for number in range(1, RIB_COUNT + 1))
"""Of the right side from above, then of the left."""
_LABEL = re.compile(r"([A-Z])\s*(\d{1,2})", re.IGNORECASE)

_VERTEBRA_CODES = {
    "C1": "14806007",
    "C2": "39976000",
    "C3": "113205007",
    "C4": "5329002",
    "C5": "36978003",
    "C6": "36054005",
    "C7": "87391001",
    "T1": "64864005",
    "T2": "53733008",
    "T3": "1626008",
    "T4": "73071006",
    "T5": "56401006",
    "T6": "45296009",
    "T7": "62487009",
    "T8": "11068009",
    "T9": "82687006",
    "T10": "7610001",
    "T11": "12989004",
    "T12": "23215003",
    "L1": "66794005",
    "L2": "14293000",
    "L3": "36470004",
    "L4": "11994002",
    "L5": "49668003",
}
VERTEBRA = Code("51282000", "SCT", "Vertebra")
SACRUM = Code("54735007", "SCT", "Sacrum")
RIB = Code("113197003", "SCT", "Rib")
LEFT = Code("7771000", "SCT", "Left")
RIGHT = Code("24028007", "SCT", "Right")


def following_vertebra(text: str, step: int = 1) -> str:
    """Return the label after one, towards the feet (1) or the head (-1); empty beyond the ends and for other words."""
    found = _parts(text)
    if found is None or found[0] not in _VARIANTS or not 1 <= found[1] <= _VARIANTS[found[0]]:
        return ""
    region, number = found
    letters = [letter for letter, _count in _REGIONS]
    at = letters.index(region)
    # A label beyond the rule (T13, L6) was the reader's word for the last of its region.
    if step > 0 and number >= dict(_REGIONS)[region]:
        return f"{letters[at + 1]}1" if at + 1 < len(letters) else ""
    if step < 0 and number == 1:
        return f"{_REGIONS[at - 1][0]}{_REGIONS[at - 1][1]}" if at else ""
    return f"{region}{number + step}"


def following_rib(text: str, step: int = 1) -> str:
    """Return the label after one on the same side, downwards (1) or upwards (-1); empty beyond the ends."""
    found = _parts(text)
    if found is None or found[0] not in "RL" or not 1 <= found[1] <= _MOST_RIBS:
        return ""
    number = found[1] + step
    return f"{found[0]}{number}" if 1 <= number <= RIB_COUNT else ""


def following_number(text: str) -> str:
    """Return the number after one, for markers that are counted; empty for other words."""
    return str(int(text) + 1) if text.strip().isascii() and text.strip().isdigit() else ""


def suggested_vertebra(before: Sequence[str]) -> str:
    """Return what the next label will most likely be: further the way that the last two went, downwards at first.

    Args:
        before: Labels in the order in which they were placed.
    """
    return _suggested(before, following_vertebra(before[-1], _direction(before, _SPINE_PLACES)) if before else "C1")


def suggested_rib(before: Sequence[str]) -> str:
    """Return what the next label will most likely be: of the same side, further the way that the last two went."""
    return _suggested(before, following_rib(before[-1], _direction(before, _RIB_PLACES)) if before else "R1")


def suggested_number(before: Sequence[str]) -> str:
    """Return the next number of counted markers: 1 where none was counted."""
    return str(max((int(text) for text in before if following_number(text)), default=0) + 1)


def vertebra_code(text: str) -> Code | None:
    """Return the SNOMED CT code of a labelled vertebra; of vertebrae in general for T13 or L6; None for other words."""
    found = _parts(text)
    if found is None or found[0] not in _VARIANTS or not 1 <= found[1] <= _VARIANTS[found[0]]:
        return None
    label = f"{found[0]}{found[1]}"
    if found[0] == "S":
        return SACRUM
    value = _VERTEBRA_CODES.get(label)
    return VERTEBRA if value is None else Code(value, "SCT", f"{label} vertebra")


def rib_code(text: str) -> Code | None:
    """Return the SNOMED CT code of ribs for a rib's label (CID 4 has none for each); None for other words."""
    return RIB if rib_side(text) is not None else None


def rib_side(text: str) -> Code | None:
    """Return the side that a rib's label names; None for other words."""
    found = _parts(text)
    if found is None or found[0] not in "RL" or not 1 <= found[1] <= _MOST_RIBS:
        return None
    return LEFT if found[0] == "L" else RIGHT


def _parts(text: str) -> tuple[str, int] | None:
    found = _LABEL.fullmatch(text.strip())
    return None if found is None else (found[1].upper(), int(found[2]))


def _direction(before: Sequence[str], places: Mapping[str, int]) -> int:
    """Return the way that the last two labels went."""
    if len(before) < 2:
        return 1
    last, one_before = (places.get("".join(text.upper().split())) for text in (before[-1], before[-2]))
    return -1 if last is not None and one_before is not None and last < one_before else 1


def _suggested(before: Sequence[str], found: str) -> str:
    """Return a label unless it is placed already."""
    return "" if found in {"".join(text.upper().split()) for text in before} else found


_SPINE_PLACES = {
    f"{region}{number}": 100 * at + number
    for at, (region, _count) in enumerate(_REGIONS)
    for number in range(1, _VARIANTS[region] + 1)
}
_RIB_PLACES = {f"{side}{number}": number for side in "RL" for number in range(1, _MOST_RIBS + 1)}
