"""The program with a real library, for UI tests; its folder is filled before the window is there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtWidgets import QApplication

from tests.builders.ct_series import write_ct_series
from tests.ui.flow_steps import wait_for
from viewer.application.programme import Programme
from viewer.application.qt_texts import set_qt_language
from viewer.base.jobs import Progress
from viewer.base.translation import set_language
from viewer.library.library import Library
from viewer.ui.browser.library_commands import LibraryCommands
from viewer.ui.browser.library_page import LibraryPage
from viewer.ui.main_window import MainWindow
from viewer.workspace.importing import ImportPlaces


def fill(folder: Path, source: Path, *, in_place: bool = False) -> None:
    """Import a place into a library, made if it is not there."""
    with Library(folder) as library:
        ImportPlaces((source,), library, is_in_place=in_place).run(Progress())


def write_study(folder: Path, name: str, patient_id: str, day: str, *, count: int = 3, **more: object) -> Path:
    """Write a small CT study of a patient."""
    elements: Mapping[str, object] = {
        "SpecificCharacterSet": "ISO_IR 192",
        "PatientName": name,
        "PatientID": patient_id,
        "StudyDate": day,
        "StudyDescription": f"Study of {day}",
        **more,
    }
    write_ct_series(folder, count, 32, label=f"{patient_id} {day}", elements=elements)
    return folder


@contextmanager
def library_program(
    application: QApplication, folder: Path, library: Path | None = None, language: str = "en"
) -> Iterator[Programme]:
    """Run the program on the library in a folder; windows are closed at the end."""
    set_language(language)
    programme = Programme(application, folder / "config", library=library or folder / "library", is_attended=False)
    try:
        yield programme
    finally:
        for window in tuple(programme.windows):
            window.close()
        programme.close()
        set_language("en")
        set_qt_language(application, "en")
        application.processEvents()


def open_list(programme: Programme) -> tuple[MainWindow, LibraryPage]:
    """Open a window and wait until its list is there."""
    window = programme.open_window((1280, 800))
    page = page_of(window)
    wait_for(lambda: programme.library.desk.is_open and not page.is_busy, "the library did not open")
    return window, page


def page_of(window: MainWindow) -> LibraryPage:
    """Return the list of a window."""
    return window.findChildren(LibraryPage)[0]


def commands_of(window: MainWindow) -> LibraryCommands:
    """Return what commands do with the list of a window."""
    assert window.workspace.window is not None
    commands = window.workspace.window.library
    assert isinstance(commands, LibraryCommands)
    return commands


def listed(page: LibraryPage) -> list[str]:
    """Return the titles of the studies that are listed, in their order."""
    return [row.title for row in page.model.studies()]


def choose(page: LibraryPage, title: str) -> None:
    """Choose a study by its title."""
    row = next(row for row in page.model.studies() if row.title == title)
    page.tree.setCurrentIndex(page.model.index_of(row.key))


def ask(page: LibraryPage, text: str) -> None:
    """Type into the search field and wait for the answer."""
    page.search.setText(text)
    wait_for(lambda: not page.is_busy)
