"""SOP Classes: what kind of object an instance is, and what to call it (PS3.4 B.5, PS3.6 Table A-1).

A row here is enough for the browser to know an object; names come from resources/ when they are asked for, and those of
other classes from the data dictionary.
"""

import enum
import functools

from viewer.base.paths import resources_path

_STORAGE = "1.2.840.10008.5.1.4.1.1."
ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"


class SopKind(enum.StrEnum):
    """What can be done with an instance."""

    IMAGE = "image"
    MULTI_FRAME_IMAGE = "multi-frame image"
    VIDEO = "video"
    PRESENTATION_STATE = "presentation state"
    REPORT = "report"
    KEY_OBJECT = "key object"
    WAVEFORM = "waveform"
    DOCUMENT = "document"
    SEGMENTATION = "segmentation"
    RADIOTHERAPY = "radiotherapy"
    REGISTRATION = "registration"
    SPECTROSCOPY = "spectroscopy"
    DIRECTORY = "directory"
    RAW = "raw"
    OTHER = "other"

    @property
    def has_frames(self) -> bool:
        """Whether instances of this kind are shown as frames of pixels."""
        return self in {SopKind.IMAGE, SopKind.MULTI_FRAME_IMAGE, SopKind.VIDEO}


# UID suffixes after 1.2.840.10008.5.1.4.1.1.; RT Image and RT Dose have pixels but are named for what they are.
_KINDS: dict[SopKind, str] = {
    SopKind.IMAGE: """
        1 1.1 1.1.1 1.2 1.2.1 1.3 1.3.1 2 4 5 6 6.1 7 12.1 12.2 12.3 20 77.1 77.1.1 77.1.2 77.1.3 77.1.4 77.1.5.1
        77.1.5.2 77.1.5.5 77.1.5.6 77.1.5.7 77.1.7 81.1 82.1 128 501.1 501.2.1 501.2.2 601.1""",
    SopKind.MULTI_FRAME_IMAGE: """
        2.1 2.2 3 3.1 4.1 4.3 4.4 6.2 6.3 7.1 7.2 7.3 7.4 12.1.1 12.2.1 13.1.1 13.1.2 13.1.3 13.1.4 13.1.5 14.1 14.2
        30 77.1.5.4 77.1.5.8 77.1.6 77.1.8 77.1.9 77.2 128.1 130 501.4 501.5 601.2""",
    SopKind.VIDEO: "77.1.1.1 77.1.2.1 77.1.4.1",
    SopKind.PRESENTATION_STATE: "11.1 11.2 11.3 11.4 11.5 11.6 11.7 11.8 11.9 11.10 11.11 11.12 131",
    SopKind.REPORT: """
        78.1 78.2 78.3 78.4 78.5 78.6 78.7 78.8 79.1 80.1 88.1 88.2 88.3 88.4 88.11 88.22 88.33 88.34 88.35 88.40
        88.50 88.65 88.67 88.68 88.69 88.70 88.71 88.72 88.73 88.74 88.75 88.76 88.77 90.1 501.3""",
    SopKind.KEY_OBJECT: "88.59",
    SopKind.WAVEFORM: """
        9.1 9.1.1 9.1.2 9.1.3 9.1.4 9.2.1 9.3.1 9.4.1 9.4.2 9.5.1 9.6.1 9.6.2 9.7.1 9.7.2 9.7.3 9.7.4 9.8.1""",
    SopKind.DOCUMENT: "104.1 104.2 104.3 104.4 104.5",
    SopKind.SEGMENTATION: "66.4 66.5 66.6 66.7 66.8 91.1",
    SopKind.RADIOTHERAPY: """
        481.1 481.2 481.3 481.4 481.5 481.6 481.7 481.8 481.9 481.10 481.11 481.12 481.13 481.14 481.15 481.16 481.17
        481.18 481.19 481.20 481.21 481.22 481.23 481.24 481.25""",
    SopKind.REGISTRATION: "66.1 66.2 66.3",
    SopKind.SPECTROSCOPY: "4.2",
    SopKind.RAW: "66 501.6",
    SopKind.OTHER: """
        8 9 9.100.1 9.100.2 10 11 67 68.1 68.2 77.1.5.3 129 200.1 200.2 200.3 200.4 200.5 200.6 200.7 200.8 201.1""",
}

_EXTRA: dict[str, SopKind] = {
    "1.2.840.10008.1.3.10": SopKind.DIRECTORY,
    "1.2.840.10008.5.1.4.34.1": SopKind.RADIOTHERAPY,  # RT Beams Delivery Instruction, trial
    "1.2.840.10008.5.1.4.34.7": SopKind.RADIOTHERAPY,  # RT Beams Delivery Instruction
    "1.2.840.10008.5.1.4.34.10": SopKind.RADIOTHERAPY,  # RT Brachy Application Setup Delivery Instruction
    "1.2.840.10008.5.1.4.38.1": SopKind.OTHER,  # Hanging Protocol
    "1.2.840.10008.5.1.4.39.1": SopKind.OTHER,  # Color Palette
    "1.2.840.10008.5.1.4.43.1": SopKind.OTHER,  # Generic Implant Template
    "1.2.840.10008.5.1.4.44.1": SopKind.OTHER,  # Implant Assembly Template
    "1.2.840.10008.5.1.4.45.1": SopKind.OTHER,  # Implant Template Group
    "1.2.840.10008.5.1.1.27": SopKind.IMAGE,  # Stored Print (retired)
    "1.2.840.10008.5.1.1.29": SopKind.IMAGE,  # Hardcopy Grayscale Image (retired)
    "1.2.840.10008.5.1.1.30": SopKind.IMAGE,  # Hardcopy Color Image (retired)
    # Vendors' own, each a published image class under a private UID (conformance statements of the vendors).
    "1.2.840.113619.4.2": SopKind.IMAGE,  # GE Private DICOM CT Image Info
    "1.2.840.113619.4.3": SopKind.IMAGE,  # GE Private DICOM Display Image Info
    "1.3.46.670589.5.0.9": SopKind.OTHER,  # Philips Private Synthetic Image Parameters
    "1.3.12.2.1107.5.9.1": SopKind.RAW,  # Siemens CSA Non-Image
}

_KIND_OF_UID: dict[str, SopKind] = {
    _STORAGE + suffix: kind for kind, suffixes in _KINDS.items() for suffix in suffixes.split()
} | _EXTRA

# Storage classes newer than the installed data dictionary.
_NAMES: dict[str, str] = {
    _STORAGE + "66.7": "Label Map Segmentation",
    _STORAGE + "66.8": "Height Map Segmentation",
    "1.2.840.113619.4.2": "GE Private CT Image",
    "1.2.840.113619.4.3": "GE Private Display Image",
    "1.3.46.670589.5.0.9": "Philips Private Synthetic Image Parameters",
    "1.3.12.2.1107.5.9.1": "Siemens CSA Non-Image",
}


_FOR_PROCESSING = frozenset(_STORAGE + suffix for suffix in ("1.1.1", "1.2.1", "1.3.1", "13.1.5", "14.2", "501.2.2"))


def sop_kind(sop_class_uid: str) -> SopKind:
    """Return the kind of a SOP Class; OTHER for one that is unknown or private.

    An instance of an unknown class that has pixels may still be shown: ask its header, not only its class.
    """
    return _KIND_OF_UID.get(sop_class_uid, SopKind.OTHER)


def is_known(sop_class_uid: str) -> bool:
    """Return whether the class has a row here."""
    return sop_class_uid in _KIND_OF_UID


def is_for_processing(sop_class_uid: str) -> bool:
    """Return whether the class is a "For Processing" image, which is not for diagnostic display (PS3.3 A.26)."""
    return sop_class_uid in _FOR_PROCESSING


@functools.lru_cache(maxsize=1024)
def sop_class_name(sop_class_uid: str) -> str:
    """Return the name of a SOP Class in the words of PS3.6, without "Storage"; for an unknown one, its UID."""
    known = _NAMES.get(sop_class_uid) or _listed_names().get(sop_class_uid)
    return known or _dictionary_name(sop_class_uid) or sop_class_uid


@functools.cache
def _listed_names() -> dict[str, str]:
    """Return the names of the classes that have a row here: the whole dictionary takes a tenth of a second to load."""
    lines = resources_path("sop_class_names.tsv").read_text("utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines)


def _dictionary_name(uid: str) -> str:
    from viewer.dicom import pydicom_loading  # noqa: F401 - first: two threads may come

    # isort: split
    from pydicom.uid import UID  # imported here: the dictionary costs start-up time

    known = UID(uid, validation_mode=0)
    if known.name == uid or not known.name:
        return ""
    name = known.name.removesuffix(" SOP Class").replace(" Storage - ", " - ").removesuffix(" Storage")
    return f"{name} (retired)" if known.is_retired else name
