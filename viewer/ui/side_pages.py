"""Pages of which one is shown, their names above in as many lines as it takes: none is scrolled out of sight."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.flow_layout import FlowLayout


class SidePages(QWidget):
    """What a QTabWidget is, for more names than fit into one line.

    Signals:
        current_changed: The index of the page that is shown now.
    """

    current_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = QWidget()
        self._names.setAccessibleName(_("Pages"))
        self._flow = FlowLayout(self._names, 0)
        self._flow.setContentsMargins(0, 0, 0, 4)
        self._buttons = QButtonGroup(self)
        self._pages = QStackedWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._names)
        column.addWidget(self._pages, 1)
        policy = self._names.sizePolicy()
        policy.setHeightForWidth(True)
        policy.setVerticalPolicy(QSizePolicy.Policy.Minimum)
        self._names.setSizePolicy(policy)
        self._buttons.idClicked.connect(self._show)

    def add_page(self, page: QWidget, name: str) -> int:
        """Put a page at the end and return its index."""
        index = self._pages.addWidget(page)
        button = QToolButton()
        button.setObjectName("page")
        button.setText(name)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._buttons.addButton(button, index)
        self._flow.addWidget(button)
        button.setChecked(index == self._pages.currentIndex())
        return index

    def page_name(self, index: int) -> str:
        """Return the name of a page."""
        return self._buttons.button(index).text()

    def set_page_name(self, index: int, name: str) -> None:
        """Give a page another name."""
        button = self._buttons.button(index)
        if button.text() != name:
            button.setText(name)
            self._flow.invalidate()

    def count(self) -> int:
        """Return how many pages there are."""
        return self._pages.count()

    def index_of(self, page: QWidget) -> int:
        """Return the index of a page; −1 when it is none."""
        return self._pages.indexOf(page)

    def current_page(self) -> QWidget | None:
        """Return the page that is shown; None while there is none."""
        return self._pages.currentWidget()

    def show_page(self, page: QWidget) -> None:
        """Show a page."""
        self._show(self._pages.indexOf(page))

    def minimumSizeHint(self) -> QSize:
        """Return room for a page under its names as they are now, not as they would be in a column."""
        pages, names = self._pages.minimumSizeHint(), self._names.minimumSizeHint()
        width = max(pages.width(), names.width())
        return QSize(width, pages.height() + self._flow.heightForWidth(max(width, self.width())))

    def _show(self, index: int) -> None:
        if index < 0:
            return
        self._buttons.button(index).setChecked(True)
        if index != self._pages.currentIndex():
            self._pages.setCurrentIndex(index)
            self.current_changed.emit(index)
