import pytest
from pydicom._uid_dict import UID_dictionary
from pydicom.uid import UID

from viewer.dicom.transfer_syntaxes import TRANSFER_SYNTAXES, Codec, transfer_syntax

PYDICOM = [uid for uid, entry in UID_dictionary.items() if entry[1] == "Transfer Syntax"]


@pytest.mark.parametrize("uid", PYDICOM)
def test_every_syntax_of_the_dictionary_has_a_row_that_agrees(uid: str) -> None:
    row = TRANSFER_SYNTAXES[uid]
    theirs = UID(uid)
    if uid == "1.2.840.10008.1.20":  # Papyrus 3 is not among the syntaxes pydicom reads
        return
    assert row.is_implicit_vr == theirs.is_implicit_VR
    assert row.is_big_endian == (not theirs.is_little_endian)
    if row.codec is not Codec.JPIP:  # pydicom calls JPIP encapsulated though it has no pixels
        assert row.is_deflated == theirs.is_deflated
        assert row.is_encapsulated == theirs.is_encapsulated
    assert ("retired" in row.name) == (UID_dictionary[uid][3] == "Retired")


def test_syntaxes_newer_than_the_dictionary_are_known() -> None:
    for suffix, codec in (("4.110", Codec.JPEG_XL), ("4.111", Codec.JPEG_XL), ("4.112", Codec.JPEG_XL)):
        assert transfer_syntax(f"1.2.840.10008.1.2.{suffix}").codec is codec
    assert transfer_syntax("1.2.840.10008.1.2.8.1").codec is Codec.DEFLATED_FRAME


@pytest.mark.parametrize(
    ("suffix", "is_lossy"),
    [("", False), (".1", False), (".4.50", True), (".4.70", False), (".4.80", False), (".4.81", True), (".4.90", False),
     (".4.91", True), (".4.202", False), (".4.203", True), (".5", False), (".4.102", True), (".4.108", True)],
)  # fmt: skip
def test_loss_is_known(suffix: str, is_lossy: bool) -> None:
    assert transfer_syntax("1.2.840.10008.1.2" + suffix).is_lossy is is_lossy


def test_video_is_told_from_stills() -> None:
    videos = {uid for uid, row in TRANSFER_SYNTAXES.items() if row.is_video}
    assert videos == {uid for uid in TRANSFER_SYNTAXES if uid.startswith("1.2.840.10008.1.2.4.10")}


def test_an_unknown_syntax_says_its_uid_and_is_refused() -> None:
    row = transfer_syntax("1.2.3.4")
    assert "1.2.3.4" in row.name
    assert not row.is_supported
    assert not transfer_syntax("1.2.840.10008.1.2.4.94").is_supported


def test_ge_dlx_has_swapped_pixels_in_a_little_endian_data_set() -> None:
    row = transfer_syntax("1.2.840.113619.5.2")
    assert row.has_big_endian_pixels
    assert row.is_implicit_vr
    assert not row.is_big_endian
