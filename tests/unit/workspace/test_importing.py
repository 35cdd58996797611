"""Importing: what comes in is what was there, nothing is replaced, and an import that ended early can be run again."""

import hashlib
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.data_sets import made_uid
from tests.builders.discs import OTHER_FILES, fingerprint, make_directory, make_image, make_zip, write_disc
from tests.builders.hostile_names import HOSTILE_NAMES
from viewer.base.errors import Cancelled, LibraryError, MediaError
from viewer.base.jobs import Progress, ProgressReport
from viewer.library.instance_record import Door, Filed, KeptFile
from viewer.library.instance_store import ObjectState
from viewer.library.keeping import delete_study, empty_trash, export_study
from viewer.library.library import Library
from viewer.library.search import Search
from viewer.workspace import importing
from viewer.workspace.importing import ImportPlaces, ImportSummary


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def objects_in(library: Library) -> set[str]:
    """Return the hashes of the bytes that are really there, whatever their names say."""
    return {hash_of(path) for path in (library.folder / "objects").rglob("*") if path.is_file()}


def counts(summary: ImportSummary) -> tuple[int, int, int, int]:
    return summary.imported, summary.already, summary.conflicts, len(summary.refused)


def imported(library: Library, *paths: Path, in_place: bool = False) -> ImportSummary:
    return ImportPlaces(paths, library, is_in_place=in_place).run(Progress())


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library") as opened:
        yield opened


def test_every_byte_comes_in_and_the_source_is_left_alone(library: Library, tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path / "ct", 250, size=16)  # more than two groups
    before = fingerprint(tmp_path / "ct")
    assert counts(imported(library, tmp_path / "ct")) == (250, 0, 0, 0)
    assert objects_in(library) == {hash_of(path) for path in paths}
    assert fingerprint(tmp_path / "ct") == before
    (study,) = library.catalogue.studies()
    assert (study.instance_count, study.series_count, study.patient_id) == (250, 1, "TEST-CT")


def test_the_same_again_is_already_there(library: Library, tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 5, size=16)
    imported(library, tmp_path / "ct")
    held = objects_in(library)
    assert counts(imported(library, tmp_path / "ct")) == (0, 5, 0, 0)
    shutil.copy(tmp_path / "ct" / "IM000000", tmp_path / "another.dcm")
    assert counts(imported(library, tmp_path / "another.dcm")) == (0, 1, 0, 0)
    assert objects_in(library) == held


def test_twice_in_one_import_is_filed_once(library: Library, tmp_path: Path) -> None:
    write_ct_series(tmp_path / "a", 5, size=16)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert counts(imported(library, tmp_path / "a", tmp_path / "b")) == (5, 5, 0, 0)


def test_what_another_process_files_meanwhile_is_already_there(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = write_ct_series(tmp_path / "ct", 2, size=16)
    (tmp_path / "elsewhere").mkdir()
    other = tmp_path / "elsewhere" / "IM"
    other.write_bytes(b"another writer".ljust(128, b"\0") + first.read_bytes()[128:])
    real = Library.file

    def file(self: Library, *given: Any) -> list[Filed]:
        monkeypatch.setattr(Library, "file", real)
        with Library(tmp_path / "library") as others:
            assert counts(imported(others, other)) == (1, 0, 0, 0)
        return real(self, *given)

    monkeypatch.setattr(Library, "file", file)
    assert counts(imported(library, tmp_path / "ct")) == (1, 1, 0, 0)
    assert objects_in(library) == {hash_of(other), hash_of(second)}
    assert library.catalogue.conflicts() == []
    assert list((library.folder / "incoming").iterdir()) == []


def test_one_changed_pixel_is_kept_aside_and_replaces_nothing(library: Library, tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "ct", 1, size=16)
    imported(library, path)
    first = hash_of(path)
    forged = bytearray(path.read_bytes())
    forged[-1] ^= 1
    (tmp_path / "forged.dcm").write_bytes(forged)
    for _time in range(2):
        assert counts(imported(library, tmp_path / "forged.dcm")) == (0, 0, 1, 0)
    (conflict,) = library.catalogue.conflicts()
    held = library.catalogue.instance(conflict.sop_instance_uid)
    assert held is not None
    assert held.kept.sha256 == first
    assert library.store.open(held.kept).read_at(0, len(forged)) == path.read_bytes()
    assert library.store.open(conflict.kept).read_at(0, len(forged)) == bytes(forged)


def test_what_is_not_dicom_is_refused_and_the_rest_goes_on(library: Library, tmp_path: Path) -> None:
    write_disc(tmp_path / "disc", 3)
    (tmp_path / "disc" / "DICOM" / "broken.dcm").write_bytes(bytes(128) + b"DICM" + b"\xff" * 300)
    summary = imported(library, tmp_path / "disc")
    assert counts(summary) == (3, 0, 0, OTHER_FILES + 1)
    assert all(each.error for each in summary.refused)
    assert {Path(each.path).name for each in summary.refused} >= {"README.TXT", "broken.dcm"}


def test_every_file_of_a_disc_with_a_directory_is_accounted_for(library: Library, tmp_path: Path) -> None:
    paths = write_disc(tmp_path / "disc", 4)
    make_directory(tmp_path / "disc")
    paths[1].unlink()
    summary = imported(library, tmp_path / "disc")
    assert (summary.imported, summary.conflicts) == (3, 0)
    refused = {Path(each.path).name for each in summary.refused}
    assert "DICOMDIR" in refused
    assert paths[1].name in refused  # named by the directory, not on the disc


def test_archives_and_disc_images_give_the_bytes_inside(library: Library, tmp_path: Path) -> None:
    paths = write_disc(tmp_path / "one", 3, label="one")
    packed = make_zip(tmp_path / "one.zip", tmp_path / "one")
    other = write_disc(tmp_path / "two", 3, label="two")
    image = make_image(tmp_path / "two.iso", tmp_path / "two", ["-J", "-R"])
    assert imported(library, packed, image).imported == 6
    assert objects_in(library) == {hash_of(path) for path in (*paths, *other)}
    assert {row.source.name for row in library.catalogue.instances_of_study(library.catalogue.studies()[0])} <= {
        "one.zip",
        "two.iso",
    }


def test_an_encrypted_archive_needs_its_password(library: Library, tmp_path: Path) -> None:
    import pyzipper

    (path,) = write_ct_series(tmp_path / "ct", 1, size=16)
    archive = tmp_path / "locked.zip"
    with pyzipper.AESZipFile(archive, "w", compression=zipfile.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as packed:
        packed.setpassword(b"secret")
        packed.write(path, "IM0")
    assert counts(imported(library, archive)) == (0, 0, 0, 1)
    summary = ImportPlaces((archive,), library, ask=lambda _name, _again: "secret").run(Progress())
    assert counts(summary) == (1, 0, 0, 0)
    assert objects_in(library) == {hash_of(path)}


def test_in_place_copies_nothing_and_tells_what_changed(library: Library, tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path / "ct", 3, size=16)
    before = fingerprint(tmp_path / "ct")
    assert counts(imported(library, tmp_path / "ct", in_place=True)) == (3, 0, 0, 0)
    assert objects_in(library) == set()
    assert fingerprint(tmp_path / "ct") == before
    kept = {Path(each.path): each for each in library.catalogue.every_kept()}
    assert set(kept) == set(paths)
    assert all(file.sha256 == hash_of(path) for path, file in kept.items())
    paths[0].unlink()
    paths[1].write_bytes(paths[1].read_bytes() + b"\0\0")
    states = [library.store.check(kept[path]) for path in paths]
    assert states == [ObjectState.MISSING, ObjectState.ALTERED, ObjectState.WHOLE]


def test_what_was_in_place_becomes_the_librarys_own_when_it_is_imported(library: Library, tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "ct", 1, size=16)
    imported(library, path, in_place=True)
    assert counts(imported(library, path)) == (0, 1, 0, 0)
    (kept,) = library.catalogue.every_kept()
    assert not kept.is_in_place
    assert objects_in(library) == {kept.sha256}


def test_what_moved_is_found_in_its_new_place(library: Library, tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 3, size=16)
    imported(library, tmp_path / "ct", in_place=True)
    (tmp_path / "ct").rename(tmp_path / "moved")
    assert counts(imported(library, tmp_path / "moved", in_place=True)) == (0, 3, 0, 0)
    places = {Path(kept.path).parent for kept in library.catalogue.every_kept()}
    assert places == {tmp_path / "moved"}
    shutil.copytree(tmp_path / "moved", tmp_path / "copy")
    assert counts(imported(library, tmp_path / "copy", in_place=True)) == (0, 3, 0, 0)
    assert {Path(kept.path).parent for kept in library.catalogue.every_kept()} == places  # the first are still there


def test_members_of_archives_have_no_place_of_their_own(library: Library, tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 2, size=16)
    summary = imported(library, make_zip(tmp_path / "ct.zip", tmp_path / "ct"), in_place=True)
    assert counts(summary) == (0, 0, 0, 2)
    assert "in place" in summary.refused[0].error


class _Stopping(Progress):
    """Cancelled as soon as so many files are dealt with."""

    def __init__(self, after: int) -> None:
        super().__init__(self._look)
        self._after = after

    def _look(self, report: ProgressReport) -> None:
        if report.done >= self._after:
            self.cancel()


def test_cancelling_leaves_what_was_filed_and_the_next_import_brings_the_rest(library: Library, tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 1200, size=16)
    with pytest.raises(Cancelled):
        ImportPlaces((tmp_path / "ct",), library).run(_Stopping(100))
    filed = library.catalogue.stats().instances
    assert 100 <= filed < 1200
    assert len(objects_in(library)) == filed
    assert list((library.folder / "incoming").iterdir()) == []
    assert counts(imported(library, tmp_path / "ct")) == (1200 - filed, filed, 0, 0)


def test_a_full_disk_ends_the_import_in_words_and_keeps_what_was_filed(tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 3, size=16)
    with Library(tmp_path / "library") as library:
        imported(library, tmp_path / "ct")
    write_ct_series(tmp_path / "more", 3, size=16, label="more")
    with Library(tmp_path / "library", reserve_bytes=1 << 60) as library:
        with pytest.raises(LibraryError, match="nearly full"):
            imported(library, tmp_path / "more")
        assert library.catalogue.stats().instances == 3
        assert list((library.folder / "incoming").iterdir()) == []


def test_a_damaged_object_is_mended_by_importing_it_again(library: Library, tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "ct", 1, size=16)
    imported(library, path)
    (kept,) = library.catalogue.every_kept()
    place = library.store.path_of(kept)
    place.chmod(0o600)
    place.write_bytes(b"\0" * kept.size)
    assert library.store.check(kept) is ObjectState.ALTERED
    assert counts(imported(library, path)) == (0, 1, 0, 0)
    assert library.store.check(kept) is ObjectState.WHOLE


def test_a_copy_that_reads_back_otherwise_is_not_filed(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = write_ct_series(tmp_path / "ct", 1, size=16)

    def altered(_kept: KeptFile) -> ObjectState:
        return ObjectState.ALTERED

    monkeypatch.setattr(library.store, "check", altered)
    with pytest.raises(LibraryError, match="not as it was written"):
        imported(library, path)
    assert library.catalogue.stats().instances == 0


def test_a_library_does_not_swallow_itself(library: Library, tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 3, size=16)
    imported(library, tmp_path / "ct")
    summary = imported(library, tmp_path)
    assert (summary.imported, summary.already, summary.conflicts) == (0, 3, 0)
    inside = [each for each in summary.refused if each.path.endswith(".dcm")]
    assert len(inside) == 3
    assert all("library itself" in each.error for each in inside)


def test_what_has_no_uid_of_its_own_is_refused(library: Library, tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "ct", 1, size=16, elements={"StudyInstanceUID": ""})
    summary = imported(library, path)
    assert counts(summary) == (0, 0, 0, 1)
    assert "Study Instance UID" in summary.refused[0].error


def test_names_are_found_in_any_script(library: Library, tmp_path: Path) -> None:
    korean = {
        "SpecificCharacterSet": ["", "ISO 2022 IR 149"],
        "PatientName": "Hong^Gildong=洪^吉洞=홍^길동",
        "PatientID": "K1",
    }
    write_ct_series(tmp_path / "korean", 2, size=16, label="korean", elements=korean)
    write_ct_series(tmp_path / "other", 2, size=16, label="other")
    imported(library, tmp_path)
    for text in ("홍", "길동", "홍길동", "gildong", "吉洞", "K1"):
        assert [row.patient_id for row in library.catalogue.studies(Search(text))] == ["K1"], text


def test_where_a_file_came_from_is_kept(library: Library, tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "disc of 1999" / "DICOM", 1, size=16)
    imported(library, tmp_path / "disc of 1999")
    (row,) = library.catalogue.instances_of_study(library.catalogue.studies()[0])
    assert (row.source.door, row.source.name) == (Door.IMPORT, "disc of 1999")
    assert row.source.address == str(tmp_path / "disc of 1999")
    assert path.exists()


@pytest.mark.skipif(os.name == "nt", reason="file names there are text")
def test_names_of_any_bytes_are_imported(library: Library, tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "ct", 1, size=16)
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/odd\xff\xfe"))
    odd.mkdir()
    path.rename(odd / "IM0")
    assert counts(imported(library, odd, in_place=True)) == (0, 0, 0, 1)
    assert counts(imported(library, odd)) == (1, 0, 0, 0)


def test_uids_that_are_paths_lead_nowhere(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "ct", 1, size=8)
    data = path.read_bytes()
    path.unlink()
    uids = [made_uid("ct/study"), made_uid("ct/series"), f"{made_uid('ct/instance')}.100000"]
    for number, name in enumerate(HOSTILE_NAMES):
        forged = data
        for uid in uids:
            forged = forged.replace(uid.encode(), name.encode("ascii", "ignore").ljust(len(uid), b"\0")[: len(uid)])
        path.with_name(f"{number}").write_bytes(forged)
    (tmp_path / "canary").mkdir()
    (tmp_path / "canary" / "secret").write_text("secret")
    before = fingerprint(tmp_path)
    with Library(tmp_path / "library") as library:
        summary = imported(library, tmp_path / "ct")
        assert sum(counts(summary)) == len(HOSTILE_NAMES)
        assert summary.imported > len(HOSTILE_NAMES) // 2
        for number, study in enumerate(library.catalogue.studies(Search(limit=1000))):
            export_study(library, study.study_instance_uid, tmp_path / "out" / f"{number}", Progress())
            delete_study(library, study.study_instance_uid)
        empty_trash(library)
        assert library.catalogue.stats().instances == 0
    names = {each.name for each in (tmp_path / "out").rglob("*") if not each.name.isdecimal()}
    assert all(re.fullmatch(r"SE\d{4}|IM\d{6}\.dcm", each) for each in names)
    shutil.rmtree(tmp_path / "library")
    shutil.rmtree(tmp_path / "out")
    assert fingerprint(tmp_path) == before


def test_a_path_that_is_not_there_is_told(library: Library, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        imported(library, tmp_path / "absent")


def test_a_study_in_the_trash_that_comes_again_is_taken_out(library: Library, tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 2, size=16)
    imported(library, tmp_path / "ct")
    library.catalogue.trash(library.catalogue.studies()[0])
    assert library.catalogue.studies() == []
    assert counts(imported(library, tmp_path / "ct")) == (0, 2, 0, 0)
    assert len(library.catalogue.studies()) == 1


@pytest.mark.real_data
def test_real_files_come_in_bit_exact(library: Library, shared_data: Path) -> None:
    folders = [shared_data / name for name in ("ct-tilted-28", "wg04", "reports", "hostile")]
    on_disc = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    summary = imported(library, *folders)
    assert summary.imported + summary.already + summary.conflicts + len(summary.refused) == len(on_disc)
    held = objects_in(library)
    refused = {each.path for each in summary.refused}
    assert held == {hash_of(path) for path in on_disc if str(path) not in refused}
    assert {file.sha256 for file in library.catalogue.every_kept()} == held


def test_large_files_go_in_small_groups_and_are_filed_soon(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ct_series(tmp_path / "ct", 50, size=16)
    monkeypatch.setattr(importing, "GROUP_BYTES", 1)
    with pytest.raises(Cancelled):
        ImportPlaces((tmp_path / "ct",), library).run(_Stopping(1))
    filed = library.catalogue.stats().instances
    assert 1 <= filed <= 50
    assert len(objects_in(library)) == filed
    assert [line.count for line in library.audit.lines()] == [filed]
