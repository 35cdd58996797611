"""Retired SNOMED codes and the concepts that took their place (PS3.16 Annex O: SRT, SNM3 and 99SDM to SCT).

Whoever shows a code shows the meaning that the file states; whoever compares two codes compares them as they are now.
"""

import functools
from collections.abc import Mapping

from viewer.dicom.codes import Code

SNOMED_CT = "SCT"
_RETIRED_SCHEMES = frozenset({"SRT", "SNM3", "99SDM"})


def current_code(code: Code) -> Code:
    """Return a code under the scheme in force; one that was never retired, or is not known, as it is."""
    if code.scheme not in _RETIRED_SCHEMES:
        return code
    value = _concepts().get(code.value)
    return code if value is None else Code(value, SNOMED_CT, code.meaning)


def is_same_concept(one: Code, other: Code) -> bool:
    """Return whether two codes name the same concept, also where one of them is retired."""
    return one.is_same(other) or current_code(one).is_same(current_code(other))


@functools.lru_cache(maxsize=1)
def _concepts() -> Mapping[str, str]:
    """Return SNOMED CT concepts by their retired codes; some 8,000, read when the first is asked for."""
    from viewer.dicom import pydicom_loading  # noqa: F401 - first: two threads may come

    # isort: split
    from pydicom.sr._snomed_dict import mapping

    return mapping["SRT"]
