"""Encryption: the certificate that this computer shows, its key, and whose certificates callers must show."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from viewer.base.errors import ViewerError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.ui.buttons import push_button
from viewer.ui.reception.office import ReceiverDesk
from viewer.ui.reception.pieces import Section, coloured, form, paragraph
from viewer.ui.theme import colours

FIELD_PX = 330
FOLDER = "certificates"


@dataclass(frozen=True, slots=True)
class Made:
    """What was made: files and fingerprint."""

    certificate: Path
    key: Path
    fingerprint: str


@dataclass(frozen=True, slots=True)
class MakeCertificate:
    """The job of making a certificate of this computer's own."""

    ae_title: str
    folder: Path

    def run(self, _progress: Progress) -> Made:
        """Make it."""
        from viewer.network.certificates import make_certificate

        made = make_certificate(self.ae_title, self.folder)
        return Made(made.certificate, made.key, made.fingerprint)


@dataclass(frozen=True, slots=True)
class ReadFingerprint:
    """The job of reading a certificate's fingerprint."""

    certificate: Path

    def run(self, _progress: Progress) -> str:
        """Return it."""
        from viewer.network.certificates import fingerprint

        return fingerprint(self.certificate)


class TlsSection(Section):
    """The three files of the draft."""

    def __init__(self, desk: ReceiverDesk) -> None:
        super().__init__(_("Encryption (TLS)"))
        self._desk = desk
        self._fields: dict[str, QLineEdit] = {}
        self._fingerprint = paragraph(is_quiet=True)
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
            if field.text().strip() != getattr(self._desk.draft, name):
                field.setText(getattr(self._desk.draft, name))
        path = self._desk.draft.certificate
        if path != self._shown:
            self._shown = path
            self._say("")
            if Path(path).is_absolute():
                self._desk.office.run(
                    ReadFingerprint(Path(path)), self._tell_fingerprint, lambda _error: None, key="fingerprint"
                )

    def _file(self, name: str, title: str) -> QWidget:
        field = QLineEdit()
        field.setAccessibleName(title)
        field.setObjectName(name)
        field.setMinimumWidth(FIELD_PX)
        field.setClearButtonEnabled(True)
        field.textChanged.connect(_changing(self._desk, name))
        self._fields[name] = field
        choose = push_button(_("Choose…"), lambda: self._choose(name, title))
        choose.setAccessibleName(_("Choose a file: {0}").format(title))
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(field)
        line.addWidget(choose)
        return row

    def _choose(self, name: str, title: str) -> None:
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self._desk.change(**{name: path}))
        dialog.open()

    def _make(self) -> None:
        folder = self._desk.office.config_folder / FOLDER
        self._say(_("The certificate is being made…"))
        self._desk.office.run(
            MakeCertificate(self._desk.draft.ae_title, folder), self._made, self._failed, key="certificate"
        )

    def _made(self, made: Made) -> None:
        self._shown = str(made.certificate)
        self._desk.change(certificate=str(made.certificate), key=str(made.key))
        self._tell_fingerprint(made.fingerprint)

    def _failed(self, error: ViewerError) -> None:
        self._say(error.one_line(), colours().danger)

    def _clear(self) -> None:
        self._desk.change(certificate="", key="", authority="")

    def _tell_fingerprint(self, fingerprint: str) -> None:
        self._say(_("Fingerprint (SHA-256), for whoever sends to this computer: {0}").format(fingerprint))

    def _say(self, text: str, colour: str = "") -> None:
        coloured(self._fingerprint, colour or colours().secondary)
        self._fingerprint.setText(text)
        self._fingerprint.setVisible(bool(text))


def _changing(desk: ReceiverDesk, name: str) -> Callable[[str], None]:
    return lambda text: desk.change(**{name: text.strip()})
