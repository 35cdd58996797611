"""The attributes that queries ask for, by level: what of a header the index keeps (PS3.4 C.6.1.1, C.6.2.1).

Of the study root model: patient attributes are keys of the study level. Sequences are not kept.
"""

import re
from collections.abc import Mapping

from viewer.dicom.instance_header import InstanceHeader

STUDY_KEYS: Mapping[str, int] = {
    "PatientName": 0x00100010,
    "PatientID": 0x00100020,
    "IssuerOfPatientID": 0x00100021,
    "PatientBirthDate": 0x00100030,
    "PatientBirthTime": 0x00100032,
    "PatientSex": 0x00100040,
    "OtherPatientIDs": 0x00101000,
    "OtherPatientNames": 0x00101001,
    "PatientAge": 0x00101010,
    "PatientSize": 0x00101020,
    "PatientWeight": 0x00101030,
    "EthnicGroup": 0x00102160,
    "Occupation": 0x00102180,
    "AdditionalPatientHistory": 0x001021B0,
    "PatientComments": 0x00104000,
    "StudyDate": 0x00080020,
    "StudyTime": 0x00080030,
    "AccessionNumber": 0x00080050,
    "StudyID": 0x00200010,
    "StudyInstanceUID": 0x0020000D,
    "StudyDescription": 0x00081030,
    "ReferringPhysicianName": 0x00080090,
    "NameOfPhysiciansReadingStudy": 0x00081060,
    "AdmittingDiagnosesDescription": 0x00081080,
    "OtherStudyNumbers": 0x00201070,
    "TimezoneOffsetFromUTC": 0x00080201,
    "InstitutionName": 0x00080080,
}
SERIES_KEYS: Mapping[str, int] = {
    "Modality": 0x00080060,
    "SeriesNumber": 0x00200011,
    "SeriesInstanceUID": 0x0020000E,
    "SeriesDescription": 0x0008103E,
    "SeriesDate": 0x00080021,
    "SeriesTime": 0x00080031,
    "BodyPartExamined": 0x00180015,
    "Laterality": 0x00200060,
    "PatientPosition": 0x00185100,
    "ProtocolName": 0x00181030,
    "OperatorsName": 0x00081070,
    "PerformingPhysicianName": 0x00081050,
    "StationName": 0x00081010,
    "InstitutionalDepartmentName": 0x00081040,
    "Manufacturer": 0x00080070,
    "ManufacturerModelName": 0x00081090,
    "FrameOfReferenceUID": 0x00200052,
    "PerformedProcedureStepID": 0x00400253,
    "PerformedProcedureStepStartDate": 0x00400244,
    "PerformedProcedureStepStartTime": 0x00400245,
    "PerformedProcedureStepDescription": 0x00400254,
}
INSTANCE_KEYS: Mapping[str, int] = {
    "SOPInstanceUID": 0x00080018,
    "SOPClassUID": 0x00080016,
    "InstanceNumber": 0x00200013,
    "ImageType": 0x00080008,
    "NumberOfFrames": 0x00280008,
    "Rows": 0x00280010,
    "Columns": 0x00280011,
    "BitsAllocated": 0x00280100,
    "AcquisitionNumber": 0x00200012,
    "AcquisitionDate": 0x00080022,
    "AcquisitionTime": 0x00080032,
    "ContentDate": 0x00080023,
    "ContentTime": 0x00080033,
    "ContentLabel": 0x00700080,
    "ContentDescription": 0x00700081,
    "ContentCreatorName": 0x00700084,
    "PresentationCreationDate": 0x00700082,
    "PresentationCreationTime": 0x00700083,
    "CompletionFlag": 0x0040A491,
    "VerificationFlag": 0x0040A493,
    "DocumentTitle": 0x00420010,
}
QUERY_KEYS: Mapping[str, int] = {**STUDY_KEYS, **SERIES_KEYS, **INSTANCE_KEYS}

_CHARACTER_SET = 0x00080005

# How their values are read; all others are plain text of the default repertoire (PS3.6 6).
_NUMBERS = frozenset({"Rows", "Columns", "BitsAllocated"})
_TEXTS = frozenset(
    re.findall(
        r"\w+",
        "PatientName PatientID IssuerOfPatientID OtherPatientIDs OtherPatientNames EthnicGroup Occupation"
        " AdditionalPatientHistory PatientComments AccessionNumber StudyID StudyDescription ReferringPhysicianName"
        " NameOfPhysiciansReadingStudy AdmittingDiagnosesDescription TimezoneOffsetFromUTC"
        " InstitutionName SeriesDescription ProtocolName OperatorsName PerformingPhysicianName StationName"
        " InstitutionalDepartmentName Manufacturer ManufacturerModelName PerformedProcedureStepID"
        " PerformedProcedureStepDescription ContentDescription ContentCreatorName DocumentTitle",
    )
)


def attributes_of(header: InstanceHeader) -> dict[str, str]:
    """Return the text of every query key that a header has, decoded, by keyword of the data dictionary."""
    from viewer.dicom.character_sets import decode_text

    attributes: dict[str, str] = {}
    elements, character_set = header.elements, header.ascii(_CHARACTER_SET)
    for keyword, tag in QUERY_KEYS.items():
        raw = elements.get(tag)
        if not raw:
            continue
        if keyword in _TEXTS:
            value = decode_text(raw, character_set).strip(" \0")
        elif keyword in _NUMBERS:
            number = header.unsigned_short(tag)
            value = "" if number is None else str(number)
        else:
            value = raw.decode("ascii", "replace").strip(" \0")
        if value:
            attributes[keyword] = value
    return attributes
