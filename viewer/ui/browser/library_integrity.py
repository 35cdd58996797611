"""The window that says whether everything the library holds is there, and looks at once when it is asked to."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QProgressBar, QVBoxLayout, QWidget

from viewer.base.errors import ViewerError
from viewer.base.jobs import JobHandle, ProgressReport
from viewer.base.translation import _
from viewer.ui.buttons import push_button
from viewer.ui.labels import plain_label
from viewer.workspace.library_browsing import LibraryDesk
from viewer.workspace.library_integrity import Integrity, integrity_now, known_integrity

WIDTH, HEIGHT = 620, 360


class IntegrityWindow(QDialog):
    """Sentences, the files that are not as they were, and a button that has everything read again."""

    def __init__(self, parent: QWidget, desk: LibraryDesk) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Is everything there?"))
        self.resize(WIDTH, HEIGHT)
        self._desk = desk
        self._handle: JobHandle[Integrity] | None = None
        self.text = plain_label("")
        self.text.setWordWrap(True)
        self.files = QListWidget()
        self.files.setAccessibleName(_("Files that are missing or altered"))
        self.bar = QProgressBar()
        self.button = push_button(_("Read everything now"), self.look)
        self.stop_button = push_button(_("Stop"), self.stop)
        self._lay_out()
        self._ask = desk.ask(known_integrity, self._show, self._fail)

    def look(self) -> None:
        """Have everything read again."""
        self.bar.setRange(0, 0)
        self._set_looking(is_looking=True)
        self._handle = self._desk.work(integrity_now, self._looked, self._fail, self._progressed)

    def stop(self) -> None:
        """Stop reading."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._set_looking(is_looking=False)

    def done(self, result: int) -> None:
        """Close, and let go of what is under way."""
        self._ask.cancel()
        self.stop()
        super().done(result)

    def _looked(self, found: Integrity) -> None:
        self._handle = None
        self._set_looking(is_looking=False)
        self._show(found)

    def _progressed(self, report: ProgressReport) -> None:
        self.bar.setRange(0, report.total)
        self.bar.setValue(report.done)

    def _show(self, found: Integrity) -> None:
        self.text.setText("\n".join(found.sentences()))
        self.files.clear()
        for each in found.bad:
            self.files.addItem(f"{_(each.what)}  ·  {each.of}")
        self.files.setVisible(bool(found.bad))

    def _fail(self, error: ViewerError) -> None:
        self._handle = None
        self._set_looking(is_looking=False)
        self.text.setText(error.one_line())

    def _set_looking(self, *, is_looking: bool) -> None:
        self.bar.setVisible(is_looking)
        self.stop_button.setVisible(is_looking)
        self.button.setEnabled(not is_looking)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.button)
        buttons.addWidget(self.stop_button)
        buttons.addStretch(1)
        buttons.addWidget(push_button(_("Close"), self.close))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(self.text)
        layout.addWidget(self.files, 1)
        layout.addStretch(0)
        layout.addWidget(self.bar)
        layout.addLayout(buttons)
        self._set_looking(is_looking=False)
        self.files.hide()
