"""Saves a projection or rendering as it turns round the patient: every picture as the viewport would show it.

Patient and texts are drawn into every picture: what is on screen and what leaves it say the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF
from PySide6.QtGui import QImage, QPainter

from viewer.base.errors import ViewerError
from viewer.base.jobs import ProgressReport
from viewer.base.translation import _
from viewer.display.monitor_place import MonitorPlace
from viewer.imaging.spatial_transform import FitMode
from viewer.ui.overlays.painting import paint_overlay
from viewer.ui.viewports.finished_pixels import picture_of
from viewer.ui.viewports.render_service import Answer, Failure, Picture, RenderService
from viewer.ui.viewports.viewport_words import words_of
from viewer.ui.volumes.turn_question import question_of
from viewer.ui.volumes.turned_pictures import TurnFile, TurnForm, turn_file
from viewer.workspace.viewport_state import ViewportState

if TYPE_CHECKING:
    from viewer.ui.viewports.viewport import Viewport


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """What is written.

    Attributes:
        count: Pictures in a whole turn.
        rate: Pictures a second.
        side: Of a picture, in pixels.
    """

    form: TurnForm = TurnForm.VIDEO
    count: int = 72
    rate: float = 15.0
    side: int = 800


class TurnSaving(QObject):
    """One turn on its way to a file; the viewport it is of stays as it is.

    Args:
        viewport: Shows the volume.
        rendering: Makes the pictures.
        path: Of the file or folder.
        settings: What is written.
        progressed: Told after every picture.
        ended: Told at the end: an error, None when it is written, or that it was cancelled.
    """

    def __init__(
        self,
        viewport: "Viewport",
        rendering: RenderService,
        path: Path,
        settings: TurnSettings,
        progressed: Callable[[ProgressReport], None],
        ended: Callable[[ViewerError | None, bool], None],
    ) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        self._rendering = rendering
        self._settings = settings
        self._progressed, self._ended = progressed, ended
        self._state = viewport.workspace.viewport(viewport.cell)
        self._is_over = False
        self._number = 0
        self._file: TurnFile = turn_file(path, settings.form, settings.count, settings.rate)

    def start(self) -> None:
        """Begin."""
        self._next()

    def cancel(self) -> None:
        """Stop, and leave nothing behind."""
        if not self._is_over:
            self._end(None, is_cancelled=True)

    def _next(self) -> None:
        if self._is_over:
            return
        if self._number == self._settings.count:
            self._rendering.run(self._finished, self._written)
            return
        side = self._settings.side
        workspace, cell = self._viewport.workspace, self._viewport.cell
        ask = question_of(workspace, cell, self._turned(), (side, side), self, self._number + 1)
        if ask is None:
            self._end(ViewerError(_("The volume is not there any more")))
        else:
            self._rendering.ask(ask, self._receive)

    def _turned(self) -> ViewportState:
        view = self._state.volume
        if view is None:
            return self._state
        azimuth = view.rendering.azimuth_deg + 360.0 * self._number / self._settings.count
        turned = replace(view, rendering=replace(view.rendering, azimuth_deg=azimuth % 360.0))
        transform = self._state.transform
        if transform.fit is FitMode.FIXED:
            here = min(self._viewport.width(), self._viewport.height()) * self._viewport.devicePixelRatioF()
            transform = replace(transform, zoom=transform.zoom * self._settings.side / max(here, 1.0))
        return replace(self._state, volume=turned, transform=transform)

    def _receive(self, answer: Answer) -> None:
        if self._is_over:
            return
        if isinstance(answer, Failure):
            error = answer.error
            self._end(error if isinstance(error, ViewerError) else ViewerError(_("A picture could not be made")))
        elif isinstance(answer, Picture) and answer.is_final:
            pixels = self._drawn(answer)
            self._rendering.run(lambda: self._added(pixels), self._wrote)

    def _drawn(self, picture: Picture) -> NDArray[np.uint8]:
        """Return the picture with all that is written over it."""
        viewport = self._viewport
        texts = words_of(
            picture, viewport.workspace, viewport.cell, MonitorPlace(), is_loading=False, playing=None, dropped=0
        )
        # What the greys of a screen mean is not true of a file.
        texts = replace(texts, chips=tuple(chip for chip in texts.chips if chip.panel != "display"))
        image = picture_of(picture.rendered).convertToFormat(QImage.Format.Format_RGB888)
        painter = QPainter(image)
        paint_overlay(painter, QRectF(image.rect()), texts)
        painter.end()
        lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return lines[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()

    def _added(self, pixels: NDArray[np.uint8]) -> Exception | None:
        return _tried(lambda: self._file.add(pixels))

    def _finished(self) -> Exception | None:
        return _tried(self._file.finish)

    def _wrote(self, error: Exception | None) -> None:
        if self._is_over:
            return
        if error is not None:
            self._end(_told(error))
            return
        self._number += 1
        self._progressed(ProgressReport(self._number, self._settings.count, _("Saving the turn")))
        self._next()

    def _written(self, error: Exception | None) -> None:
        if not self._is_over:
            self._end(_told(error) if error is not None else None)

    def _end(self, error: ViewerError | None, *, is_cancelled: bool = False) -> None:
        self._is_over = True
        self._rendering.forget(self)
        if error is not None or is_cancelled:
            self._rendering.run(lambda: _tried(self._file.abandon), lambda _error: None)
        self._ended(error, is_cancelled)
        self.deleteLater()


def _tried(work: Callable[[], None]) -> Exception | None:
    try:
        work()
    except (OSError, ViewerError) as error:
        return error
    return None


def _told(error: Exception) -> ViewerError:
    if isinstance(error, ViewerError):
        return error
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ViewerError(_("It could not be written: {0}").format(reason))
