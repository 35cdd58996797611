"""Key images in the real window: the key K, the dialogs, what is said of rejected images, and saving to an archive."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.builders.ct_series import write_ct_series
from tests.builders.key_objects import header_of, selected, write_key_objects
from tests.builders.peer_servers import free_port
from tests.ui.flow_steps import tree_of, viewport, wait_for
from tests.ui.program_window import open_window
from viewer.application.programme import Programme
from viewer.application.qt_texts import set_qt_language
from viewer.archives.peer_list import PeerList
from viewer.archives.transfer_book import TransferBook
from viewer.archives.transfer_values import TransferState
from viewer.base.translation import set_language
from viewer.dicom.key_object import titles
from viewer.library.library import Library
from viewer.network.peers import Peer
from viewer.network.stations import Station
from viewer.ui.browser.study_browser import StudyBrowser
from viewer.ui.browser.tree_items import ROW_ROLE
from viewer.ui.main_window import MainWindow
from viewer.ui.presenting.key_list_dialog import KeyListDialog
from viewer.ui.presenting.key_save_dialog import KeySaveDialog
from viewer.workspace.browser_rows import BrowserRow
from viewer.workspace.object_saving import IntoLibrary, ToArchive
from viewer.workspace.presenting.key_saving import Wording

COUNT = 5


def make_programme(application: QApplication, folder: Path, *, has_library: bool = True) -> Programme:
    set_language("en")
    library = folder / "library" if has_library else None
    return Programme(application, folder / "config", library=library, is_attended=False)


def end(programme: Programme) -> None:
    for window in tuple(programme.windows):
        window.close()
    programme.close()
    QApplication.processEvents()


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    made = make_programme(qapp, tmp_path)
    yield made
    end(made)
    set_qt_language(qapp, "en")


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    return write_ct_series(tmp_path / "disc", COUNT, 32, elements={"PatientName": "KIM^GILDONG"})


@pytest.fixture
def window(programme: Programme, images: list[Path]) -> MainWindow:
    return open_window(programme, images[0].parent)


def browser(window: MainWindow) -> StudyBrowser:
    return window.findChildren(StudyBrowser)[0]


def the_dialog(window: MainWindow) -> KeySaveDialog:
    (dialog,) = window.findChildren(KeySaveDialog)
    return dialog


def chips(window: MainWindow) -> list[str]:
    return [chip.text for chip in viewport(window).shown.texts.chips]


def test_k_marks_with_a_star_at_once(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_K)
    assert "★ KEY" in chips(window)
    wait_for(lambda: any(row.keys for row in _rows(window)))
    QTest.keyClick(window, Qt.Key.Key_K)
    assert "★ KEY" not in chips(window)


def test_marks_are_saved_into_the_library_and_are_a_document_then(
    programme: Programme, window: MainWindow, tmp_path: Path
) -> None:
    keys = programme.shared.keys
    window.actions_table.run("key.toggle")
    window.actions_table.run("key.save")
    dialog = the_dialog(window)
    dialog.title.setCurrentIndex([each.value for each in titles.TITLES].index("113013"))
    dialog.reasons.item(1).setCheckState(Qt.CheckState.Checked)
    dialog.comment.setPlainText("the best one")
    dialog.creator.setText("LEE^SUN")
    assert dialog.wording == Wording(titles.BEST_IN_SET, titles.BEST_OF[1:2], "the best one", "LEE^SUN")
    dialog.accept()
    wait_for(lambda: keys.documents)
    (document,) = keys.documents
    assert (document.title, document.comment, document.creators) == (titles.BEST_IN_SET, "the best one", ("LEE^SUN",))
    assert keys.marks() == ()
    assert "★ KEY" in chips(window)
    with Library(tmp_path / "library") as library:
        assert library.catalogue.instance(document.instance.sop_instance_uid) is not None
    window.actions_table.run("key.list")
    (listing,) = window.findChildren(KeyListDialog)
    item = listing.tree.topLevelItem(0)
    assert item is not None
    assert [item.text(column) for column in (0, 1, 3)] == ["Best in set: of the series", "1 object", "the best one"]
    assert item.text(2).startswith("LEE SUN")
    window.workspace.set_index(4)
    listing.show_image.click()
    assert window.workspace.viewport(0).index == 0
    listing.reject()


def test_a_rejected_image_goes_is_counted_and_can_be_looked_at(programme: Programme, window: MainWindow) -> None:
    window.workspace.set_index(2)
    window.actions_table.run("key.reject")
    dialog = the_dialog(window)
    assert dialog.objects.count() == 2
    dialog.reasons.item(3).setCheckState(Qt.CheckState.Checked)
    dialog.accept()
    wait_for(lambda: programme.shared.keys.documents)
    strip = browser(window).keys
    browser(window).refresh()
    assert strip.rejected.label.text() == "1 rejected image hidden"
    display_set = window.workspace.display_set_at(0)
    assert display_set is not None
    assert len(display_set.images) == COUNT - 1
    wait_for(lambda: "1 REJECTED HIDDEN" in chips(window))
    strip.rejected.button.click()
    assert strip.rejected.label.text() == "Rejected images are shown"
    strip.rejected.button.click()
    assert strip.rejected.label.text() == "1 rejected image hidden"


def test_notes_of_a_disc_are_read_and_told(programme: Programme, images: list[Path]) -> None:
    write_key_objects(images[0].parent / "note", selected(*images[1:3]), titles.SAFETY_REJECTED)
    opened = open_window(programme, images[0].parent)
    wait_for(lambda: browser(opened).keys.rejected.label.text() == "2 rejected images hidden")
    assert not browser(opened).keys.rejected.button.text()
    display_set = opened.workspace.display_set_at(0)
    assert display_set is not None
    assert header_of(images[1]).sop_instance_uid not in {each.header.sop_instance_uid for each in display_set.images}


def test_a_note_in_the_library_counts_for_the_disc_it_was_made_of(
    qapp: QApplication, programme: Programme, window: MainWindow, images: list[Path], tmp_path: Path
) -> None:
    window.actions_table.run("key.reject")
    the_dialog(window).accept()
    wait_for(lambda: programme.shared.keys.documents)
    end(programme)
    again = make_programme(qapp, tmp_path)
    opened = open_window(again, images[0].parent)
    wait_for(lambda: browser(opened).keys.rejected.label.text() == "1 rejected image hidden")
    end(again)


def test_without_a_library_a_folder_is_asked_for_and_remembered(
    qapp: QApplication, tmp_path: Path, images: list[Path]
) -> None:
    programme = make_programme(qapp, tmp_path, has_library=False)
    window = open_window(programme, images[0].parent)
    window.actions_table.run("key.toggle")
    window.actions_table.run("key.save")
    dialog = the_dialog(window)
    assert not dialog.start.isEnabled()
    dialog.place.folder.setText(str(tmp_path / "out"))
    dialog.accept()
    wait_for(lambda: programme.shared.keys.documents)
    assert len(list((tmp_path / "out").iterdir())) == 1
    assert programme.objects.settings.folder == str(tmp_path / "out")
    end(programme)


def test_marks_are_there_again_after_a_crash(
    qapp: QApplication, programme: Programme, window: MainWindow, images: list[Path], tmp_path: Path
) -> None:
    window.actions_table.run("key.toggle")
    marks = programme.shared.keys.marks()
    other = make_programme(qapp, tmp_path)  # the first is not closed: what it wrote is there all the same
    opened = open_window(other, images[0].parent)
    assert other.shared.keys.marks() == marks
    assert "★ KEY" in chips(opened)
    end(other)


def test_what_is_saved_for_an_archive_that_is_off_is_shown_and_goes_on_by_itself_after_a_restart(
    qapp: QApplication, tmp_path: Path, images: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    PeerList(tmp_path / "config").add(Peer("Archive", Station("NOBODY", "127.0.0.1", free_port())))
    programme = make_programme(qapp, tmp_path)
    window = open_window(programme, images[0].parent)
    monkeypatch.setattr(window.job_line, "show_message", lambda text, *_link: said.append(text))
    window.actions_table.run("key.toggle")
    window.actions_table.run("key.save")
    dialog = the_dialog(window)
    wait_for(lambda: dialog.place.archive.count() == 1)
    dialog.place.sends.setChecked(True)
    dialog.accept()
    wait_for(lambda: _states(programme) == [TransferState.RETRYING], "it is tried again")
    assert "Of interest: saved, and on its way to Archive" in said
    end(programme)
    again = make_programme(qapp, tmp_path)
    open_window(again)
    again.library.desk.open()
    wait_for(lambda: _states(again) == [TransferState.RETRYING], "it goes on without being asked")
    assert again.objects.last_destinations() == (IntoLibrary(), ToArchive("Archive"))
    end(again)
    with Library(tmp_path / "library") as library:
        (status,) = TransferBook(library.database).all_of()
        assert (status.request.goes_on, status.request.commits, len(status.request.sop_instance_uids)) == (
            True,
            True,
            1,
        )


def _states(programme: Programme) -> list[TransferState]:
    return [status.state for status in programme.transfers.list.statuses()]


def _rows(window: MainWindow) -> list[BrowserRow]:
    model = tree_of(window).model()
    patient = model.index(0, 0)
    study = model.index(0, 0, patient)
    found = [model.index(row, 0, study).data(ROW_ROLE) for row in range(model.rowCount(study))]
    return [row for row in found if isinstance(row, BrowserRow)]
