"""The bytes of one element: offset, hexadecimal digits, ASCII, as many across as there is room for."""

from PySide6.QtGui import QFontDatabase, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit

from viewer.base.translation import _
from viewer.workspace.tag_rows import hex_lines

ACROSS = (32, 16, 8, 4)
OFFSET_CHARACTERS, CHARACTERS_A_BYTE, MARGIN_CHARACTERS = 8, 4, 3


class HexView(QPlainTextEdit):
    """Read-only; text can be chosen and copied."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = b""
        self._across = 0
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(12)
        self.setFont(font)
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setAccessibleName(_("Bytes"))
        self.setPlaceholderText(_("Choose an element to see its bytes"))
        self.setTabChangesFocus(True)

    def show_bytes(self, data: bytes) -> None:
        """Show other bytes."""
        self._bytes = data
        self._across = 0
        self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room there is."""
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        letters = self.viewport().width() // max(1, self.fontMetrics().horizontalAdvance("0"))
        room = letters - OFFSET_CHARACTERS - MARGIN_CHARACTERS
        across = next((count for count in ACROSS if count * CHARACTERS_A_BYTE <= room), ACROSS[-1])
        if across != self._across:
            self._across = across
            self.setPlainText("\n".join(hex_lines(self._bytes, across)))
