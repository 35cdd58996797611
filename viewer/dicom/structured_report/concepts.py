"""Concepts that templates are told by: the code in force and those it replaced (PS3.16 Annexes D and L)."""

from typing import Final

from viewer.dicom.structured_report.tree import concept


def _named(sct: str, srt: str) -> frozenset[tuple[str, str]]:
    """Return a SNOMED concept by its identifier and by its retired code, under the names that scheme has had."""
    return concept((sct, "SCT"), (srt, "SRT"), (srt, "SNM3"), (srt, "99SDM"))


FINDING: Final = concept("121071")
FINDING_CATEGORY: Final = concept(("276214006", "SCT"), ("M-01000", "SRT"))
FINDING_SITE: Final = _named("363698007", "G-C0E3")
LATERALITY: Final = _named("272741003", "G-C171")
METHOD: Final = _named("370129005", "G-C036")
DERIVATION: Final = concept("121401")
TRACKING_IDENTIFIER: Final = concept("112039")
TRACKING_UID: Final = concept("112040")
MEASUREMENT_GROUP: Final = concept("125007")
IMAGING_MEASUREMENTS: Final = concept("126010")
IMAGE_LIBRARY: Final = concept("111028")

MAMMOGRAPHY_CAD: Final = concept("111036")
CHEST_CAD: Final = concept("112000")
COLON_CAD: Final = concept("112220")
CAD_SUMMARY: Final = concept("111017")
RENDERING_INTENT: Final = concept("111056")
INTENT_REQUIRED: Final = concept("111150")
INTENT_OPTIONAL: Final = concept("111151")
INTENT_NOT_FOR_PRESENTATION: Final = concept("111152")
IMPRESSION: Final = concept("111034")
SINGLE_IMAGE_FINDING: Final = concept("111059")
COMPOSITE_FEATURE: Final = concept("111015")
SUMMARY_OF_DETECTIONS: Final = concept("111064")
SUMMARY_OF_ANALYSES: Final = concept("111065")
DETECTION_PERFORMED: Final = concept("111022")
ANALYSIS_PERFORMED: Final = concept("111004")
SUCCESSFUL: Final = concept("111063", "111062")
FAILED: Final = concept("111025", "111024")
SUCCEEDED_RESULT: Final = concept("111222")
PARTIAL_RESULT: Final = concept("111223")
FAILED_RESULT: Final = concept("111224")
NOT_ATTEMPTED_RESULT: Final = concept("111225")
WITHOUT_FINDINGS: Final = concept("111241", "111243", "111245")
NOT_ALL_SUCCEEDED: Final = concept("111243", "111244", "111245")
ALGORITHM_NAME: Final = concept("111001")
ALGORITHM_VERSION: Final = concept("111003")

DOSE_REPORT: Final = concept("113701")
RADIOPHARMACEUTICAL_REPORT: Final = concept("113500")
ACCUMULATED_DOSE: Final = concept("113702")
IRRADIATION_EVENT: Final = concept("113706")
CT_ACCUMULATED_DOSE: Final = concept("113811")
CT_ACQUISITION: Final = concept("113819")
CT_DOSE: Final = concept("113829")
