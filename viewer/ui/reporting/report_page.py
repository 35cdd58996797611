"""The page of a report: rich text of our own making that fetches nothing and follows no link by itself."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QFont, QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextBrowser

from viewer.base.translation import _
from viewer.dicom.structured_report.html import ITEM_LINK
from viewer.dicom.structured_report.values import Position
from viewer.ui.theme import colours

_SMALLEST_PX, _LARGEST_PX, _STEP_PX = 9, 32, 2
_READING_PX = 14
_FIRST_PARTS, _MORE_PARTS = 600, 200
"""Pieces of a page that are laid out at once: less than a fifth of a second."""


class ReportPage(QTextBrowser):
    """Shows a report.

    Signals:
        item_wanted: A link to an image or region of an item was followed, by its place in the tree.
        report_wanted: A link to another report, by its UID.
    """

    item_wanted = Signal(tuple)
    report_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setUndoRedoEnabled(False)
        self.setAcceptDrops(False)  # a series that is dropped here is meant for the viewport
        self.viewport().setAcceptDrops(False)
        self.setAccessibleName(_("Report"))
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.anchorClicked.connect(self._follow)
        self._size_px = _READING_PX
        self._parts: Iterator[str] = iter(())
        self._place = 0
        self._more = QTimer(self)
        self._more.setInterval(0)
        self._more.timeout.connect(self._add_more)
        self._set_size()

    def loadResource(self, _kind: int, _name: QUrl | str) -> Any:  # noqa: ANN401 - Qt takes any kind of resource
        """Fetch nothing, from nowhere."""
        return ""

    def show_parts(self, parts: Iterable[str], place: int = 0) -> None:
        """Show a page piece by piece, so that the window answers while a long one is laid out.

        Args:
            parts: HTML of our own making, each whole in itself.
            place: Where the page was scrolled to, for one that is written anew.
        """
        self.document().setDefaultStyleSheet(page_style())
        self._parts = iter(parts)
        self._place = place
        self.setHtml("\n".join(itertools.islice(self._parts, _FIRST_PARTS)))
        self.verticalScrollBar().setValue(place)
        self._more.start()

    @property
    def is_busy(self) -> bool:
        """Whether more of the page is to come."""
        return self._more.isActive()

    def _add_more(self) -> None:
        more = "\n".join(itertools.islice(self._parts, _MORE_PARTS))
        if not more:
            self._more.stop()
            return
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertBlock()
        cursor.insertHtml(more)
        if self.verticalScrollBar().value() < self._place:
            self.verticalScrollBar().setValue(self._place)

    def larger(self, steps: int) -> None:
        """Make the text larger or smaller."""
        self._size_px = min(max(self._size_px + steps * _STEP_PX, _SMALLEST_PX), _LARGEST_PX)
        self._set_size()

    def find_next(self, words: str, *, is_backward: bool = False) -> bool:
        """Select the next place where words stand, beginning anew at the end; return whether there is any."""
        flags = QTextDocument.FindFlag.FindBackward if is_backward else QTextDocument.FindFlag(0)
        if not words:
            return True
        if self.find(words, flags):
            return True
        cursor = self.textCursor()
        kept = self.textCursor()
        cursor.movePosition(cursor.MoveOperation.End if is_backward else cursor.MoveOperation.Start)
        self.setTextCursor(cursor)
        if self.find(words, flags):
            return True
        self.setTextCursor(kept)
        return False

    def _set_size(self) -> None:
        font = QFont(self.font())
        font.setPixelSize(self._size_px)
        self.document().setDefaultFont(font)

    def _follow(self, url: QUrl) -> None:
        text = url.toString()
        if text.startswith("#"):
            self.scrollToAnchor(text[1:])
        elif text.startswith(ITEM_LINK):
            place = text.removeprefix(ITEM_LINK)
            if all(part.isdecimal() for part in place.split(".")):
                position: Position = tuple(int(part) for part in place.split("."))
                self.item_wanted.emit(position)
        elif text.startswith(REPORT_LINK):
            self.report_wanted.emit(text.removeprefix(REPORT_LINK))


REPORT_LINK = "report:"


def page_style() -> str:
    """Return the style sheet of pages in the colours in force."""
    own = colours()
    return f"""
    body {{ color: {own.text}; }}
    h1 {{ font-size: x-large; font-weight: 600; }}
    h2 {{ font-size: large; font-weight: 600; color: {own.accent}; margin-top: 14px; margin-bottom: 2px; }}
    h3, h4, h5, h6 {{ font-size: medium; font-weight: 600; margin-top: 8px; margin-bottom: 2px; }}
    p {{ margin-top: 2px; margin-bottom: 2px; }}
    td, th {{ padding: 2px 12px 2px 0px; }}
    .n, .s, th {{ white-space: nowrap; }}
    th {{ text-align: left; color: {own.secondary}; font-weight: 500; }}
    a {{ color: {own.accent}; }}
    .c, .r {{ color: {own.secondary}; font-size: small; }}
    .w {{ color: {own.caution}; font-weight: 600; }}
    """
