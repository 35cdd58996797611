"""Icons: one SVG a command in icons/, drawn in the theme's colour at any scale, when it is first seen."""

import functools

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from viewer.base.paths import icons_path
from viewer.ui.theme import colours


def icon(name: str, colour: str = "") -> QIcon:
    """Return the named icon in a colour (the theme's text when none is given); an empty icon when there is none."""
    return _icon(name, colour or colours().text, colours().disabled)


@functools.lru_cache(maxsize=512)
def _icon(name: str, colour: str, disabled: str) -> QIcon:
    return QIcon(_Drawing(name, colour, disabled)) if name and icons_path(f"{name}.svg").is_file() else QIcon()


class _Drawing(QIconEngine):
    """Draws when Qt asks: most icons stand in menus that a reader never opens."""

    def __init__(self, name: str, colour: str, disabled: str) -> None:
        super().__init__()
        self._made_from = (name, colour, disabled)

    def clone(self) -> QIconEngine:
        """Return another one like this; Qt owns each."""
        return _Drawing(*self._made_from)

    def key(self) -> str:
        """Tell this kind of engine from Qt's own."""
        return "negatoscope-svg"

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw onto something that is shown."""
        ratio = painter.device().devicePixelRatio()
        pixmap = self.scaledPixmap(rect.size() * ratio, mode, state, ratio)
        painter.drawPixmap(rect, pixmap)

    def pixmap(self, size: QSize, mode: QIcon.Mode, _state: QIcon.State) -> QPixmap:
        """Return the icon at a size in device pixels."""
        name, colour, disabled = self._made_from
        return _pixmap(name, disabled if mode is QIcon.Mode.Disabled else colour, size.width(), size.height())

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        """Return the icon at a size in device pixels, for a screen of that density."""
        pixmap = QPixmap(self.pixmap(size, mode, state))
        pixmap.setDevicePixelRatio(scale)
        return pixmap


@functools.lru_cache(maxsize=512)
def _pixmap(name: str, colour: str, width: int, height: int) -> QPixmap:
    pixmap = QPixmap(QSize(width, height))
    pixmap.fill(Qt.GlobalColor.transparent)
    # QtSvg paints currentColor black.
    drawing = icons_path(f"{name}.svg").read_text("utf-8").replace("currentColor", colour)
    side = min(width, height)
    corner = QPoint((width - side) // 2, (height - side) // 2)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(drawing.encode())).render(painter, QRectF(corner, QSize(side, side)))
    painter.end()
    return pixmap
