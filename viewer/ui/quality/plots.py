"""Line plots painted on anything that QPainter paints on: a widget in the theme's colours, a page in ink."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from viewer.ui.theme import colours

MOST_TICKS = 6
GAP = 6.0
TICK = 3.0
MARK_RADIUS = 2.6
LINE_WIDTH = 1.5
SAMPLE_WIDTH = 16.0
DASHES = (4.0, 3.0)
_FLAGS = int(Qt.TextFlag.TextSingleLine) | int(Qt.TextFlag.TextDontClip)


@dataclass(frozen=True, slots=True)
class Inks:
    """Colours of a plot; series are told apart by their form as well."""

    text: str
    faint: str
    grid: str
    paper: str
    line: str
    reference: str
    limit: str


ON_PAPER = Inks("#000000", "#444444", "#c8c8c8", "#ffffff", "#1f6f94", "#666666", "#b3321f")


def on_screen() -> Inks:
    """Return the colours of the theme in force."""
    theme = colours()
    return Inks(theme.text, theme.secondary, theme.hairline, theme.panel, theme.accent, theme.secondary, theme.danger)


@dataclass(frozen=True, slots=True)
class Axis:
    """One side of a plot.

    Attributes:
        ticks: Where a mark with a text stands; empty for round numbers.
    """

    title: str
    low: float
    high: float
    is_logarithmic: bool = False
    ticks: tuple[tuple[float, str], ...] = ()

    def place(self, value: float) -> float:
        """Return where a value stands: 0 at the low end, 1 at the high end."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        return (self._scaled(value) - low) / (high - low) if high > low else 0.5

    def marks(self) -> tuple[tuple[float, str], ...]:
        """Return the values that are marked, and their texts."""
        if self.ticks:
            return self.ticks
        values = decades(self.low, self.high) if self.is_logarithmic else round_steps(self.low, self.high)
        return tuple((value, f"{value:g}") for value in values)

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, 1e-9)) if self.is_logarithmic else value


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one kind.

    Attributes:
        has_marks: Whether each point is marked.
        is_joined: Whether a line goes through them.
        is_reference: Drawn in the quiet colour of what is aimed at.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    has_marks: bool = False
    is_joined: bool = True
    is_reference: bool = False


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A value not to be passed."""

    value: float
    name: str = ""


def round_steps(low: float, high: float, most: int = MOST_TICKS) -> tuple[float, ...]:
    """Return multiples of 1, 2 or 5 times a power of ten within a range: as many as fit, at most most + 1."""
    span = high - low
    if span <= 0:
        return (low,)
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * factor for factor in (1.0, 2.0, 5.0, 10.0) if span / (power * factor) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Written with as many digits as the step has, or 0.1 + 0.2 is told as 0.30000000000000004.
    digits = max(0, -math.floor(math.log10(step)))
    return tuple(round(index * step, digits) for index in range(first, last + 1))


def decades(low: float, high: float) -> tuple[float, ...]:
    """Return the powers of ten in a range, with twos and fives where there are few."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    factors = (1.0, 2.0, 5.0) if last - first <= 2 else (1.0,)
    every = [float(f"{factor:g}e{power}") for power in range(first, last + 1) for factor in factors]
    return tuple(value for value in every if low <= value <= high)


@dataclass(frozen=True, slots=True)
class LinePlot:
    """A plot; it knows nothing of the device it is painted on.

    Attributes:
        limits: Horizontal lines in the colour of danger, each with its name at its end.
        empty_text: Shown in the middle while there is no point.
    """

    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    limits: tuple[LimitLine, ...] = ()
    empty_text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not any(series.points for series in self.series)

    def paint(self, painter: QPainter, area: QRectF, inks: Inks, font: QFont) -> None:
        """Paint into an area, in the painter's units."""
        painter.save()
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _Painting(self, painter, area, inks, QFontMetricsF(font, painter.device())).paint()
        painter.restore()

    def spoken(self) -> str:
        """Return title and axes for a screen reader."""
        return f"{self.title}: {self.y.title} / {self.x.title}"


class _Painting:
    """One painting of one plot."""

    def __init__(self, plot: LinePlot, painter: QPainter, area: QRectF, inks: Inks, metrics: QFontMetricsF) -> None:
        self._plot, self._painter, self._inks, self._metrics = plot, painter, inks, metrics
        self._line = metrics.height()
        marks = [text for _value, text in plot.y.marks()]
        widest = max((metrics.horizontalAdvance(text) for text in marks), default=0.0)
        named = [series for series in plot.series if series.name and series.points]
        head = self._line * (2 if len(named) > 1 else 1) + GAP
        # The y axis's title stands above it, level: turned text is slow to read.
        # Half a line is the upper half of the highest mark's text, which must not run into that title.
        top, foot = head + 1.5 * self._line + GAP, 2 * self._line + GAP + TICK
        self._frame = area.adjusted(widest + 2 * GAP, top, -GAP * 2, -foot)
        self._area, self._named = area, named

    def paint(self) -> None:
        self._titles()
        self._grid()
        if self._plot.is_empty:
            self._text(self._frame, self._plot.empty_text, self._inks.faint, Qt.AlignmentFlag.AlignCenter)
            return
        for limit in self._plot.limits:
            self._limit(limit)
        for series in self._plot.series:
            self._series(series)

    def _text(self, area: QRectF, text: str, ink: str, where: Qt.AlignmentFlag) -> None:
        self._painter.setPen(QColor(ink))
        self._painter.drawText(area, _FLAGS | where.value, text)

    def _titles(self) -> None:
        left, line = Qt.AlignmentFlag.AlignLeft, self._line
        top = QRectF(self._area.left(), self._area.top(), self._area.width(), line)
        self._text(top, self._plot.title, self._inks.text, left)
        if len(self._named) > 1:
            self._legend(top.translated(0, line))
        above = QRectF(self._area.left(), self._frame.top() - 1.5 * line - GAP / 2, self._area.width(), line)
        self._text(above, self._plot.y.title, self._inks.faint, left)
        below = QRectF(self._frame.left(), self._area.bottom() - line, self._frame.width(), line)
        self._text(below, self._plot.x.title, self._inks.faint, Qt.AlignmentFlag.AlignHCenter)

    def _legend(self, line: QRectF) -> None:
        left = line.left()
        for series in self._named:
            middle = line.center().y()
            self._draw(series, [QPointF(left, middle), QPointF(left + SAMPLE_WIDTH, middle)])
            left += SAMPLE_WIDTH + GAP
            width = self._metrics.horizontalAdvance(series.name)
            place = QRectF(left, line.top(), width, line.height())
            self._text(place, series.name, self._inks.faint, Qt.AlignmentFlag.AlignLeft)
            left += width + 2 * GAP

    def _grid(self) -> None:
        frame, painter = self._frame, self._painter
        for value, text in self._plot.y.marks():
            height = self._at(self._plot.x.low, value).y()
            painter.setPen(QPen(QColor(self._inks.grid), 0.7))
            painter.drawLine(QPointF(frame.left(), height), QPointF(frame.right(), height))
            place = QRectF(
                self._area.left(), height - self._line / 2, frame.left() - self._area.left() - GAP, self._line
            )
            self._text(place, text, self._inks.faint, Qt.AlignmentFlag.AlignRight)
        for value, text in self._plot.x.marks():
            place_x = self._at(value, self._plot.y.low).x()
            painter.setPen(QPen(QColor(self._inks.grid), 0.7))
            painter.drawLine(QPointF(place_x, frame.bottom()), QPointF(place_x, frame.bottom() + TICK))
            width = self._metrics.horizontalAdvance(text)
            # The outermost texts stay inside the area.
            left = min(max(place_x - width / 2, self._area.left()), self._area.right() - width)
            place = QRectF(left, frame.bottom() + TICK, width, self._line)
            self._text(place, text, self._inks.faint, Qt.AlignmentFlag.AlignHCenter)
        painter.setPen(QPen(QColor(self._inks.faint), 0.7))
        painter.drawPolyline(QPolygonF([frame.topLeft(), frame.bottomLeft(), frame.bottomRight()]))

    def _limit(self, limit: LimitLine) -> None:
        if not self._plot.y.low <= limit.value <= self._plot.y.high:
            return
        height = self._at(self._plot.x.low, limit.value).y()
        pen = QPen(QColor(self._inks.limit), 1.0)
        pen.setDashPattern(list(DASHES))
        self._painter.setPen(pen)
        self._painter.drawLine(QPointF(self._frame.left(), height), QPointF(self._frame.right(), height))
        # A lower limit's name stands below its line: that of the upper one may be near.
        top = height if limit.value < 0 else height - self._line
        place = QRectF(self._frame.left(), top, self._frame.width(), self._line)
        self._text(place, limit.name, self._inks.limit, Qt.AlignmentFlag.AlignRight)

    def _series(self, series: Series) -> None:
        self._painter.save()
        self._painter.setClipRect(self._frame.adjusted(-GAP, -GAP, GAP, GAP))
        self._draw(series, [self._at(x, y) for x, y in series.points])
        self._painter.restore()

    def _draw(self, series: Series, places: Sequence[QPointF]) -> None:
        ink = QColor(self._inks.reference if series.is_reference else self._inks.line)
        pen = QPen(ink, LINE_WIDTH)
        if series.is_reference:
            pen.setDashPattern(list(DASHES))
        self._painter.setPen(pen)
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        if series.is_joined and len(places) > 1:
            self._painter.drawPolyline(QPolygonF(list(places)))
        if series.has_marks:
            self._painter.setPen(QPen(ink, 1.0))
            self._painter.setBrush(ink)
            for place in places:
                self._painter.drawEllipse(place, MARK_RADIUS, MARK_RADIUS)

    def _at(self, x: float, y: float) -> QPointF:
        frame = self._frame
        return QPointF(
            frame.left() + self._plot.x.place(x) * frame.width(),
            frame.bottom() - self._plot.y.place(y) * frame.height(),
        )


class PlotView(QWidget):
    """A plot in the window."""

    def __init__(self, height: int = 180) -> None:
        super().__init__()
        self._plot: LinePlot | None = None
        self._height = height
        self.setMinimumHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_plot(self, plot: LinePlot) -> None:
        """Show another plot."""
        self._plot = plot
        self.setAccessibleName(plot.spoken())
        self.update()

    def sizeHint(self) -> QSize:
        """Return a size at which texts have room."""
        return QSize(280, self._height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the plot."""
        del event
        if self._plot is None:
            return
        painter = QPainter(self)
        self._plot.paint(painter, QRectF(self.rect()).adjusted(2, 2, -2, -2), on_screen(), self.font())
        painter.end()
