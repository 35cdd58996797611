"""An index made again knows what readers have decided; where that is lost, the safe side is taken and told."""

from pathlib import Path

import pytest

from tests.builders.library_rows import make_promises, promises
from tests.unit.library.test_aside import STRANGER, all_rows, altered, in_force, keep, series
from viewer.base.jobs import Progress
from viewer.library.aside import accept, keys_of, put_in_force
from viewer.library.audit import FILE
from viewer.library.database import DATABASE_NAME
from viewer.library.instance_record import AsideReason
from viewer.library.integrity import RebuildReport, rebuild
from viewer.library.library import Library
from viewer.library.rebuilt_decisions import INBOX
from viewer.library.reconciliation import Identity, can_be_undone, reconcile, undo_reconciliation


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "library"


def opened(folder: Path) -> Library:
    return Library(folder, reserve_bytes=0)


def rebuilt(folder: Path, *, is_lost: bool) -> RebuildReport:
    for left in folder.glob(f"{DATABASE_NAME}*") if is_lost else ():
        left.unlink()
    return rebuild(folder, Progress())


def hashes(library: Library) -> set[str]:
    return {row.kept.sha256 for row in in_force(library)}


@pytest.mark.parametrize("is_lost", [False, True])
@pytest.mark.parametrize("times", [1, 2])
def test_what_a_reconciliation_wrote_stays_in_force(times: int, is_lost: bool, folder: Path, tmp_path: Path) -> None:
    with opened(folder) as library:
        keep(library, series(tmp_path / "ct", 3))
        for number in range(times):
            study = library.catalogue.studies()[0]
            reconcile(library, study, Identity(patient_id=f"N{number}", patient_name="홍^길동"), Progress())
        wanted, before = hashes(library), all_rows(library)
    report = rebuilt(folder, is_lost=is_lost)
    assert (report.instances, report.conflicts, report.unknown) == (3, 0, 0)
    with opened(folder) as library:
        assert hashes(library) == wanted
        assert {each.reason for each in library.catalogue.conflicts()} == {AsideReason.SUPERSEDED}
        if not is_lost:
            assert all_rows(library) == before
        (study,) = library.catalogue.studies()
        assert study.patient_id == f"N{times - 1}"
        for _each in range(times):
            assert can_be_undone(library, library.catalogue.studies()[0])
            undo_reconciliation(library, library.catalogue.studies()[0], Progress())
        undone = hashes(library)
    rebuilt(folder, is_lost=True)
    with opened(folder) as library:
        assert hashes(library) == undone
        assert library.catalogue.conflicts() == []


@pytest.mark.parametrize("damage", ["no trail", "changed trail", "other pixels"])
def test_a_file_that_only_says_so_takes_nobodys_place(damage: str, folder: Path, tmp_path: Path) -> None:
    with opened(folder) as library:
        keep(library, series(tmp_path / "ct", 2))
        first = hashes(library)
        study = reconcile(library, library.catalogue.studies()[0], Identity(patient_id="NEW"), Progress()).study
        made = [library.store.path_of(row.kept).read_bytes() for row in in_force(library)]
        if damage == "other pixels":  # sent by somebody who knows what is held
            reconciled = {row.sop_instance_uid for row in in_force(library)}
            undo_reconciliation(library, study, Progress())
            assert len(reconciled) == 2
            for number, data in enumerate(made):
                (tmp_path / f"forged{number}").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
            keep(library, [tmp_path / "forged0", tmp_path / "forged1"])
            library.audit.append("reconcile", (study.study_instance_uid,), 2)
    if damage == "no trail":
        (folder / FILE).unlink()
    elif damage == "changed trail":
        text = (folder / FILE).read_text()
        (folder / FILE).write_text(text.replace('"count": 2', '"count": 3'))
    report = rebuilt(folder, is_lost=True)
    assert (report.instances, report.conflicts) == (2, 2)
    with opened(folder) as library:
        assert hashes(library) == first
        assert {each.reason for each in library.catalogue.conflicts()} == {AsideReason.ALTERED}


@pytest.mark.parametrize("is_lost", [False, True])
def test_unknown_senders_stay_aside(is_lost: bool, folder: Path, tmp_path: Path) -> None:
    with opened(folder) as library:
        keep(library, series(tmp_path / "known", 2, "known"))
        strange = series(tmp_path / "strange", 3, "strange")
        keep(library, strange, source=STRANGER, aside=AsideReason.UNKNOWN_SENDER)
        accepted = series(tmp_path / "accepted", 1, "accepted")
        keep(library, accepted, source=STRANGER, aside=AsideReason.UNKNOWN_SENDER)
        for uid in {each.study_instance_uid for each in library.catalogue.conflicts()}:
            library.audit.append(INBOX, (uid,), 1)
        uids = [each.study_instance_uid for each in library.catalogue.conflicts()]
        uid = next(uid for uid in uids if uids.count(uid) == 1)
        accept(library, keys_of(library, study_instance_uid=uid))
        wanted = hashes(library)
    report = rebuilt(folder, is_lost=is_lost)
    assert (report.unknown, report.conflicts, report.is_carried_over) == (3, 0, not is_lost)
    with opened(folder) as library:
        assert hashes(library) == wanted
        assert {each.reason for each in library.catalogue.conflicts()} == {AsideReason.UNKNOWN_SENDER}
        if not is_lost:
            assert {each.source for each in library.catalogue.conflicts()} == {STRANGER}


def test_what_a_reader_put_in_force_stays_so_and_what_is_lost_is_decided_again(folder: Path, tmp_path: Path) -> None:
    with opened(folder) as library:
        (path,) = series(tmp_path / "ct", 1)
        keep(library, [path])
        (first,) = hashes(library)
        keep(library, [altered(path, tmp_path / "other.dcm")])
        put_in_force(library, keys_of(library)[0])
        (second,) = hashes(library)
    assert rebuilt(folder, is_lost=False).conflicts == 0
    with opened(folder) as library:
        assert hashes(library) == {second}
        assert [each.reason for each in library.catalogue.conflicts()] == [AsideReason.SUPERSEDED]
        library.store.path_of(in_force(library)[0].kept).unlink()
    report = rebuilt(folder, is_lost=False)
    assert (report.instances, report.conflicts, len(report.missing)) == (0, 1, 1)
    with opened(folder) as library:
        (left,) = library.catalogue.conflicts()
        assert (left.kept.sha256, left.reason) == (first, AsideReason.ALTERED)
        assert accept(library, [first]).filed == 1


def test_promises_are_carried_over(folder: Path, tmp_path: Path) -> None:
    with opened(folder) as library:
        keep(library, series(tmp_path / "ct", 1))
        make_promises(library.database)
        before = promises(library.database)
        assert len(before) == 2
    assert rebuilt(folder, is_lost=False).is_carried_over
    with opened(folder) as library:
        assert promises(library.database) == before


def test_what_lies_on_a_drive_that_is_not_there_keeps_its_notes(folder: Path, tmp_path: Path) -> None:
    from viewer.workspace.importing import ImportPlaces

    series(tmp_path / "drive" / "ct", 3)
    with opened(folder) as library:
        ImportPlaces((tmp_path / "drive",), library, is_in_place=True).run(Progress())
        (study,) = library.catalogue.studies()
        library.catalogue.set_notes(study, "compare")
        library.catalogue.mark_displayed([in_force(library)[0].sop_instance_uid])
        before = all_rows(library)
    (tmp_path / "drive").rename(tmp_path / "unplugged")
    report = rebuilt(folder, is_lost=False)
    assert len(report.missing) == 3
    with opened(folder) as library:
        assert all_rows(library) == before
    (tmp_path / "unplugged").rename(tmp_path / "drive")
    assert rebuilt(folder, is_lost=False).missing == ()
    (tmp_path / "drive" / "ct" / "IM000000").unlink()  # the drive is there, the file is not
    assert len(rebuilt(folder, is_lost=False).missing) == 1
    with opened(folder) as library:
        assert len(in_force(library)) == 2
