"""Encryption: the certificate that this computer shows, its key, and whose certificates callers must show."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from viewer.base.errors import ViewerError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.ui.buttons import push_button
from viewer.ui.file_field import FileField
from viewer.ui.pieces import Section, coloured, form, paragraph, while_alive
from viewer.ui.reception.office import ReceiverDesk
from viewer.ui.theme import colours

if TYPE_CHECKING:
    from viewer.network.certificates import CertificateFacts, MadeCertificate

FOLDER = "certificates"


@dataclass(frozen=True, slots=True)
class MakeCertificate:
    """The job of making a certificate of this computer's own; one that was made before is taken again."""

    ae_title: str
    folder: Path

    def run(self, _progress: Progress) -> "MadeCertificate":
        """Make it."""
        from viewer.network.certificates import MadeCertificate, fingerprint, make_certificate

        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        if certificate.is_file() and key.is_file():
            return MadeCertificate(certificate, key, fingerprint(certificate))
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return make_certificate(self.ae_title, self.folder)


@dataclass(frozen=True, slots=True)
class ReadCertificate:
    """The job of reading what a certificate says."""

    certificate: Path

    def run(self, _progress: Progress) -> "CertificateFacts":
        """Return it."""
        from viewer.network.certificates import read_certificate

        return read_certificate(self.certificate)


class TlsSection(Section):
    """The three files of the draft."""

    def __init__(self, desk: ReceiverDesk) -> None:
        super().__init__(_("Encryption (TLS)"))
        self._desk = desk
        self._fields: dict[str, FileField] = {}
        self._fingerprint = paragraph()
        self._fingerprint.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._shown = ""
        rows = form()
        rows.addRow(_("Certificate"), self._file("certificate", _("Certificate")))
        rows.addRow(_("Its key"), self._file("key", _("Its key")))
        rows.addRow(_("Senders' authority"), self._file("authority", _("Senders' authority")))
        self.column.addLayout(rows)
        self.column.addWidget(
            paragraph(
                _(
                    "Without a certificate nothing is encrypted. With an authority, senders must show a certificate"
                    " that it has signed."
                ),
                is_quiet=True,
            )
        )
        buttons = QHBoxLayout()
        buttons.addWidget(push_button(_("Make a certificate"), self._make))
        buttons.addWidget(push_button(_("Without encryption"), self._clear))
        buttons.addStretch(1)
        self.column.addLayout(buttons)
        self.column.addWidget(self._fingerprint)
        desk.changed.connect(self.show_draft)
        self.show_draft()

    def show_draft(self) -> None:
        """Show the draft, and the fingerprint of its certificate."""
        for name, field in self._fields.items():
            field.show_path(getattr(self._desk.draft, name))
        path = self._desk.draft.certificate
        if path != self._shown:
            self._shown = path
            self._say("")
            if Path(path).is_absolute():
                self._desk.office.run(
                    ReadCertificate(Path(path)),
                    while_alive(self, self._tell_facts),
                    while_alive(self, self._failed),
                    key="fingerprint",
                )

    def _file(self, name: str, title: str) -> FileField:
        field = FileField(title, name)
        field.changed.connect(_changing(self._desk, name))
        self._fields[name] = field
        return field

    def _make(self) -> None:
        folder = self._desk.office.config_folder / FOLDER
        self._say(_("The certificate is being made…"))
        self._desk.office.run(
            MakeCertificate(self._desk.draft.ae_title, folder),
            while_alive(self, self._made),
            while_alive(self, self._failed),
            key="certificate",
        )

    def _made(self, made: "MadeCertificate") -> None:
        self._desk.change(certificate=str(made.certificate), key=str(made.key))

    def _failed(self, error: ViewerError) -> None:
        self._say(error.one_line(), colours().danger)

    def _clear(self) -> None:
        self._desk.change(certificate="", key="", authority="")

    def _tell_facts(self, facts: "CertificateFacts") -> None:
        trouble = facts.trouble()
        words = _("{0}, good until {1}").format(facts.subject, f"{facts.ends:%Y-%m-%d}")
        shown = _("Fingerprint (SHA-256), for whoever sends to this computer:")
        self._say("\n".join([trouble or words, shown, facts.fingerprint]), colours().danger if trouble else "")

    def _say(self, text: str, colour: str = "") -> None:
        coloured(self._fingerprint, colour or colours().secondary)
        self._fingerprint.setText(text)
        self._fingerprint.setVisible(bool(text))


def _changing(desk: ReceiverDesk, name: str) -> Callable[[str], None]:
    return lambda path: desk.change(**{name: path})
