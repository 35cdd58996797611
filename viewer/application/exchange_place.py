"""Archives, transfers and sending as the program has them: one window of archives, a panel in each reading window."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from viewer.base.events import Event
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.ui.archives.transfers_panel import TransfersPanel, panel_title
from viewer.workspace.library_browsing import LibraryDesk
from viewer.workspace.sending import StudyToSend
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viewer.application.programme import Programme
    from viewer.archives.secrets import Secrets
    from viewer.network.peers import Peer
    from viewer.ui.archives.peers_window import PeersWindow
    from viewer.ui.browser.archive_page import ArchivePage
    from viewer.ui.main_window import MainWindow
    from viewer.workspace.peer_desk import PeerDesk
    from viewer.workspace.transfers import TransferRow

PANEL = "transfers"
SECTION = "receiver"


class ExchangePlace(QObject):
    """Belongs to the program; implements ui.archives.transfer_host.TransferHost and send_dialog.SendHost."""

    def __init__(self, programme: "Programme") -> None:
        super().__init__(programme)
        self._programme = programme
        self._transfers = programme.transfers
        self._desk: PeerDesk | None = None
        self._window: PeersWindow | None = None
        self.last_archive = ""

    def make_panel(self, workspace: Workspace) -> TransfersPanel:
        """Return the list of transfers for a new window."""
        return TransfersPanel(self, workspace)

    def window_opened(self, window: "MainWindow", panel: TransfersPanel, page: "ArchivePage") -> None:
        """Follow a window."""
        panel.queries.follow(page.asking)

        def show_counts(current: int, waiting: int) -> None:
            window.set_panel_title(PANEL, panel_title(current, waiting))
            window.actions_table.refresh_soon()

        panel.count_changed.connect(show_counts)
        panel.refresh()
        window.closing.connect(lambda _window: panel.release())
        commands = window.workspace.window
        if commands is not None:
            from viewer.application.window_exchange import WindowExchange

            commands.exchange = WindowExchange(self, self._programme, window, panel)
        window.actions_table.refresh()

    @property
    def has_library(self) -> bool:
        """Whether anything can be fetched or sent."""
        return self._programme.library.folder is not None

    # The window of archives

    @property
    def desk(self) -> "PeerDesk":
        """The list of archives."""
        from viewer.workspace.peer_desk import PeerDesk

        if self._desk is None:
            programme = self._programme
            self._desk = PeerDesk(_Known(programme), programme.runner, programme.bridge.deliver)
            self._desk.changed.connect(lambda _none: programme.archives.desk.look())
        return self._desk

    def show_peers(self, window: QWidget, name: str = "", *, examines: bool = False) -> None:
        """Show the archives, one of them chosen, and perhaps examined at once."""
        from viewer.ui.archives.peers_window import PeersWindow

        if self._window is None:
            self._window = PeersWindow(
                self.desk, lambda: self._programme.windows[-1].actions_table.run("receiver.page")
            )
            self._window.finished.connect(self._peers_closed)
            self._window.editor.secrets_changed.connect(self._transfers.share_secrets)
        shown = self._window
        if not shown.isVisible():
            middle = window.frameGeometry().center()
            shown.move(middle.x() - shown.width() // 2, middle.y() - shown.height() // 2)
        shown.show()
        shown.raise_()
        shown.activateWindow()
        self.desk.look(lambda: shown.choose(name, examines=examines))

    def close_windows(self) -> None:
        """The last reading window is gone."""
        if self._window is not None:
            self._window.leave()

    def _peers_closed(self) -> None:
        closed, self._window = self._window, None
        if closed is not None:
            closed.deleteLater()
            self._programme.archives.desk.look()

    # What the list of transfers asks (TransferHost)

    @property
    def changed(self) -> Event[None]:
        """Other transfers, or something else is known of one."""
        return self._transfers.changed

    def rows(self) -> "tuple[TransferRow, ...]":
        """Return the transfers as people read them."""
        return self._transfers.rows()

    def pause(self, key: int) -> None:
        """Stop one for a while."""
        self._transfers.pause(key)

    def resume(self, key: int) -> None:
        """Go on with one, or begin it again."""
        self._transfers.resume(key)

    def cancel(self, key: int) -> None:
        """Stop one for good."""
        self._transfers.cancel(key)

    def forget(self, key: int) -> None:
        """Take one that has ended from the list."""
        self._transfers.forget(key)

    def forget_ended(self) -> None:
        """Take all that are done from the list."""
        self._transfers.forget_ended()

    def open_study(self, study_instance_uid: str, workspace: Workspace) -> None:
        """Open a study that is on this computer, as far as it is there."""
        self._programme.library.open_study(study_instance_uid, workspace)

    # What sending asks (SendHost)

    def ask_where(self, window: "MainWindow", studies: "Sequence[StudyToSend]", *, only_commits: bool) -> None:
        """Ask which archive gets studies, or is asked whether it keeps them."""
        from viewer.ui.archives.send_dialog import SendDialog

        dialog = SendDialog(window, self, studies, only_commits=only_commits)
        window.closing.connect(dialog.close)
        dialog.open()

    def send(self, peer: "Peer", studies: "Sequence[StudyToSend]", *, commits: bool) -> None:
        """Send studies, and ask for commitment when they are there."""
        self.last_archive = peer.name
        for study in studies:
            self._transfers.list.name(study.study_instance_uid, study.title)
            if study.is_kept:
                self._transfers.send(peer.name, [study.study_instance_uid], commits=commits)
            elif study.paths:
                self._transfers.send_files(peer.name, study.paths)
        self._show_panel()

    def commit(self, peer: "Peer", studies: "Sequence[StudyToSend]") -> None:
        """Ask an archive to promise that it keeps studies."""
        for study in studies:
            self._transfers.list.name(study.study_instance_uid, study.title)
        self._transfers.commit(peer.name, [study.study_instance_uid for study in studies if study.is_kept])
        self._show_panel()

    @property
    def library_desk(self) -> LibraryDesk:
        """The library."""
        return self._programme.library.desk

    def _show_panel(self) -> None:
        windows = self._programme.windows
        shown = next((window for window in windows if window.isActiveWindow()), windows[-1] if windows else None)
        if shown is not None:
            shown.show_panel(PANEL)


class _Known:
    """What archives are called with (workspace.peer_desk.PeerProgramme)."""

    def __init__(self, programme: "Programme") -> None:
        self._programme = programme

    @property
    def folder(self) -> Path:
        """Of the settings."""
        return self._programme.settings.folder

    @property
    def receiver(self) -> ReceiverSettings:
        """What we call ourselves, and where we receive."""
        reception = self._programme.reception
        return (
            reception.settings if reception is not None else self._programme.settings.section(SECTION, ReceiverSettings)
        )

    @property
    def secrets(self) -> "Secrets":
        """What lets us into archives."""
        return self._programme.archives.calls.secrets
