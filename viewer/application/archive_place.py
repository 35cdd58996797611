"""The archives of the program: asked in the background, fetched from by the transfers; implements ArchiveHost."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from viewer.application.password_question import SecretQuestion
from viewer.base.errors import SettingsError, ViewerError
from viewer.base.jobs import NETWORK, Progress
from viewer.base.translation import _, ngettext
from viewer.ui.browser.archive_commands import ArchiveCommands
from viewer.ui.browser.archive_host import FetchMode
from viewer.ui.browser.archive_page import ArchivePage
from viewer.workspace.archive_browsing import ArchiveDesk
from viewer.workspace.archive_rows import ArchiveRow
from viewer.workspace.archive_settings import ArchiveSettings
from viewer.workspace.archive_wanted import wanted_of
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.archives.access import Access
    from viewer.archives.found_peers import FoundPeer
    from viewer.archives.peer_list import PeerList
    from viewer.archives.secrets import Secrets
    from viewer.library.library import Library
    from viewer.library.study_row import StudyRow
    from viewer.network.peers import Peer
    from viewer.ui.main_window import MainWindow

SECTION = "archives"
REFRESH_MS = 1500
"""While studies arrive, the library changes many times a second."""
MARKS_MS = 300


class ArchivePlace(QObject):
    """What the program does with archives for all windows."""

    def __init__(self, programme: "Programme") -> None:
        super().__init__(programme)
        self._programme = programme
        self.questions = SecretQuestion(programme.bridge.deliver)
        self.calls = _Calls(programme, self.questions.ask if programme.is_attended else None)
        self.desk = ArchiveDesk(self.calls, programme.runner, programme.bridge.deliver)
        self._pages: list[ArchivePage] = []
        self._refreshing = self._timer(REFRESH_MS, lambda page: page.standings.refresh())
        self._marking = self._timer(MARKS_MS, lambda page: page.standings.show_marks())
        library = programme.library
        self._forget = [
            library.desk.changed.connect(lambda _none: _start(self._refreshing)),
            library.desk.state_changed.connect(lambda _state: _start(self._refreshing)),
            library.openings.changed.connect(lambda _none: _start(self._marking)),
            programme.transfers.changed.connect(lambda _none: _start(self._marking)),
            programme.transfers.ended.connect(lambda _status: _start(self._refreshing)),
            self.desk.peers_changed.connect(lambda _none: self._tell_windows()),
        ]

    # For windows

    def make_page(self) -> ArchivePage:
        """Return the list of a new window."""
        page = ArchivePage(self)
        page.has_editor = "archive.peers" in BY_ID
        page.states.has_doctor = "archive.doctor" in BY_ID
        page.restore(self.settings.order, self.settings.shown_columns)
        return page

    def make_commands(self, window: "MainWindow", page: ArchivePage) -> ArchiveCommands:
        """Return what commands do with the list of a window."""

        def run(command_id: str) -> None:
            if command_id in BY_ID:
                window.actions_table.run(command_id)

        def key_of(command_id: str) -> str:
            shortcut = window.actions_table[command_id].shortcut()
            return shortcut.toString(QKeySequence.SequenceFormat.NativeText)

        page.key_of = key_of
        return ArchiveCommands(
            window,
            window.workspace,
            page,
            self,
            show_page=window.show_archives,
            run=run,
            make_menu=lambda menu, ids: window.fill_menu(menu, [each for each in ids if each in BY_ID]),
        )

    def window_opened(self, window: "MainWindow", page: ArchivePage, commands: ArchiveCommands) -> None:
        """Follow a window."""
        self._pages.append(page)
        window.closing.connect(lambda _window: self._pages.remove(page))
        window.study_dropped.connect(commands.open_dropped)
        window.show_has_archives(has_archives=bool(self.desk.peers))
        self.desk.look()

    def close(self) -> None:
        """The windows are closed."""
        self._refreshing.stop()
        self._marking.stop()
        self.questions.close()
        for forget in self._forget:
            forget()

    # What the list asks (ui.browser.archive_host)

    @property
    def settings(self) -> ArchiveSettings:
        """What searches remember."""
        return self._programme.settings.section(SECTION, ArchiveSettings)

    def keep_settings(self, settings: ArchiveSettings) -> None:
        """Remember something else."""
        try:
            self._programme.settings.store(SECTION, settings)
        except SettingsError as error:
            self._tell(error.one_line())
        for page in self._pages:
            page.settings_changed()

    def keep_look(self, order: str, columns: str) -> None:
        """Remember what the list is sorted by, and its columns."""
        self.keep_settings(replace(self.settings, order=order, columns=columns))

    @property
    def opened(self) -> frozenset[str]:
        """The UIDs of the studies that are open."""
        return frozenset(study.study_instance_uid for study in self._programme.tree.studies())

    @property
    def fetching(self) -> Mapping[str, tuple[int, int]]:
        """The UIDs of the studies that are on their way."""
        return {
            status.request.study_instance_uid: (status.done, status.expected)
            for status in self._programme.transfers.list.statuses()
            if not status.state.has_ended and status.request.kind == "retrieve"
        }

    def held_of_studies(self, uids: Sequence[str], done: Callable[[dict[str, int]], None]) -> None:
        """Find out how many instances of studies are in the library."""
        from viewer.library.held_counts import held_of_studies

        self._ask_library(lambda library: held_of_studies(library, uids), done)

    def held_of_series(self, uids: Sequence[str], done: Callable[[dict[str, int]], None]) -> None:
        """Find out how many instances of series are in the library."""
        from viewer.library.held_counts import held_of_series

        self._ask_library(lambda library: held_of_series(library, uids), done)

    def prepare(self) -> None:
        """Somebody may fetch something soon."""
        self._programme.transfers.prepare()

    def preference_pages(self) -> dict[str, tuple[str, QWidget]]:
        """Return the page of searches in archives, for the preferences."""
        from viewer.ui.preferences.section_page import SectionPage

        def change(section: ArchiveSettings) -> None:
            # What else is remembered may have changed since the page was made.
            self.keep_settings(replace(self.settings, limit=section.limit, period=section.period))

        return {SECTION: (_("Searches in archives"), SectionPage(self.settings, change))}

    def retrieve(self, rows: Sequence[ArchiveRow], mode: FetchMode, workspace: Workspace) -> None:
        """Fetch what rows stand for, from the archive that answered first; what is here already is opened."""
        here = [row for row in rows if row.is_whole and row.study is not None]
        away = [row for row in rows if not row.is_whole and row.study is not None]
        if here and mode is not FetchMode.FETCH:
            self._open_here(here, workspace)
        elif here and not away:
            said = ngettext("It is on this computer already", "All of them are on this computer already", len(here))
            # By their number: what is here may be others than the archive has.
            self._tell(said, _("Fetch all the same"), partial(self._fetch, here, mode, workspace, opens=False))
        self._fetch(away, mode, workspace, opens=mode is FetchMode.OPEN and not here)

    def _fetch(self, rows: Sequence[ArchiveRow], mode: FetchMode, workspace: Workspace, *, opens: bool) -> None:
        for number, (archive, studies) in enumerate(wanted_of(rows, self.desk.names).items()):
            self._programme.transfers.retrieve(
                archive,
                studies,
                is_kept=mode is not FetchMode.VIEW,
                opens=opens and number == 0,
                workspace=workspace,
            )

    def fetch_priors(self, rows: Sequence[ArchiveRow], workspace: Workspace) -> None:
        """Fetch earlier studies of the patient of what is chosen; where nothing is, of what is shown."""
        chosen = next((row.study for row in rows if row.study is not None), None)
        self._programme.transfers.priors.fetch_now(workspace, chosen)

    def find_archives(self, say: Callable[..., None]) -> None:
        """Look for archives on this computer, and offer to put them into the list."""
        say(_("Looking for archives on this computer…"), shown_ms=0)

        def failed(error: Exception) -> None:
            if not isinstance(error, ViewerError):
                raise error
            say(error.one_line())

        self._programme.runner.submit(
            _Find(self.calls), lane=NETWORK, key="find archives", done=partial(self._offer, say), failed=failed
        )

    def _offer(self, say: Callable[..., None], found: "tuple[FoundPeer, ...]") -> None:
        if not found:
            say(_("No other archive was found on this computer"))
            return
        names = ", ".join(each.peer.name for each in found)
        text = ngettext("Found: {0}", "Found: {0}", len(found)).format(names)
        say(text, ngettext("Add it", "Add them", len(found)), partial(self._add, say, found), shown_ms=0)

    def _add(self, say: Callable[..., None], found: "tuple[FoundPeer, ...]") -> None:
        def done(count: int) -> None:
            say(ngettext("{0} archive was added", "{0} archives were added", count).format(count))
            self.desk.look()

        def failed(error: Exception) -> None:
            if not isinstance(error, ViewerError):
                raise error
            say(error.one_line())

        self._programme.runner.submit(_Add(self.calls, found), lane=NETWORK, done=done, failed=failed)

    # Helpers

    def _ask_library(
        self, question: "Callable[[Library], dict[str, int]]", done: Callable[[dict[str, int]], None]
    ) -> None:
        desk = self._programme.library.desk
        if desk.is_open:
            desk.ask(question, done, lambda _error: done({}))
        else:
            done({})

    def _open_here(self, rows: Sequence[ArchiveRow], workspace: Workspace) -> None:
        uids = list(dict.fromkeys(row.study.study_instance_uid for row in rows if row.study is not None))
        alone = rows[0].one_series if len(rows) == 1 else None
        library = self._programme.library

        def there(kept: "Library") -> "list[StudyRow]":
            return [row for uid in uids for row in kept.catalogue.listed_of_uid(uid)]

        def opened(studies: "list[StudyRow]") -> None:
            if alone is None or not studies:
                library.openings.open(studies, None, workspace)
                return
            uid = alone.series_instance_uid
            library.desk.ask(
                lambda kept: [each for each in kept.catalogue.series_of(studies[0]) if each.series_instance_uid == uid],
                lambda series: library.openings.open(studies, series[0] if series else None, workspace),
            )

        library.desk.ask(there, opened)

    def _tell_windows(self) -> None:
        for window in self._programme.windows:
            window.show_has_archives(has_archives=bool(self.desk.peers))

    def _tell(self, text: str, link: str = "", follow: Callable[[], None] | None = None) -> None:
        for window in self._programme.windows:
            window.job_line.show_message(text, link, follow)

    def _timer(self, interval_ms: int, act: Callable[[ArchivePage], None]) -> QTimer:
        def each() -> None:
            for page in self._pages:
                if page.isVisible():
                    act(page)

        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(each)
        return timer


class _Calls:
    """How archives are had (workspace.archive_browsing.ArchiveCalls); used on threads of jobs."""

    def __init__(self, programme: "Programme", ask: Callable[[str, str], str | None] | None) -> None:
        self._programme = programme
        self._ask = ask
        self._lock = threading.RLock()
        self._list: PeerList | None = None
        self._secrets: Secrets | None = None

    @property
    def peer_list(self) -> "PeerList":
        """The list of archives."""
        from viewer.archives.peer_list import PeerList

        if self._list is None:
            self._list = PeerList(self._folder)
        return self._list

    @property
    def secrets(self) -> "Secrets":
        """What archives are told so that they let us in; the transfers share it."""
        from viewer.archives.secrets import Secrets

        with self._lock:
            if self._secrets is None:
                self._secrets = self._programme.transfers.secrets or Secrets(self._ask)
                self._programme.transfers.secrets = self._secrets
            return self._secrets

    def peers(self) -> "Sequence[Peer]":
        """Return the archives there are."""
        with self._lock:
            return self.peer_list.peers()

    def add(self, peers: "Sequence[Peer]") -> int:
        """Put archives into the list; return how many."""
        with self._lock:
            return len(self.peer_list.add_all(peers))

    def access(self, peer: "Peer") -> "Access":
        """Return how to call one."""
        from viewer.archives.access import open_access
        from viewer.reception.receiver_settings import ReceiverSettings

        if self._programme.is_attended:  # what is found will be wanted
            self._programme.transfers.prepare()
        receiver = self._programme.settings.section("receiver", ReceiverSettings)
        return open_access(peer, self._folder, receiver, self.secrets)

    def find(self) -> "tuple[FoundPeer, ...]":
        """Look for archives on this computer."""
        from viewer.archives.found_peers import found_peers
        from viewer.reception.receiver_settings import ReceiverSettings

        return found_peers(self._programme.settings.section("receiver", ReceiverSettings), self.peers())

    @property
    def _folder(self) -> Path:
        return self._programme.settings.folder


@dataclass(frozen=True, slots=True)
class _Find:
    calls: _Calls

    def run(self, _progress: Progress) -> "tuple[FoundPeer, ...]":
        return self.calls.find()


@dataclass(frozen=True, slots=True)
class _Add:
    calls: _Calls
    found: "tuple[FoundPeer, ...]"

    def run(self, _progress: Progress) -> int:
        return self.calls.add([each.peer for each in self.found])


def _start(timer: QTimer) -> None:
    if not timer.isActive():
        timer.start()
