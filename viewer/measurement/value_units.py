"""Units of pixel values, and what such values are called in reports: modality units, SUV, real-world values."""

from viewer.dicom.codes import Code
from viewer.imaging.modality_lut import STORED_VALUES
from viewer.measurement.body_measures import SUV_TYPES
from viewer.measurement.reading import HOUNSFIELD, NO_UNIT, Unit

_STORED = Unit("1", "")
_BY_RESCALE_TYPE = {
    "HU": HOUNSFIELD,
    "HU_MOD": HOUNSFIELD,
    "BQML": Unit("Bq/ml", "Bq/ml"),
    "KBQML": Unit("kBq/ml", "kBq/ml"),
    "CNTS": Unit("{counts}", "counts"),
    "PROPCNTS": Unit("{propcounts}", "counts"),
    "GML": Unit("g/ml", "g/ml"),
    "CM2ML": Unit("cm2/ml", "cm²/ml"),
    "GY": Unit("Gy", "Gy"),
    "OD": Unit("{OD}", "OD"),
    "MGML": Unit("mg/ml", "mg/ml"),
    "PCT": Unit("%", "%"),
    STORED_VALUES: _STORED,
}
"""Rescale Type (0028,1054), Units (0054,1001), and what modality_lut calls values that stay as they are."""

_ATTENUATION = Code("112031", "DCM", "Attenuation Coefficient")
_SIGNAL = Code("110852", "DCM", "MR signal intensity")
_UPTAKE = Code("126400", "DCM", "Standardized Uptake Value")
_DOSE = Code("128513", "DCM", "Absorbed Radiation Dose")
_PIXEL_VALUE = Code("pixel-value", "99NEGATOSCOPE", "Pixel value")
_SUV_CODES = {f"{each.unit}{{{each.ucum}}}": Code(each.code, "DCM", each.title) for each in SUV_TYPES}


def value_unit(name: str) -> Unit:
    """Return the unit of modality values as ModalityTransform.unit names it."""
    known = _BY_RESCALE_TYPE.get(name.upper())
    if known is not None:
        return known
    return Unit(f"{{{name}}}", name) if name else NO_UNIT


def suv_unit(type_id: str) -> Unit:
    """Return the unit of a kind of standardised uptake, as PS3.16 CID 85 writes it."""
    found = next(each for each in SUV_TYPES if each.id == type_id)
    return Unit(f"{found.unit}{{{found.ucum}}}", found.unit.replace("cm2", "cm²"))


def value_concept(unit: Unit, modality: str = "") -> Code:
    """Return what values in a unit are: the concept of a mean, with its derivation beside it (PS3.16 CID 7469)."""
    if unit.ucum in _SUV_CODES:
        return _SUV_CODES[unit.ucum]
    if unit is HOUNSFIELD or unit.ucum == HOUNSFIELD.ucum:
        return _ATTENUATION
    if unit.ucum == "Gy":
        return _DOSE
    return _SIGNAL if modality == "MR" and unit.ucum in {"1", ""} else _PIXEL_VALUE
