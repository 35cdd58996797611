"""The headings of a report that is written: a field of words under each, and the numbers that go with them."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QKeySequence, QTextOption
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.dicom.structured_report.diagnostic_codes import title_of
from viewer.ui.flow_layout import FlowLayout
from viewer.ui.pieces import heading
from viewer.ui.theme import colours
from viewer.workspace.reporting.report_draft import DraftNumber, DraftSection, ReportDraft

_FEWEST_LINES, _ROOM_PX = 2, 12


class SectionText(QPlainTextEdit):
    """As high as its words; undo is the editor's, for all fields together.

    Signals:
        entered: It got the keyboard.
        undo_wanted: Backwards (True), or forwards again.
    """

    entered = Signal()
    undo_wanted = Signal(bool)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self._fit())
        self._fit()

    def put(self, text: str) -> None:
        """Show other words without telling; the cursor stays where it was."""
        if text == self.toPlainText():
            return
        place = self.textCursor().position()
        self.blockSignals(True)
        self.setPlainText(text)
        self.blockSignals(False)
        cursor = self.textCursor()
        cursor.setPosition(min(place, len(text)))
        self.setTextCursor(cursor)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave undo to the editor."""
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo_wanted.emit(True)
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.undo_wanted.emit(False)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell that it is written here."""
        super().focusInEvent(event)
        self.entered.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        # The size of a plain text document counts lines, not pixels.
        lines = max(_FEWEST_LINES, round(self.document().size().height()))
        self.setFixedHeight(round(lines * QFontMetricsF(self.font()).lineSpacing()) + _ROOM_PX)


class SectionEdit(QWidget):
    """One heading.

    Signals:
        number_unwanted: The place of a number in the section.
    """

    number_unwanted = Signal(int)

    def __init__(self, section: DraftSection) -> None:
        super().__init__()
        title = _(title_of(section.heading))
        self.text = SectionText(title)
        self._chips = QWidget()
        self._flow = FlowLayout(self._chips, 4)
        self._numbers: tuple[DraftNumber, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(heading(title))
        column.addWidget(self.text)
        column.addWidget(self._chips)
        self._chips.hide()
        self.show_section(section)

    def show_section(self, section: DraftSection) -> None:
        """Show words and numbers."""
        self.text.put(section.text)
        if section.numbers == self._numbers:
            return
        self._numbers = section.numbers
        while (item := self._flow.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for place, number in enumerate(section.numbers):
            self._flow.addWidget(self._chip(place, number))
        self._chips.setVisible(bool(section.numbers))

    def _chip(self, place: int, number: DraftNumber) -> QToolButton:
        chip = QToolButton()
        chip.setText(f"{number.label}  ✕".replace("&", "&&"))
        told = _("Saved as a coded number with its region. Press to take it out; the words stay.")
        chip.setToolTip(told)
        chip.setAccessibleName(_("Take out: {0}").format(number.label))
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chip.setStyleSheet(f"QToolButton {{ color: {colours().measurement}; padding: 1px 4px; }}")
        chip.clicked.connect(lambda _checked: self.number_unwanted.emit(place))
        return chip


class SectionsPane(QScrollArea):
    """All headings of a draft.

    Signals:
        typed: The place of a section, and its words.
        number_unwanted: The place of a section, and of a number in it.
        undo_wanted: Backwards (True), or forwards again.
        entered: The place of the section that got the keyboard.
    """

    typed = Signal(int, str)
    number_unwanted = Signal(int, int)
    undo_wanted = Signal(bool)
    entered = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.edits: list[SectionEdit] = []
        self.current = 0
        self._headings: tuple[tuple[str, str], ...] = ()

    def show_draft(self, draft: ReportDraft) -> None:
        """Show a draft; fields are made anew where the headings are others."""
        headings = tuple((each.heading.scheme, each.heading.value) for each in draft.sections)
        if headings != self._headings:
            self._headings = headings
            self._build(draft)
        for edit, section in zip(self.edits, draft.sections, strict=True):
            edit.show_section(section)

    def focus(self, place: int) -> None:
        """Put the keyboard into a field, behind its words."""
        if 0 <= place < len(self.edits):
            text, self.current = self.edits[place].text, place
            text.setFocus(Qt.FocusReason.OtherFocusReason)
            text.moveCursor(text.textCursor().MoveOperation.End)
            self.ensureWidgetVisible(self.edits[place])

    def insert(self, words: str) -> None:
        """Write words at the cursor of the field that was written in last, on lines of their own."""
        if not self.edits:
            return
        text = self.edits[self.current].text
        cursor = text.textCursor()
        before = "\n" if cursor.position() and not cursor.atBlockStart() else ""
        after = "\n" if not cursor.atBlockEnd() else ""
        cursor.insertText(f"{before}{words}{after}")
        text.setTextCursor(cursor)

    def _build(self, draft: ReportDraft) -> None:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(10)
        self.edits = []
        for place, section in enumerate(draft.sections):
            edit = SectionEdit(section)
            edit.text.textChanged.connect(lambda place=place: self._typed(place))
            edit.text.entered.connect(lambda place=place: self._entered(place))
            edit.text.undo_wanted.connect(self.undo_wanted)
            edit.number_unwanted.connect(lambda number, place=place: self.number_unwanted.emit(place, number))
            self.edits.append(edit)
            column.addWidget(edit)
        column.addStretch(1)
        self.setWidget(page)
        self.current = min(self.current, max(0, len(self.edits) - 1))

    def _typed(self, place: int) -> None:
        self.current = place
        self.typed.emit(place, self.edits[place].text.toPlainText())

    def _entered(self, place: int) -> None:
        self.current = place
        self.entered.emit(place)
