"""Icons: one SVG a command in icons/, drawn in the theme's colour at any scale."""

import functools

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from viewer.base.paths import icons_path
from viewer.ui.theme import colours

SIZES_PX = (16, 20, 32, 40)


def icon(name: str, colour: str = "") -> QIcon:
    """Return the named icon in a colour (the theme's text when none is given); an empty icon when there is none."""
    return _icon(name, colour or colours().text, colours().disabled)


@functools.lru_cache(maxsize=512)
def _icon(name: str, colour: str, disabled: str) -> QIcon:
    path = icons_path(f"{name}.svg")
    if not name or not path.is_file():
        return QIcon()
    drawing = path.read_text("utf-8")
    result = QIcon()
    for mode, shade in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, disabled)):
        # QtSvg paints currentColor black.
        renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", shade).encode()))
        for size in SIZES_PX:
            result.addPixmap(_pixmap(renderer, size), mode)
    return result


def _pixmap(renderer: QSvgRenderer, size: int) -> QPixmap:
    pixmap = QPixmap(QSize(size, size))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap
