"""Files written anew: what was to be changed is changed and recorded, pydicom and DCMTK read the rest as it was."""

import hashlib
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from tests.builders.ct_series import write_ct_series
from tests.builders.data_sets import item
from tests.builders.discs import needed
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError, ViewerError
from viewer.base.paths import resources_path
from viewer.dicom.header_scan import scan_header
from viewer.dicom.rewritten_file import MADE_OF, Modification, Rewritten, read_made, rewrite

PATIENT_NAME, PATIENT_ID, ACCESSION = 0x00100010, 0x00100020, 0x00080050
QUALIFIERS, ACCESSION_ISSUER, ORIGINALS = 0x00100024, 0x00080051, 0x04000561
TAKEN_OUT = {PATIENT_ID: QUALIFIERS, ACCESSION: ACCESSION_ISSUER}
KIM = "Kim^Minsu=金^民秀=김^민수"
PYDICOM = Path(pydicom.__file__).parent / "data"


def said_of(path: Path) -> Modification:
    return Modification("Negatoscope test", "DISC", "CORRECT", hashlib.sha256(path.read_bytes()).hexdigest())


def rewritten(path: Path, target: Path, values: dict[int, str]) -> Rewritten | None:
    made = rewrite(FileBytes(path), values, TAKEN_OUT, said_of(path))
    if made is not None:
        target.write_bytes(b"".join(made.pieces))
    return made


def read(path: Path) -> Dataset:
    return pydicom.dcmread(path, force=True)


def flat(data_set: Dataset, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value of a data set with its place: text decoded, everything else as it is."""
    for element in data_set:
        here = f"{place}/{element.tag}"
        if element.tag == 0x00080005 or element.tag & 0xFFFF == 0:
            continue
        if element.VR == "SQ":
            yield here, len(element.value)
            for number, each in enumerate(element.value):
                yield from flat(each, f"{here}[{number}]")
        else:
            value = element.value
            yield here, value if isinstance(value, bytes) else str(value).rstrip()


def some_files() -> list[Path]:
    disc = sorted(path for path in resources_path("sample_disc").rglob("*") if path.is_file())
    return [
        *sorted((PYDICOM / "test_files").glob("*.dcm")),
        *sorted((PYDICOM / "charset_files").glob("*.dcm")),
        *disc[::12],
    ]


@pytest.mark.parametrize("name", ["Miller^Anna", KIM], ids=["ascii", "korean"])
def test_everything_else_is_what_it_was_in_whatever_file(name: str, tmp_path: Path) -> None:
    count = 0
    for path in some_files():
        target = tmp_path / "new.dcm"
        try:
            made = rewritten(path, target, {PATIENT_NAME: name, PATIENT_ID: "NEW 1"})
        except ViewerError:
            continue  # not understood to its last element, or its text is not what it declares: refused
        assert made is not None
        count += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            before, after = read(path), read(target)
            assert (str(after.PatientName), after.PatientID) == (name, "NEW 1"), path
            wanted = dict(flat(before))
            found = dict(flat(after))
        for changed in (PATIENT_NAME, PATIENT_ID):
            wanted.pop(f"/{pydicom.tag.Tag(changed)}", None)
            found.pop(f"/{pydicom.tag.Tag(changed)}")
        added = [place for place in found if place.startswith(f"/{pydicom.tag.Tag(ORIGINALS)}") and place not in wanted]
        kept = {place: value for place, value in found.items() if place not in added}
        kept.pop(f"/{pydicom.tag.Tag(ORIGINALS)}", None)
        wanted.pop(f"/{pydicom.tag.Tag(ORIGINALS)}", None)
        assert kept == wanted, path
        assert added
        header = scan_header(FileBytes(target))
        assert header.text(PATIENT_NAME) == name
        assert read_made(FileBytes(target)) is not None
    assert count > 90


@pytest.mark.parametrize(
    "syntax",
    [ExplicitVRLittleEndian, RLELossless, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
)
@pytest.mark.parametrize("name", ["Miller^Anna", KIM], ids=["ascii", "korean"])
def test_every_encoding_is_written_as_it_was(name: str, syntax: UID, tmp_path: Path) -> None:
    native = ExplicitVRLittleEndian if syntax != RLELossless else RLELossless
    (path,) = write_ct_series(
        tmp_path / "ct", 1, 16, transfer_syntax_uid=native,
        elements={
            "SpecificCharacterSet": "ISO_IR 100",
            "InstitutionName": "Hôpital",
            "IssuerOfPatientIDQualifiersSequence": [item(UniversalEntityID="1.2.3", UniversalEntityIDType="ISO")],
            "RequestAttributesSequence": [item(RequestedProcedureDescription="Crâne", ScheduledProcedureStepID="1")],
        },
    )  # fmt: skip
    if syntax not in {ExplicitVRLittleEndian, RLELossless}:
        option = {ImplicitVRLittleEndian: "+ti", ExplicitVRBigEndian: "+tb", DeflatedExplicitVRLittleEndian: "+td"}[
            syntax
        ]
        converted = tmp_path / "converted.dcm"
        subprocess.run([needed("dcmconv"), option, "-g", str(path), str(converted)], check=True)
        path = converted
    target = tmp_path / "new.dcm"
    made = rewritten(path, target, {PATIENT_NAME: name, PATIENT_ID: "NEW 1"})
    assert made is not None
    assert made.is_widened == (name == KIM)
    assert made.changed == (PATIENT_NAME, PATIENT_ID, QUALIFIERS)
    assert dumped(target) == [line for line in dumped(path) if "IssuerOfPatientIDQualifiers" not in line]
    after = read(target)
    assert after.file_meta.TransferSyntaxUID == syntax
    assert after.InstitutionName == "Hôpital"
    assert after.RequestAttributesSequence[0].RequestedProcedureDescription == "Crâne"
    assert "IssuerOfPatientIDQualifiersSequence" not in after
    (said,) = after.OriginalAttributesSequence
    assert (said.ModifyingSystem, said.SourceOfPreviousValues) == ("Negatoscope test", "DISC")
    assert said.ReasonForTheAttributeModification == "CORRECT"
    before = read(path)
    (former,) = said.ModifiedAttributesSequence
    assert (former.PatientID, former.PatientName) == (before.PatientID, before.PatientName)
    assert former.IssuerOfPatientIDQualifiersSequence[0].UniversalEntityID == "1.2.3"
    assert ("SpecificCharacterSet" in former) == made.is_widened
    if syntax == ExplicitVRLittleEndian:
        assert errors_of(target) == errors_of(path)


def dumped(path: Path) -> list[str]:
    """Return what DCMTK reads at the top level, its text in UTF-8, but for what was to change."""
    output = subprocess.run(
        [needed("dcmdump"), "+L", "+U8", "-dc", str(path)], check=True, capture_output=True
    ).stdout.decode("utf-8", "replace")
    changed = ("(0008,0005)", "(0010,0010)", "(0010,0020)", "(0400,0561)", "(0010,0024)")
    kept = []
    for line in output.splitlines():
        is_top = line.startswith("(") and not line.startswith("(fffe")
        if is_top and not line.startswith(changed):
            text, _hash, length = line.partition("#")
            vr = text[12:14]
            # Text may be longer in UTF-8, and sequences with it.
            kept.append(
                text.rstrip().replace(" ]", "]") + ("" if vr in {"SQ", "LO", "PN", "SH"} else length.split(",")[0])
            )
    return kept


def errors_of(path: Path) -> list[str]:
    ended = subprocess.run([needed("dciodvfy"), str(path)], capture_output=True, check=False)
    return sorted(line for line in (ended.stdout + ended.stderr).decode().splitlines() if line.startswith("Error"))


def test_the_former_values_stay_legible_in_the_character_set_they_were_in(tmp_path: Path) -> None:
    (path,) = write_ct_series(
        tmp_path / "ct", 1, 16,
        elements={"SpecificCharacterSet": ["", "ISO 2022 IR 149"], "PatientName": "Hong^Gildong=洪^吉洞=홍^길동"},
    )  # fmt: skip
    target = tmp_path / "new.dcm"
    made = rewritten(path, target, {PATIENT_NAME: "Müller^Änne"})
    assert made is not None
    assert made.is_widened
    after = read(target)
    assert after.SpecificCharacterSet == "ISO_IR 192"
    assert str(after.PatientName) == "Müller^Änne"
    former = after.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]
    assert former.SpecificCharacterSet == ["", "ISO 2022 IR 149"]
    assert str(former.PatientName) == "Hong^Gildong=洪^吉洞=홍^길동"


def test_a_second_change_adds_an_item_and_names_the_file_it_was_made_of(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "ct", 1, 16)
    first, second = tmp_path / "first.dcm", tmp_path / "second.dcm"
    rewritten(path, first, {PATIENT_ID: "A"})
    rewritten(first, second, {PATIENT_ID: "B", ACCESSION: "77"})
    items = read(second).OriginalAttributesSequence
    assert [each.ModifiedAttributesSequence[0].PatientID for each in items] == [read(path).PatientID, "A"]
    hashes = [hashlib.sha256(each.read_bytes()).hexdigest() for each in (path, first)]
    assert [each[MADE_OF].value for each in items] == hashes
    made = read_made(FileBytes(second))
    assert made is not None
    assert (made.made_of, made.changed) == (hashes[1], (ACCESSION, PATIENT_ID))
    assert read_made(FileBytes(path)) is None


def test_what_says_so_already_is_not_written(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "ct", 1, 16)
    before = read(path)
    values = {PATIENT_ID: before.PatientID, PATIENT_NAME: str(before.PatientName), 0x00100021: ""}
    assert rewritten(path, tmp_path / "new.dcm", values) is None


def test_text_that_is_not_what_the_file_declares_is_not_changed_into_something_else(tmp_path: Path) -> None:
    (path,) = write_ct_series(
        tmp_path / "ct", 1, 16, elements={"SpecificCharacterSet": "", "InstitutionName": "Hospital"}
    )
    path.write_bytes(path.read_bytes().replace(b"Hospital", b"Hosp\xb1\xe6al"))
    with pytest.raises(DicomError, match=r"\(0008,0080\) is not in the character set"):
        rewritten(path, tmp_path / "new.dcm", {PATIENT_NAME: KIM})
    assert rewritten(path, tmp_path / "new.dcm", {PATIENT_NAME: "Miller^Anna"}) is not None


def test_group_lengths_of_old_files_are_made_true(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "ct", 1, 16)
    old, target = tmp_path / "old.dcm", tmp_path / "new.dcm"
    subprocess.run([needed("dcmconv"), "+g", str(path), str(old)], check=True)
    rewritten(old, target, {PATIENT_NAME: KIM, ACCESSION: "A longer one"})
    again = tmp_path / "again.dcm"
    subprocess.run([needed("dcmconv"), "+g", str(target), str(again)], check=True)  # recalculates them
    for tag in (0x00080000, 0x00100000):
        assert read(target)[tag].value == read(again)[tag].value


@pytest.mark.parametrize("cut", [200, 701, 1500, -1, -100])
def test_a_damaged_file_is_refused(cut: int, tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "ct", 1, 16)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ViewerError):
        rewritten(path, tmp_path / "new.dcm", {PATIENT_ID: "X"})
