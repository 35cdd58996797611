"""PET data sets without pixels, as complete as SUV needs them, for tests to spoil."""

import datetime as dt
from typing import Any

from pydicom.dataset import Dataset

PET, ENHANCED_PET, CT = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("128", "130", "2"))


def pet_data_set(**changes: Any) -> Dataset:
    """Return a static F-18 PET image in Bq/ml; an element given as None is left out.

    Elements of the radiopharmaceutical item are given like those of the image.
    """
    values: dict[str, Any] = {
        "SOPClassUID": PET,
        "Modality": "PT",
        "SeriesInstanceUID": "1.2.3",
        "Units": "BQML",
        "CorrectedImage": ["NORM", "DECY", "ATTN", "SCAT"],
        "DecayCorrection": "START",
        "PatientWeight": 70.0,
        "PatientSize": 1.75,
        "PatientSex": "M",
        "SeriesDate": "20260305",
        "SeriesTime": "110000",
        "AcquisitionDate": "20260305",
        "AcquisitionTime": "110000",
        "NumberOfSlices": 1,
        "RadionuclideTotalDose": 370e6,
        "RadionuclideHalfLife": 6586.2,
        "RadiopharmaceuticalStartDateTime": "20260305100000",
    }
    values.update(changes)
    data_set, item = Dataset(), Dataset()
    for keyword, value in values.items():
        if value is not None:
            setattr(item if keyword.startswith("Radio") else data_set, keyword, value)
    data_set.RadiopharmaceuticalInformationSequence = [item]
    return data_set


def with_philips(data_set: Dataset, suv: float | None, activity: float | None) -> Dataset:
    """Return a data set with Philips' private scale factors."""
    block = data_set.private_block(0x7053, "Philips PET Private Group", create=True)
    for element, value in ((0x00, suv), (0x09, activity)):
        if value is not None:
            block.add_new(element, "DS", f"{value:.10g}")
    return data_set


def with_ge_scan(data_set: Dataset, moment: dt.datetime) -> Dataset:
    """Return a data set with GE's private date and time of the scan."""
    block = data_set.private_block(0x0009, "GEMS_PETD_01", create=True)
    block.add_new(0x0D, "DT", moment.strftime("%Y%m%d%H%M%S.00"))
    return data_set


def with_suv_mapping(data_set: Dataset, unit: str, slope: float, intercept: float = 0.0) -> Dataset:
    """Return a data set whose stored values are mapped onto a unit."""
    code, mapping = Dataset(), Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = unit, "UCUM", unit
    mapping.MeasurementUnitsCodeSequence = [code]
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = slope, intercept
    mapping.add_new(0x00409216, "US", 0)
    mapping.add_new(0x00409211, "US", 65535)
    data_set.RealWorldValueMappingSequence = [mapping]
    return data_set
