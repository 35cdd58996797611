"""A DICOMDIR that names more images than came leaves their series incomplete, whatever became of them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from tests.builders.discs import copy_disc, make_directory, make_zip, write_disc
from viewer.base.jobs import Progress
from viewer.media.disc_contents import open_places
from viewer.workspace.display_set import DisplaySet, WarningCode
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.study_tree import StudyTree

COUNT = 30
LAST = f"DICOM/S0/IM{COUNT - 1:06d}"
"""The last slice: without it nothing in the other files tells that one is missing."""


@pytest.fixture(scope="module")
def made_disc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "disc"
    write_disc(folder, COUNT)
    make_directory(folder)
    return folder


@pytest.fixture
def disc(made_disc: Path, tmp_path: Path) -> Path:
    return copy_disc(made_disc, tmp_path / "disc")


def _opened(*paths: Path, tree: StudyTree | None = None) -> StudyTree:
    tree = tree or StudyTree()
    for batch in open_places(paths, Progress(), processes=0):
        tree.add(batch.headers, batch.problems, batch.promises, batch.broken)
    return tree


def _only_set(tree: StudyTree) -> DisplaySet:
    (series,) = tree.all_series()
    (display_set,) = DisplaySetCatalogue(tree).of_series(series.key)
    return display_set


def _counts(tree: StudyTree) -> list[tuple[str, ...]]:
    codes = {WarningCode.FEWER_THAN_EXPECTED, WarningCode.MORE_THAN_EXPECTED}
    return [warning.arguments for warning in _only_set(tree).warnings if warning.code in codes]


def test_a_series_with_all_its_images_is_complete(disc: Path) -> None:
    tree = _opened(disc)
    assert _only_set(tree).is_complete
    assert tree.all_series()[0].expected is None


@pytest.mark.parametrize(
    "lose",
    [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:200]), lambda path: path.write_bytes(b"")],
    ids=["gone", "cut", "empty"],
)
def test_an_image_that_does_not_come_is_missed(disc: Path, lose: Callable[[Path], object]) -> None:
    lose(disc / LAST)
    tree = _opened(disc)
    assert _counts(tree) == [(str(COUNT - 1), str(COUNT))]
    assert not _only_set(tree).is_complete


def test_the_directory_of_an_archive_is_held_to_its_word_too(disc: Path, tmp_path: Path) -> None:
    (disc / LAST).unlink()
    assert _counts(_opened(make_zip(tmp_path / "disc.zip", disc))) == [(str(COUNT - 1), str(COUNT))]


def test_an_opening_that_was_left_early_leaves_the_series_incomplete(disc: Path) -> None:
    tree = StudyTree()
    batches = list(open_places([disc], Progress(), processes=0))
    headers = [header for batch in batches for header in batch.headers]
    tree.add(headers[:10], promises=[promise for batch in batches for promise in batch.promises])
    assert _counts(tree) == [("10", str(COUNT))]
    tree.add(headers[10:])
    assert _counts(tree) == []


def test_images_that_the_directory_names_wrongly_are_not_missed(disc: Path) -> None:
    path = disc / "DICOMDIR"
    directory = pydicom.dcmread(path)
    for record in directory.DirectoryRecordSequence:
        if "ReferencedFileID" in record:
            record.ReferencedSOPInstanceUIDInFile = "9" + record.ReferencedSOPInstanceUIDInFile[1:]
        elif "SeriesInstanceUID" in record:
            record.SeriesInstanceUID += ".9"
    path.unlink()
    directory.save_as(path)
    assert _counts(_opened(disc)) == []


def test_images_beside_those_of_the_directory_are_no_mistake(disc: Path) -> None:
    extra = pydicom.dcmread(disc / LAST)
    extra.SOPInstanceUID = extra.file_meta.MediaStorageSOPInstanceUID = extra.SOPInstanceUID + ".1"
    extra.ImagePositionPatient[2] += 1.0
    extra.InstanceNumber += 1
    extra.save_as(disc / "DICOM" / "EXTRA")
    assert _counts(_opened(disc)) == []


def test_a_series_on_two_discs_is_complete_when_both_were_read(tmp_path: Path) -> None:
    discs = [tmp_path / "one", tmp_path / "two"]
    for number, disc in enumerate(discs):
        write_disc(disc, 6)
        for path in (disc / "DICOM" / "S0").iterdir():
            if int(path.name[2:]) // 3 != number:
                path.unlink()
        make_directory(disc)
    shutil.move(discs[1] / "DICOM", tmp_path / "away")
    tree = _opened(*discs)
    assert _counts(tree) == [("3", "6")]
    shutil.move(tmp_path / "away", discs[1] / "DICOM")
    assert _counts(_opened(discs[1], tree=tree)) == []


def test_a_study_that_was_closed_is_not_waited_for(disc: Path) -> None:
    (disc / LAST).unlink()
    tree = _opened(disc)
    tree.remove_study(next(tree.studies()).key)
    (disc / "DICOMDIR").unlink()
    assert _counts(_opened(disc, tree=tree)) == []


def test_another_character_set_leaves_what_is_missed(disc: Path) -> None:
    (disc / LAST).unlink()
    tree = _opened(disc)
    tree.set_character_set(next(tree.studies()).key, "ISO_IR 192")
    assert _counts(tree) == [(str(COUNT - 1), str(COUNT))]
