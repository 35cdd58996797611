"""A whole header read like a data set: by the dictionary's VRs, and to the same display as through pydicom."""

import struct
from pathlib import Path

import pydicom.data
import pytest
from pydicom.datadict import dictionary_VR

from tests.builders.ct_series import write_ct_series
from tests.builders.large_dx import write_large_dx
from viewer.base.byte_source import FileBytes
from viewer.base.errors import ViewerError
from viewer.dicom.datasets import read_data_set
from viewer.dicom.header_data_set import HeaderDataSet
from viewer.dicom.header_scan import scan_header
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.transfer_syntaxes import transfer_syntax
from viewer.dicom.wanted_tags import PLAIN_TAGS
from viewer.imaging.frame_source import pixel_description
from viewer.imaging.frame_state import FrameState, read_frame_states
from viewer.imaging.frame_state_reader import states_of_data_set

PLAIN_VRS = {"AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI"}
WORDS = struct.pack("<4H", 7, 8, 9, 65535)


def header(elements: dict[int, bytes], path: Path = Path("none")) -> InstanceHeader:
    return InstanceHeader(FileBytes(path), "1.2.840.10008.1.2.1", elements)


@pytest.mark.parametrize("tag", sorted(PLAIN_TAGS), ids=lambda tag: f"{tag:08X}")
def test_vrs_are_those_of_the_dictionary(tag: int) -> None:
    if tag >> 16 == 2:
        return
    stated = dictionary_VR(tag)
    ours = HeaderDataSet(header({})).vr(tag)
    assert ours in stated or (ours == "CS" and stated in PLAIN_VRS)


def test_values_come_as_their_vr_means_them() -> None:
    data_set = HeaderDataSet(
        header(
            {
                0x00080005: b"ISO_IR 192",
                0x00081030: "Übersicht".encode() + b" ",
                0x00280010: b"\x00\x02",
                0x00280103: b"\x01\x00",
                0x00280120: b"\xff\xff",
                0x00280122: struct.pack("<f", 0.5),
                0x00281050: b"40\\-600 ",
                0x00540010: WORDS,
                0x00541300: b"",
                0x00280101: b"\x0c\x00\x00",
                0x00191010: b"private",
            }
        )
    )
    assert data_set[0x00081030].value == "Übersicht"
    assert data_set[0x00280010].value == 512
    assert data_set[0x00280120].value == -1
    assert data_set[0x00280122].value == 0.5
    assert data_set[0x00281050].value == "40\\-600"
    assert data_set[0x00540010].value == (7, 8, 9, 65535)
    assert data_set[0x00541300].value is None
    assert data_set[0x00191010].value == b"private"
    assert 0x00280011 not in data_set
    with pytest.raises(KeyError):
        data_set[0x00280011]
    with pytest.raises(ValueError, match="3 bytes"):
        data_set[0x00280101]


def states_both_ways(path: Path) -> tuple[FrameState, FrameState] | None:
    """Return the first frame's state from the header and through pydicom; None where there is nothing to compare."""
    found = scan_header(FileBytes(path))
    if not found.is_whole or found.pixel_data is None:
        return None
    lean = read_frame_states(found).state(0)
    is_lossy = transfer_syntax(found.transfer_syntax_uid).is_lossy
    data_set = read_data_set(found)
    slow = states_of_data_set(data_set, pixel_description(found), lean.identity, is_lossy_syntax=is_lossy)
    return lean, slow.state(0)


def test_made_images_display_as_through_pydicom(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "ct", 1, size=16)
    for each in (path, write_large_dx(tmp_path / "dx", 32, 32)):
        states = states_both_ways(each)
        assert states is not None
        assert states[0] == states[1]


def test_pydicoms_own_files_display_as_through_pydicom() -> None:
    compared = 0
    for path in sorted((Path(pydicom.data.__file__).parent / "test_files").rglob("*.dcm")):
        try:
            states = states_both_ways(path)
        except ViewerError:
            continue
        if states is not None:
            compared += 1
            assert states[0] == states[1], path.name
    assert compared >= 20


@pytest.mark.real_data
def test_real_files_display_as_through_pydicom(shared_data: Path) -> None:
    compared = 0
    for path in sorted(shared_data.rglob("*")):
        if not path.is_file() or path.stat().st_size < 132:
            continue
        try:
            states = states_both_ways(path)
        except ViewerError:
            continue
        if states is not None:
            compared += 1
            assert states[0] == states[1], path.name
    assert compared >= 100
