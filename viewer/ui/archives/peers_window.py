"""The window "Archives": which there are at the left, the page of one at the right."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from viewer.archives.found_peers import FoundPeer
from viewer.archives.peer_list import ImportReport
from viewer.base.errors import ViewerError
from viewer.base.translation import _, ngettext
from viewer.network.peers import Peer
from viewer.ui.archives.peer_editor import PeerEditor
from viewer.ui.archives.peer_names import PeerNames
from viewer.ui.browser.archive_notice import ArchiveNotice
from viewer.ui.browser.library_strip import Strip
from viewer.ui.buttons import push_button
from viewer.ui.hairline import hairline
from viewer.ui.pieces import while_alive
from viewer.workspace.peer_desk import PeerDesk
from viewer.workspace.peer_draft import NEW, PeerDraft
from viewer.workspace.peer_states import KeptPeer, Removal

SIZE = (1000, 700)
NAMES_PX = 250
SHOWN_NAMES = 3


class PeersWindow(QDialog):
    """Every archive keeps what is being changed of it while others are looked at.

    Args:
        desk: The archives.
        show_receiver: Shows the receiver's page.
    """

    def __init__(self, desk: PeerDesk, show_receiver: Callable[[], None]) -> None:
        super().__init__()
        self.setWindowTitle(_("Archives"))
        self.resize(*SIZE)
        self._desk = desk
        self._drafts: dict[str, PeerDraft] = {}
        self._removal: Removal | None = None
        self._is_warned = False
        self.names = PeerNames()
        self.editor = PeerEditor(desk, show_receiver)
        self.notice, self.strip = ArchiveNotice(), Strip()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.notice)
        self._stack.addWidget(self.editor)
        self.add_button = push_button(_("Add"), self.add, "plus")
        self.add_button.setToolTip(_("A new archive"))
        self.remove_button = push_button(_("Remove"), self.remove)
        self.remove_button.setToolTip(_("Take the chosen archive off the list (Del in the list); it can be put back"))
        self.more_button = push_button(_("More"), lambda: None)
        self._lay_out()
        self.names.chosen.connect(self._show)
        self.names.delete_pressed.connect(self.remove)
        self.editor.changed.connect(self._edited)
        self.editor.kept.connect(self._was_kept)
        self._disconnect = desk.changed.connect(lambda _none: self.refresh())
        self.refresh()

    # What is asked from elsewhere

    def choose(self, name: str, *, examines: bool = False) -> None:
        """Show an archive, the first where there is none of that name; perhaps examine it at once."""
        peers = self._desk.peers or ()
        wanted = name if any(peer.name == name for peer in peers) else peers[0].name if peers else ""
        if name or not self.names.name:
            self.names.choose(wanted)
        if examines and wanted:
            self.editor.examine()

    def refresh(self) -> None:
        """Show the list as it is now."""
        peers = self._desk.peers
        drafts = {name for name, draft in self._drafts.items() if draft.is_changed}
        is_adding = "" in self._drafts
        self.names.show_peers(peers or (), self._desk.state_of, drafts, is_adding=is_adding)
        self.editor.show_state()
        self.remove_button.setEnabled(bool(self.names.name) or is_adding)
        if peers is not None and not peers and not is_adding:
            self._say_empty()
        elif peers is not None and not self.names.is_any_chosen:
            self.names.choose(peers[0].name if peers else "")
        for problem in self._desk.problems[:1]:
            self.strip.say(problem, shown_ms=0)

    # What is done

    def add(self, peer: Peer = NEW) -> None:
        """Begin a new archive."""
        self._drafts[""] = PeerDraft(None, peer)
        self.refresh()
        self.names.choose("")
        self.editor.focus()

    def remove(self) -> None:
        """Take the chosen archive off the list, with a way back."""
        name = self.names.name
        if not name:
            self._drafts.pop("", None)
            self.refresh()
            return

        def removed(removal: Removal) -> None:
            self._drafts.pop(name, None)
            self._settle()
            self._removal = removal
            self.refresh()
            self.names.setFocus()
            self.strip.say(_("{0} is removed").format(removal.peer.name), _("Undo"), partial(self._put_back, removal))

        self._desk.remove(name, while_alive(self, removed), while_alive(self, self._failed))

    def import_list(self) -> None:
        """Ask for the list of another program, and add what it names."""
        dialog = QFileDialog(self, _("Import a list of archives"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([_("Lists of archives (*.toml *.json *.xml *.csv *.txt *.cfg)"), _("All files (*)")])
        self._ask(dialog, self.import_from)

    def import_from(self, path: Path) -> None:
        """Add what a list names."""
        self._desk.import_from(path, while_alive(self, self._imported), while_alive(self, self._failed))

    def export_list(self) -> None:
        """Ask for a place, and write the list there, without passwords."""
        dialog = QFileDialog(self, _("Export the list, without passwords"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([_("This program's (*.toml)"), _("Orthanc's (*.json)")])
        dialog.setDefaultSuffix("toml")
        self._ask(dialog, self.export_to)

    def export_to(self, path: Path) -> None:
        """Write the list."""

        def done(written: Path) -> None:
            self.strip.say(_("The list is in {0}").format(written.name))

        self._desk.export_to(path, while_alive(self, done), while_alive(self, self._failed))

    def find_archives(self) -> None:
        """Look for archives on this computer, and offer them."""
        self.strip.say(_("Looking for archives on this computer…"), shown_ms=0)
        self._desk.find(while_alive(self, self._offer), while_alive(self, self._failed))

    def test_all(self) -> None:
        """Ask every archive whether it is there."""
        for peer in self._desk.peers or ():
            self._desk.ask(peer, {}, lambda _state: None)

    def reject(self) -> None:
        """Close, unless something was changed and not kept: then say so first."""
        changed = [draft.peer.name or _("New archive") for draft in self._drafts.values() if draft.is_changed]
        if changed and not self._is_warned:
            self._is_warned = True
            text = _("Not kept yet: {0}. Close again to let it go.").format(", ".join(changed[:SHOWN_NAMES]))
            self.strip.say(text, _("Keep"), self.editor.keep)
            return
        self.leave()

    def leave(self) -> None:
        """Close, whatever was changed and not kept."""
        self.editor.stop_examining()
        self._settle()
        self._disconnect()
        super().reject()

    # Following

    def _show(self, name: str) -> None:
        kept = next((peer for peer in self._desk.peers or () if peer.name == name), None)
        draft = self._drafts.get(name)
        if draft is None or (draft.kept is not None and draft.kept != kept):
            draft = PeerDraft(kept, kept or NEW)
        self._stack.setCurrentWidget(self.editor)
        self.editor.show_draft(draft)
        self.remove_button.setEnabled(True)

    def _edited(self) -> None:
        self._is_warned = False
        draft = self.editor.draft
        name = draft.kept.name if draft.kept is not None else ""
        if draft.is_changed or not name:
            self._drafts[name] = draft
        else:
            self._drafts.pop(name, None)
        self.names.mark({each for each, other in self._drafts.items() if other.is_changed}, draft.peer.name)

    def _was_kept(self, before: str, after: str) -> None:
        self._drafts.pop(before, None)
        if self.names.name != before:  # another archive is looked at by now
            self.refresh()
            return
        self.names.choose_next(after)
        self.refresh()
        self.names.choose(after, is_shown=True)

    def _put_back(self, removal: Removal) -> None:
        self._removal = None

        def done(kept: KeptPeer) -> None:
            self.refresh()
            self.names.choose(kept.peer.name)

        self._desk.put_back(removal, while_alive(self, done), while_alive(self, self._failed))

    def _settle(self) -> None:
        removal, self._removal = self._removal, None
        if removal is not None:
            self._desk.settle(removal)

    def _imported(self, report: ImportReport) -> None:
        count = len(report.added)
        parts = [ngettext("{0} archive was added", "{0} archives were added", count).format(count)]
        if report.already:
            words = ngettext("{0} was in the list already", "{0} were in the list already", report.already)
            parts.append(words.format(report.already))
        self.strip.say("; ".join([*parts, *report.problems]), shown_ms=0 if report.problems else 20_000)
        self.refresh()
        if report.added:
            self.names.choose(report.added[0].name)

    def _offer(self, found: tuple[FoundPeer, ...]) -> None:
        if not found:
            self.strip.say(_("No other archive was found on this computer"))
            return
        self.strip.hide()
        menu = QMenu(self)
        for each in found:
            action = menu.addAction(f"{each.peer.name}  ·  {each.words}")
            action.triggered.connect(partial(self.add, each.peer))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.more_button.mapToGlobal(self.more_button.rect().topLeft()))

    def _say_empty(self) -> None:
        self._stack.setCurrentWidget(self.notice)
        self.notice.say(
            _("No archive is known here yet. Its administrator knows its title (AE), host and port, or its URL."),
            (_("Add an archive…"), self.add),
            (_("Find archives on this computer"), self.find_archives),
            (_("Import a list…"), self.import_list),
        )

    def _failed(self, error: ViewerError) -> None:
        words = f"{error}. {error.advice}" if error.advice else str(error)
        self.strip.say(words, shown_ms=0)

    def _ask(self, dialog: QFileDialog, chosen: Callable[[Path], None]) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: chosen(Path(name)))
        dialog.open()

    # Building

    def _lay_out(self) -> None:
        menu = QMenu(self.more_button)
        for title, key, act in (
            (_("Find archives on this computer"), "Ctrl+F", self.find_archives),
            (_("Test all"), "Ctrl+Shift+T", self.test_all),
            (_("Import a list…"), "Ctrl+I", self.import_list),
            (_("Export the list…"), "Ctrl+Shift+E", self.export_list),
        ):
            action = menu.addAction(title)
            action.setShortcut(key)
            action.triggered.connect(act)
            self.addAction(action)  # or its key would only work while the menu is open
        self.more_button.setMenu(menu)
        for key, button in (
            ("Ctrl+N", self.add_button),
            ("Ctrl+S", self.editor.keep_button),
            ("Ctrl+Z", self.editor.take_back_button),
            ("Ctrl+T", self.editor.test),
            ("Ctrl+E", self.editor.examine_button),
        ):
            # Not the button's own shortcut: that goes whenever its text changes.
            QShortcut(QKeySequence(key), self).activated.connect(button.click)
            shown = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
            button.setToolTip(f"{button.toolTip() or button.text()}  ({shown})")
        left = QWidget()
        left.setFixedWidth(NAMES_PX)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(8, 8, 8, 8)
        buttons.setSpacing(4)
        for button in (self.add_button, self.remove_button, self.more_button):
            buttons.addWidget(button)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.names, 1)
        column.addWidget(hairline())
        column.addLayout(buttons)
        line = hairline()
        line.setFixedSize(1, 16777215)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(left)
        middle.addWidget(line)
        middle.addWidget(self._stack, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(middle, 1)
        layout.addWidget(self.strip)
        self.names.setFocus()
