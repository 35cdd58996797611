"""Pairing: the fingerprint that an archive shows now, to be compared with what its administrator says."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from viewer.archives.pairing import ShownCertificate
from viewer.base.translation import _
from viewer.ui.archives.fingerprints import grouped, plain
from viewer.ui.pieces import caution, coloured, danger, heading, paragraph
from viewer.ui.theme import colours

WIDTH = 560
_DIGITS = 64


class PairingDialog(QDialog):
    """Shows what an archive shows, and what it showed before; the reader says whether it is the same.

    Args:
        shown: By the archive, now.
        before: Fingerprints by which it was known until now; empty where it was not paired.
        accepted: Called when the reader says that they are the administrator's.
    """

    def __init__(
        self,
        parent: QWidget,
        name: str,
        shown: Sequence[ShownCertificate],
        before: Sequence[str],
        accepted: Callable[[], None],
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Pair with {0}").format(name) if name else _("Pair"))
        self.setMinimumWidth(WIDTH)
        self._wanted = {plain(each.facts.fingerprint) for each in shown}
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addWidget(
            paragraph(
                _(
                    "Ask the archive's administrator for the fingerprint (SHA-256) of its certificate, by telephone or"
                    " in person, and compare. Whoever sits between could show another one."
                )
            )
        )
        for each in shown:
            self._add_shown(layout, each)
        now = {each.facts.fingerprint for each in shown}
        if before:
            is_same = now == set(before)
            title = _("It is the one that was paired before") if is_same else _("Until now it was known by another:")
            layout.addWidget(coloured(heading(title), colours().good if is_same else colours().danger))
            if not is_same:
                for fingerprint in before:
                    layout.addWidget(_digits(fingerprint))
        self.field = QLineEdit()
        self.field.setPlaceholderText(_("What the administrator says (optional): paste or type it"))
        self.field.setAccessibleName(_("Fingerprint that the administrator says"))
        self.field.textChanged.connect(self._compare)
        self._verdict = paragraph()
        layout.addWidget(self.field)
        layout.addWidget(self._verdict)
        self.pair = QPushButton(_("They are the same: pair"))
        self.pair.setAutoDefault(False)
        cancel = QPushButton(_("Cancel"))
        cancel.setDefault(True)
        buttons = QDialogButtonBox()
        buttons.addButton(self.pair, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.accepted.connect(accepted)
        layout.addWidget(buttons)
        self._can_pair = all(each.facts.is_valid() for each in shown)
        self._compare("")

    @property
    def verdict(self) -> str:
        """What is said of what was typed."""
        return self._verdict.text()

    def _add_shown(self, layout: QVBoxLayout, each: ShownCertificate) -> None:
        facts = each.facts
        layout.addWidget(heading(_("{0} shows now:").format(", ".join(each.places))))
        layout.addWidget(_digits(facts.fingerprint))
        issuer = _("signed by itself") if facts.is_self_signed else _("signed by {0}").format(facts.issuer)
        layout.addWidget(
            paragraph(
                _("{subject}, {issuer}, valid until {date}").format(
                    subject=facts.subject, issuer=issuer, date=f"{facts.ends:%Y-%m-%d}"
                ),
                is_quiet=True,
            )
        )
        if trouble := facts.trouble():
            layout.addWidget(caution(trouble) if facts.is_valid() else danger(trouble))

    def _compare(self, text: str) -> None:
        digits = plain(text)
        is_same = digits in self._wanted
        is_other = len(digits) >= _DIGITS and not is_same
        words, colour = "", colours().secondary
        if is_same:
            words, colour = _("The same"), colours().good
        elif is_other:
            words, colour = _("Not the same: do not pair; it may not be the archive that answers"), colours().danger
        elif digits:
            fits = any(wanted.startswith(digits) for wanted in self._wanted)
            words = _("The same so far") if fits else _("Not the same")
            colour = colours().secondary if fits else colours().danger
        self._verdict.setText(words)
        self._verdict.setVisible(bool(words))
        coloured(self._verdict, colour)
        self.pair.setEnabled(self._can_pair and (is_same or not digits))


def _digits(fingerprint: str) -> QLabel:
    label = QLabel(grouped(fingerprint))
    label.setTextFormat(Qt.TextFormat.PlainText)
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(15)
    label.setFont(font)
    label.setAccessibleName(fingerprint)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    label.setContentsMargins(12, 2, 0, 2)
    return label
