from io import BytesIO

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from viewer.dicom.implementation import IMPLEMENTATION_CLASS_UID
from viewer.network.part10 import part10_head
from viewer.network.ports import Caller, OfferedInstance

OFFERED = OfferedInstance("1.2.840.10008.5.1.4.1.1.2", "1.2.3.4.5", "1.2.840.10008.1.2.1")


def test_what_precedes_a_data_set_makes_it_a_file() -> None:
    data_set = Dataset()
    data_set.SOPInstanceUID = "1.2.3.4.5"
    body = BytesIO()
    data_set.save_as(body, implicit_vr=False, little_endian=True)
    caller = Caller("CT1", "192.0.2.1", "ARCHIVE")
    found = dcmread(BytesIO(part10_head(OFFERED, caller) + body.getvalue()))
    meta = found.file_meta
    assert meta.FileMetaInformationVersion == b"\0\1"
    assert meta.MediaStorageSOPClassUID == OFFERED.sop_class_uid
    assert meta.MediaStorageSOPInstanceUID == OFFERED.sop_instance_uid
    assert meta.TransferSyntaxUID == OFFERED.transfer_syntax_uid
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert (meta.SourceApplicationEntityTitle, meta.SendingApplicationEntityTitle) == ("CT1", "CT1")
    assert meta.ReceivingApplicationEntityTitle == "ARCHIVE"
    assert found.preamble == bytes(128)
    assert found.SOPInstanceUID == "1.2.3.4.5"


@pytest.mark.parametrize("title", ["A", "AB", "", "é"])
def test_its_length_is_as_it_says_and_it_is_the_same_again(title: str) -> None:
    head = part10_head(OFFERED, Caller(title, "192.0.2.1"))
    assert int.from_bytes(head[140:144], "little") == len(head) - 144
    assert len(head) % 2 == 0
    assert head == part10_head(OFFERED, Caller(title, "192.0.2.2"))
