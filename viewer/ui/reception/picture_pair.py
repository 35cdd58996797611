"""Two pictures beside each other: what is held, and what arrived."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from viewer.base.byte_source import ByteSource
from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.ui.pieces import heading, while_alive
from viewer.ui.reception.office import Office
from viewer.ui.theme import colours

SIDE_PX = 220


class PicturePair(QWidget):
    """Pictures of two files; what comes for others than those shown now is dropped."""

    def __init__(self, office: Office) -> None:
        super().__init__()
        self._office = office
        self._number = 0
        self._pictures = (QLabel(), QLabel())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        for picture, title in zip(self._pictures, (_("Held, in force"), _("Arrived")), strict=True):
            picture.setFixedSize(SIDE_PX, SIDE_PX)
            picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
            picture.setWordWrap(True)
            picture.setTextFormat(Qt.TextFormat.PlainText)
            picture.setAccessibleName(title)
            picture.setStyleSheet(f"background: {colours().viewport}; color: {colours().overlay_secondary};")
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(heading(title))
            column.addWidget(picture)
            row.addLayout(column)
        row.addStretch(1)

    def show_files(self, held: ByteSource | None, arrived: ByteSource | None) -> None:
        """Draw two files; None has no picture."""
        self._number += 1
        for picture, source in zip(self._pictures, (held, arrived), strict=True):
            picture.setPixmap(QPixmap())
            if source is None:
                picture.setText(_("none"))
            else:
                picture.setText(_("being drawn…"))
                self._draw(picture, source, self._number)

    def clear(self) -> None:
        """Show nothing."""
        self._number += 1
        for picture in self._pictures:
            picture.clear()

    def _draw(self, picture: QLabel, source: ByteSource, number: int) -> None:
        def done(image: QImage) -> None:
            if number == self._number:
                picture.setPixmap(QPixmap.fromImage(image))

        def failed(_error: ViewerError) -> None:
            if number == self._number:
                picture.setText(_("no picture"))

        self._office.draw(source, SIDE_PX, self, while_alive(self, done), while_alive(self, failed))
