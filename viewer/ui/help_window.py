"""The help: pages at the right, their names at the left, a search line. It reads its own pages and nothing else."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import (
    QBrush,
    QColor,
    QKeySequence,
    QShortcut,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QTextBrowser, QVBoxLayout

from viewer.base.translation import _
from viewer.ui.page_list import PageList
from viewer.ui.theme import colours
from viewer.workspace.help_pages import TOPICS

SIZE = (820, 620)
LINE_PERCENT = 125.0
PARAGRAPH_PX, LIST_PX, HEADING_PX, CELL_PX = 10, 3, 14, 5
_DIALECT = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML


class LocalPages(QTextBrowser):
    """A browser that loads nothing by itself: no pictures, no files, no network."""

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Return nothing, whatever is asked for."""
        del kind, name
        return None


class HelpWindow(QDialog):
    """Shows one page at a time.

    Args:
        page: Returns a page as Markdown, by topic.
    """

    def __init__(self, page: Callable[[str], str]) -> None:
        super().__init__()
        self.setWindowTitle(_("Help"))
        self.resize(*SIZE)
        self._page = page
        self._topics = tuple(TOPICS)
        self._shown: list[str] = []
        self._names = PageList(_(title) for title in TOPICS.values())
        self._names.currentRowChanged.connect(lambda row: self.show_topic(self._topics[row]))
        self._text = LocalPages()
        self._text.setOpenLinks(False)
        self._text.anchorClicked.connect(self._follow)
        self._text.setAccessibleName(_("Help"))
        self._text.document().setDocumentMargin(16)
        self._search = QLineEdit()
        self._search.setPlaceholderText(_("Search in this page"))
        self._search.setAccessibleName(_("Search in this page"))
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(lambda _text: self._find(from_start=True))
        self._search.returnPressed.connect(lambda: self._find(from_start=False))
        self._found = QLabel()
        self._lay_out()

    @property
    def topic(self) -> str:
        """The page that is shown."""
        return self._shown[-1] if self._shown else ""

    def show_topic(self, topic: str) -> None:
        """Show a page; an unknown one gives the contents."""
        topic = topic if topic in TOPICS else "index"
        if topic == self.topic:
            return
        self._shown.append(topic)
        self._names.setCurrentRow(self._topics.index(topic))
        document = self._text.document()
        document.setMarkdown(self._page(topic), _DIALECT)
        _set(document)
        self._text.moveCursor(QTextCursor.MoveOperation.Start)
        self._find(from_start=True)

    def back(self) -> None:
        """Go back to the page before; from the first, close."""
        if len(self._shown) > 1:
            self._shown.pop()
            self.show_topic(self._shown.pop())

    def refresh(self) -> None:
        """Read the page again: the keys may have changed."""
        topic = self._shown.pop() if self._shown else "index"
        self.show_topic(topic)

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setContentsMargins(12, 8, 12, 8)
        line.addWidget(self._search, 1)
        line.addWidget(self._found)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addLayout(line)
        right.addWidget(self._text, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._names)
        layout.addLayout(right, 1)
        for key, call in (("Ctrl+F", self._search.setFocus), ("Alt+Left", self.back), ("F3", self._find_next)):
            QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WindowShortcut).activated.connect(call)

    def _follow(self, link: QUrl) -> None:
        """Go to a page of ours; links that lead elsewhere lead nowhere."""
        if link.toString() in TOPICS:
            self.show_topic(link.toString())

    def _find_next(self) -> None:
        self._find(from_start=False)

    def _find(self, *, from_start: bool) -> None:
        wanted = self._search.text()
        if from_start:
            self._text.moveCursor(QTextCursor.MoveOperation.Start)
        if not wanted:
            self._found.clear()
            return
        is_found = self._text.find(wanted)
        if not is_found and not from_start:
            self._text.moveCursor(QTextCursor.MoveOperation.Start)
            is_found = self._text.find(wanted)
        self._found.setText("" if is_found else _("Not found"))


def _set(document: QTextDocument) -> None:
    """Give paragraphs and tables room: Markdown comes without any."""
    block = document.begin()
    while block.isValid():
        cursor = QTextCursor(block)
        form = QTextBlockFormat()
        if cursor.currentTable() is None:
            form.setLineHeight(LINE_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
            heading = block.blockFormat().headingLevel()
            form.setTopMargin(HEADING_PX if heading > 1 else 0)
            form.setBottomMargin(LIST_PX if block.textList() is not None else PARAGRAPH_PX)
        cursor.mergeBlockFormat(form)
        block = block.next()
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            table = frame.format().toTableFormat()
            table.setBorder(1)
            table.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
            table.setBorderBrush(QBrush(QColor(colours().hairline)))
            table.setBorderCollapse(True)
            table.setCellPadding(CELL_PX)
            table.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
            table.setBottomMargin(PARAGRAPH_PX)
            frame.setFormat(table)
