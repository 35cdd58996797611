"""Putting a study's identity right: the study as it is, beside the patient that it should be of."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from viewer.base.errors import ViewerError
from viewer.base.jobs import ProgressReport
from viewer.base.translation import _, ngettext
from viewer.library.aside import Difference
from viewer.library.reconciliation import (
    Identity,
    Reason,
    Reconciled,
    differences,
    reconcile,
    undo_reconciliation,
)
from viewer.library.study_row import StudyRow
from viewer.ui.buttons import push_button
from viewer.ui.hairline import hairline
from viewer.ui.pieces import coloured, heading, paragraph
from viewer.ui.reception import aside_texts
from viewer.ui.reception.aside_panes import difference_table, fill_differences
from viewer.ui.reception.identities import FIELDS, LIKENESSES, Found, found_in
from viewer.ui.reception.office import Office
from viewer.ui.theme import colours

SIZE, LEAST_SIZE = (980, 720), (820, 600)
_MARGIN = 16
_ROLE = Qt.ItemDataRole.UserRole


class ReconcileWindow(QDialog):
    """Nothing is written before the button says so; then all of it, or nothing."""

    def __init__(self, office: Office, study_instance_uid: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Put the identity right"))
        self.setMinimumSize(*LEAST_SIZE)
        self.resize(*SIZE)
        self._office, self._uid = office, study_instance_uid
        self._found: tuple[Found, ...] = ()
        self._is_closed = False
        self._cancel: Callable[[], None] | None = None
        self._studies, self._suggestions = QComboBox(), QListWidget()
        self._held: dict[str, QLabel] = {}
        self._fields: dict[str, QLineEdit] = {}
        self._changes = difference_table(_("As it is"), _("As it should be"))
        self._is_correction = QCheckBox(_("The values were wrong (else they were right where the study came from)"))
        self._is_correction.setChecked(True)
        self._sure = QCheckBox()
        self._message, self._bar = paragraph(), QProgressBar()
        self._apply = push_button(_("Put it right"), self.apply)
        self._undo = push_button(_("Bring the originals back"), self.take_back, "undo")
        self._close = push_button(_("Close"), self.close)
        self._lay_out()
        self.reload()

    def reload(self) -> None:
        """Ask the library for the study and for whom it may be of."""
        uid = self._uid
        self._office.desk.ask(lambda library: found_in(library, uid), self._show, self._failed)

    @property
    def study(self) -> StudyRow | None:
        """The study that is put right."""
        return self._found[row].study if 0 <= (row := self._studies.currentIndex()) < len(self._found) else None

    @property
    def identity(self) -> Identity | None:
        """What the study should say; None where what was typed cannot stand there, and the message says why."""
        study = self.study
        if study is None:
            return None
        typed = {name: field.text().strip() for name, field in self._fields.items()}
        try:
            return Identity(**{name: text for name, text in typed.items() if text != getattr(study, name)})
        except ViewerError as error:
            self._say(error.one_line(), colours().danger)
            return None

    # Showing

    def _show(self, found: tuple[Found, ...]) -> None:
        if self._is_gone():
            return
        place = max(self._studies.currentIndex(), 0)
        self._found = found
        self._studies.blockSignals(True)
        self._studies.clear()
        for each in found:
            attributes = aside_texts.row_attributes(each.study)
            self._studies.addItem(f"{aside_texts.patient_text(attributes)}  ·  {aside_texts.study_text(attributes)}")
        self._studies.setCurrentIndex(min(place, len(found) - 1))
        self._studies.blockSignals(False)
        self._show_study()

    def _show_study(self) -> None:
        study = self.study
        if study is None:
            return
        found = self._found[self._studies.currentIndex()]
        for name, label in self._held.items():
            label.setText(getattr(study, name) or _("(absent)"))
            self._fields[name].setText(getattr(study, name))
        self._suggestions.blockSignals(True)
        self._suggestions.clear()
        for number, each in enumerate(found.suggestions):
            why = ", ".join(_(LIKENESSES[likeness]) for likeness in each.likenesses)
            text = f"{aside_texts.patient_text(aside_texts.row_attributes(each.study))}\n{why}"
            item = QListWidgetItem(text, self._suggestions)
            item.setData(_ROLE, number)
        self._suggestions.setCurrentRow(-1)
        self._suggestions.blockSignals(False)
        self._suggestions.setVisible(bool(found.suggestions))
        self._no_suggestion.setVisible(not found.suggestions)
        self._undo.setVisible(found.can_be_undone)
        self._refresh()

    def _take_suggestion(self) -> None:
        item = self._suggestions.currentItem()
        study = self.study
        if item is None or study is None:
            return
        identity = self._found[self._studies.currentIndex()].suggestions[item.data(_ROLE)].identity
        for name, field in self._fields.items():
            value = getattr(identity, name)
            field.setText(getattr(study, name) if value is None else value)
        self._edited()

    def _edited(self) -> None:
        self._say("")
        self._sure.setChecked(False)  # what was compared is something else now
        self._refresh()

    def _refresh(self) -> None:
        """Show what would change, and whether it can be done."""
        study, identity = self.study, self.identity
        changes: tuple[Difference, ...] = ()
        if study is not None and identity is not None:
            changes = differences(study, identity)
            count = aside_texts.images_text(study.instance_count)
            self._sure.setText(_("I have compared both. To be written anew with this identity: {0}").format(count))
        fill_differences(self._changes, changes)
        self._apply.setEnabled(bool(changes) and self._sure.isChecked() and self._cancel is None)
        self._sure.setEnabled(bool(changes))

    # Doing

    def apply(self) -> None:
        """Write the study anew."""
        study, identity = self.study, self.identity
        if study is None or identity is None:
            return
        reason = Reason.CORRECT if self._is_correction.isChecked() else Reason.COERCE
        handle = self._office.desk.work(
            lambda library, progress: reconcile(library, study, identity, progress, reason=reason),
            self._done,
            self._failed,
            self._progressed,
        )
        self._wait(handle.cancel)

    def take_back(self) -> None:
        """Bring back what the last reconciliation replaced."""
        study = self.study
        if study is None:
            return
        handle = self._office.desk.work(
            lambda library, progress: undo_reconciliation(library, study, progress),
            self._brought_back,
            self._failed,
            self._progressed,
        )
        self._wait(handle.cancel)

    def _done(self, reconciled: Reconciled) -> None:
        count = reconciled.instances
        text = ngettext("{0} image has the new identity", "{0} images have the new identity", count).format(count)
        if reconciled.signed:
            signed = ngettext(
                "{0} had a digital signature, which no longer holds",
                "{0} had digital signatures, which no longer hold",
                reconciled.signed,
            )
            text = f"{text}. {signed.format(reconciled.signed)}"
        self._over(text)

    def _brought_back(self, reconciled: Reconciled) -> None:
        count = reconciled.instances
        self._over(ngettext("{0} image is as it came", "{0} images are as they came", count).format(count))

    def _over(self, text: str) -> None:
        self._office.renewed((self._uid,))
        if self._is_gone():
            return
        self._end_waiting()
        self._sure.setChecked(False)
        self._say(text)
        self.reload()

    def _failed(self, error: ViewerError) -> None:
        if not self._is_gone():
            self._end_waiting()
            self._say(error.one_line(), colours().danger)

    def _progressed(self, report: ProgressReport) -> None:
        if not self._is_gone():
            self._bar.setRange(0, report.total)
            self._bar.setValue(report.done)

    def _wait(self, cancel: Callable[[], None]) -> None:
        self._cancel = cancel
        self._body.setEnabled(False)
        self._apply.setEnabled(False)
        self._undo.setEnabled(False)
        self._bar.setRange(0, 0)
        self._bar.show()
        self._close.setText(_("Cancel"))
        self._say(_("being written…"))

    def _end_waiting(self) -> None:
        self._cancel = None
        self._body.setEnabled(True)
        self._undo.setEnabled(True)
        self._bar.hide()
        self._close.setText(_("Close"))

    def _say(self, text: str, colour: str = "") -> None:
        coloured(self._message, colour or colours().text)
        self._message.setText(text)

    def leave(self) -> None:
        """Stop what is being written, and close: the window that it belongs to closes."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        self.close()

    def reject(self) -> None:
        """Esc stops what is being written, else closes; nothing half is left either way."""
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop what is being written; close when nothing is. QDialog's own would ask reject(), which closes."""
        if self._cancel is not None:
            self._cancel()
            self._end_waiting()
            self._say(_("Stopped; the study is as it was"))
            event.ignore()
            return
        self._is_closed = True
        event.accept()

    def _is_gone(self) -> bool:
        return self._is_closed or not isValid(self)

    # Building

    def _lay_out(self) -> None:
        self._studies.setAccessibleName(_("Study"))
        self._studies.currentIndexChanged.connect(lambda _row: self._show_study())
        self._suggestions.setAccessibleName(_("Patients it may be of"))
        self._suggestions.setMaximumHeight(110)
        self._suggestions.currentRowChanged.connect(lambda _row: self._take_suggestion())
        self._no_suggestion = paragraph(_("The library knows nobody who is alike: type what is right"), is_quiet=True)
        self._sure.toggled.connect(lambda _is_on: self._refresh())
        self._bar.hide()
        self._bar.setTextVisible(False)
        self._body = QWidget()
        column = QVBoxLayout(self._body)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(8)
        column.addWidget(heading(_("The study")))
        column.addWidget(self._studies)
        column.addWidget(heading(_("Patients it may be of")))
        column.addWidget(self._suggestions)
        column.addWidget(self._no_suggestion)
        column.addLayout(self._side_by_side())
        column.addWidget(heading(_("What will change")))
        column.addWidget(self._changes, 1)
        column.addWidget(self._is_correction)
        column.addWidget(self._sure)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 8, 12, 12)
        foot.addWidget(self._message, 1)
        foot.addWidget(self._bar)
        for button in (self._undo, self._apply, self._close):
            foot.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._body, 1)
        layout.addWidget(hairline())
        layout.addLayout(foot)
        self._apply.setEnabled(False)
        self._undo.hide()

    def _side_by_side(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        for column, title in enumerate((_("As it is"), _("As it should be")), 1):
            grid.addWidget(heading(title), 0, column)
        for row, (name, title) in enumerate(FIELDS.items(), 1):
            grid.addWidget(paragraph(_(title), is_quiet=True), row, 0)
            self._held[name] = paragraph()
            field = self._fields[name] = QLineEdit()
            field.setAccessibleName(_(title))
            field.setObjectName(name)
            field.textEdited.connect(lambda _text: self._edited())
            grid.addWidget(self._held[name], row, 1)
            grid.addWidget(field, row, 2)
        for column, stretch in enumerate((0, 1, 1)):
            grid.setColumnStretch(column, stretch)
        return grid
