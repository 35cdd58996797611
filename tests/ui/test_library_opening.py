"""Studies of this computer in the viewports: opened, damage told, what was displayed written down; coming and going."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydicom import dcmread
from PySide6.QtWidgets import QApplication, QToolButton

from tests.builders.ct_series import write_ct_series
from tests.ui.flow_steps import problem_lines, shown_uid, wait_for
from tests.ui.library_window import choose, commands_of, fill, library_program, listed, open_list, write_study
from tests.ui.program_window import pass_time
from viewer.application.programme import Programme
from viewer.base.errors import LibraryError
from viewer.base.jobs import Progress
from viewer.library.library import Library
from viewer.library.reconciliation import Identity, reconcile
from viewer.library.search import Search
from viewer.reception.events import QUIET, ReceiverEvent
from viewer.reception.receiver_state import ArrivingStudy, ReceiverState
from viewer.ui.browser.library_dialogs import SureDialog
from viewer.workspace import library_opening
from viewer.workspace.library_rows import SmartFolder

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    write_study(tmp_path / "a", "Kim^Gildong", "P1", "20240101", count=5)
    write_study(tmp_path / "b", "Kim^Gildong", "P1", "20250202", count=4)
    for name in "ab":
        fill(tmp_path / "library", tmp_path / name)
    with library_program(qapp, tmp_path) as made:
        yield made


def _first_object(programme: Programme, study: str) -> Path:
    """Return where the first image of a study is kept."""
    with Library(programme.library.folder or Path()) as library:
        (row,) = library.catalogue.studies(Search(study))
        return library.store.path_of(library.catalogue.instances_of_study(row)[0].kept)


def test_a_study_opens_on_enter_and_is_shown_as_open(programme: Programme) -> None:
    window, page = open_list(programme)
    choose(page, "Study of 20240101")
    window.actions_table.run("library.open")
    wait_for(lambda: window.workspace.displayed(0) is not None and not window.is_busy())
    assert programme.tree.counts.files == 5
    assert window.shows_library
    assert [row.is_open for row in page.model.studies()] == [False, True]
    assert not programme.library.unkept_paths()


def test_another_study_takes_the_active_viewport_and_both_are_open(programme: Programme) -> None:
    window, page = open_list(programme)
    choose(page, "Study of 20240101")
    commands_of(window).open_chosen()
    wait_for(lambda: window.workspace.displayed(0) is not None)
    first = shown_uid(window)
    choose(page, "Study of 20250202")
    commands_of(window).open_chosen()
    wait_for(lambda: shown_uid(window) not in {"", first})
    assert all(row.is_open for row in page.model.studies())
    choose(page, "Study of 20240101")
    commands_of(window).open_chosen()  # is open already: it is only shown
    wait_for(lambda: shown_uid(window) == first)
    assert programme.tree.counts.files == 9


def test_the_second_study_begins_with_its_first_image_however_long_it_is(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_opening, "_FIRST_SECONDS", 0.0)  # image by image, as of a study that takes long
    monkeypatch.setattr(library_opening, "_BATCH_SECONDS", 0.0)
    window, page = open_list(programme)
    choose(page, "Study of 20240101")
    commands_of(window).open_chosen()
    wait_for(lambda: window.workspace.displayed(0) is not None and not window.is_busy())
    choose(page, "Study of 20250202")
    commands_of(window).open_chosen()
    wait_for(lambda: programme.tree.counts.files == 9 and not window.is_busy())
    series = window.workspace.series_at(0)
    assert series is not None
    assert series.study.description == "Study of 20250202"
    assert window.workspace.viewport(0).index == 0


def test_all_studies_of_a_patient_open_together(programme: Programme) -> None:
    window, page = open_list(programme)
    page.tree.setCurrentIndex(page.model.index(0, 0))
    commands_of(window).open_chosen()
    wait_for(lambda: programme.tree.counts.files == 9)
    assert programme.tree.counts.studies == 2


def test_what_arrives_of_an_open_study_is_told_and_added(programme: Programme, tmp_path: Path) -> None:
    window, page = open_list(programme)
    choose(page, "Study of 20240101")
    commands_of(window).open_chosen()
    wait_for(lambda: programme.tree.counts.files == 5)
    uid = page.model.studies()[1].study
    assert uid is not None
    arriving = ArrivingStudy(uid.study_instance_uid, 2, 1, NOW, NOW, "CT_ONE", "192.0.2.7", 7)
    state = ReceiverState(is_running=True, pid=1, started_at=NOW, written_at=NOW, arriving=(arriving,))
    programme.library.arrivals.see(state)
    assert page.model.studies()[1].subtitle == "arriving from CT_ONE  ·  5/7 images"
    write_study(tmp_path / "more", "Kim^Gildong", "P1", "20240101", count=7)
    fill(tmp_path / "library", tmp_path / "more")
    said: Mapping[str, str | int] = {"study_instance_uid": uid.study_instance_uid, "aet": "CT_ONE", "missing": 2}
    programme.library.arrivals.see(replace(state, arriving=(), arrived=(ReceiverEvent(QUIET, said, NOW),)))
    wait_for(lambda: "Study of 20240101, 7 images, arrived from CT_ONE; 2 are missing" in _message(programme))
    wait_for(lambda: programme.tree.counts.files == 7)
    wait_for(lambda: page.model.studies()[1].images == 7)
    assert page.model.studies()[1].arriving == ""


def test_one_study_uid_of_two_patients_opens_as_two_studies(qapp: QApplication, tmp_path: Path) -> None:
    for number, patient in enumerate(("A", "B")):
        folder = write_study(tmp_path / patient, f"{patient}^Patient", patient, "20240101", count=3)
        for path in sorted(folder.iterdir()):
            data_set = dcmread(path)
            data_set.StudyInstanceUID, data_set.StudyDescription = "1.2.826.0.1.77", f"Study of {patient}"
            data_set.SeriesInstanceUID = f"1.2.826.0.1.77.{number}"
            data_set.save_as(path)
        fill(tmp_path / "library", folder)
    with library_program(qapp, tmp_path) as programme:
        window, page = open_list(programme)

        def shown_patient() -> str:
            series = window.workspace.series_at(0)
            return series.study.patient.patient_id if series is not None else ""

        for patient, opened in (("A", {"A"}), ("B", {"A", "B"})):
            choose(page, f"Study of {patient}")
            commands_of(window).open_chosen()
            wait_for(lambda: shown_patient() == patient and not window.is_busy())  # noqa: B023 - called at once
            assert {row.patient_id for row in page.model.studies() if row.is_open} == opened
        commands_of(window).trash_chosen()
        wait_for(lambda: [row.patient_id for row in page.model.studies()] == ["A"])
        page.strip.button.click()
        wait_for(lambda: len(page.model.studies()) == 2)
        choose(page, "Study of B")
        programme.library.export(page.tree.chosen_studies()[0], tmp_path / "out")
        wait_for(lambda: "3 files written" in _message(programme))


def test_an_open_study_whose_identity_was_put_right_opens_anew(programme: Programme) -> None:
    window, page = open_list(programme)
    choose(page, "Study of 20240101")
    commands_of(window).open_chosen()
    wait_for(lambda: window.workspace.displayed(0) is not None and not window.is_busy())
    study = page.model.studies()[1].study
    assert study is not None
    with Library(programme.library.folder or Path()) as library:
        reconcile(library, study, Identity(patient_name="Right^Name"), Progress())
    programme.library.renewed((study.study_instance_uid, "1.2.3"))
    assert "Study of 20240101 is still shown as it was before" in _message(programme)
    assert [each.display_name for each in programme.tree.patients()] == ["KIM Gildong"]
    link = next(each for each in window.job_line.findChildren(QToolButton) if each.text() == "Open it again")
    link.click()
    wait_for(lambda: [each.display_name for each in programme.tree.patients()] == ["RIGHT Name"])
    wait_for(lambda: window.workspace.displayed(0) is not None and not window.is_busy())
    assert programme.tree.counts.files == 5


def test_a_series_opens_alone(qapp: QApplication, tmp_path: Path) -> None:
    for number in range(2):
        elements = {"SeriesDescription": f"S{number}", "SeriesNumber": number + 1}
        write_ct_series(tmp_path / "two" / str(number), 3, 32, label=f"s{number}", elements=elements)
    fill(tmp_path / "library", tmp_path / "two")
    with library_program(qapp, tmp_path) as programme:
        window, page = open_list(programme)
        study = page.model.index(0, 0, page.model.index(0, 0))
        page.tree.expand(study)
        wait_for(lambda: page.model.rowCount(study))
        page.tree.setCurrentIndex(page.model.index(0, 0, study))
        commands_of(window).open_chosen()
        wait_for(lambda: window.workspace.displayed(0) is not None)
        assert programme.tree.counts.files == 3


def test_a_missing_file_is_told_and_leaves_its_series_incomplete(programme: Programme) -> None:
    window, page = open_list(programme)
    _first_object(programme, "20240101").unlink()
    choose(page, "Study of 20240101")
    commands_of(window).open_chosen()
    wait_for(lambda: programme.tree.counts.files == 4)
    wait_for(lambda: any("This computer: Study of 20240101, image 1" in line for line in problem_lines(window)))
    (series,) = programme.tree.all_series()
    assert len(series.awaited) == 1


@pytest.mark.parametrize("how", ["shorter", "other pixels", "another image"])
def test_an_altered_file_is_told(programme: Programme, how: str) -> None:
    window, page = open_list(programme)
    path, other = _first_object(programme, "20240101"), _first_object(programme, "20250202")
    data = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(
        {"shorter": data[:-2], "other pixels": data[:-2] + b"\x00\x01", "another image": other.read_bytes()}[how]
    )
    choose(page, "Study of 20240101")
    commands_of(window).open_chosen()
    wait_for(lambda: any("Study of 20240101, image 1" in line for line in problem_lines(window)))
    assert programme.tree.counts.studies == 1


def test_what_was_on_the_screen_is_marked_as_displayed(programme: Programme) -> None:
    window, page = open_list(programme)
    choose(page, "Study of 20240101")
    commands_of(window).open_chosen()
    wait_for(lambda: window.workspace.displayed(0) is not None and not window.is_busy())
    wait_for(lambda: page.model.studies()[1].undisplayed == 4)
    for index in range(1, 4):
        window.workspace.set_index(index)
        wait_for(lambda: window.workspace.displayed(0) is not None)
    window.workspace.tree.clear()
    wait_for(lambda: "1 of 5 images was never displayed" in _message(programme))
    assert page.model.studies()[1].is_open is False


def test_the_last_marks_are_written_when_the_program_ends(qapp: QApplication, tmp_path: Path) -> None:
    write_study(tmp_path / "a", "Kim^Gildong", "P1", "20240101", count=2)
    fill(tmp_path / "library", tmp_path / "a")
    with library_program(qapp, tmp_path) as programme:
        window, page = open_list(programme)
        choose(page, "Study of 20240101")
        commands_of(window).open_chosen()
        wait_for(lambda: window.workspace.displayed(0) is not None)
    with Library(tmp_path / "library") as library:
        assert library.catalogue.studies()[0].displayed_count == 1


def test_a_copy_from_elsewhere_marks_nothing(programme: Programme, tmp_path: Path) -> None:
    window, page = open_list(programme)
    programme.open_paths([tmp_path / "a"])
    wait_for(lambda: window.workspace.displayed(0) is not None and not window.is_busy())
    assert not window.shows_library  # what was opened is in the other tab
    window.show_library()
    pass_time(0.2)
    assert page.model.studies()[1].undisplayed == 5


def test_what_is_open_from_a_disc_can_be_kept(qapp: QApplication, tmp_path: Path) -> None:
    write_study(tmp_path / "disc", "Lee^Mina", "P9", "20230101")
    with library_program(qapp, tmp_path) as programme:
        window, page = open_list(programme)
        assert "Nothing is kept here yet" in page.notice.text.text()
        programme.open_paths([tmp_path / "disc"])
        wait_for(lambda: not window.is_busy() and programme.tree.counts.files == 3)
        assert window.actions_table["library.import_opened"].isEnabled()
        window.actions_table.run("library.import_opened")
        window.show_library()
        wait_for(lambda: listed(page) == ["Study of 20230101"])
        assert "3 imported" in _message(programme)
        assert not programme.library.unkept_paths()


def test_places_are_imported_or_indexed_where_they_lie(qapp: QApplication, tmp_path: Path) -> None:
    write_study(tmp_path / "a", "Lee^Mina", "P9", "20230101")
    write_study(tmp_path / "b", "Lee^Mina", "P9", "20230102")
    (tmp_path / "b" / "broken").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 300)
    with library_program(qapp, tmp_path) as programme:
        window, page = open_list(programme)
        programme.library.import_paths([tmp_path / "a"], is_in_place=True)
        page.import_wanted.emit([tmp_path / "b"])
        wait_for(lambda: len(listed(page)) == 2)
        wait_for(lambda: "1 refused" in _message(programme))
        assert any("broken" in line for line in problem_lines(window))
        with Library(tmp_path / "library") as library:
            assert library.catalogue.stats().in_place == 3


def test_the_trash_takes_back_and_empties(programme: Programme) -> None:
    window, page = open_list(programme)
    choose(page, "Study of 20250202")
    window.actions_table.run("library.trash")
    wait_for(lambda: listed(page) == ["Study of 20240101"])
    page.folders.choose(SmartFolder.TRASH)
    wait_for(lambda: listed(page) == ["Study of 20250202"])
    choose(page, "Study of 20250202")
    window.actions_table.refresh()
    assert not window.actions_table["library.trash"].isEnabled()
    window.actions_table.run("library.restore")
    wait_for(lambda: listed(page) == [])
    page.folders.choose(SmartFolder.ALL)
    wait_for(lambda: len(listed(page)) == 2)
    choose(page, "Study of 20250202")
    window.actions_table.run("library.trash")
    wait_for(lambda: len(listed(page)) == 1)
    window.actions_table.run("library.empty_trash")
    wait_for(lambda: _dialog() is not None)
    dialog = _dialog()
    assert dialog is not None
    dialog.button.click()
    with Library(programme.library.folder or Path()) as library:
        wait_for(lambda: library.catalogue.stats().studies == 1)


def test_a_patient_is_erased_after_the_id_was_typed(programme: Programme) -> None:
    window, page = open_list(programme)
    choose(page, "Study of 20250202")
    commands_of(window).open_chosen()
    wait_for(lambda: programme.tree.counts.files == 4)
    window.actions_table.run("library.erase")
    dialog = _dialog()
    assert dialog is not None
    assert not dialog.button.isEnabled()
    dialog.field.setText("P2")
    dialog.accept()
    assert dialog.isVisible()
    dialog.field.setText("P1")
    dialog.button.click()
    wait_for(lambda: listed(page) == [])
    wait_for(lambda: programme.tree.counts.files == 0)
    folder = programme.library.folder or Path()
    assert not list(folder.glob("objects/*/*/*.dcm"))
    assert not (folder / "pictures").exists()


def test_an_erasure_that_ends_early_leaves_nothing_on_the_screen(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise LibraryError("the index could not be written anew")

    window, page = open_list(programme)
    choose(page, "Study of 20250202")
    commands_of(window).open_chosen()
    wait_for(lambda: programme.tree.counts.files == 4)
    monkeypatch.setattr("viewer.library.keeping.erase_traces", fail)
    programme.library.erase("P1")
    wait_for(lambda: programme.tree.counts.files == 0)
    assert "the index could not be written anew" in _message(programme)


def test_a_study_is_exported_as_a_folder(programme: Programme, tmp_path: Path) -> None:
    _window, page = open_list(programme)
    choose(page, "Study of 20250202")
    programme.library.export(page.tree.chosen_studies()[0], tmp_path / "out")
    wait_for(lambda: "4 files written" in _message(programme))
    exported = {path.read_bytes() for path in (tmp_path / "out").rglob("*.dcm")}
    assert exported == {path.read_bytes() for path in (tmp_path / "b").iterdir()}


def _message(programme: Programme) -> str:
    return programme.windows[0].job_line.text


def _dialog() -> "SureDialog | None":
    found = [each for each in QApplication.topLevelWidgets() if isinstance(each, SureDialog) and each.isVisible()]
    return found[-1] if found else None
