"""Opening a library: what several windows share, what needs it alone, and what a crash left."""

import os
import shutil
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from viewer.base.errors import LibraryError
from viewer.base.jobs import Progress
from viewer.base.paths import library_folder
from viewer.library.database import DATABASE_NAME, DamagedDatabase
from viewer.library.integrity import rebuild
from viewer.library.library import LOCK, Library, held_alone
from viewer.library.rebuilding import READY, finish
from viewer.workspace.importing import ImportPlaces


def test_its_place_is_given_or_of_the_environment_or_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEGATOSCOPE_LIBRARY", str(tmp_path / "b"))
    assert library_folder(tmp_path / "a") == tmp_path / "a"
    assert library_folder() == tmp_path / "b"
    monkeypatch.delenv("NEGATOSCOPE_LIBRARY")
    assert library_folder().parts[-2:] == ("negatoscope", "library")


def filled(folder: Path) -> Path:
    write_ct_series(folder.parent / "ct", 3, size=16)
    with Library(folder) as library:
        ImportPlaces((folder.parent / "ct",), library).run(Progress())
    return folder


def test_two_may_have_it_open(tmp_path: Path) -> None:
    folder = filled(tmp_path / "library")
    write_ct_series(tmp_path / "more", 2, size=16, label="more")
    with Library(folder) as one, Library(folder) as other:
        ImportPlaces((tmp_path / "more",), other).run(Progress())
        assert one.catalogue.stats().instances == 5


@pytest.mark.skipif(os.name == "nt", reason="there an open index cannot be replaced anyway")
def test_nobody_makes_the_index_again_while_it_is_open(tmp_path: Path) -> None:
    folder = filled(tmp_path / "library")
    with Library(folder), pytest.raises(LibraryError, match="in use"):
        held_alone(folder)
    with held_alone(folder), pytest.raises(LibraryError, match="in use"):
        Library(folder)
    Library(folder).close()


@pytest.mark.skipif(os.name == "nt", reason="modes of files")
def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = filled(tmp_path / "library")
    for path in (folder, *folder.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_damaged_index_is_told_and_can_be_made_again(tmp_path: Path) -> None:
    folder = filled(tmp_path / "library")
    (folder / DATABASE_NAME).write_bytes(b"not a database" * 1000)
    with pytest.raises(DamagedDatabase):
        Library(folder)
    with held_alone(folder):
        rebuild(folder, Progress())
    with Library(folder) as library:
        assert library.catalogue.stats().instances == 3


def test_an_index_that_was_ready_when_the_power_went_is_put_in_place(tmp_path: Path) -> None:
    folder = filled(tmp_path / "library")
    shutil.move(folder / DATABASE_NAME, folder / READY)
    (folder / DATABASE_NAME).write_bytes(b"the old one")
    with Library(folder) as library:
        assert library.catalogue.stats().instances == 3
    assert not (folder / READY).exists()


def test_who_comes_second_to_put_a_new_index_in_place_leaves_it_there(tmp_path: Path) -> None:
    folder = filled(tmp_path / "library")
    shutil.move(folder / DATABASE_NAME, folder / READY)
    assert finish(folder) is None  # there was no old one
    assert finish(folder) is None
    with Library(folder) as library:
        assert library.catalogue.stats().instances == 3


@pytest.mark.parametrize("is_empty", [True, False])
def test_a_lost_index_is_no_empty_library(is_empty: bool, tmp_path: Path) -> None:
    folder = filled(tmp_path / "library")
    for path in folder.glob(f"{DATABASE_NAME}*"):
        path.unlink()
    if is_empty:
        (folder / DATABASE_NAME).touch()
    with pytest.raises(DamagedDatabase):
        Library(folder)
    with held_alone(folder):
        rebuild(folder, Progress())
    with Library(folder) as library:
        assert library.catalogue.stats().instances == 3


def test_a_place_that_cannot_be_a_library_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LibraryError):
        Library(tmp_path / "file")


def test_locks_that_cannot_be_taken_are_told(tmp_path: Path) -> None:
    folder = filled(tmp_path / "library")
    (folder / LOCK).unlink()
    (folder / LOCK).mkdir()
    for opened in (Library, held_alone):
        with pytest.raises(LibraryError, match="could not write"):
            opened(folder)
