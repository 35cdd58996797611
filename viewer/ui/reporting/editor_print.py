"""Reports on pages: one layout for PDF, printer and preview; whose report it is stands on every page."""

import html
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QImage,
    QPagedPaintDevice,
    QPageLayout,
    QPageSize,
    QPainter,
    QPalette,
    QPdfWriter,
    QPen,
    QTextDocument,
)

from viewer.base.translation import _
from viewer.workspace.reporting.report_rendering import PrintedPicture, PrintedReport, caution_words

FAMILIES = ("Noto Sans", "DejaVu Sans", "Noto Sans CJK KR", "NanumGothic", "Malgun Gothic", "Apple SD Gothic Neo")
"""Latin letters from the first that is there, Hangul and Kanji from the first that has them."""
A4, LETTER = QPageSize.PageSizeId.A4, QPageSize.PageSizeId.Letter
DOTS_PER_INCH = 300
_MARGIN_MM = 16.0
_TITLE_PT, _BODY_PT, _HEAD_PT, _SMALL_PT = 12, 10, 9, 7.5
_GAP = 6.0
_INK, _FAINT, _RULE = "#111111", "#555555", "#999999"
_POINTS = 72.0
_TALLEST = 0.42
"""A picture is no taller than this share of the page."""
_STYLE = f"""
body {{ color: {_INK}; }}
h1 {{ font-size: 15pt; font-weight: 600; margin-bottom: 2px; }}
h2 {{ font-size: 11pt; font-weight: 600; margin-top: 10px; margin-bottom: 2px; }}
h3, h4, h5, h6 {{ font-size: 10pt; font-weight: 600; margin-top: 6px; margin-bottom: 2px; }}
p {{ margin-top: 1px; margin-bottom: 1px; }}
td, th {{ padding: 1px 10px 1px 0px; }}
.v, .c, .r {{ color: {_FAINT}; font-size: 8pt; }}
.w {{ font-weight: 600; }}
"""


def page_layout(size: QPageSize.PageSizeId = A4) -> QPageLayout:
    """Return the pages of a report."""
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    return QPageLayout(QPageSize(size), QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter)


def pdf_bytes(report: PrintedReport, size: QPageSize.PageSizeId = A4) -> bytes:
    """Return a report as PDF."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(report.title)
    writer.setCreator("Negatoscope")
    writer.setResolution(DOTS_PER_INCH)
    writer.setPageLayout(page_layout(size))
    print_report(report, writer)
    del writer
    return bytes(buffer.data().data())


def print_report(report: PrintedReport, device: QPagedPaintDevice) -> int:
    """Set a report on a device whose pages are laid out; return how many pages it has."""
    painter = QPainter(device)
    try:
        return _Pages(report, device, painter).paint()
    finally:
        painter.end()


class _Pages:
    """Pages in points: head, body, foot."""

    def __init__(self, report: PrintedReport, device: QPagedPaintDevice, painter: QPainter) -> None:
        self._report, self._device, self._painter = report, device, painter
        room = device.pageLayout().paintRectPoints()
        self._width, self._height = float(room.width()), float(room.height())
        scale = device.logicalDpiX() / _POINTS
        painter.scale(scale, scale)
        self._head = self._head_height()
        self._foot = self._foot_height()
        self._body = float(int(self._height - self._head - self._foot - 2 * _GAP))  # lines are laid out in whole points
        self._document = self._laid_out()

    def paint(self) -> int:
        words, pictures = max(1, self._document.pageCount()), self._picture_pages()
        count = words + len(pictures)
        for page in range(count):
            if page:
                self._device.newPage()
            self._paint_head()
            if page < words:
                self._paint_body(page)
            else:
                self._paint_pictures(pictures[page - words])
            self._paint_foot(page + 1, count)
        return count

    # Parts

    def _laid_out(self) -> QTextDocument:
        document = QTextDocument()
        document.setUndoRedoEnabled(False)
        document.documentLayout().setPaintDevice(_points_device())
        document.setDefaultFont(_font(_BODY_PT))
        document.setDefaultStyleSheet(_STYLE)
        document.setDocumentMargin(0.0)
        document.setHtml(self._html())
        document.setPageSize(QSizeF(self._width, self._body))
        return document

    def _html(self) -> str:
        title = html.escape(self._report.title)
        return f"<html><body><h1>{title}</h1>{self._report.body}</body></html>"

    def _picture_pages(self) -> list[list[PrintedPicture]]:
        """Return which pictures stand on which page: none is parted from its words."""
        pages: list[list[PrintedPicture]] = []
        room = 0.0
        for picture in self._report.pictures:
            height = self._picture_height(picture)
            if not pages or height > room:
                pages.append([])
                room = self._body - self._text_height(_("Key images"), _font(_TITLE_PT)) - _GAP
            pages[-1].append(picture)
            room -= height
        return pages

    def _size_of(self, picture: PrintedPicture) -> tuple[float, float]:
        if picture.pixels is None:
            return 0.0, 0.0
        height, width = picture.pixels.shape[:2]
        shrink = min(self._width / width, self._body * _TALLEST / height)
        return width * shrink, height * shrink

    def _words_of(self, picture: PrintedPicture) -> Sequence[tuple[str, QFont, str]]:
        told = _("Not printed: {0}").format(picture.failure) if picture.pixels is None else ""
        words = (told, _font(_BODY_PT), _INK), (picture.caption, _font(_BODY_PT), _INK)
        return [each for each in (*words, (picture.title, _font(_SMALL_PT), _FAINT)) if each[0]]

    def _picture_height(self, picture: PrintedPicture) -> float:
        words = sum(self._text_height(text, font) for text, font, _ink in self._words_of(picture))
        return self._size_of(picture)[1] + words + 3 * _GAP

    # Painting

    def _paint_head(self) -> None:
        top = 0.0
        for text, font, ink in self._head_lines():
            top += self._text(text, font, ink, top)
        self._painter.setPen(QPen(QColor(_RULE), 0.6))
        line = self._head - _GAP / 2
        self._painter.drawLine(0, round(line), round(self._width), round(line))

    def _paint_body(self, page: int) -> None:
        self._painter.save()
        self._painter.translate(0.0, self._head + _GAP - page * self._body)
        context = QAbstractTextDocumentLayout.PaintContext()
        context.clip = QRectF(0.0, page * self._body, self._width, self._body)
        context.palette.setColor(QPalette.ColorRole.Text, QColor(_INK))
        self._painter.setClipRect(context.clip)
        self._document.documentLayout().draw(self._painter, context)
        self._painter.restore()

    def _paint_pictures(self, pictures: Sequence[PrintedPicture]) -> None:
        top = self._head + _GAP
        top += self._text(_("Key images"), _font(_TITLE_PT), _INK, top) + _GAP
        for picture in pictures:
            width, height = self._size_of(picture)
            if picture.pixels is not None:
                self._painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                self._painter.drawImage(QRectF(0.0, top, width, height), _image(picture.pixels))
            top += height + _GAP
            for text, font, ink in self._words_of(picture):
                top += self._text(text, font, ink, top)
            top += 2 * _GAP

    def _paint_foot(self, page: int, count: int) -> None:
        top = self._height - self._foot
        self._painter.setPen(QPen(QColor(_RULE), 0.6))
        self._painter.drawLine(0, round(top), round(self._width), round(top))
        top += _GAP / 2
        if self._report.pictures:
            top += self._text(caution_words(), _font(_SMALL_PT), _FAINT, top)
        area = QRectF(0.0, top, self._width, _SMALL_PT * 2)
        self._painter.setFont(_font(_SMALL_PT))
        self._painter.setPen(QColor(_FAINT))
        self._painter.drawText(area, Qt.AlignmentFlag.AlignLeft.value, "Negatoscope")
        words = _("Page {0} of {1}").format(page, count)
        self._painter.drawText(area, Qt.AlignmentFlag.AlignRight.value, words)

    def _head_lines(self) -> Sequence[tuple[str, QFont, str]]:
        identity = self._report.identity
        bold = _font(_HEAD_PT)
        bold.setBold(True)
        lines = [(identity.patient, bold, _INK), (identity.study, _font(_HEAD_PT), _INK)]
        return [*lines, (identity.state, bold, _INK)] if identity.state else lines

    def _head_height(self) -> float:
        return sum(self._text_height(text, font) for text, font, _ink in self._head_lines()) + _GAP

    def _foot_height(self) -> float:
        caution = self._text_height(caution_words(), _font(_SMALL_PT)) if self._report.pictures else 0.0
        return caution + _SMALL_PT * 2 + _GAP

    def _text(self, text: str, font: QFont, ink: str, top: float) -> float:
        height = self._text_height(text, font)
        self._painter.setFont(font)
        self._painter.setPen(QColor(ink))
        self._painter.drawText(QRectF(0.0, top, self._width, height), Qt.TextFlag.TextWordWrap.value, text)
        return height

    def _text_height(self, text: str, font: QFont) -> float:
        self._painter.setFont(font)
        room = QRectF(0.0, 0.0, self._width, 10_000.0)
        return self._painter.boundingRect(room, Qt.TextFlag.TextWordWrap.value, text).height()


def _points_device() -> QImage:
    """Return a device of 72 dots an inch: what is laid out for it is in points."""
    global _device  # noqa: PLW0603 - Qt wants it to live as long as the layout
    if _device is None:
        _device = QImage(1, 1, QImage.Format.Format_RGB32)
        _device.setDotsPerMeterX(round(_POINTS / 0.0254))
        _device.setDotsPerMeterY(round(_POINTS / 0.0254))
    return _device


_device: QImage | None = None


def _font(points: float) -> QFont:
    """Return a font in points of paper: the painter is scaled, a pixel is a point."""
    font = QFont()
    font.setFamilies(list(FAMILIES))
    font.setPixelSize(max(1, round(points)))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def _image(pixels: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> QImage:
    height, width = pixels.shape[:2]
    held = np.ascontiguousarray(pixels)
    return QImage(held.data, width, height, held.strides[0], QImage.Format.Format_RGB888).copy()
