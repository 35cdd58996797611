import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.library_rows import (
    PAGE_BYTES,
    RECEIVED,
    damage,
    flip,
    keep_all,
    make_promises,
    normal,
    of_files,
    promises,
    record_of,
    rows_of,
)
from viewer.base.byte_source import FileBytes
from viewer.base.errors import Cancelled, LibraryError
from viewer.base.jobs import Progress, ProgressReport
from viewer.library import rebuilding
from viewer.library.catalogue import Catalogue
from viewer.library.database import DATABASE_NAME, Database
from viewer.library.incoming import hash_of
from viewer.library.instance_record import Filed, KeptFile
from viewer.library.instance_store import InstanceStore
from viewer.library.integrity import rebuild, take_back, verify
from viewer.library.search import Search

PATIENTS, IMAGES, ASIDE, IN_PLACE = 3, 24, 3, 5
OWN = PATIENTS * IMAGES
DAMAGES, DAMAGES_OF_A_CAMPAIGN = 50, 500


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of three patients with a conflict, a study in place, and what readers add."""
    base = tmp_path_factory.mktemp("made")
    folder = base / "library"
    for number, name in enumerate(("Kim^Minsu=金^民秀=김^민수", "Müller^Jörg", "O'Hara^Ann")):
        elements = {"PatientName": name, "PatientID": f"P{number}", "SpecificCharacterSet": "ISO_IR 192"}
        paths = write_ct_series(base / f"in{number}", IMAGES, 16, label=f"study{number}", elements=elements)
        assert set(keep_all(folder, paths, number * 100)) == {Filed.NEW}
    other = write_ct_series(
        base / "other", ASIDE, 16, label="study0", elements={"PatientName": "Other", "PatientID": "P0"}
    )
    assert keep_all(folder, other, 500) == [Filed.CONFLICT] * ASIDE
    aside = write_ct_series(base / "in_place", IN_PLACE, 16, label="aside")
    with Database(folder) as database:
        catalogue = Catalogue(database)
        for number, path in enumerate(aside, 600):
            kept = KeptFile(hash_of(FileBytes(path)), path.stat().st_size, str(path))
            assert catalogue.file([record_of(FileBytes(path), kept, number)]) == [Filed.NEW]
        first, second, third = (study for study in catalogue.studies() if study.patient_id.startswith("P"))
        catalogue.set_rating(first, 4)
        catalogue.set_notes(first, "다시 볼 것: nodule, left")
        catalogue.set_flags(second, ["teaching", "to do"])
        catalogue.mark_displayed([row.sop_instance_uid for row in catalogue.instances_of_study(first)[:7]], RECEIVED)
        catalogue.trash(third, RECEIVED + timedelta(days=1))
        catalogue.save_search("CT of this year", Search(text="ct", flags=frozenset({"teaching"})))
        make_promises(database)
        for warning in catalogue.warnings()[:1]:
            catalogue.settle(warning.key, RECEIVED)
    return folder


@pytest.fixture
def library(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return copied(made, tmp_path / "library")


def copied(made: Path, folder: Path) -> Path:
    return Path(shutil.copytree(made, folder))


def rebuild_damaged(made: Path, base: Path, count: int) -> tuple[int, int]:
    """Rebuild so many damaged indexes; return of how many all was carried over, and of how many the notes were."""
    whole, own = rows_of(made), rows_of(made, with_in_place=False)
    carried = noted = 0
    for seed in range(count):
        folder = copied(made, base / str(seed))
        damage(folder / DATABASE_NAME, seed)
        damaged = (folder / DATABASE_NAME).read_bytes()
        report = rebuild(folder, Progress())
        assert report.old_index is not None
        assert report.old_index.read_bytes() == damaged
        assert (report.altered, report.unreadable) == ((), ())
        rows = rows_of(folder, with_in_place=False)
        assert of_files(rows) == of_files(own), seed
        if report.is_carried_over:
            assert normal(rows_of(folder)) == normal(whole), seed
            with Database(folder) as database:
                assert len(promises(database)) == 2, seed
        carried += report.is_carried_over
        noted += any("nodule" in study.notes for study in rows.studies)
        shutil.rmtree(folder)
    return carried, noted


def test_fifty_damaged_indexes_are_made_again_from_the_files(made: Path, tmp_path: Path) -> None:
    carried, noted = rebuild_damaged(made, tmp_path, DAMAGES)
    print(f"{DAMAGES} damaged indexes made again: all carried over of {carried}, notes of {noted}")
    assert 0 < carried < DAMAGES  # some damage is where nothing was to be carried over from
    assert noted > 0.8 * DAMAGES


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_five_hundred_damaged_indexes_are_made_again(made: Path, tmp_path: Path) -> None:
    carried, noted = rebuild_damaged(made, tmp_path, DAMAGES_OF_A_CAMPAIGN)
    print(f"{DAMAGES_OF_A_CAMPAIGN} damaged indexes made again: all carried over of {carried}, notes of {noted}")


def test_a_sound_index_made_again_says_the_same(library: Path) -> None:
    before = rows_of(library)
    report = rebuild(library, Progress())
    assert (report.instances, report.conflicts, report.missing, report.is_carried_over) == (
        OWN + IN_PLACE,
        ASIDE,
        (),
        True,
    )
    after = rows_of(library)
    assert normal(after) == normal(before)
    assert [study.rating for study in after.studies].count(4) == 1
    with Database(library) as database:
        catalogue = Catalogue(database)
        assert [study.rating for study in catalogue.studies(Search(text="nodule"))] == [4]
        assert catalogue.saved_searches()["CT of this year"].flags == {"teaching"}
        assert len(catalogue.warnings(with_settled=True)) - len(catalogue.warnings()) == 1


def test_without_an_index_the_files_are_enough(library: Path) -> None:
    own = rows_of(library, with_in_place=False)
    for left in library.glob(f"{DATABASE_NAME}*"):
        left.unlink()
    report = rebuild(library, Progress())
    assert (report.instances, report.conflicts, report.old_index, report.is_carried_over) == (OWN, ASIDE, None, False)
    assert of_files(rows_of(library)) == of_files(own)


def test_the_old_index_is_kept_with_what_its_log_had(library: Path) -> None:
    connection = sqlite3.connect(library / DATABASE_NAME)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("UPDATE studies SET rating = 5, notes = 'only in the log' WHERE rating = 4")
    connection.commit()
    shutil.copytree(library, library.parent / "cut off")  # as a crash leaves it
    connection.close()
    folder = library.parent / "cut off"
    report = rebuild(folder, Progress())
    assert report.is_carried_over
    with Database(folder) as database:
        assert [study.rating for study in Catalogue(database).studies(Search(text="log"))] == [5]
    old = report.old_index
    assert old is not None
    assert Path(f"{old}-wal").exists()
    assert not [path for path in folder.iterdir() if path.name.startswith(rebuilding.WORK_PREFIX)]


def test_an_index_whose_first_page_is_lost_still_gives_its_notes(library: Path) -> None:
    with (library / DATABASE_NAME).open("r+b") as stream:
        stream.write(bytes(PAGE_BYTES))
    report = rebuild(library, Progress())
    assert not report.is_carried_over
    rows = rows_of(library)
    assert len(rows.instances) == OWN + IN_PLACE
    assert [study.notes for study in rows.studies if study.notes] == ["다시 볼 것: nodule, left"]
    assert {row.source.name for row in rows.instances} == {"SENDER0", "SENDER1", "SENDER2"}


def test_notes_stay_with_their_patient_when_the_order_of_the_files_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    paths = write_ct_series(tmp_path / "ct", 1, 16, label="one", elements={"PatientID": "P"})
    paths += write_ct_series(
        tmp_path / "ct2", 2, 16, label="one", elements={"PatientID": "P", "IssuerOfPatientID": "H"}
    )[1:]
    keep_all(folder, paths)
    with Database(folder) as database:
        (study,) = Catalogue(database).studies()
        assert (study.issuer, study.instance_count) == ("", 2)
        Catalogue(database).set_rating(study, 4)
        with database.writing() as connection:
            connection.execute("DELETE FROM instances")
    for path, moment in zip(paths, (2, 1), strict=True):
        os.utime(InstanceStore(folder).path_of(KeptFile(hash_of(FileBytes(path)), 0)), (moment, moment))
    rebuild(folder, Progress())
    with Database(folder) as database:
        (study,) = Catalogue(database).studies()
        assert (study.issuer, study.instance_count, study.rating) == ("H", 2, 4)


def test_objects_that_are_lost_are_told(library: Path) -> None:
    with Database(library) as database:
        own = {kept for kept in Catalogue(database).every_kept() if not kept.is_in_place}
    shutil.rmtree(library / "objects")
    report = rebuild(library, Progress())
    assert set(report.missing) == own
    assert report.instances == IN_PLACE


def test_what_cannot_be_filed_is_told_and_stays(library: Path) -> None:
    store = InstanceStore(library, reserve_bytes=0)
    objects = list(store.objects_there())
    flip(store, objects[0].sha256)
    text = store.keep([b"no DICOM at all"])
    (library.parent / "gone").mkdir()
    in_place = next(row for row in rows_of(library).instances if row.kept.is_in_place)
    with Database(library) as database:
        moved = KeptFile(in_place.kept.sha256, in_place.kept.size, str(library.parent / "gone" / "IM0"))
        Catalogue(database).relocate(in_place.sop_instance_uid, moved)
    report = rebuild(library, Progress())
    assert report.altered == (KeptFile(objects[0].sha256, objects[0].size),)
    assert report.unreadable == (text,)
    assert report.missing == (moved,)
    assert store.has(objects[0].sha256)
    assert store.has(text.sha256)


def test_a_cancelled_rebuilding_changes_nothing(library: Path) -> None:
    before = rows_of(library)
    names = {path.name for path in library.iterdir()}

    def cancel(report: ProgressReport) -> None:
        del report
        progress.cancel()

    progress = Progress(cancel)
    with pytest.raises(Cancelled):
        rebuild(library, progress)
    assert rows_of(library) == before
    assert {path.name for path in library.iterdir()} - names <= {"objects.lock", "objects.turn"}


@pytest.mark.parametrize("step", ["replace", "rename", "fsync", "unlink", "rmdir", "mkdir"])
def test_a_rebuilding_that_fails_anywhere_can_be_done_again(
    step: str, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows_of(made)
    real = getattr(os, step)
    for fails_at in range(1, 9):
        folder = copied(made, tmp_path / str(fails_at))
        calls = iter(range(1, 10**6))

        def failing(
            *arguments: object, fails_at: int = fails_at, calls: Iterable[int] = calls, **named: object
        ) -> object:
            if next(iter(calls)) == fails_at:
                raise OSError(5, "Input/output error")
            return real(*arguments, **named)

        with monkeypatch.context() as patched:
            patched.setattr(os, step, failing)
            try:
                rebuild(folder, Progress())
            except LibraryError:
                is_told = True
            else:
                is_told = False
        rebuild(folder, Progress())
        assert normal(rows_of(folder)) == normal(before)
        assert not rebuilding.is_unfinished(folder)
        shutil.rmtree(folder)
        if not is_told and fails_at > 4:
            return


def test_an_index_that_was_ready_at_a_crash_is_put_in_place(library: Path) -> None:
    before = rows_of(library)
    shutil.copy(library / DATABASE_NAME, library / rebuilding.READY)
    (library / DATABASE_NAME).unlink()
    assert rebuilding.is_unfinished(library)
    assert rebuilding.finish(library) is None
    assert rows_of(library) == before


# Verification


def test_a_sound_library_is_found_sound(library: Path) -> None:
    reports: list[ProgressReport] = []
    with Database(library) as database:
        report = verify(InstanceStore(library), Catalogue(database), Progress(reports.append))
    assert report.is_sound
    assert (report.checked, report.orphans, report.strangers) == (OWN + IN_PLACE + ASIDE, (), ())
    assert (reports[-1].done, reports[-1].total) == (OWN + IN_PLACE + ASIDE,) * 2


def test_one_flipped_bit_and_one_missing_file_are_found(library: Path) -> None:
    store = InstanceStore(library, reserve_bytes=0)
    objects = list(store.objects_there())
    flip(store, objects[5].sha256)
    store.remove(objects[9].sha256)
    orphan = store.keep([b"nobody's"])
    stranger = library / "objects" / "xx"
    stranger.mkdir()
    with Database(library) as database:
        report = verify(store, Catalogue(database), Progress())
    assert not report.is_sound
    assert report.altered == (KeptFile(objects[5].sha256, objects[5].size),)
    assert report.missing == (KeptFile(objects[9].sha256, objects[9].size),)
    assert report.orphans == (orphan,)
    assert report.strangers == (stranger,)


def test_a_file_in_place_that_changed_is_found(made: Path, tmp_path: Path) -> None:
    in_place = [row.kept for row in rows_of(made).instances if row.kept.is_in_place]
    path = Path(in_place[0].path)
    content = path.read_bytes()
    folder = copied(made, tmp_path / "library")
    try:
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with Database(folder) as database:
            report = verify(InstanceStore(folder), Catalogue(database), Progress())
    finally:
        path.write_bytes(content)
    assert report.altered == (in_place[0],)


def test_orphans_are_filed_again_by_rebuilding(library: Path) -> None:
    before = rows_of(library, with_in_place=False)
    forgotten = [row.sop_instance_uid for row in before.instances[:10]]
    store = InstanceStore(library, reserve_bytes=0)
    with Database(library) as database:
        catalogue = Catalogue(database)
        catalogue.forget(forgotten)
        assert len(verify(store, catalogue, Progress()).orphans) == 10
    rebuild(library, Progress())
    with Database(library) as database:
        catalogue = Catalogue(database)
        assert verify(store, catalogue, Progress()).orphans == ()
        assert all(catalogue.instance(uid) for uid in forgotten)


def test_a_batch_that_was_cut_off_is_taken_back(library: Path) -> None:
    before = rows_of(library)
    store = InstanceStore(library, reserve_bytes=0)
    known = next(store.objects_there())
    with contextlib.suppress(LibraryError), store.batch() as batch:
        batch.add([b"new"])
        batch.add(store.open(KeptFile(known.sha256, known.size)))
        kept = batch.commit()
        raise LibraryError("the index could not be written")
    (left,) = store.lists()
    left.write_bytes(left.read_bytes() + b"\xff" * 30)  # and its end damaged
    with Database(library) as database:
        catalogue = Catalogue(database)
        with store.batch() as other:
            other.add([b"new"])
            other.commit()
            assert take_back(store, catalogue, 0) == 0  # somebody is at work
        assert take_back(store, catalogue) == 1
    assert not store.has(kept[0].sha256)
    assert store.has(known.sha256)
    assert store.lists() == ()
    assert rows_of(library) == before


@pytest.mark.parametrize("is_empty", [True, False])
def test_an_index_that_came_later_takes_nothing_away(is_empty: bool, library: Path) -> None:
    store = InstanceStore(library, reserve_bytes=0)
    with contextlib.suppress(LibraryError), store.batch() as batch:
        batch.add([b"known to the index that was lost"])
        (kept,) = batch.commit()
        raise LibraryError("cut off")
    if is_empty:
        for left in library.glob(f"{DATABASE_NAME}*"):
            left.unlink()
    else:
        shutil.copy(library / DATABASE_NAME, library / "restored")
        (library / "restored").replace(library / DATABASE_NAME)
    with Database(library) as database:
        assert take_back(store, Catalogue(database)) == 0
        assert store.has(kept.sha256)
        assert store.lists() == ()
        assert kept in verify(store, Catalogue(database), Progress()).orphans
