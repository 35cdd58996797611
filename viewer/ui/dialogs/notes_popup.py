"""Everything that must be said of an image, over its viewport: opened from the chips, closed by a click or Esc."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from viewer.base.translation import _
from viewer.ui.icons import icon
from viewer.ui.panels.wrapped_lines import breakable
from viewer.ui.theme import colours
from viewer.workspace.image_notes import ImageNote

WIDTH_PX = 380
ICON_PX = 16
_GAP_PX = 6
_FOOT_PX = 26
"""Kept free at the viewport's foot: the chips stay in sight."""


class NotesPopup(QFrame):
    """A list of sentences; cautions carry a sign."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName(_("Notes on the image"))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(10, 8, 10, 8)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(_GAP_PX)
        self._grid.setColumnStretch(1, 1)
        self.texts: tuple[str, ...] = ()

    def show_notes(self, notes: Sequence[ImageNote], area: QRect) -> None:
        """Show notes at the lower right of an area of the screen; without notes say that there are none.

        Args:
            notes: Cautions first.
            area: Of the viewport they are about.
        """
        shown = notes or (ImageNote(_("There is nothing to note on this image"), is_caution=False),)
        self.texts = tuple(note.text for note in shown)
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for row, note in enumerate(shown):
            sign, text = QLabel(), QLabel(breakable(note.text))
            if note.is_caution:
                sign.setPixmap(icon("warning", colours().caution).pixmap(ICON_PX, ICON_PX))
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setWordWrap(True)
            self._grid.addWidget(sign, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(text, row, 1)
        self.setFixedWidth(min(WIDTH_PX, max(area.width() - 2 * _GAP_PX, WIDTH_PX // 2)))
        height = self._grid.totalHeightForWidth(self.width())
        self.resize(self.width(), height)
        self.move(area.right() - self.width() - _GAP_PX, max(0, area.bottom() - _FOOT_PX - height))
        self.show()
        self.setFocus()
