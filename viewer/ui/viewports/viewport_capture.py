"""A viewport as it is on the screen, for keeping: its pixels made anew without the monitor's calibration.

What a monitor needs to show a grey is no part of the grey. The words and lines over the picture are those on screen.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter

from viewer.imaging.display_calibration import UNCALIBRATED
from viewer.imaging.viewport_image import RenderedViewport
from viewer.ui.theme import colours
from viewer.ui.viewports.finished_pixels import Surface, picture_of
from viewer.ui.viewports.render_service import Answer, Failure, Picture, RenderService
from viewer.ui.viewports.viewport import Viewport

_CHANNELS = 3
_tokens = itertools.count(1)


class ViewportCapture:
    """One capture of one viewport.

    Args:
        viewport: What is captured.
        rendering: Makes the pixels.
        done: Called with the picture on the screen and it as it is kept, on the GUI thread.
        failed: Called with the reason when there is nothing to keep, or it changed meanwhile (None).
    """

    def __init__(
        self,
        viewport: Viewport,
        rendering: RenderService,
        done: Callable[[Picture, QImage], None],
        failed: Callable[[Exception | None], None],
    ) -> None:
        self._viewport, self._rendering = viewport, rendering
        self._done, self._failed = done, failed
        self._picture = viewport.picture

    def start(self) -> None:
        """Ask for the pixels."""
        if self._picture is None:
            self._failed(None)
            return
        asked = self._picture.ask
        request = replace(asked.request, is_interacting=False)
        ask = replace(asked, owner=self, token=next(_tokens), request=request, calibration=UNCALIBRATED)
        self._rendering.ask(ask, self._receive)

    def _receive(self, answer: Answer) -> None:
        if isinstance(answer, Picture) and not answer.is_final:
            return
        if not isinstance(answer, Picture | Failure):
            return  # the range of values, which nobody asked for
        self._rendering.forget(self)
        if isinstance(answer, Failure):
            self._failed(answer.error)
            return
        shown = self._viewport.picture
        if shown is None or self._picture is None or shown.ask.token != self._picture.ask.token:
            self._failed(None)  # its words would be those of another picture
            return
        self._done(shown, painted(self._viewport, answer.rendered))


def painted(viewport: Viewport, rendered: RenderedViewport) -> QImage:
    """Return a viewport as it is on the screen, with other pixels of the same size; without the mark of the active one.

    Called on the GUI thread.
    """
    surface = viewport.findChild(Surface)
    assert isinstance(surface, Surface)  # noqa: S101 - every viewport has one
    ratio = viewport.devicePixelRatioF()
    height, width = rendered.pixels.shape[:2]
    image = QImage(QSize(width, height), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(colours().viewport))
    item = surface.pixels
    before, was_active, had_aids = item.shown, item.is_active, surface.aids.isVisible()
    item.shown = replace(before, rendered=rendered, image=picture_of(rendered))
    item.is_active = False
    surface.aids.setVisible(False)
    painter = QPainter(image)
    try:
        area = QRect(0, 0, viewport.width(), viewport.height())
        surface.render(painter, QRectF(area), area)
    finally:
        painter.end()
        item.shown, item.is_active = before, was_active
        surface.aids.setVisible(had_aids)
    return image


def rgb_of(image: QImage) -> NDArray[np.uint8]:
    """Return a picture's pixels as (height, width, 3)."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : plain.width() * _CHANNELS].reshape(plain.height(), plain.width(), _CHANNELS).copy()
