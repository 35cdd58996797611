"""Pages of a report: paragraphs, tables and plots set one below the other in points, on as many pages as they need."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRectF, QSaveFile, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPageLayout, QPageSize, QPainter, QPdfWriter, QPen

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.ui.panels.wrapped_lines import breakable
from viewer.ui.quality.plots import ON_PAPER, LinePlot

DOTS_PER_INCH = 1200
POINTS_PER_INCH = 72.0
MARGIN_MM = 18.0
BODY_PX, SMALL_PX, HEADING_PX, TITLE_PX = 9, 8, 12, 18
LINE_SPACING = 1.25
GAP, CELL_GAP = 6.0, 8.0
FAMILIES = ("Noto Sans", "DejaVu Sans", "Noto Sans CJK KR", "NanumGothic", "Malgun Gothic", "Apple SD Gothic Neo")
"""Latin letters from the first that is there, Hangul from the first that has it."""
_WRAP = Qt.TextFlag.TextWordWrap.value


def write_pages(path: Path, title: str, compose: Callable[["ReportPages"], None]) -> None:
    """Write a report; the file is replaced only when the new one is whole.

    It is composed twice: first to know how many pages there are.

    Args:
        path: Of the PDF.
        title: Of the document.
        compose: Sets everything on the pages it is given.

    Raises:
        ViewerError: If it cannot be written.
    """
    trial = QBuffer()
    trial.open(QIODevice.OpenModeFlag.WriteOnly)
    count = _composed(ReportPages(trial, title), compose)
    file = QSaveFile(str(path))
    if file.open(QIODevice.OpenModeFlag.WriteOnly):
        _composed(ReportPages(file, title, count), compose)
        if file.commit():
            return
    raise ViewerError(_("The report cannot be written: {0}").format(file.errorString()), subject=str(path))


def _composed(pages: "ReportPages", compose: Callable[["ReportPages"], None]) -> int:
    """Compose a report and return how many pages it has; a painter is ended whatever happens."""
    try:
        compose(pages)
    finally:
        pages.finish()
    return pages.page


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        share: Of the table's width, relative to the other columns.
    """

    title: str
    share: float = 1.0


class ReportPages:
    """Writes a PDF from top to bottom; a block that does not fit goes on the next page.

    Args:
        device: Open for writing.
        title: Of the document, at the foot of each page too.
        page_count: How many pages there will be; 0 while nobody knows.

    Attributes:
        page: The page that is being set, from 1.
    """

    def __init__(self, device: QIODevice, title: str, page_count: int = 0) -> None:
        self._writer = QPdfWriter(device)
        self._writer.setTitle(title)
        self._writer.setCreator("Negatoscope")
        self._writer.setResolution(DOTS_PER_INCH)
        self._writer.setPageLayout(
            QPageLayout(
                QPageSize(QPageSize.PageSizeId.A4),
                QPageLayout.Orientation.Portrait,
                QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM),
                QPageLayout.Unit.Millimeter,
            )
        )
        self._title = title
        self._painter = QPainter(self._writer)
        scale = DOTS_PER_INCH / POINTS_PER_INCH
        self._painter.scale(scale, scale)
        room = self._writer.pageLayout().paintRectPoints()
        self.width = float(room.width())
        self._foot = 2 * BODY_PX * LINE_SPACING
        self._bottom = float(room.height()) - self._foot
        self._top = 0.0
        self._page_count = page_count
        self.page = 1

    def title(self, text: str) -> None:
        """Set the title of the report."""
        self._paragraph(text, _font(TITLE_PX))
        self._top += GAP

    def heading(self, text: str, keeps: float = 60.0) -> None:
        """Set a heading, on a page with room for what follows it."""
        self._top += GAP
        self.need(HEADING_PX * LINE_SPACING + keeps)
        self._paragraph(text, _font(HEADING_PX))
        self._painter.setPen(QPen(QColor(ON_PAPER.grid), 0.7))
        self._painter.drawLine(0, int(self._top), int(self.width), int(self._top))
        self._top += GAP

    def paragraph(self, text: str, ink: str = ON_PAPER.text) -> None:
        """Set a paragraph."""
        self._paragraph(text, _font(BODY_PX), ink)
        self._top += GAP / 2

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
        """Set a table; its head is repeated on each page it goes on."""
        places = self._places(columns)
        heads = [column.title for column in columns]
        has_head = any(heads)
        if has_head:
            self._row(places, heads, is_head=True)
        for row in rows:
            if self._top + self._row_height(places, row) > self._bottom:
                self._next_page()
                if has_head:
                    self._row(places, heads, is_head=True)
            self._row(places, row, is_head=False)
        self._top += GAP

    def plots(self, plots: Sequence[LinePlot], height: float) -> None:
        """Set plots side by side."""
        self.need(height)
        each = (self.width - GAP * 2 * (len(plots) - 1)) / len(plots)
        for at, plot in enumerate(plots):
            area = QRectF(at * (each + 2 * GAP), self._top, each, height)
            plot.paint(self._painter, area, ON_PAPER, _font(SMALL_PX))
        self._top += height + GAP

    def need(self, height: float) -> None:
        """Begin a new page if there is less room than this."""
        if self._top + height > self._bottom:
            self._next_page()

    def finish(self) -> None:
        """End the last page and the document."""
        self._number_page()
        self._painter.end()

    def _next_page(self) -> None:
        self._number_page()
        self._writer.newPage()
        self.page += 1
        self._top = 0.0

    def _number_page(self) -> None:
        area = QRectF(0.0, self._bottom + self._foot / 2, self.width, self._foot / 2)
        self._painter.setFont(_font(SMALL_PX))
        self._painter.setPen(QColor(ON_PAPER.faint))
        self._painter.drawText(area, Qt.AlignmentFlag.AlignLeft.value, self._title)
        self._painter.drawText(
            area, Qt.AlignmentFlag.AlignRight.value, _("Page {0} of {1}").format(self.page, self._page_count)
        )

    def _paragraph(self, text: str, font: QFont, ink: str = ON_PAPER.text) -> None:
        for part in breakable(text).splitlines():
            height = self._height(part, font, self.width)
            self.need(height)
            self._painter.setFont(font)
            self._painter.setPen(QColor(ink))
            self._painter.drawText(QRectF(0.0, self._top, self.width, height), _WRAP, part)
            self._top += height

    def _places(self, columns: Sequence[Column]) -> list[tuple[float, float]]:
        whole = sum(column.share for column in columns)
        places, left = [], 0.0
        for column in columns:
            width = self.width * column.share / whole
            places.append((left, width - CELL_GAP))
            left += width
        return places

    def _row_height(self, places: Sequence[tuple[float, float]], texts: Sequence[str]) -> float:
        font = _font(BODY_PX)
        pairs = zip(places, texts, strict=True)
        return max(self._height(breakable(text), font, width) for (_left, width), text in pairs) + GAP / 2

    def _row(self, places: Sequence[tuple[float, float]], texts: Sequence[str], *, is_head: bool) -> None:
        texts = [breakable(text) for text in texts]
        height = self._row_height(places, texts)
        self._painter.setFont(_font(BODY_PX))
        self._painter.setPen(QColor(ON_PAPER.faint if is_head else ON_PAPER.text))
        for (left, width), text in zip(places, texts, strict=True):
            self._painter.drawText(QRectF(left, self._top, width, height), _WRAP, text)
        self._top += height
        if is_head:
            self._painter.setPen(QPen(QColor(ON_PAPER.grid), 0.5))
            self._painter.drawLine(0, int(self._top - GAP / 2), int(self.width), int(self._top - GAP / 2))

    def _height(self, text: str, font: QFont, width: float) -> float:
        metrics = QFontMetricsF(font, self._painter.device())
        room = QRectF(0.0, 0.0, width, 10_000.0)
        return max(metrics.boundingRect(room, _WRAP, text).height(), metrics.height())


def _font(pixels: int) -> QFont:
    """Return a font in points of paper: the painter is scaled, a pixel is a point."""
    font = QFont()
    font.setFamilies(list(FAMILIES))
    font.setPixelSize(pixels)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font
