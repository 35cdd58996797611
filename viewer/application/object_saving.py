"""Saving of objects as the program does it, for all windows (workspace.object_saving says how it is called)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.application.told_jobs import ToldJobs
from viewer.base.errors import SettingsError
from viewer.base.jobs import KEEPING, JobHandle, Progress, ProgressReport
from viewer.base.translation import _, ngettext
from viewer.workspace.object_saving import (
    SECTION,
    Destination,
    IntoFolder,
    IntoLibrary,
    Make,
    ObjectSavingSettings,
    Saved,
    ToArchive,
    save_objects,
)

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.library.library import Library
    from viewer.library.study_row import StudyRow
    from viewer.network.peers import Peer
    from viewer.ui.main_window import MainWindow

Done = Callable[[Saved], None]


@dataclass(frozen=True, slots=True)
class _IntoFolders:
    """The job where nothing goes into a library."""

    make: Make
    destinations: tuple[Destination, ...]

    def run(self, progress: Progress) -> Saved:
        return save_objects(self.make, self.destinations, None, progress)


class ObjectPlace:
    """Belongs to the program."""

    def __init__(self, programme: "Programme") -> None:
        self._programme = programme
        self._jobs = ToldJobs(programme, "objects")
        self.settings = programme.settings.section(SECTION, ObjectSavingSettings)

    def window_opened(self, window: "MainWindow") -> None:
        """Give a window its side."""
        commands = window.workspace.window
        if commands is not None:
            commands.objects = WindowObjects(self, window)

    @property
    def has_library(self) -> bool:
        """Whether there is a library."""
        return self._programme.library.folder is not None

    def last_destinations(self) -> tuple[Destination, ...]:
        """Return where objects were saved last."""
        kept = self.settings
        if not self.has_library:
            return (IntoFolder(Path(kept.folder)),) if kept.folder else ()
        if kept.goes_to_archive and kept.archive:
            return IntoLibrary(), ToArchive(kept.archive, kept.commits)
        return (IntoLibrary(),)

    def remember(self, settings: ObjectSavingSettings) -> None:
        """Keep where objects were saved last."""
        self.settings = settings
        try:
            self._programme.settings.store(SECTION, settings)
        except SettingsError as error:
            self._programme.library.tell(error.one_line())

    def peers(self) -> "tuple[Peer, ...] | None":
        """Return the archives there are; None while they are read."""
        found = self._programme.exchange.desk.peers
        return None if found is None else tuple(found)

    def look_for_peers(self, looked: Callable[[], None]) -> None:
        """Have the archives read."""
        self._programme.exchange.desk.look(looked)

    def save(
        self,
        make: Make,
        destinations: Sequence[Destination],
        study_instance_uid: str,
        title: str,
        done: Done | None = None,
    ) -> None:
        """Make objects in the background, save them everywhere, and say so."""
        wanted = tuple(destinations)
        into_folders = _IntoFolders(make, wanted)

        def begin(
            ended: Done, failed: Callable[[Exception], None], progress: Callable[[ProgressReport], None]
        ) -> JobHandle[Saved]:
            if all(isinstance(each, IntoFolder) for each in wanted):
                runner = self._programme.runner
                return runner.submit(into_folders, lane=KEEPING, done=ended, failed=failed, progress=progress)
            return self._programme.library.desk.work(job, ended, failed, progress)

        def job(library: "Library", progress: Progress) -> Saved:
            return save_objects(make, wanted, library, progress)

        def finished(saved: Saved) -> None:
            self._tell(saved, wanted, study_instance_uid, title)
            if done is not None:
                done(saved)

        self._jobs.start(begin, finished, _("Stopped; nothing was saved"))

    def renew(self, study_instance_uid: str) -> None:
        """Add what the library has of a study to it, where it is open."""
        library = self._programme.library

        def rows(there: "Library") -> "list[StudyRow]":
            return there.catalogue.listed_of_uid(study_instance_uid)

        def renew(studies: "Sequence[StudyRow]") -> None:
            for study in studies:
                library.openings.renew(study)

        library.desk.ask(rows, renew)

    def _tell(self, saved: Saved, destinations: Sequence[Destination], study_instance_uid: str, title: str) -> None:
        transfers = self._programme.transfers
        for key, request in saved.transfers:
            transfers.take_in(key, request)
        if any(not isinstance(each, IntoFolder) for each in destinations):
            self.renew(study_instance_uid)
        names = ", ".join(each.name for each in destinations if isinstance(each, ToArchive))
        text = _("{title}: saved").format(title=title)
        if saved.paths:
            text = f"{text}: {_path_words(saved.paths)}"
        if names:
            text = _("{title}: saved, and on its way to {archive}").format(title=title, archive=names)
        for window in self._programme.windows:
            if names:
                window.job_line.show_message(text, _("Show"), partial(window.show_panel, "transfers"))
            else:
                window.job_line.show_message(text)


class WindowObjects:
    """One window's side (workspace.object_saving.ObjectSaving)."""

    def __init__(self, place: ObjectPlace, window: "MainWindow") -> None:
        self.place, self._window = place, window

    @property
    def has_library(self) -> bool:
        """Whether there is a library."""
        return self.place.has_library

    def last_destinations(self) -> tuple[Destination, ...]:
        """Return where objects were saved last."""
        return self.place.last_destinations()

    def ask(self, make: Make, study_instance_uid: str, title: str, done: Done | None = None) -> None:
        """Ask where objects are to be saved, and save them."""
        from viewer.ui.dialogs.save_objects_dialog import SaveObjectsDialog

        def save(destinations: tuple[Destination, ...]) -> None:
            self.save(make, destinations, study_instance_uid, title, done)

        SaveObjectsDialog(self._window, self.place, title, save).open()

    def save(
        self,
        make: Make,
        destinations: Sequence[Destination],
        study_instance_uid: str,
        title: str,
        done: Done | None = None,
    ) -> None:
        """Save objects without asking."""
        self.place.save(make, destinations, study_instance_uid, title, done)


def _path_words(paths: Sequence[Path]) -> str:
    if len(paths) == 1:
        return str(paths[0])
    return f"{ngettext('{0} file', '{0} files', len(paths)).format(len(paths))}, {paths[0].parent}"
