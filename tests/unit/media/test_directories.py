import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.builders.ct_series import write_ct_series
from tests.builders.discs import OTHER_FILES, copy_disc, fingerprint, make_directory, make_image, make_zip, write_disc
from tests.builders.hostile_names import HOSTILE_NAMES
from tests.unit.media.opening import opened
from viewer.media.problems import ProblemKind

COUNT = 6
CLEAN = {ProblemKind.NOT_DICOM: OTHER_FILES, ProblemKind.DIRECTORY: 1}


@pytest.fixture(scope="module")
def made_disc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "disc"
    write_disc(folder, COUNT)
    make_directory(folder)
    return folder


@pytest.fixture
def disc(made_disc: Path, tmp_path: Path) -> Path:
    return copy_disc(made_disc, tmp_path / "disc")


def _change_directory(disc: Path, change: Callable[[list[Dataset]], None]) -> None:
    """Let a test change the records that name files."""
    path = disc / "DICOMDIR"
    directory = pydicom.dcmread(path)
    change([record for record in directory.DirectoryRecordSequence if "ReferencedFileID" in record])
    path.unlink()
    directory.save_as(path)


def _images(disc: Path) -> Path:
    return disc / "DICOM" / "S0"


def test_a_sound_disc_has_no_damage(disc: Path) -> None:
    before = fingerprint(disc)
    result = opened(disc)
    assert len(result.headers) == COUNT
    assert result.kinds == CLEAN
    assert result.files == COUNT + OTHER_FILES + 1
    assert not any(problem.is_damage for problem in result.problems)
    assert fingerprint(disc) == before


def test_the_directory_itself_stands_for_its_disc(disc: Path) -> None:
    assert opened(disc / "DICOMDIR").uids == opened(disc).uids


def test_a_named_directory_leaves_the_folders_it_does_not_name_alone(
    disc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ct_series(disc / "Documents" / "far", 2, size=8, label="far")
    write_ct_series(disc / "DICOM" / "S1", 3, size=8, label="near")
    write_ct_series(disc, 1, size=8, label="beside")
    (disc / "link").symlink_to(tmp_path)
    looked_at: list[str] = []
    scandir = os.scandir

    def seen(path: str) -> object:
        looked_at.append(str(path))
        return scandir(path)

    monkeypatch.setattr("viewer.media.folder_tree.os.scandir", seen)
    result = opened(disc / "DICOMDIR")
    assert len(result.headers) == COUNT + 4
    assert result.kinds == {**CLEAN, ProblemKind.EXTRA: 4}
    assert not [path for path in looked_at if "Documents" in path]
    assert len(opened(disc).headers) == COUNT + 6


def test_extra_files_without_end_are_left_and_that_is_said(disc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ct_series(disc / "DICOM" / "S1", 30, size=8, label="more")
    monkeypatch.setattr("viewer.media.file_set_tree._UNNAMED_FILES", 10)
    monkeypatch.setattr("viewer.media.file_set_tree._UNNAMED_SHARE", 1)
    result = opened(disc / "DICOMDIR")
    assert len(result.headers) == COUNT + 10
    assert result.kinds[ProblemKind.EXTRA] == 10 + 1
    assert any("open the folder" in problem.error for problem in result.problems)


def test_a_named_directory_that_cannot_be_used_leaves_the_whole_folder(disc: Path) -> None:
    (disc / "DICOMDIR").write_bytes((disc / "DICOMDIR").read_bytes()[:600])
    write_ct_series(disc / "OTHER", 2, size=8, label="other")
    assert len(opened(disc / "DICOMDIR").headers) == COUNT + 2


def test_discs_in_subfolders_use_their_own_directories(disc: Path, tmp_path: Path) -> None:
    shutil.copytree(disc, tmp_path / "both" / "first")
    write_disc(tmp_path / "both" / "second", 3, label="second")
    make_directory(tmp_path / "both" / "second")
    result = opened(tmp_path / "both")
    assert len(result.headers) == COUNT + 3
    assert result.kinds == {ProblemKind.NOT_DICOM: 2 * OTHER_FILES, ProblemKind.DIRECTORY: 2}


def test_the_order_is_that_of_the_directory(disc: Path) -> None:
    records = list(pydicom.dcmread(disc / "DICOMDIR").DirectoryRecordSequence)
    wanted = [record.ReferencedSOPInstanceUIDInFile for record in records if "ReferencedFileID" in record]
    assert [header.sop_instance_uid for header in opened(disc).headers] == wanted


def test_a_missing_file_is_listed(disc: Path) -> None:
    (_images(disc) / "IM000002").unlink()
    result = opened(disc)
    assert len(result.headers) == COUNT - 1
    (problem,) = result.of_kind(ProblemKind.MISSING)
    assert problem.path.endswith("DICOM/S0/IM000002")
    assert result.files == COUNT - 1 + OTHER_FILES + 1


def test_all_files_missing_is_survived(disc: Path) -> None:
    shutil.rmtree(disc / "DICOM")
    result = opened(disc)
    assert not result.headers
    assert result.kinds[ProblemKind.MISSING] == COUNT


def test_an_extra_file_is_shown_and_listed(disc: Path) -> None:
    write_ct_series(disc / "EXTRA", 2, size=8, label="extra")
    result = opened(disc)
    assert len(result.headers) == COUNT + 2
    assert {Path(problem.path).parent.name for problem in result.of_kind(ProblemKind.EXTRA)} == {"EXTRA"}
    assert result.kinds[ProblemKind.EXTRA] == 2


def test_wrong_records_are_listed_and_the_files_believed(disc: Path) -> None:
    def change(records: list[Dataset]) -> None:
        for record in records:
            record.ReferencedSOPInstanceUIDInFile = "9" + record.ReferencedSOPInstanceUIDInFile[1:]

    true_uids = opened(disc).uids
    _change_directory(disc, change)
    result = opened(disc)
    assert result.uids == true_uids
    assert result.kinds[ProblemKind.MISMATCH] == COUNT


def test_another_patient_in_the_directory_is_listed(disc: Path) -> None:
    path = disc / "DICOMDIR"
    patient_id = pydicom.dcmread(next(_images(disc).iterdir())).PatientID.encode()
    data = path.read_bytes()
    assert data.count(patient_id) == 1
    path.write_bytes(data.replace(patient_id, b"X" * len(patient_id)))
    result = opened(disc)
    assert result.kinds[ProblemKind.MISMATCH] == COUNT
    assert all("Patient ID" in problem.error for problem in result.of_kind(ProblemKind.MISMATCH))


@pytest.mark.parametrize(
    "rename",
    [str.lower, lambda name: f"{name};1", lambda name: f"{name}.;1", lambda name: f"{name.lower()};1", str.title],
)
def test_names_written_otherwise_are_found_and_said_once(disc: Path, rename: Callable[[str], str]) -> None:
    for path in sorted(disc.rglob("*"), reverse=True):
        name = path.name if path.is_dir() and ";" in rename("x") else rename(path.name)
        if path.name != "DICOMDIR":
            path.rename(path.with_name(name))
    result = opened(disc)
    assert len(result.headers) == COUNT
    assert result.kinds == {**CLEAN, ProblemKind.MISMATCH: 1}
    assert str(COUNT) in result.of_kind(ProblemKind.MISMATCH)[0].error


@pytest.mark.parametrize("extension", [".dcm", ".DCM", ".IMA"])
def test_names_with_an_extension_are_found(disc: Path, extension: str) -> None:
    for path in _images(disc).iterdir():
        path.rename(path.with_name(path.name + extension))
    result = opened(disc)
    assert len(result.headers) == COUNT
    assert result.kinds == {**CLEAN, ProblemKind.MISMATCH: 1}


@pytest.mark.parametrize("name", ["dicomdir", "DICOMDIR;1", "DICOMDIR.;1", "DicomDir", "DICOMDIR."])
def test_the_directory_is_found_under_any_case(disc: Path, name: str) -> None:
    (disc / "DICOMDIR").rename(disc / name)
    result = opened(disc)
    assert len(result.headers) == COUNT
    assert result.kinds == CLEAN


@pytest.mark.parametrize("kept", [0, 10, 200, 400])
def test_an_unusable_directory_is_listed_and_the_disc_walked(disc: Path, kept: int) -> None:
    path = disc / "DICOMDIR"
    path.write_bytes(path.read_bytes()[:kept])
    result = opened(disc)
    assert len(result.headers) == COUNT
    assert result.kinds == {ProblemKind.NOT_DICOM: OTHER_FILES, ProblemKind.DAMAGED: 1}
    assert result.files == COUNT + OTHER_FILES + 1


@pytest.mark.parametrize("step", [37, 101])
def test_every_cut_of_a_directory_still_gives_every_file(disc: Path, step: int) -> None:
    path = disc / "DICOMDIR"
    whole = path.read_bytes()
    for kept in range(300, len(whole), len(whole) // step):
        path.write_bytes(whole[:kept])
        result = opened(disc)
        assert len(result.headers) == COUNT, kept
        assert any(problem.is_damage for problem in result.problems), kept


def test_a_linked_directory_is_not_followed(disc: Path, tmp_path: Path) -> None:
    (disc / "DICOMDIR").rename(tmp_path / "outside")
    (disc / "DICOMDIR").symlink_to(tmp_path / "outside")
    result = opened(disc)
    assert len(result.headers) == COUNT
    assert result.kinds == {ProblemKind.NOT_DICOM: OTHER_FILES, ProblemKind.REFUSED: 1}


def test_directories_in_archives_and_images_are_used(disc: Path, tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "disc.zip", disc)
    image = make_image(tmp_path / "disc.iso", disc, ["-iso-level", "1"])
    for path in (archive, image):
        result = opened(path)
        assert len(result.headers) == COUNT
        assert result.kinds == CLEAN


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_hostile_file_ids_open_nothing(made_disc: Path, tmp_path: Path, name: str) -> None:
    canary = tmp_path / "canary"
    (secret,) = write_ct_series(canary, 1, size=8, label="canary")
    secret.rename(canary / "secret")
    disc = copy_disc(made_disc, tmp_path / "disc")
    before = fingerprint(canary)
    wanted = name.replace("{canary}", str(canary))
    first = next(
        index
        for index, record in enumerate(pydicom.dcmread(disc / "DICOMDIR").DirectoryRecordSequence)
        if "ReferencedFileID" in record
    )
    directory = pydicom.dcmread(disc / "DICOMDIR")
    element = directory.DirectoryRecordSequence[first]["ReferencedFileID"]
    element.VR = "UN"  # so that it is written as it is
    element._value = wanted.encode("utf-8", "replace")[:60_000]
    directory.save_as(tmp_path / "written", implicit_vr=False, little_endian=True)
    (disc / "DICOMDIR").write_bytes(_as_code_strings((tmp_path / "written").read_bytes()))
    result = opened(disc)
    assert len(result.headers) == COUNT
    assert all(str(disc) in header.source.name for header in result.headers)
    assert fingerprint(canary) == before
    listed = result.kinds[ProblemKind.REFUSED] + result.kinds[ProblemKind.MISSING]
    assert listed == (1 if len(wanted) <= 4096 else 0)  # no value of a record is that long: its file is an extra one
    assert result.kinds[ProblemKind.EXTRA] == 1


def _as_code_strings(data: bytes) -> bytes:
    """Give (0004,1500) back its VR, which pydicom would have checked."""
    tag = b"\x04\x00\x00\x15UN\x00\x00"
    at = data.find(tag)
    length = int.from_bytes(data[at + 8 : at + 12], "little")
    # A long-form VR keeps the lengths of all sequences around it right.
    assert at > 0
    assert length > 0
    return data.replace(tag, b"\x04\x00\x00\x15UC\x00\x00")
