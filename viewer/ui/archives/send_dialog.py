"""Where studies are to be sent, or which archive is asked whether it keeps them; says first what it has already."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from viewer.base.translation import _, ngettext
from viewer.network.peers import Peer
from viewer.ui.archives.peer_names import place_of
from viewer.ui.buttons import push_button
from viewer.ui.pieces import caution, coloured, danger, heading, paragraph, while_alive
from viewer.ui.theme import colours
from viewer.workspace.library_browsing import LibraryDesk
from viewer.workspace.sending import StudyToSend, standing_lines

if TYPE_CHECKING:
    from viewer.library.sent_standing import StudyStanding
    from viewer.workspace.peer_desk import PeerDesk

WIDTH = 460
SHOWN = 6


class SendHost(Protocol):
    """What sending asks of the program."""

    @property
    def desk(self) -> "PeerDesk":
        """The archives."""

    @property
    def library_desk(self) -> LibraryDesk:
        """The library."""

    @property
    def last_archive(self) -> str:
        """The name of the archive that was sent to last; empty for none."""

    def send(self, peer: Peer, studies: Sequence[StudyToSend], *, commits: bool) -> None:
        """Send studies, and ask for commitment when they are there."""

    def commit(self, peer: Peer, studies: Sequence[StudyToSend]) -> None:
        """Ask an archive to promise that it keeps studies."""

    def show_peers(self, window: QWidget) -> None:
        """Show the archives there are, to add one."""


class SendDialog(QDialog):
    """Asks where.

    Args:
        parent: The reading window.
        host: The program's side.
        studies: What is to be sent.
        only_commits: Whether nothing is sent: an archive is asked to promise that it keeps them.
    """

    def __init__(
        self, parent: QWidget, host: SendHost, studies: Sequence[StudyToSend], *, only_commits: bool = False
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Ask whether it is kept") if only_commits else _("Send to an archive"))
        self.setMinimumWidth(WIDTH)
        self._window, self._host, self._only_commits = parent, host, only_commits
        self._studies = tuple(studies)
        self._standings: dict[str, StudyStanding] = {}
        self.archive = QComboBox()
        self.archive.setAccessibleName(_("Archive"))
        self.archive.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.commits = QCheckBox(_("Ask for its promise to keep them afterwards (storage commitment)"))
        self.commits.setChecked(True)
        self._standing, self._trouble = paragraph(), danger()
        self._left_out = caution()
        self.start = QPushButton(_("Ask") if only_commits else _("Send"))
        self.start.setDefault(True)
        self.add = push_button(_("Add an archive…"), self._add)
        self._lay_out()
        self.archive.hide()
        self.archive.currentIndexChanged.connect(lambda _row: self._chosen())
        self._disconnect = host.desk.changed.connect(lambda _none: self._show_peers())
        self.finished.connect(lambda _result: self._disconnect())
        self._show_peers()
        host.desk.look(lambda: while_alive(self, lambda _none: self._show_peers())(None))
        self._ask_standings()

    @property
    def peer(self) -> Peer | None:
        """The archive that is chosen."""
        name = self.archive.currentData()
        return next((peer for peer in self._host.desk.peers or () if peer.name == name), None)

    @property
    def standing(self) -> str:
        """What is said of what the archive has already."""
        return self._standing.text()

    def accept(self) -> None:
        """Send, or ask."""
        peer = self.peer
        if peer is None or not self.start.isEnabled():
            return
        if self._only_commits:
            self._host.commit(peer, self._studies)
        else:
            self._host.send(peer, self._studies, commits=self.commits.isChecked() and self.commits.isEnabled())
        super().accept()

    # Showing

    def _show_peers(self) -> None:
        peers = self._host.desk.peers or ()
        chosen = self.archive.currentData() or self._host.last_archive
        self.archive.blockSignals(True)
        self.archive.clear()
        for peer in peers:
            self.archive.addItem(f"{peer.name}  ·  {place_of(peer)}", peer.name)
        self.archive.setCurrentIndex(max(0, self.archive.findData(chosen)) if peers else -1)
        self.archive.blockSignals(False)
        is_first = bool(peers) and self.archive.isHidden()
        self.archive.setVisible(bool(peers))
        self._chosen()
        if is_first:
            self.archive.setFocus()

    def _chosen(self) -> None:
        peer = self.peer
        trouble = ""
        if peer is None:
            trouble = _("No archive is known here yet") if self._host.desk.peers is not None else ""
        elif peer.station is None and self._only_commits:
            trouble = _("This archive is called on the web alone; storage commitment needs DICOM")
        can_commit = peer is not None and peer.station is not None and any(study.is_kept for study in self._studies)
        self.commits.setEnabled(can_commit)
        is_any = any(study.images for study in self._studies)
        if self._only_commits and not any(study.is_kept for study in self._studies):
            trouble = trouble or _("Only studies that are kept on this computer can be asked for: import them first")
        self._trouble.setText(trouble)
        self._trouble.setVisible(bool(trouble))
        self.add.setVisible(peer is None)
        self.start.setEnabled(peer is not None and not trouble and is_any)
        self._show_standing()

    def _ask_standings(self) -> None:
        uids = [study.study_instance_uid for study in self._studies if study.is_kept]
        if not uids:
            return

        def answered(standings: "dict[str, StudyStanding]") -> None:
            self._standings = standings
            self._show_standing()

        from viewer.workspace.study_standings import standings_of

        self._host.library_desk.ask(
            lambda library: standings_of(uids, library), while_alive(self, answered), lambda _error: None
        )

    def _show_standing(self) -> None:
        peer = self.peer
        lines = standing_lines(peer, self._standings.values()) if peer is not None else ()
        self._standing.setText("\n".join(lines))
        self._standing.setVisible(bool(lines))
        coloured(self._standing, colours().secondary)

    def _add(self) -> None:
        self._host.show_peers(self._window)
        self.reject()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        images = sum(study.images for study in self._studies)
        layout.addWidget(heading(_counted(len(self._studies), images)))
        names = [study.title for study in self._studies[:SHOWN]]
        if len(self._studies) > SHOWN:
            names.append(_("… and {0} more").format(len(self._studies) - SHOWN))
        layout.addWidget(paragraph("\n".join(names), is_quiet=True))
        left_out = sum(study.left_out for study in self._studies)
        if left_out:
            text = ngettext(
                "{0} image lies inside an archive file or disc image: import it first to send it",
                "{0} images lie inside an archive file or disc image: import them first to send them",
                left_out,
            )
            self._left_out.setText("⚠  " + text.format(left_out))
            layout.addWidget(self._left_out)
        layout.addSpacing(4)
        layout.addWidget(paragraph(_("Which archive?") if self._only_commits else _("Where to?")))
        layout.addWidget(self.archive)
        layout.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._standing)
        layout.addWidget(self._trouble)
        if not self._only_commits:
            layout.addWidget(self.commits)
        cancel = QPushButton(_("Cancel"))
        buttons = QDialogButtonBox()
        buttons.addButton(self.start, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addSpacing(4)
        layout.addWidget(buttons)
        self.archive.setFocus()


def _counted(studies: int, images: int) -> str:
    counted = ngettext("{0} image", "{0} images", images).format(images)
    return f"{ngettext('{0} study', '{0} studies', studies).format(studies)}, {counted}"
