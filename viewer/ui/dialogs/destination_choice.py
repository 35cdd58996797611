"""Where objects are saved: in the study on this computer, or a folder where there is no library; and to an archive."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from viewer.base.translation import _
from viewer.network.peers import Peer
from viewer.ui.archives.peer_names import place_of
from viewer.ui.buttons import push_button
from viewer.ui.pieces import paragraph, while_alive
from viewer.workspace.object_saving import Destination, IntoFolder, IntoLibrary, ObjectSavingSettings, ToArchive

INDENT_PX = 24


class DestinationHost(Protocol):
    """What the choice asks of the program."""

    settings: ObjectSavingSettings

    @property
    def has_library(self) -> bool:
        """Whether there is a library."""

    def peers(self) -> tuple[Peer, ...] | None:
        """Return the archives there are; None while they are read."""

    def look_for_peers(self, looked: Callable[[], None]) -> None:
        """Have the archives read."""

    def remember(self, settings: ObjectSavingSettings) -> None:
        """Keep what was chosen."""


class DestinationChoice(QWidget):
    """What was chosen last is chosen at first.

    Args:
        host: The program's side.
    """

    changed = Signal()

    def __init__(self, host: DestinationHost) -> None:
        super().__init__()
        self._host = host
        kept = host.settings
        self.library = paragraph(_("Saved in the study, on this computer"))
        self.folder = QLineEdit(kept.folder)
        self.folder.setAccessibleName(_("Folder"))
        self.choose = push_button(_("Choose…"), self._choose)
        self.choose.setAccessibleName(_("Choose a folder"))
        self.sends = QCheckBox(_("Send to an archive as well"))
        self.sends.setChecked(kept.goes_to_archive)
        self.archive = QComboBox()
        self.archive.setAccessibleName(_("Archive"))
        self.archive.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.commits = QCheckBox(_("Ask for its promise to keep it (storage commitment)"))
        self.commits.setChecked(kept.commits)
        self.nothing = paragraph(_("No archive is known here yet: it cannot be sent"), is_quiet=True)
        self._lay_out()
        self.sends.toggled.connect(lambda _on: self._follow())
        self.archive.currentIndexChanged.connect(lambda _row: self._follow())
        self.folder.textChanged.connect(lambda _text: self.changed.emit())
        self._show_peers()
        if host.has_library:
            host.look_for_peers(lambda: while_alive(self, lambda _none: self._show_peers())(None))

    @property
    def peer(self) -> Peer | None:
        """The archive that is chosen."""
        name = self.archive.currentData()
        return next((peer for peer in self._host.peers() or () if peer.name == name), None)

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Where everything goes; empty while nothing is named."""
        if not self._host.has_library:
            folder = self.folder.text().strip()
            return (IntoFolder(Path(folder).expanduser()),) if folder else ()
        peer = self.peer if self.sends.isChecked() else None
        if peer is None:
            return () if self.sends.isChecked() else (IntoLibrary(),)
        return IntoLibrary(), ToArchive(peer.name, self.commits.isChecked() and self.commits.isEnabled())

    def remember(self) -> None:
        """Have what was chosen offered the next time."""
        peer = self.peer
        chosen = ObjectSavingSettings(
            self.sends.isChecked(),
            peer.name if peer is not None else self._host.settings.archive,
            self.commits.isChecked(),
            self.folder.text().strip(),
        )
        if chosen != self._host.settings:
            self._host.remember(chosen)

    def _show_peers(self) -> None:
        peers = self._host.peers()
        chosen = self.archive.currentData() or self._host.settings.archive
        self.archive.blockSignals(True)
        self.archive.clear()
        for peer in peers or ():
            self.archive.addItem(f"{peer.name}  ·  {place_of(peer)}", peer.name)
        self.archive.setCurrentIndex(max(0, self.archive.findData(chosen)) if peers else -1)
        self.archive.blockSignals(False)
        if peers is not None and not peers:
            self.sends.setChecked(False)
        self._follow()

    def _follow(self) -> None:
        peers, has_library = self._host.peers(), self._host.has_library
        is_wanted = self.sends.isChecked()
        self.library.setVisible(has_library)
        self.folder.setVisible(not has_library)
        self.choose.setVisible(not has_library)
        has_archives = has_library and (peers is None or bool(peers))
        for widget in (self.sends, self.archive, self.commits):
            widget.setVisible(has_archives)
        self.sends.setEnabled(peers is None or bool(peers))
        self.archive.setEnabled(is_wanted and bool(peers))
        peer = self.peer
        self.commits.setEnabled(is_wanted and peer is not None and peer.station is not None)
        self.nothing.setVisible(has_library and peers is not None and not peers)
        self.changed.emit()

    def _choose(self) -> None:
        dialog = QFileDialog(self, _("Save into a folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.open()

    def _lay_out(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(6)
        layout.setColumnMinimumWidth(0, INDENT_PX - layout.horizontalSpacing())
        layout.setColumnStretch(1, 1)
        place = QHBoxLayout()
        place.addWidget(self.folder, 1)
        place.addWidget(self.choose)
        layout.addWidget(self.library, 0, 0, 1, 2)
        layout.addLayout(place, 1, 0, 1, 2)
        layout.addWidget(self.sends, 2, 0, 1, 2)
        layout.addWidget(self.archive, 3, 1)
        layout.addWidget(self.nothing, 4, 0, 1, 2)
        layout.addWidget(self.commits, 5, 1)
