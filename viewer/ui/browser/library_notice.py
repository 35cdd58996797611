"""What the library's tab says while there is no list: none given, on its way, broken, out of reach, empty."""

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.ui.labels import plain_label
from viewer.workspace.library_browsing import DeskState


class LibraryNotice(QWidget):
    """A sentence or two, and the one thing that helps."""

    rebuild_wanted = Signal()
    retry_wanted = Signal()
    import_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.text = plain_label()
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton()
        self.button.setAutoDefault(False)
        self.button.clicked.connect(self._act)
        self._signal: SignalInstance = self.import_wanted
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addStretch(2)
        layout.addWidget(self.text)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(3)

    def show_state(self, state: DeskState, problem: ViewerError | None) -> None:
        """Say how the library is to be had."""
        self.button.hide()
        match state:
            case DeskState.ABSENT:
                self.text.setText(_("This window was opened without a library"))
            case DeskState.WAITING:
                self.text.setText("")
            case DeskState.REBUILDING:
                self.text.setText(_("The index is being made again from the kept files"))
            case DeskState.DAMAGED:
                self.text.setText(
                    _("The index of the library is damaged. The images themselves are kept apart from it.")
                )
                self._offer(_("Make the index again"), self.rebuild_wanted)
            case _:
                said = problem.one_line() if problem is not None else ""
                self.text.setText(_("The library cannot be opened.") + "\n\n" + said)
                self._offer(_("Try again"), self.retry_wanted)

    def show_empty(self) -> None:
        """Say that there is nothing yet, and how it comes."""
        self.text.setText(_("Nothing is kept here yet. Drop files, folders or discs here to keep them."))
        self._offer(_("Import a folder…"), self.import_wanted)

    def show_nothing_found(self) -> None:
        """Say that nothing fits."""
        self.text.setText(_("Nothing fits"))
        self.button.hide()

    def _offer(self, text: str, signal: SignalInstance) -> None:
        self.button.setText(text)
        self.button.show()
        self._signal = signal

    def _act(self) -> None:
        self._signal.emit()
