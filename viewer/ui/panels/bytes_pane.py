"""What the tag browser says of one element, and its bytes as they are in the file."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from viewer.base.errors import ViewerError
from viewer.base.jobs import INTERACTION, JobRunner
from viewer.base.translation import _
from viewer.ui.panels.hex_view import HexView
from viewer.workspace.tag_rows import HEX_LIMIT, ReadBytes, TagRow, TagTable


class BytesPane(QWidget):
    """A line of facts over the hex view; bytes that lie in the file are read on a job."""

    def __init__(self, runner: JobRunner) -> None:
        super().__init__()
        self._runner = runner
        self._facts = QLabel()
        self._facts.setTextFormat(Qt.TextFormat.PlainText)
        self._facts.setWordWrap(True)
        self._facts.setContentsMargins(8, 4, 8, 4)
        self._hex = HexView()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._facts)
        layout.addWidget(self._hex, 1)
        self.show_row(None, None)

    def show_row(self, table: TagTable | None, row: TagRow | None) -> None:
        """Show the element of a row: the first file's, or the second's where only that has it."""
        element = row.shown if row is not None else None
        listing = None if table is None or row is None else table.other if row.element is None else table.listing
        self._facts.setVisible(element is not None)
        if row is None or element is None or listing is None:
            self._hex.show_bytes(b"")
            return
        length = _("undefined length") if element.length is None else _("{0} bytes").format(element.length)
        parts = [f"{row.tag}  {row.vr}", row.name, element.keyword, length]
        if (element.length or 0) > HEX_LIMIT:
            parts.append(_("the first {0} are shown").format(HEX_LIMIT))
        self._facts.setText("  ·  ".join(part for part in parts if part))
        job = ReadBytes(listing, element)
        self._runner.submit(job, lane=INTERACTION, key=self, done=self._hex.show_bytes, failed=self._failed)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, ViewerError):
            raise error
        self._hex.show_bytes(b"")
        self._facts.setText(error.one_line())
