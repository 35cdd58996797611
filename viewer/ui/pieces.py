"""What pages and windows are made of: texts, forms, sections, tables."""

from collections.abc import Callable, Sequence
from html import escape
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from viewer.ui.hairline import hairline
from viewer.ui.labels import plain_label
from viewer.ui.theme import colours

T = TypeVar("T")
SPACING = 8
PAGE_MARGIN = 16
ROW_PX = 26


def paragraph(text: str = "", *, is_quiet: bool = False) -> QLabel:
    """Return wrapped plain text."""
    label = plain_label(text)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    if is_quiet:
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label


def coloured(label: QLabel, colour: str) -> QLabel:
    """Give a label a colour; its words must say what the colour says."""
    label.setStyleSheet(f"color: {colour};")
    return label


def danger(text: str = "") -> QLabel:
    """Return a text that tells of harm."""
    return coloured(paragraph(text), colours().danger)


def caution(text: str = "") -> QLabel:
    """Return a text that warns."""
    return coloured(paragraph(text), colours().caution)


def heading(text: str) -> QLabel:
    """Return the title of a part."""
    label = paragraph(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


def form() -> QFormLayout:
    """Return a form whose fields are as wide as they need to be."""
    layout = QFormLayout()
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
    layout.setHorizontalSpacing(16)
    layout.setVerticalSpacing(6)
    return layout


class Section(QWidget):
    """A part of a page: its title and what is under it."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(SPACING)
        self.column.addWidget(hairline())
        self.column.addWidget(heading(title))


def show_marks(view: QAbstractItemView) -> None:
    """Let the marks of rows that are off, or chosen, be seen too: the style draws them in the colour of the ground."""
    ink = colours()
    view.setStyleSheet(
        f"QAbstractItemView::indicator {{ width: 12px; height: 12px; border: 1px solid {ink.secondary};"
        f" background: {ink.panel}; }}"
        f"QAbstractItemView::indicator:checked {{ background: {ink.accent}; border-color: {ink.secondary}; }}"
        f"QAbstractItemView::indicator:selected {{ border-color: {ink.panel}; }}"
        "QAbstractItemView::indicator:checked:selected {"
        f" width: 8px; height: 8px; border: 3px solid {ink.panel}; background: {ink.text}; }}"
    )


class Table(QTableWidget):
    """A table of plain texts that leaves Tab to the page and tells when Delete is pressed.

    Args:
        titles: Of the columns.
        wide: The column that takes the room that is left.
        name: For screen readers.
    """

    def __init__(self, titles: list[str], *, wide: int, name: str) -> None:
        super().__init__(0, len(titles))
        self.delete_pressed: Callable[[], None] | None = None
        self.setHorizontalHeaderLabels(titles)
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        show_marks(self)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(len(titles)):
            mode = QHeaderView.ResizeMode.Stretch if column == wide else QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, mode)

    def put(self, row: int, column: int, text: str, *, is_fixed: bool = True, colour: str = "") -> QTableWidgetItem:
        """Put a text into a cell."""
        item = QTableWidgetItem(text)
        if is_fixed:
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        if colour:
            item.setForeground(QColor(colour))
        self.setItem(row, column, item)
        return item

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell."""
        item = self.item(row, column)
        return item.text() if item is not None else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take a row away with Delete."""
        if self.delete_pressed is not None and event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.delete_pressed()
        else:
            super().keyPressEvent(event)


def while_alive(widget: QWidget, call: Callable[[T], None]) -> Callable[[T], None]:
    """Return what calls only while a widget is there: answers may come when their page is gone."""

    def guarded(value: T) -> None:
        if isValid(widget):
            call(value)

    return guarded


def plain_tooltip(*lines: str) -> str:
    """Return lines as a tooltip; escaped, because Qt renders markup found in tooltips."""
    return "<p style='white-space:pre-wrap'>" + "<br>".join(escape(line) for line in lines if line) + "</p>"


def fill_page(page: QWidget, body: QWidget, *, words: Sequence[QWidget], buttons: Sequence[QWidget]) -> None:
    """Fill a page: its body scrolls, and at its foot are words and buttons that are always seen."""
    scroll = QScrollArea()
    scroll.setWidget(body)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    foot = QHBoxLayout()
    foot.setContentsMargins(PAGE_MARGIN, 8, PAGE_MARGIN, 8)
    foot.setSpacing(SPACING)
    column = QVBoxLayout()
    for word in words:
        column.addWidget(word)
    foot.addLayout(column, 1)
    for button in buttons:
        foot.addWidget(button)
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(scroll, 1)
    layout.addWidget(hairline())
    layout.addLayout(foot)
