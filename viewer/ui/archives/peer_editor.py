"""The page of one archive: how it is called, whether it answers; nothing of it is in force before it is kept."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from viewer.archives.doctor import Diagnosis
from viewer.archives.pairing import ShownCertificate
from viewer.base.errors import ViewerError
from viewer.base.jobs import JobHandle
from viewer.base.translation import _
from viewer.network.peers import Peer, WebAuthorization
from viewer.ui.archives.dimse_section import DimseSection
from viewer.ui.archives.doctor_view import DoctorView
from viewer.ui.archives.manner_sections import FetchSection, QuirksSection
from viewer.ui.archives.name_section import NameSection
from viewer.ui.archives.own_section import OwnSection
from viewer.ui.archives.pairing_dialog import PairingDialog
from viewer.ui.archives.peer_section import PeerSection
from viewer.ui.archives.sign_in_dialog import SignInDialog
from viewer.ui.archives.trust_section import TrustSection
from viewer.ui.archives.web_section import WebSection
from viewer.ui.buttons import push_button
from viewer.ui.pieces import PAGE_MARGIN, coloured, danger, fill_page, paragraph, while_alive
from viewer.ui.theme import colours
from viewer.workspace.peer_desk import PeerDesk
from viewer.workspace.peer_draft import NEW, PeerDraft, trouble_of
from viewer.workspace.peer_states import Answer, KeptPeer, PeerState

GAP = 14


class PeerEditor(QWidget):
    """Shows a draft, and follows what is typed.

    Signals:
        changed: The draft is another one.
        kept: An archive was kept: its name before (empty for a new one), and now.
        secrets_changed: Others may be let into an archive now.
    """

    changed = Signal()
    kept = Signal(str, str)
    secrets_changed = Signal()

    def __init__(self, desk: PeerDesk, show_receiver: Callable[[], None]) -> None:
        super().__init__()
        self._desk = desk
        self._kept: Peer | None = None
        self._is_showing = False
        self._examining: JobHandle[Diagnosis] | None = None
        self._name, self._web = NameSection(), WebSection(self.sign_in)
        self._trust, self._own = TrustSection(desk, self.compare), OwnSection(desk, show_receiver)
        self._dimse = DimseSection()
        self._sections: tuple[PeerSection, ...] = (
            self._name, self._dimse, self._web, self._trust, FetchSection(), QuirksSection(),
        )  # fmt: skip
        self._state, self._fix = paragraph(), paragraph()
        self.test = push_button(_("Test"), self.ask)
        self.test.setToolTip(_("Ask whether it is there (C-ECHO, and a search for one study on the web)"))
        self.examine_button = push_button(_("Examine"), self.examine, "stethoscope")
        self.examine_button.setToolTip(_("Step by step: name, connection, TLS, association, search, sending here"))
        self.doctor = DoctorView(self.stop_examining)
        self._words, self._trouble = paragraph(), danger()
        self.keep_button = push_button(_("Keep"), self.keep)
        self.keep_button.setToolTip(_("Call it like this from now on"))
        self.take_back_button = push_button(_("Take back"), self.take_back)
        self.take_back_button.setToolTip(_("As it was before it was changed"))
        self._lay_out()
        for section in self._sections:
            section.changed.connect(self._edited)
        desk.keeps_secrets(while_alive(self, lambda is_kept: self._web.show_where_kept(is_kept=is_kept)))

    @property
    def draft(self) -> PeerDraft:
        """The archive as it would be."""
        peer = self._kept or NEW
        for section in self._sections:
            peer = section.applied(peer)
        return PeerDraft(self._kept, peer, self._web.typed)

    def show_draft(self, draft: PeerDraft) -> None:
        """Show an archive as it was being changed."""
        self.stop_examining()
        self.doctor.hide()
        self._kept = draft.kept
        self._show(draft.peer)
        for kind, secret in draft.typed.items():
            self._web.secrets[kind].setText(secret)
        self._follow()

    def take_back(self) -> None:
        """Go back to what is in force."""
        self._show(self._kept or NEW)
        self._edited()

    def focus(self) -> None:
        """Put the keyboard into the first field."""
        self._name.name.setFocus()
        self._name.name.selectAll()

    # Keeping

    def keep(self) -> None:
        """Keep the archive, unless something is in the way: then say what."""
        draft = self.draft
        before = draft.kept.name if draft.kept is not None else ""
        self.keep_button.setEnabled(False)

        def done(kept: KeptPeer) -> None:
            if draft.typed:
                self.secrets_changed.emit()
            if draft.kept is not self._kept:
                self.kept.emit(before, kept.peer.name)  # another archive is looked at by now
                return
            self._kept = kept.peer
            if self.draft.peer == draft.peer:  # what was typed since then stays
                self._show(kept.peer)
            self._follow()
            words = _("Kept")
            if kept.is_secret_kept is False:
                words = _("Kept; the password only until the program ends, for this computer has no keyring")
            self._words.setText(words)
            coloured(self._words, colours().good)
            self._words.show()
            self.kept.emit(before, kept.peer.name)

        def failed(error: ViewerError) -> None:
            self.keep_button.setEnabled(True)
            self._show_trouble(error)

        self._desk.keep(before, draft.peer, draft.typed, while_alive(self, done), while_alive(self, failed))

    # Asking

    def ask(self) -> None:
        """Ask whether it is there, as it is entered now."""
        draft = self.draft
        if self._cannot_be(draft.peer):
            return
        self._say_state(PeerState(Answer.ASKING, _("asking…")))

        def told(state: PeerState) -> None:
            if self.draft.peer == draft.peer:  # another archive may be shown by now
                self._say_state(state)

        self._desk.ask(draft.peer, draft.typed, while_alive(self, told))

    def examine(self) -> None:
        """Examine it step by step, as it is entered now."""
        draft = self.draft
        if self._cannot_be(draft.peer):
            return
        self.stop_examining()
        self.doctor.begin(draft.peer.name)
        self.examine_button.setEnabled(False)

        def done(diagnosis: Diagnosis) -> None:
            self._examining = None
            self.examine_button.setEnabled(True)
            self.doctor.end(diagnosis)

        self._examining = self._desk.examine(
            draft.peer, draft.typed, while_alive(self, self.doctor.tell), while_alive(self, done)
        )

    def stop_examining(self) -> None:
        """Take no further steps."""
        if self._examining is not None:
            self._examining.cancel()
            self._examining = None
            self.doctor.end(None)
        self.examine_button.setEnabled(True)

    def compare(self) -> None:
        """Show the fingerprints, to be compared; whoever accepts them pairs."""
        peer = self.draft.peer
        if self._cannot_be(peer, is_pairing=True):
            return
        self._say_state(PeerState(Answer.ASKING, _("asking…")))

        def accept(shown: tuple[ShownCertificate, ...]) -> None:
            self._desk.pair(
                peer,
                shown,
                while_alive(self, lambda paired: self._trust.take_paired(paired.tls)),
                while_alive(self, self._failed),
            )

        def show(shown: tuple[ShownCertificate, ...], before: tuple[str, ...]) -> None:
            self._say_state(self._desk.state_of(peer.name))
            PairingDialog(self, peer.name, shown, before, lambda: accept(shown)).open()

        self._desk.shown_by(
            peer,
            lambda shown, before: while_alive(self, lambda _none: show(shown, before))(None),
            while_alive(self, self._failed),
        )

    def sign_in(self) -> None:
        """Sign in with OpenID Connect."""
        peer = self.draft.peer
        if self._cannot_be(peer):
            return
        handles: list[JobHandle[None]] = []

        def give_up() -> None:
            for handle in handles:
                handle.cancel()

        dialog = SignInDialog(self, peer.name, give_up)

        def done(_none: None) -> None:
            dialog.signed_in()
            self.secrets_changed.emit()
            self._look_for_secret()

        def failed(error: ViewerError) -> None:
            dialog.failed(_told(error))

        handles.append(
            self._desk.sign_in(
                peer,
                lambda url, code: while_alive(dialog, lambda _none: dialog.prompt(url, code))(None),
                while_alive(dialog, done),
                while_alive(dialog, failed),
            )
        )
        dialog.open()

    # Showing

    def show_state(self) -> None:
        """Show what is known of the archive."""
        if self._kept is not None:
            self._say_state(self._desk.state_of(self._kept.name))

    def _show(self, peer: Peer) -> None:
        self._is_showing = True
        for section in self._sections:
            section.show_peer(peer)
        self._is_showing = False
        self._say_state(self._desk.state_of(peer.name) if self._kept is not None else PeerState())
        self._look_for_secret()

    def _look_for_secret(self) -> None:
        peer = self._kept
        if peer is not None and peer.web is not None and peer.web.authorization is not WebAuthorization.NONE:
            self._desk.has_secret(
                self.draft.peer, while_alive(self, lambda is_known: self._web.show_known(is_known=is_known))
            )

    def _edited(self) -> None:
        if not self._is_showing:
            self._follow()
            self.changed.emit()

    def _follow(self) -> None:
        draft = self.draft
        self._trust.show_needed(draft.peer)
        self._own.show_peer(draft.peer)
        is_changed = draft.is_changed
        trouble = trouble_of(draft.peer) if is_changed else None
        is_begun = draft.kept is not None or is_changed
        self._show_trouble(trouble if is_begun and draft.peer.name else None)
        self.keep_button.setText(_("Add") if draft.kept is None else _("Keep"))
        self.keep_button.setEnabled(is_changed and trouble is None)
        self.take_back_button.setEnabled(is_changed)
        can_ask = trouble_of(draft.peer) is None
        for button in (self.test, self.examine_button):
            button.setEnabled(can_ask)
        coloured(self._words, colours().secondary)
        self._words.setText(_("Changed, not kept yet") if is_changed else "")

    def _show_trouble(self, error: ViewerError | None) -> None:
        self._trouble.setText(_told(error) if error is not None else "")
        self._trouble.setVisible(error is not None)
        self._words.setVisible(error is None)

    def _cannot_be(self, peer: Peer, *, is_pairing: bool = False) -> bool:
        trouble = trouble_of(peer, is_pairing=is_pairing)
        if trouble is not None:
            self._show_trouble(trouble)
        return trouble is not None

    def _failed(self, error: ViewerError) -> None:
        self._say_state(PeerState(Answer.BAD, str(error), error.advice))

    def _say_state(self, state: PeerState) -> None:
        colour = {Answer.GOOD: colours().good, Answer.BAD: colours().danger, Answer.PARTLY: colours().caution}
        self._state.setText(state.words or _("Not asked yet"))
        coloured(self._state, colour.get(state.answer, colours().secondary))
        self._fix.setText("\n".join(f"→ {line}" for line in state.fix.splitlines()))
        self._fix.setVisible(bool(state.fix))

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        column.setSpacing(GAP)
        asking = QHBoxLayout()
        said = QVBoxLayout()
        said.addWidget(self._state)
        said.addWidget(self._fix)
        asking.addLayout(said, 1)
        for button in (self.test, self.examine_button):
            asking.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column.addWidget(self._name)
        column.addLayout(asking)
        column.addWidget(self.doctor)
        for section in self._sections[1:]:
            column.addWidget(section)
        column.addWidget(self._own)
        column.addStretch(1)
        fill_page(self, body, words=(self._words, self._trouble), buttons=(self.take_back_button, self.keep_button))


def _told(error: ViewerError) -> str:
    return f"{error}. {error.advice}" if error.advice else str(error)
