"""The problems panel: what could not be read or is doubtful, in plain words, damage first."""

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QLabel, QMenu, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from viewer.base.translation import N_, _
from viewer.media.problems import Problem, ProblemKind
from viewer.ui.icons import icon
from viewer.ui.panels.wrapped_lines import WrappedLines
from viewer.ui.theme import colours
from viewer.workspace.workspace import Workspace

REFRESH_MS = 200
PORTION_S = 0.008
SHOWN_OF_A_KIND = 500
TITLES = {
    ProblemKind.DAMAGED: N_("Damaged"),
    ProblemKind.UNREADABLE: N_("Could not be read"),
    ProblemKind.LOCKED: N_("Locked by a password"),
    ProblemKind.REFUSED: N_("Refused for safety"),
    ProblemKind.MISSING: N_("Named by the directory, but not there"),
    ProblemKind.MISMATCH: N_("Not as the directory says"),
    ProblemKind.EXTRA: N_("Not in the directory, shown all the same"),
    ProblemKind.NOT_DICOM: N_("Other files"),
    ProblemKind.DIRECTORY: N_("Directories"),
    ProblemKind.LINK: N_("Links"),
}
"""Headings, in the order they stand."""


class ProblemsPanel(QWidget):
    """Warnings of patients and series, then files by kind of problem."""

    count_changed = Signal(int)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._tree = QTreeWidget()
        self._tree.setHeaderHidden(True)
        self._tree.setWordWrap(True)
        self._tree.setItemDelegate(WrappedLines(self._tree))
        self._tree.setIndentation(14)
        self._tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._tree.setAccessibleName(_("Problems"))
        self._tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._tree.customContextMenuRequested.connect(self._show_menu)
        self._nothing = QLabel(_("Nothing is wrong with what is open."))
        self._nothing.setContentsMargins(12, 12, 12, 12)
        self._nothing.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._nothing)
        layout.addWidget(self._tree, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._refresh_in_portions)
        self._disconnect = [
            workspace.tree.changed.connect(lambda _change: self._start()),
            workspace.catalogue.changed.connect(lambda _keys: self._start()),
        ]
        self.destroyed.connect(lambda: [disconnect() for disconnect in self._disconnect])
        self.refresh()

    def refresh(self) -> None:
        """List what is known now."""
        self._tree.clear()
        count = self._add_problems(are_damage=True) + self._add_warnings()
        self._add_problems(are_damage=False)
        self._tree.setVisible(self._tree.topLevelItemCount() > 0)
        self._nothing.setVisible(self._tree.topLevelItemCount() == 0)
        self.count_changed.emit(count)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap the sentences anew."""
        super().resizeEvent(event)
        self._tree.doItemsLayout()

    def _refresh_in_portions(self) -> None:
        if self._workspace.catalogue.work_out(PORTION_S):
            self.refresh()
        else:
            QTimer.singleShot(0, self, self._refresh_in_portions)

    def _start(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _add_warnings(self) -> int:
        lines: list[tuple[str, str]] = []
        tree, catalogue = self._workspace.tree, self._workspace.catalogue
        for patient in tree.patients():
            lines += [(patient.display_name, str(warning)) for warning in patient.warnings]
        for series in tree.all_series():
            name = f"{series.number or ''} {series.description or series.modality}".strip()
            for display_set in catalogue.of_series(series.key):
                lines += [(name, str(warning)) for warning in display_set.warnings]
        if lines:
            heading = self._heading(_("Series and patients"), len(lines))
            for name, text in lines[:SHOWN_OF_A_KIND]:
                _line(heading, name, text)
            self._say_rest(heading, len(lines))
        return len(lines)

    def _add_problems(self, *, are_damage: bool) -> int:
        by_kind: dict[ProblemKind, list[Problem]] = {}
        for problem in self._workspace.tree.problems:
            if problem.is_damage == are_damage:
                by_kind.setdefault(problem.kind, []).append(problem)
        for kind, title in TITLES.items():
            problems = by_kind.get(kind, [])
            if not problems:
                continue
            heading = self._heading(_(title), len(problems), is_open=are_damage)
            for problem in problems[:SHOWN_OF_A_KIND]:
                _line(heading, problem.path, problem.error)
            self._say_rest(heading, len(problems))
        return sum(map(len, by_kind.values()))

    def _heading(self, title: str, count: int, *, is_open: bool = True) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self._tree, [f"{title} ({count})"])
        item.setIcon(0, icon("warning", colours().caution) if is_open else icon("document", colours().secondary))
        item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsSelectable)
        item.setExpanded(is_open)
        return item

    def _say_rest(self, heading: QTreeWidgetItem, count: int) -> None:
        if count > SHOWN_OF_A_KIND:
            QTreeWidgetItem(heading, [_("… and {0} more").format(count - SHOWN_OF_A_KIND)])

    def _show_menu(self, position: QPoint) -> None:
        lines = [item.data(0, Qt.ItemDataRole.UserRole) or item.text(0) for item in self._tree.selectedItems()]
        if not lines:
            return
        menu = QMenu(self)
        copy = menu.addAction(_("Copy"))
        copy.triggered.connect(lambda: QGuiApplication.clipboard().setText("\n".join(lines)))
        menu.exec(self._tree.viewport().mapToGlobal(position))


def _line(heading: QTreeWidgetItem, subject: str, text: str) -> None:
    name = subject.rpartition("/")[2] or subject
    item = QTreeWidgetItem(heading, [f"{name}\n{text}"])
    item.setData(0, Qt.ItemDataRole.UserRole, f"{subject}: {text}")
    # Escaped by hand: a tooltip that looks like markup would be rendered.
    item.setToolTip(0, f"{subject}\n{text}".replace("<", "‹"))
