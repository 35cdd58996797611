"""A report as a document in a viewport: whose it is and how final, an outline, the page, search and zoom.

The identity on top is read from the same file as the page below it.
"""

from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QSplitter, QToolButton, QVBoxLayout, QWidget

from viewer.base.translation import _, current_language
from viewer.dicom.structured_report.html import HtmlManner, report_parts
from viewer.dicom.structured_report.text import report_lines
from viewer.ui.icons import icon
from viewer.ui.labels import plain_label
from viewer.ui.reporting.outline import Outline
from viewer.ui.reporting.report_head import ReportHead
from viewer.ui.reporting.report_page import REPORT_LINK, ReportPage
from viewer.ui.theme import colours
from viewer.workspace.reporting.report_book import HeldReport

OUTLINE_PX, OUTLINE_FROM_PX = 180, 640


@dataclass(frozen=True, slots=True)
class Relations:
    """Other reports that belong to one.

    Attributes:
        amended_by: UID of the open report that takes its place; empty for none.
        predecessors: UIDs of those it takes the place of, with whether each is open.
    """

    amended_by: str = ""
    predecessors: tuple[tuple[str, bool], ...] = ()


class DocumentView(QFrame):
    """Shows one report.

    Signals:
        item_wanted: The reader wants to see the image or region of an item.
        report_wanted: The reader wants to read another report, by its UID.
        touched: It was clicked or given the keyboard.
    """

    item_wanted = Signal(tuple)
    report_wanted = Signal(str)
    touched = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self._held: HeldReport | None = None
        self._relations = Relations()
        self.head = ReportHead()
        self._message = plain_label()
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._outline = Outline()
        self.page = ReportPage()
        self._body = QSplitter(Qt.Orientation.Horizontal)
        self._body.addWidget(self._outline)
        self._body.addWidget(self.page)
        self._body.setStretchFactor(1, 1)
        self._body.setSizes([OUTLINE_PX, 4 * OUTLINE_PX])
        self._make_tools()
        self._lay_out()
        self.page.item_wanted.connect(self.item_wanted)
        self.page.report_wanted.connect(self.report_wanted)
        self._outline.chosen.connect(self.page.scrollToAnchor)
        for widget in (self.page, self._outline, self.page.viewport(), self._outline.viewport(), self._search):
            widget.installEventFilter(self)
        self.setFocusProxy(self.page)

    @property
    def held(self) -> HeldReport | None:
        """The report that is shown; None for none."""
        return self._held

    def show_report(self, held: HeldReport, relations: Relations) -> None:
        """Show a report, or that it is on its way, or why it cannot be read."""
        is_same = held is self._held and relations == self._relations
        if is_same:
            return
        is_new = self._held is None or self._held.uid != held.uid
        self._held, self._relations = held, relations
        self.head.show_report(held)
        is_read = held.read is not None
        self._body.setVisible(is_read)
        self._tools.setVisible(is_read)
        self._message.setVisible(not is_read)
        self._message.setText(held.failure or _("The report is being read"))
        if is_read:
            self._write(keeps_place=not is_new)

    # Building

    def _make_tools(self) -> None:
        self._tools = QWidget()
        row = QHBoxLayout(self._tools)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._search = QLineEdit()
        self._search.setPlaceholderText(_("Search in the report"))
        self._search.setAccessibleName(_("Search in the report"))
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._search_changed)
        self._search.returnPressed.connect(lambda: self._find(is_backward=False))
        self._codes = self._toggle("tags", _("Codes behind their meanings"), is_on=False)
        self._hidden = self._toggle("scan-eye", _("Also what is not for presentation"), is_on=False)
        self._shows_outline = self._toggle("list-ordered", _("Contents"), is_on=True)
        self._shows_outline.toggled.connect(lambda _on: self._fit())
        for toggle in (self._codes, self._hidden):
            toggle.toggled.connect(lambda _on: self._write(keeps_place=True))
        row.addWidget(self._shows_outline)
        row.addWidget(self._search, 1)
        row.addWidget(self._button("zoom-out", _("Smaller text"), lambda: self.page.larger(-1)))
        row.addWidget(self._button("zoom-in", _("Larger text"), lambda: self.page.larger(1)))
        row.addWidget(self._codes)
        row.addWidget(self._hidden)
        row.addWidget(self._button("copy", _("Copy the whole report as text"), self.copy_text))

    def _button(self, icon_name: str, title: str, call: object) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(icon_name))
        button.setToolTip(title)
        button.setAccessibleName(title)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if callable(call):
            button.clicked.connect(lambda _checked: call())
        return button

    def _toggle(self, icon_name: str, title: str, *, is_on: bool) -> QToolButton:
        button = self._button(icon_name, title, None)
        button.setCheckable(True)
        button.setChecked(is_on)
        return button

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 4)
        layout.setSpacing(4)
        layout.addWidget(self.head)
        layout.addWidget(self._tools)
        layout.addWidget(self._message, 1)
        layout.addWidget(self._body, 1)

    # Showing

    def _write(self, *, keeps_place: bool) -> None:
        if self._held is None or self._held.read is None:
            return
        read = self._held.read
        place = self.page.verticalScrollBar().value() if keeps_place else 0
        manner = HtmlManner(
            has_links=True,
            with_codes=self._codes.isChecked(),
            language=current_language(),
            with_hidden=self._hidden.isChecked(),
            before=self._relation_html(),
            has_head=False,
        )
        self._hidden.setVisible(any(section.is_hidden for section in read.sections))
        self.page.show_parts(report_parts(read.report, read.sections, manner), place)
        shown = [section for section in read.sections if manner.with_hidden or not section.is_hidden]
        self._outline.show_report(shown, read.report.root)
        self._fit()

    def _relation_html(self) -> str:
        parts = []
        if self._relations.amended_by:
            link = f"<a href='{REPORT_LINK}{escape(self._relations.amended_by)}'>{escape(_('Show it'))}</a>"
            parts.append(f"<p class='w'>{escape(_('A later report takes the place of this one.'))} {link}</p>")
        for uid, is_open in self._relations.predecessors:
            link = f"<a href='{REPORT_LINK}{escape(uid)}'>{escape(_('Show it'))}</a>" if is_open else escape(uid)
            parts.append(f"<p>{escape(_('This report takes the place of an earlier one.'))} {link}</p>")
        return "".join(parts)

    def _search_changed(self, words: str) -> None:
        cursor = self.page.textCursor()
        cursor.setPosition(cursor.selectionStart())
        self.page.setTextCursor(cursor)
        self._tell_found(is_found=self.page.find_next(words))

    def _find(self, *, is_backward: bool) -> None:
        self._tell_found(is_found=self.page.find_next(self._search.text(), is_backward=is_backward))

    def _tell_found(self, *, is_found: bool) -> None:
        self._search.setStyleSheet("" if is_found else f"color: {colours().caution};")
        self._search.setToolTip("" if is_found else _("Not found"))

    def copy_text(self) -> None:
        """Put the whole report onto the clipboard as text."""
        if self._held is not None and self._held.read is not None:
            read = self._held.read
            text = "\n".join(report_lines(read.report, read.sections, current_language()))
            QGuiApplication.clipboard().setText(text)

    def focus_search(self) -> None:
        """Put the keyboard into the search field."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    # Qt's events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the outline out where there is little room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        has_room = self.width() >= OUTLINE_FROM_PX and self._outline.has_choice
        self._outline.setVisible(self._shows_outline.isChecked() and has_room)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys of a document before they become commands, and tell that the reader is here."""
        if event.type() in {QEvent.Type.MouseButtonPress, QEvent.Type.FocusIn}:
            self.touched.emit()
        if isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride and self._is_own_key(event):
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and self._took(event):
                return True
        return super().eventFilter(watched, event)

    @staticmethod
    def _is_own_key(event: QKeyEvent) -> bool:
        modifiers = event.modifiers()
        if modifiers & (Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier):
            return False
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            return event.key() in {
                Qt.Key.Key_F,
                Qt.Key.Key_Plus,
                Qt.Key.Key_Equal,
                Qt.Key.Key_Minus,
                Qt.Key.Key_C,
                Qt.Key.Key_A,
            }
        return event.key() in _MOVING

    def _took(self, event: QKeyEvent) -> bool:
        is_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if is_control and event.key() == Qt.Key.Key_F:
            self.focus_search()
        elif is_control and event.key() in {Qt.Key.Key_Plus, Qt.Key.Key_Equal}:
            self.page.larger(1)
        elif is_control and event.key() == Qt.Key.Key_Minus:
            self.page.larger(-1)
        elif event.key() == Qt.Key.Key_F3:
            self._find(is_backward=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            return False
        return True


_MOVING = frozenset(
    {
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
        Qt.Key.Key_Space,
        Qt.Key.Key_Return,
        Qt.Key.Key_Enter,
        Qt.Key.Key_Tab,
        Qt.Key.Key_Backtab,
        Qt.Key.Key_F3,
    }
)
