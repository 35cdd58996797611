"""What a selection of key objects is for: document titles (CID 7010) and what qualifies them (CID 7011, CID 7012)."""

from viewer.base.translation import N_, _
from viewer.dicom.codes import Code


def _dcm(value: str, meaning: str) -> Code:
    return Code(value, "DCM", meaning)


OF_INTEREST = _dcm("113000", "Of Interest")
QUALITY_REJECTED = _dcm("113001", "Rejected for Quality Reasons")
QUALITY_ISSUE = _dcm("113010", "Quality Issue")
BEST_IN_SET = _dcm("113013", "Best In Set")
SAFETY_REJECTED = _dcm("113037", "Rejected for Patient Safety Reasons")
WORKLIST_REJECTED = _dcm("113038", "Incorrect Modality Worklist Entry")
EXPIRED = _dcm("113039", "Data Retention Policy Expired")

TITLES = (
    OF_INTEREST,
    _dcm("113002", "For Referring Provider"),
    _dcm("113003", "For Surgery"),
    _dcm("113004", "For Teaching"),
    _dcm("113005", "For Conference"),
    _dcm("113006", "For Therapy"),
    _dcm("113007", "For Patient"),
    _dcm("113008", "For Peer Review"),
    _dcm("113009", "For Research"),
    QUALITY_ISSUE,
    BEST_IN_SET,
    _dcm("113018", "For Printing"),
    _dcm("113020", "For Report Attachment"),
    _dcm("113021", "For Litigation"),
    _dcm("128203", "For Tumor Board"),
)
"""What readers select objects for."""
REJECTIONS = (QUALITY_REJECTED, SAFETY_REJECTED, WORKLIST_REJECTED, EXPIRED)
"""What takes objects out of use (IHE RAD IOCM)."""
OTHER_TITLES = (
    _dcm("113022", "Collection of Presentation States"),
    _dcm("113030", "Manifest"),
    _dcm("113031", "Signed Manifest"),
    _dcm("113032", "Complete Study Content"),
    _dcm("113033", "Signed Complete Study Content"),
    _dcm("113034", "Complete Acquisition Content"),
    _dcm("113035", "Signed Complete Acquisition Content"),
    _dcm("113036", "Group of Frames for Display"),
)
"""What programs write: lists of what there is, that mark nothing as key."""

QUALITY_REASONS = tuple(
    _dcm(value, meaning)
    for value, meaning in (
        ("111207", "Image artifact(s)"),
        ("111208", "Grid artifact(s)"),
        ("111209", "Positioning"),
        ("111210", "Motion blur"),
        ("111211", "Under exposed"),
        ("111212", "Over exposed"),
        ("113026", "Double exposure"),
        ("111213", "No image"),
        ("111214", "Detector artifact(s)"),
        ("111215", "Artifact(s) other than grid or detector artifact"),
        ("111216", "Mechanical failure"),
        ("111217", "Electrical failure"),
        ("111218", "Software failure"),
        ("111219", "Inappropriate image processing"),
        ("111220", "Other failure"),
        ("111221", "Unknown failure"),
    )
)
"""CID 7011."""
BEST_OF = tuple(
    _dcm(value, meaning)
    for value, meaning in (
        ("113014", "Study"),
        ("113015", "Series"),
        ("113016", "Performed Procedure Step"),
        ("113017", "Stage-View"),
    )
)
"""CID 7012."""

_WORDS = {
    "113000": N_("Of interest"),
    "113001": N_("Rejected: quality"),
    "113002": N_("For the referring physician"),
    "113003": N_("For surgery"),
    "113004": N_("For teaching"),
    "113005": N_("For a conference"),
    "113006": N_("For therapy"),
    "113007": N_("For the patient"),
    "113008": N_("For peer review"),
    "113009": N_("For research"),
    "113010": N_("Quality issue"),
    "113013": N_("Best in set"),
    "113018": N_("For printing"),
    "113020": N_("For a report"),
    "113021": N_("For litigation"),
    "113022": N_("Collection of presentation states"),
    "113030": N_("Manifest"),
    "113037": N_("Rejected: patient safety"),
    "113038": N_("Rejected: wrong worklist entry"),
    "113039": N_("Rejected: retention expired"),
    "128203": N_("For a tumour board"),
    "111207": N_("Image artefacts"),
    "111208": N_("Grid artefacts"),
    "111209": N_("Positioning"),
    "111210": N_("Motion blur"),
    "111211": N_("Underexposed"),
    "111212": N_("Overexposed"),
    "113026": N_("Double exposure"),
    "111213": N_("No image"),
    "111214": N_("Detector artefacts"),
    "111215": N_("Other artefacts"),
    "111216": N_("Mechanical failure"),
    "111217": N_("Electrical failure"),
    "111218": N_("Software failure"),
    "111219": N_("Wrong image processing"),
    "111220": N_("Other failure"),
    "111221": N_("Unknown failure"),
    "113014": N_("of the study"),
    "113015": N_("of the series"),
    "113016": N_("of the procedure step"),
    "113017": N_("of the stage and view"),
}


def words_of(code: Code) -> str:
    """Return what a code is called in the reader's language; one that is not known by its own meaning."""
    known = _WORDS.get(code.value) if code.scheme == "DCM" else None
    return _(known) if known is not None else code.meaning or code.value


def modifiers_for(title: Code) -> tuple[Code, ...]:
    """Return what may qualify a title (TID 2010, rows 2 and 3)."""
    if title.is_same(BEST_IN_SET):
        return BEST_OF
    return QUALITY_REASONS if title.is_same(QUALITY_REJECTED) or title.is_same(QUALITY_ISSUE) else ()


def is_rejection(title: Code | None) -> bool:
    """Whether what is selected is taken out of use."""
    return title is not None and any(title.is_same(each) for each in REJECTIONS)


def is_listing(title: Code | None) -> bool:
    """Whether a title only says what there is, and nothing is key for it."""
    return title is not None and any(title.is_same(each) for each in OTHER_TITLES)
