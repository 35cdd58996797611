"""A test pattern on the glass: one pixel of it on one pixel of the screen, shown as the monitor shows images."""

from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from viewer.base.errors import ViewerError
from viewer.imaging.display_calibration import DisplayCalibration
from viewer.ui.calibration.patch_pictures import image_of

_OPAQUE = 0xFF000000


def pattern_pixels(name: str, size: tuple[int, int], calibration: DisplayCalibration) -> NDArray[Any]:
    """Return a pattern as pixels for a monitor.

    They pass the whole display stage, with whatever more greys images have on this monitor, for that is what is
    tested; patterns that are looked at pixel by pixel pass it with 256 true greys.

    Args:
        name: Of the pattern.
        size: Width and height in device pixels.
        calibration: Of the monitor.

    Raises:
        DisplayError: If there is no such pattern, or it cannot be drawn so small.
    """
    from viewer.display.patterns import draw_pattern, find_pattern
    from viewer.imaging.display_greys import gray_output, looked_up_pixels

    needs_true_greys = find_pattern(name).needs_true_greys
    output = gray_output(calibration.plain() if needs_true_greys else calibration)
    return output.finish(looked_up_pixels(draw_pattern(name, size, 16), output.table))


class PatternView(QWidget):
    """Fills a window with a pattern; black while there is none."""

    def __init__(self, parent: QWidget, calibration: DisplayCalibration) -> None:
        super().__init__(parent)
        self._calibration = calibration
        self._name = ""
        self._drawn: tuple[str, tuple[int, int]] = ("", (0, 0))
        self._image: QImage | None = None
        self.problem = ""
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_pattern(self, name: str) -> None:
        """Show another pattern; none for an empty name."""
        self._name = name
        self.setAccessibleName(name)
        self.update()

    def picture(self) -> QImage | None:
        """Return what is shown."""
        return self._image

    def paintEvent(self, event: QPaintEvent) -> None:
        """Put the pixels onto those of the screen."""
        del event
        self._draw()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(_OPAQUE))
        if self._image is not None:
            self._image.setDevicePixelRatio(self.devicePixelRatioF())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawImage(QPointF(0.0, 0.0), self._image)
        elif self.problem:
            painter.setPen(QColor("#d6d9dd"))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self.problem)
        painter.end()

    def _draw(self) -> None:
        """Draw for the size and density there are now, if that was not done yet."""
        ratio = self.devicePixelRatioF()
        wanted = (self._name, (round(self.width() * ratio), round(self.height() * ratio)))
        if wanted == self._drawn:
            return
        self._drawn, self._image, self.problem = wanted, None, ""
        if not self._name or not all(wanted[1]):
            return
        try:
            pixels = pattern_pixels(*wanted, self._calibration)
        except ViewerError as error:
            self.problem = error.one_line()
            return
        from viewer.imaging.display_greys import gray_output

        self._image = image_of(pixels, is_ten_bits=gray_output(self._calibration).is_ten_bits)
