"""Codes of diagnostic reports (PS3.16 TID 2000, CID 7000, 7001, 7002, 7003, 5000): light, for drafts and templates."""

from typing import Final

from viewer.base.translation import N_
from viewer.dicom.codes import Code

PRIVATE = "99NEGATOSCOPE"

LANGUAGE: Final = Code("121049", "DCM", "Language of Content Item and Descendants")
PROCEDURE_REPORTED: Final = Code("121058", "DCM", "Procedure reported")
ORGANIZATION: Final = Code("121009", "DCM", "Person Observer's Organization Name")
IMAGE_PURPOSE: Final = Code("121080", "DCM", "Best illustration of finding")
IMAGE_CAPTION: Final = Code("113012", "DCM", "Key Object Description")
AMENDMENT_VERSION: Final = Code("amended-version", PRIVATE, "Version")
AMENDMENT_REASON: Final = Code("amendment-why", PRIVATE, "Reason for the amendment")
LANGUAGES: Final = {
    "en": Code("en", "RFC5646", "English"),
    "ko": Code("ko", "RFC5646", "Korean"),
    "ja": Code("ja", "RFC5646", "Japanese"),
}

TITLES: Final = (
    Code("18748-4", "LN", "Diagnostic Imaging Report"),
    Code("11528-7", "LN", "Radiology Report"),
    Code("43468-8", "LN", "X-Ray Report"),
    Code("25045-6", "LN", "CT Report"),
    Code("41806-1", "LN", "CT Abdomen Report"),
    Code("24627-2", "LN", "CT Chest Report"),
    Code("24725-4", "LN", "CT Head Report"),
    Code("25056-3", "LN", "MRI Report"),
    Code("24590-2", "LN", "MRI Head Report"),
    Code("18756-7", "LN", "MRI Spine Report"),
    Code("111400", "DCM", "Breast Imaging Report"),
    Code("24606-6", "LN", "Mammography Screening Report"),
    Code("25061-3", "LN", "Ultrasound Report"),
    Code("49118-3", "LN", "Nuclear Medicine Report"),
    Code("44136-0", "LN", "PET Scan Report"),
    Code("49512-7", "LN", "Fluoroscopy Study Report"),
)
"""Of CID 7000: those that are offered."""

ADDENDUM: Final = Code("55107-7", "LN", "Addendum")
KEY_IMAGES: Final = Code("55113-5", "LN", "Key Images")
FINDINGS: Final = Code("59776-5", "LN", "Findings")
HEADINGS: Final = (
    (Code("55115-0", "LN", "Request"), N_("Request"), Code("55115-0", "LN", "Request")),
    (Code("55752-0", "LN", "Clinical Information"), N_("Clinical information"), Code("11329-0", "LN", "History")),
    (Code("11329-0", "LN", "History"), N_("History"), Code("11329-0", "LN", "History")),
    (Code("18785-6", "LN", "Indications for Procedure"), N_("Indication"), Code("11329-0", "LN", "History")),
    (
        Code("55108-5", "LN", "Patient Presentation"),
        N_("Presentation"),
        Code("55108-5", "LN", "Patient Presentation"),
    ),
    (
        Code("55114-3", "LN", "Prior Procedure Descriptions"),
        N_("Prior procedures"),
        Code("121065", "DCM", "Procedure Description"),
    ),
    (Code("18834-2", "LN", "Previous Findings"), N_("Comparison"), Code("121069", "DCM", "Previous Finding")),
    (
        Code("55111-9", "LN", "Current Procedure Descriptions"),
        N_("Procedure"),
        Code("121065", "DCM", "Procedure Description"),
    ),
    (
        Code("73569-6", "LN", "Radiation Exposure and Protection Information"),
        N_("Radiation exposure"),
        Code("121065", "DCM", "Procedure Description"),
    ),
    (
        Code("29549-3", "LN", "Medications Administered"),
        N_("Medication"),
        Code("121065", "DCM", "Procedure Description"),
    ),
    (FINDINGS, N_("Findings"), Code("121071", "DCM", "Finding")),
    (Code("19005-8", "LN", "Impressions"), N_("Impression"), Code("121073", "DCM", "Impression")),
    (Code("55110-1", "LN", "Conclusions"), N_("Conclusion"), Code("121077", "DCM", "Conclusion")),
    (Code("18783-1", "LN", "Recommendations"), N_("Recommendation"), Code("121075", "DCM", "Recommendation")),
    (
        Code("55109-3", "LN", "Complications"),
        N_("Complications"),
        Code("116224001", "SCT", "Complication of Procedure"),
    ),
    (
        Code("73568-8", "LN", "Communication of Critical Results"),
        N_("Critical results told"),
        Code("55112-7", "LN", "Summary"),
    ),
    (Code("55112-7", "LN", "Summary"), N_("Summary"), Code("55112-7", "LN", "Summary")),
)
"""Of CID 7001: heading, what a reader calls it, and the element of CID 7002 that its words are."""

_RETIRED: Final = {
    "121060": "11329-0",
    "121062": "55115-0",
    "121064": "55111-9",
    "121066": "55114-3",
    "121068": "18834-2",
    "121070": "59776-5",
    "121072": "19005-8",
    "121074": "18783-1",
    "121076": "55110-1",
    "121078": "55107-7",
    "121109": "18785-6",
    "121110": "55108-5",
    "121111": "55112-7",
    "121113": "55109-3",
    "121180": "55113-5",
}
"""DCM headings of older reports, by those that took their place."""


def heading_now(code: Code) -> Code:
    """Return the heading in force for one of an older report; any other as it is."""
    value = _RETIRED.get(code.value, "") if code.scheme == "DCM" else ""
    known = (*(each for each, _title, _element in HEADINGS), ADDENDUM, KEY_IMAGES)
    return next((each for each in known if each.value == value), code)


def title_of(heading: Code) -> str:
    """Return what a reader calls a heading, English, marked for translation; its meaning where it is none of ours."""
    return next((title for each, title, _element in HEADINGS if each.is_same(heading)), heading.meaning)


def element_of(heading: Code) -> Code:
    """Return what the words under a heading are (CID 7002)."""
    return next((element for each, _title, element in HEADINGS if each.is_same(heading)), HEADINGS[10][2])
