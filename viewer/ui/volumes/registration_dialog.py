"""Laying a prior over a current series: which one, how far it is, what was found, and only then yes or no."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QImage, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from viewer.base.errors import Cancelled, ViewerError
from viewer.base.jobs import ProgressReport
from viewer.base.translation import _
from viewer.ui.buttons import push_button
from viewer.ui.labels import plain_label
from viewer.ui.pieces import caution, danger, form, heading, paragraph
from viewer.volume.registration import METRIC, RegistrationResult
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.registering import Partner

WIDTH = 560
_AXES = (("L", "R"), ("P", "A"), ("H", "F"))


@dataclass(frozen=True, slots=True)
class RegistrationTasks:
    """What the dialog has done for it.

    Attributes:
        start: Loads the volumes and registers (fixed, moving, progress, done, failed); returns what cancels it.
        apply: Puts what was found into force.
        save: Writes it as a DICOM object into a file.
        keep: Writes it into the study on this computer; None without a library.
    """

    start: Callable[
        [
            DisplaySet,
            DisplaySet,
            Callable[[ProgressReport], None],
            Callable[[RegistrationResult], None],
            Callable[[Exception], None],
        ],
        Callable[[], None],
    ]
    apply: Callable[[DisplaySet, DisplaySet, RegistrationResult], None]
    save: Callable[[DisplaySet, DisplaySet, RegistrationResult, Path], None]
    keep: Callable[[DisplaySet, DisplaySet, RegistrationResult], None] | None = None


class RegistrationDialog(QDialog):
    """Stays open beside the images; Esc and closing it cancel and change nothing.

    Args:
        parent: The reading window.
        fixed: The series that stays, and its title.
        partners: What can be laid over it.
        tasks: What is done.
        companions: Titles of what lies in the patient space of fixed already: said, and not offered.
    """

    def __init__(
        self,
        parent: QWidget,
        fixed: tuple[DisplaySet, str],
        partners: Sequence[Partner],
        tasks: RegistrationTasks,
        companions: Sequence[str] = (),
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Lay a prior over"))
        self.setMinimumWidth(WIDTH)
        self._fixed, self._partners, self._tasks = fixed[0], tuple(partners), tasks
        self._cancel: Callable[[], None] | None = None
        self.result_found: RegistrationResult | None = None
        self.choice = QComboBox()
        self.choice.setAccessibleName(_("Is laid over it"))
        for partner in self._partners:
            self.choice.addItem(partner.title, partner.display_set.key)
        self.choice.currentIndexChanged.connect(lambda _row: self._forget())
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.words, self.doubt, self.trouble = paragraph(is_quiet=True), caution(), danger()
        self.moved, self.turned, self.agreement, self.overlap = (_line() for _each in range(4))
        self.found = self._make_found()
        self.start = push_button(_("Register"), self._start)
        self.stop = push_button(_("Stop"), self._stop)
        self.apply = push_button(_("Lay over"), self._apply)
        self.keep = push_button(_("Save in the study"), self._keep)
        self.save = push_button(_("Save as a file…"), self._ask_where)
        self.close_button = push_button(_("Close"), self.close)
        self.companions = paragraph(is_quiet=True)
        if companions:
            words = _("Not offered, for they lie in the same patient space (Frame of Reference) already: {0}")
            self.companions.setText(words.format("; ".join(companions)))
        self.companions.setVisible(bool(companions))
        self._lay_out(fixed[1])
        self._follow()

    @property
    def moving(self) -> DisplaySet:
        """What is to be laid over."""
        return self._partners[self.choice.currentIndex()].display_set

    def closeEvent(self, event: QCloseEvent) -> None:
        """Cancel what is on its way."""
        self._stop()
        super().closeEvent(event)

    def reject(self) -> None:
        """Esc: close."""
        self.close()

    # Building

    def _lay_out(self, fixed_title: str) -> None:
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        fields = form()
        fields.addRow(_("Stays"), _line(fixed_title))
        fields.addRow(_("Is laid over it"), self.choice)
        layout.addLayout(fields)
        layout.addWidget(
            paragraph(
                _("A shift and a turn are sought that bring one onto the other. Nothing changes before you agree."),
                is_quiet=True,
            )
        )
        for widget in (self.companions, self.bar, self.words, self.found, self.doubt, self.trouble):
            layout.addWidget(widget)
        layout.addStretch(1)
        row = QHBoxLayout()
        row.addWidget(self.keep)
        row.addWidget(self.save)
        row.addStretch(1)
        for button in (self.start, self.stop, self.apply, self.close_button):
            row.addWidget(button)
        layout.addLayout(row)

    def _make_found(self) -> QWidget:
        found = QWidget()
        column = QVBoxLayout(found)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(heading(_("Found")))
        lines = form()
        lines.addRow(_("Moved by"), self.moved)
        lines.addRow(_("Turned by"), self.turned)
        lines.addRow(_("Agreement"), self.agreement)
        lines.addRow(_("Overlap"), self.overlap)
        column.addLayout(lines)
        pictures = QHBoxLayout()
        self.pictures = tuple(QLabel() for _each in range(2))
        for label, title in zip(self.pictures, (_("Before"), _("Laid over")), strict=True):
            label.setAccessibleName(title)
            part = QVBoxLayout()
            part.addWidget(plain_label(title))
            part.addWidget(label)
            pictures.addLayout(part)
        pictures.addStretch(1)
        column.addLayout(pictures)
        return found

    # Doing

    def _start(self) -> None:
        self._forget()
        self.bar.setRange(0, 0)
        self._cancel = self._tasks.start(self._fixed, self.moving, self._progressed, self._done, self._failed)
        self._follow()

    def _stop(self) -> None:
        cancel, self._cancel = self._cancel, None
        if cancel is not None:
            cancel()
            self._follow()

    def _progressed(self, report: ProgressReport) -> None:
        if self._cancel is None:
            return
        self.bar.setRange(0, report.total)
        self.bar.setValue(report.done)
        self.words.setText(report.text or _("Registering"))

    def _done(self, result: RegistrationResult) -> None:
        self._cancel = None
        self.result_found = result
        self.moved.setText(_moved_words(result))
        self.turned.setText(f"{result.turned_deg:.1f}°")
        before = f"{result.metric_before:.3f} → " if result.metric_before is not None else ""
        self.agreement.setText(f"{before}{result.metric_after:.3f}  ({METRIC})")
        self.overlap.setText(f"{result.overlap * 100:.0f} %")
        doubtful = _("Doubtful: {0}. Look at the edges in the pictures; every view that rests on it says so.")
        self.doubt.setText(doubtful.format(result.doubt) if result.is_doubtful else "")
        self.apply.setText(_("Lay over all the same") if result.is_doubtful else _("Lay over"))
        for label, picture in zip(self.pictures, result.pictures, strict=False):
            label.setPixmap(_pixmap(picture))
        self._follow()
        self.apply.setFocus()

    def _failed(self, error: Exception) -> None:
        self._cancel = None
        self._follow()
        if isinstance(error, Cancelled):
            return
        if not isinstance(error, ViewerError):
            raise error
        self.trouble.setText(error.one_line())
        self.trouble.show()

    def _apply(self) -> None:
        if self.result_found is not None:
            self._tasks.apply(self._fixed, self.moving, self.result_found)
            self.apply.setEnabled(False)
            self.words.setText(_("It is in force, and can be undone with Ctrl+Z."))
            self.words.show()

    def _ask_where(self) -> None:
        dialog = QFileDialog(self, _("Save the registration"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("dcm")
        dialog.selectFile("registration.dcm")
        dialog.fileSelected.connect(self.save_to)
        dialog.open()

    def save_to(self, path: str) -> None:
        """Save what was found into a file."""
        if self.result_found is not None:
            self._tasks.save(self._fixed, self.moving, self.result_found, Path(path))

    def _keep(self) -> None:
        if self.result_found is not None and self._tasks.keep is not None:
            self._tasks.keep(self._fixed, self.moving, self.result_found)
            self.keep.setEnabled(False)

    def _forget(self) -> None:
        self.result_found = None
        self.trouble.setText("")
        self.words.setText("")
        self._follow()

    def _follow(self) -> None:
        is_busy, is_found = self._cancel is not None, self.result_found is not None
        self.choice.setEnabled(not is_busy)
        self.bar.setVisible(is_busy)
        self.words.setVisible(is_busy)
        self.found.setVisible(is_found)
        self.doubt.setVisible(is_found and bool(self.doubt.text()))
        self.trouble.setVisible(bool(self.trouble.text()))
        self.start.setVisible(not is_busy and not is_found)
        self.stop.setVisible(is_busy)
        self.apply.setVisible(is_found)
        self.apply.setEnabled(is_found)
        self.save.setVisible(is_found)
        self.keep.setVisible(is_found and self._tasks.keep is not None)
        self.keep.setEnabled(is_found)
        self.adjustSize()


def _line(text: str = "") -> QLabel:
    """Return a label of one line."""
    label = plain_label(text)
    label.setWordWrap(False)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _moved_words(result: RegistrationResult) -> str:
    """Return how far the middle of the moved volume went, and into which directions of the patient."""
    target = result.transform.point(result.center)
    parts = [
        f"{_AXES[axis][0 if way >= 0 else 1]} {abs(way):.1f}"
        for axis, way in enumerate(there - here for here, there in zip(result.center, target, strict=True))
    ]
    return f"{result.moved_mm:.1f} mm  ({'  '.join(parts)})"


def _pixmap(picture: NDArray[np.uint8]) -> QPixmap:
    height, width = picture.shape
    image = QImage(picture.data, width, height, picture.strides[0], QImage.Format.Format_Grayscale8)
    return QPixmap.fromImage(image.copy())
