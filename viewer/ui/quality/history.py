"""The history of a monitor's tests: a table of all results, the answers of the chosen one, and the course over time."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QScreen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.base.translation import _
from viewer.display.constancy_texts import (
    limit_text,
    main_values,
    subject_title,
    title_of_test,
    value_text,
    verdict_of,
    verdict_text,
)
from viewer.display.monitor_record import MonitorRecord, TestResult
from viewer.ui.icons import icon
from viewer.ui.monitors import Monitors
from viewer.ui.panels.panel_lines import text_label
from viewer.ui.quality.plots import PlotView
from viewer.ui.quality.record_plots import contrast_plot, kappa_plot, newest_response, response_of, response_plot
from viewer.ui.theme import colours

SIZE = (1040, 700)
ROW_PX = 24


class HistoryWindow(QDialog):
    """Shows what is kept of one monitor; follows while more is kept.

    Args:
        monitors: Keeps the results.
        screen: Of the monitor.
        parent: The window it was asked for in.
    """

    def __init__(self, monitors: Monitors, screen: QScreen, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._monitors = monitors
        self._identity = monitors.identity(screen)
        self.setWindowTitle(_("Tests of {0}").format(self._identity.title))
        self.resize(*SIZE)
        self._results: tuple[TestResult, ...] = ()
        self._table = _table((_("Date"), _("Test"), _("Result"), _("Values")), _("Tests"))
        self._answers = _table((_("Found"), _("Value"), _("Limit"), _("Result")), _("Answers"))
        self._remark = text_label(is_quiet=True)
        self._kappa, self._response, self._contrast = PlotView(), PlotView(), PlotView()
        self._lay_out()
        self._table.currentCellChanged.connect(lambda row, *_rest: self._show_result(row))
        monitors.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is kept now; where there is more than before the newest is chosen, else what was."""
        record = self._record()
        row = max(self._table.currentRow(), 0) if len(record.tests) == len(self._results) else 0
        self._results = tuple(reversed(record.tests))
        self._table.blockSignals(True)
        _fill(
            self._table,
            [
                (
                    (result.done_on.isoformat(), title_of_test(result.test), "", "  ".join(main_values(result))),
                    verdict_of(result),
                )
                for result in self._results
            ],
            verdict_column=2,
        )
        self._table.blockSignals(False)
        self._kappa.show_plot(kappa_plot(record))
        self._empty.setVisible(not self._results)
        if self._results:
            self._table.setCurrentCell(row, 0)
        self._show_result(row if self._results else -1)

    def _show_result(self, row: int) -> None:
        record = self._record()
        result = self._results[row] if 0 <= row < len(self._results) else None
        display_class = record.calibrated.display_class
        answers = result.answers if result is not None else ()
        rows = [
            ((subject_title(each.subject), value_text(each), limit_text(each.subject, display_class), ""), each.passes)
            for each in answers
        ]
        _fill(self._answers, rows, verdict_column=3)
        remark = result.remark if result is not None else ""
        self._remark.setText(_("Remark: {0}").format(remark) if remark else "")
        self._remark.setVisible(bool(remark))
        measured = response_of(result) if result is not None else None
        found = measured if measured is not None else newest_response(record)
        self._response.show_plot(response_plot(found, is_measured=measured is not None or _was_measured(record)))
        self._contrast.show_plot(contrast_plot(found, record))

    def _record(self) -> MonitorRecord:
        return self._monitors.store.record(self._identity)

    def _lay_out(self) -> None:
        self._empty = QLabel(_("No test was kept yet."))
        left = QWidget()
        lists = QVBoxLayout(left)
        lists.setContentsMargins(0, 0, 0, 0)
        lists.setSpacing(8)
        lists.addWidget(self._empty)
        lists.addWidget(self._table, 3)
        lists.addWidget(self._answers, 2)
        lists.addWidget(self._remark)
        right = QWidget()
        plots = QVBoxLayout(right)
        plots.setContentsMargins(0, 0, 0, 0)
        plots.setSpacing(8)
        for plot in (self._kappa, self._response, self._contrast):
            plots.addWidget(plot, 1)
        sides = QSplitter(Qt.Orientation.Horizontal)
        sides.setChildrenCollapsible(False)
        sides.setHandleWidth(16)
        sides.setStyleSheet("QSplitter::handle { background: transparent; }")
        sides.addWidget(left)
        sides.addWidget(right)
        sides.setStretchFactor(0, 3)
        sides.setStretchFactor(1, 2)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.addWidget(sides)


def _was_measured(record: MonitorRecord) -> bool:
    since = record.calibrated.measured_on
    results = (result for result in record.tests if since is None or result.done_on >= since)
    return any(response_of(result) is not None for result in results)


def _table(titles: Sequence[str], name: str) -> QTableWidget:
    table = QTableWidget(0, len(titles))
    table.setHorizontalHeaderLabels(list(titles))
    table.setAccessibleName(name)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(ROW_PX)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setHighlightSections(False)
    header.setStretchLastSection(True)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return table


def _fill(table: QTableWidget, rows: Sequence[tuple[Sequence[str], bool | None]], *, verdict_column: int) -> None:
    """Fill a table; each row has its texts and its verdict, which stands in its column as sign and word."""
    table.setRowCount(len(rows))
    for at, (texts, passes) in enumerate(rows):
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setToolTip(text.replace("<", "‹"))
            if column == verdict_column and passes is not None:
                colour = colours().good if passes else colours().danger
                item.setText(verdict_text(passes))
                item.setIcon(icon("check" if passes else "x", colour))
                item.setForeground(QBrush(QColor(colour)))
            table.setItem(at, column, item)
