"""A small picture of a surface that is turned by dragging or by the arrow keys; made on threads of the renderer."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from viewer.base.translation import _
from viewer.ui.pieces import while_alive
from viewer.ui.theme import colours

if TYPE_CHECKING:
    from viewer.volume.rendering_camera import RenderingCamera
    from viewer.volume.rendering_request import RenderedVolume
    from viewer.volume.series_volume import SeriesVolume
    from viewer.volume.surface import Surface
    from viewer.volume.volume_rendering import VolumeRenderer

SIZE = QSize(340, 340)
TURN_DEG_PER_PX = 0.5
TURN_DEG = 10.0
HIGHEST_DEG = 90.0
REST_MS = 150
CUBE_PX = 56

_TURNS = {
    Qt.Key.Key_Left: (-TURN_DEG, 0.0),
    Qt.Key.Key_Right: (TURN_DEG, 0.0),
    Qt.Key.Key_Up: (0.0, TURN_DEG),
    Qt.Key.Key_Down: (0.0, -TURN_DEG),
}


class SurfacePreview(QWidget):
    """Empty until a surface is shown.

    Args:
        deliver: Calls something on the GUI thread (JobBridge.deliver).
    """

    def __init__(self, deliver: Callable[[Callable[[], None]], None]) -> None:
        super().__init__()
        self.setFixedSize(SIZE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("Picture of the surface"))
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self._deliver = deliver
        self._renderer: VolumeRenderer | None = None
        self._shown: tuple[SeriesVolume, Surface] | None = None
        self._color = QColor()
        self._camera: RenderingCamera | None = None
        self._picture: QImage | None = None
        self._kept: RenderedVolume | None = None
        self._text = ""
        self._pressed: QPoint | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(lambda: self._ask(is_interacting=False))

    @property
    def has_picture(self) -> bool:
        """Whether a picture of the surface is shown."""
        return self._picture is not None

    def show_text(self, text: str) -> None:
        """Show a sentence instead of a surface."""
        self._shown = self._picture = self._kept = None
        self._text = text
        self.update()

    def show_surface(self, volume: "SeriesVolume", surface: "Surface", color: QColor) -> None:
        """Show a surface; seen from where the last one was."""
        self._shown, self._color = (volume, surface), color
        self._camera = _camera_on(volume, surface, self._camera)
        self._text = _("Drawing…")
        self._ask(is_interacting=False)
        self.update()

    def set_color(self, color: QColor) -> None:
        """Show the surface in another colour."""
        self._color = color
        if self._shown is not None:
            self._ask(is_interacting=False)

    def release(self) -> None:
        """End the renderer's threads."""
        self._rest.stop()
        self._shown = None
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def _ask(self, *, is_interacting: bool) -> None:
        if self._shown is None or self._camera is None:
            return
        from viewer.volume.rendering_presets import first_preset
        from viewer.volume.rendering_request import RenderedSurface, RenderingRequest
        from viewer.volume.volume_rendering import VolumeRenderer

        if self._renderer is None:
            self._renderer = VolumeRenderer()
        volume, surface = self._shown
        ratio = self.devicePixelRatioF()
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        cube = round(CUBE_PX * ratio)
        request = RenderingRequest(
            volume,
            first_preset(volume.state.modality).functions,
            camera=self._camera,
            size=(width, height),
            surfaces=(
                RenderedSurface(
                    surface.vertices,
                    surface.triangles,
                    (self._color.redF(), self._color.greenF(), self._color.blueF()),
                ),
            ),
            shows_volume=False,
            cube=(width - cube - 4, height - cube - 4, cube),
        )
        come = while_alive(self, self._came)

        def tell(told: "RenderedVolume | Exception", _is_last: bool) -> None:
            self._deliver(lambda: come((surface, told)))

        self._renderer.ask(self, request, tell, is_interacting=is_interacting)

    def _came(self, told: "tuple[Surface, RenderedVolume | Exception]") -> None:
        surface, answer = told
        if self._shown is None or self._shown[1] is not surface:
            return
        if isinstance(answer, Exception):
            self._picture, self._text = None, str(answer)
        else:
            pixels = answer.pixels
            self._kept = answer  # the picture reads its memory
            self._picture = QImage(
                pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], QImage.Format.Format_RGB888
            )
            self._picture.setDevicePixelRatio(self.devicePixelRatioF())
        self.update()

    def _turn(self, azimuth_deg: float, elevation_deg: float) -> None:
        if self._camera is None or self._shown is None:
            return
        elevation = min(max(self._camera.elevation_deg + elevation_deg, -HIGHEST_DEG), HIGHEST_DEG)
        self._camera = replace(
            self._camera, azimuth_deg=(self._camera.azimuth_deg + azimuth_deg) % 360.0, elevation_deg=elevation
        )
        self._rest.start()
        self._ask(is_interacting=True)

    # Qt's events

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture, or the sentence."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours().viewport))
        if self._picture is not None:
            painter.drawImage(QPoint(0, 0), self._picture)
        elif self._text:
            painter.setPen(QColor(colours().overlay_secondary))
            inner = self.rect().adjusted(16, 16, -16, -16)
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._text)
        if self.hasFocus():
            painter.setPen(QColor(colours().accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold."""
        self._pressed = event.position().toPoint()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn what is held."""
        if self._pressed is None:
            return
        moved = event.position().toPoint() - self._pressed
        self._pressed = event.position().toPoint()
        self._turn(-moved.x() * TURN_DEG_PER_PX, moved.y() * TURN_DEG_PER_PX)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        self._pressed = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn by the arrow keys."""
        turn = _TURNS.get(Qt.Key(event.key()))
        if turn is None:
            super().keyPressEvent(event)
        else:
            self._turn(*turn)


def _camera_on(volume: "SeriesVolume", surface: "Surface", before: "RenderingCamera | None") -> "RenderingCamera":
    """Return a camera that sees a surface as large as it can be, from where the camera before looked."""
    from viewer.volume.rendering_camera import LEAST_ZOOM, MOST_ZOOM, RenderingCamera

    low, high = surface.bounds_mm
    center, whole = volume.geometry.center_mm, volume.geometry.diagonal_mm
    x, y, z = ((a + b) / 2 - middle for a, b, middle in zip(low, high, center, strict=True))
    zoom = min(max(whole / max(math.dist(low, high), whole / MOST_ZOOM), LEAST_ZOOM), MOST_ZOOM)
    return replace(before or RenderingCamera(), zoom=zoom, pan_mm=(x, y, z))
