import subprocess
import sys

import pytest
from pydicom._uid_dict import UID_dictionary

from viewer.dicom.sop_classes import SopKind, is_for_processing, is_known, sop_class_name, sop_kind

STORAGE = "1.2.840.10008.5.1.4.1.1."
STORED = [
    uid
    for uid, entry in UID_dictionary.items()
    if entry[1] == "SOP Class" and "Storage" in entry[0] and "Commitment" not in entry[0]
]


@pytest.mark.parametrize("uid", STORED)
def test_every_storage_class_of_the_dictionary_has_a_kind(uid: str) -> None:
    name = UID_dictionary[uid][0]
    assert is_known(uid)
    if "Presentation State" in name:
        assert sop_kind(uid) is SopKind.PRESENTATION_STATE
    if " SR " in name or name.endswith("SR"):
        assert sop_kind(uid) is SopKind.REPORT
    if "Waveform" in name and "SR" not in name:
        assert sop_kind(uid) is SopKind.WAVEFORM
    if " Image Storage" in name and not name.startswith(("RT", "Enhanced RT", "Enhanced Continuous RT")):
        assert sop_kind(uid).has_frames
    if "Video" in name:
        assert sop_kind(uid) is SopKind.VIDEO
    if "Enhanced Continuous" not in name and "Image" in name and ("Multi-frame" in name or "Enhanced" in name):
        assert sop_kind(uid) in {SopKind.MULTI_FRAME_IMAGE, SopKind.RADIOTHERAPY}


def test_for_processing_follows_the_name() -> None:
    for uid in STORED:
        assert is_for_processing(uid) == ("For Processing" in UID_dictionary[uid][0])


def test_names_are_short_and_unknown_classes_are_named_by_uid() -> None:
    assert sop_class_name(STORAGE + "2") == "CT Image"
    assert sop_class_name(STORAGE + "1.1") == "Digital X-Ray Image - For Presentation"
    assert sop_class_name(STORAGE + "88.59") == "Key Object Selection Document"
    assert sop_class_name("1.2.3.4") == "1.2.3.4"
    assert sop_kind("1.2.3.4") is SopKind.OTHER
    assert sop_kind("") is SopKind.OTHER


def test_pydicom_is_not_loaded_until_a_name_is_wanted() -> None:
    code = "import sys, viewer.dicom.sop_classes as s; s.sop_kind('1'); print('pydicom' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize("uid", STORED)
def test_names_are_those_of_the_dictionary(uid: str) -> None:
    name, _kind, _info, retired, _keyword = UID_dictionary[uid]
    expected = name.removesuffix(" SOP Class").replace(" Storage - ", " - ").removesuffix(" Storage") + (
        " (retired)" if retired else ""
    )
    assert sop_class_name(uid) == expected


def test_a_listed_name_needs_no_dictionary() -> None:
    code = (
        "import sys; from viewer.dicom.sop_classes import sop_class_name;"
        "print(sop_class_name('1.2.840.10008.5.1.4.1.1.2'), 'pydicom' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert answer.stdout.split() == ["CT", "Image", "False"]
