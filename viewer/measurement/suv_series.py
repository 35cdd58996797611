"""SUV of a series whose headers are at hand: the first file is read in full, the others are asked by their headers."""

from collections.abc import Sequence
from typing import Any

from viewer.dicom.header_data_set import HeaderDataSet
from viewer.dicom.instance_header import InstanceHeader
from viewer.measurement.suv import SuvRefusal, SuvScale, suv_factors


def suv_of_series(headers: Sequence[InstanceHeader], *, is_dose_in_mbq: bool = False) -> SuvScale | SuvRefusal:
    """Return the factors of a series, or why there are none.

    Args:
        headers: Of the images of one series, in any order; at least one.
        is_dose_in_mbq: As in suv_factors.

    Raises:
        DicomError: If the first file cannot be read.
        RefusedError: If it claims more than quotas allow.
        MediaError: If the medium fails.
    """
    from viewer.dicom.datasets import read_full_data_set

    first = read_full_data_set(headers[0].source, stop_at_pixels=True).data_set
    others: list[Any] = [HeaderDataSet(header) for header in headers[1:]]
    return suv_factors([first, *others], is_dose_in_mbq=is_dose_in_mbq)
