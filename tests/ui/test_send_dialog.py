"""Sending from the list and from what is open: the dialog, the transfer, the marks in the list, and before deleting."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.builders.peer_servers import Orthanc, OrthancOptions, StoreScp, free_port
from tests.ui.flow_steps import wait_for
from tests.ui.library_window import choose, fill, library_program, open_list, write_study
from viewer.application.programme import Programme
from viewer.archives.archive_key import archive_key
from viewer.archives.peer_list import PeerList
from viewer.archives.transfer_values import TransferKind, TransferState
from viewer.base.settings import Settings
from viewer.library.keeping import every_study
from viewer.library.library import Library
from viewer.library.sent_instances import AskedCommitment, Sent, SentInstances
from viewer.library.study_row import StudyRow
from viewer.network.peers import Peer, WebPlace
from viewer.network.stations import Station
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.ui.archives.send_dialog import SendDialog
from viewer.ui.browser.library_dialogs import SureDialog
from viewer.ui.browser.library_retention import RetentionWindow
from viewer.ui.main_window import MainWindow
from viewer.workspace.library_rows import LibraryRow, marks_of
from viewer.workspace.study_standings import Kept

TITLES = {day: f"Study of {day}" for day in ("20260102", "20260103")}
COUNT = 3


@pytest.fixture
def storescp(tmp_path: Path) -> Iterator[StoreScp]:
    with StoreScp(tmp_path / "storescp") as server:
        yield server


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path, storescp: StoreScp) -> Iterator[Programme]:
    PeerList(tmp_path / "config").add_all(
        [station_of(storescp), Peer("Web", web=WebPlace(f"http://127.0.0.1:{free_port()}/dicom-web"))]
    )
    for day in TITLES:
        fill(tmp_path / "library", write_study(tmp_path / day, f"Kim^{day}", f"P-{day}", day, count=COUNT))
    with library_program(qapp, tmp_path) as programme:
        yield programme


def station_of(server: StoreScp) -> Peer:
    return Peer("Archive", Station(server.ae_title, "127.0.0.1", server.port))


def dialog_of(window: MainWindow) -> SendDialog:
    def shown() -> list[SendDialog]:
        return [each for each in window.findChildren(SendDialog) if each.isVisible()]

    wait_for(shown, "nothing is asked")
    (dialog,) = shown()
    wait_for(lambda: dialog.peer is not None, "no archive is offered")
    return dialog


def states(programme: Programme) -> dict[TransferKind, TransferState]:
    return {row.status.request.kind: row.status.state for row in programme.transfers.rows()}


def note(library: Path, server: StoreScp, day: str, *, sent: int, promised: int = 0) -> None:
    """Write down that an archive has so many instances of a study, and has promised so many."""
    key = archive_key(station_of(server))
    with Library(library) as kept:
        study = study_of(kept, day)
        instances = list(kept.catalogue.instances_of_study(study))
        rows, now = SentInstances(kept.database), datetime.now(UTC)
        rows.note_sent(key, [Sent(each.sop_instance_uid, each.kept.sha256) for each in instances[:sent]], now)
        if promised:
            asked = [(each.sop_class_uid, each.sop_instance_uid, each.kept.sha256) for each in instances]
            rows.note_asked(AskedCommitment("2.25.1", key, ("STORESCP",), study.study_instance_uid, tuple(asked), now))
            rows.take("2.25.1", {(one, two) for one, two, _sha in asked[:promised]}, {}, datetime.now(UTC))


def study_of(library: Library, day: str) -> StudyRow:
    (study,) = (each for each in every_study(library) if each.study_description == TITLES[day])
    return study


def row_of(window: MainWindow, day: str) -> LibraryRow:
    return next(row for row in window.show_library().model.studies() if row.title == TITLES[day])


def test_a_study_is_sent_and_marked_in_the_list(programme: Programme, storescp: StoreScp) -> None:
    window, page = open_list(programme)
    assert not window.actions_table["archive.send"].isEnabled()
    choose(page, TITLES["20260102"])
    wait_for(window.actions_table["archive.send"].isEnabled)
    window.actions_table.run("archive.send")
    dialog = dialog_of(window)
    assert dialog.archive.count() == 2
    assert dialog.commits.isEnabled()
    dialog.commits.setChecked(False)
    dialog.start.click()
    wait_for(lambda: states(programme).get(TransferKind.SEND) is TransferState.DONE, "it was not sent")
    assert len(storescp.held()) == COUNT
    (row,) = programme.transfers.rows()
    assert (row.title, row.place, row.counted) == ("KIM 20260102, Study of 20260102", "to Archive", "3 of 3")
    wait_for(lambda: row_of(window, "20260102").elsewhere.kept is Kept.SENT, "the list does not show it")
    listed = row_of(window, "20260102")
    assert "sent" in listed.subtitle
    assert any("3 of 3 sent, 0 promised" in mark for mark in marks_of(listed))
    assert "Not safe to delete here" in marks_of(listed)
    assert row_of(window, "20260103").elsewhere.kept is Kept.NOWHERE


def test_the_promise_is_asked_for_afterwards_and_its_refusal_is_told(programme: Programme) -> None:
    window, page = open_list(programme)
    choose(page, TITLES["20260102"])
    window.actions_table.run("archive.send")
    dialog_of(window).start.click()
    wait_for(lambda: states(programme).get(TransferKind.COMMIT) is TransferState.FAILED, "nothing was asked")
    failed = next(row for row in programme.transfers.rows() if row.status.request.kind is TransferKind.COMMIT)
    assert "does not offer storage commitment" in failed.reason
    wait_for(lambda: "Transfers (1)" in [window._pages.page_name(n) for n in range(window._pages.count())])


def test_what_is_open_is_sent_where_no_study_is_chosen(
    programme: Programme, storescp: StoreScp, tmp_path: Path
) -> None:
    window = programme.open_window((1280, 800))
    programme.opener.open([write_study(tmp_path / "elsewhere", "Lee^Minho", "P-9", "20260109", count=2)])
    wait_for(lambda: window.workspace.series_at(window.workspace.active) is not None)
    wait_for(lambda: not programme.opener.is_busy)
    window.show_discs()
    window.actions_table.refresh()
    window.actions_table.run("archive.send")
    dialog = dialog_of(window)
    assert not dialog.commits.isEnabled()  # the library does not keep it
    dialog.start.click()
    wait_for(lambda: states(programme).get(TransferKind.SEND) is TransferState.DONE, "it was not sent")
    assert len(storescp.held()) == 2


def test_an_archive_on_the_web_alone_cannot_promise(programme: Programme) -> None:
    window, page = open_list(programme)
    choose(page, TITLES["20260102"])
    window.actions_table.run("archive.commit")
    dialog = dialog_of(window)
    assert dialog.start.isEnabled()
    dialog.archive.setCurrentIndex(dialog.archive.findData("Web"))
    assert not dialog.start.isEnabled()
    assert "needs DICOM" in dialog._trouble.text()
    dialog.reject()
    assert not programme.transfers.rows()


def test_what_is_safe_elsewhere_is_said_before_it_is_deleted(
    programme: Programme, storescp: StoreScp, tmp_path: Path
) -> None:
    note(tmp_path / "library", storescp, "20260102", sent=COUNT, promised=COUNT)
    note(tmp_path / "library", storescp, "20260103", sent=1)
    window, page = open_list(programme)
    wait_for(lambda: row_of(window, "20260102").elsewhere.kept is Kept.SAFE, "the list does not show it")
    assert row_of(window, "20260103").elsewhere.kept is Kept.PARTLY
    choose(page, TITLES["20260102"])
    window.actions_table.run("archive.send")
    dialog = dialog_of(window)
    wait_for(lambda: dialog.standing == "It has 3 images of them already\nIt promised to keep 3")
    dialog.reject()
    window.actions_table.run("library.trash")
    strip = page.strip._text
    wait_for(lambda: "It is kept by Archive" in strip.text(), strip.text())
    choose(page, TITLES["20260103"])
    window.actions_table.run("library.trash")
    wait_for(lambda: "no archive has promised to keep all of it" in strip.text(), strip.text())
    window.actions_table.run("library.empty_trash")
    wait_for(lambda: any(each.isVisible() for each in window.findChildren(SureDialog)))
    (sure,) = (each for each in window.findChildren(SureDialog) if each.isVisible())
    wait_for(sure._more.isVisible)
    assert "1 was sent, but no archive has promised to keep all of it; 1 is kept by Archive" in sure._more.text()
    sure.reject()


def test_a_study_that_an_archive_promised_to_keep_is_safe_to_delete_here(qapp: QApplication, tmp_path: Path) -> None:
    """With Orthanc, which answers on an association of its own."""
    port = free_port()
    Settings(tmp_path / "config").store("receiver", ReceiverSettings(port=port))
    fill(tmp_path / "library", write_study(tmp_path / "study", "Kim", "P-1", "20260102", count=COUNT))
    options = OrthancOptions(modalities={"NEGATOSCOPE": ("127.0.0.1", port)})
    with Orthanc(tmp_path / "orthanc", options) as server:
        PeerList(tmp_path / "config").add(Peer("Orthanc", Station(server.ae_title, "127.0.0.1", server.port)))
        with library_program(qapp, tmp_path) as programme:
            window, page = open_list(programme)
            choose(page, TITLES["20260102"])
            window.actions_table.run("archive.send")
            dialog_of(window).start.click()
            wait_for(lambda: states(programme).get(TransferKind.COMMIT) is TransferState.DONE, "nothing was promised")
            wait_for(lambda: row_of(window, "20260102").elsewhere.kept is Kept.SAFE, "the list does not show it")


def test_rules_say_what_would_go_that_is_nowhere_else(programme: Programme, storescp: StoreScp, tmp_path: Path) -> None:
    note(tmp_path / "library", storescp, "20260102", sent=COUNT, promised=COUNT)
    with Library(tmp_path / "library") as library, library.database.writing() as connection:
        connection.execute("UPDATE studies SET last_received_at = 0, first_received_at = 0")  # they rested since 1970
    window, _page = open_list(programme)
    window.actions_table.run("library.retention")
    (rules,) = (
        each for each in QApplication.topLevelWidgets() if isinstance(each, RetentionWindow) and each.isVisible()
    )
    rules.spares.setChecked(False)
    assert not rules.elsewhere.isVisible()
    rules.days.setValue(365)
    wait_for(rules.elsewhere.isVisible, "nothing is said of other places")
    assert rules.elsewhere.text().startswith("1 is in no archive that is known here; 1 is kept by Archive")
    rules.close()
