"""Thumbnails of the browser: asked for when a row is first drawn, kept, made off the GUI thread.

While a set grows its middle image changes, and on another monitor greys are others: a row keeps its last picture until
the next one comes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from viewer.base.jobs import THUMBNAIL, JobHandle, JobRunner
from viewer.imaging.display_calibration import UNCALIBRATED, DisplayCalibration
from viewer.imaging.frame_decoding import FrameDecoder
from viewer.ui.browser.row_painting import THUMBNAIL_PX
from viewer.ui.monitors import Monitors
from viewer.workspace.browser_rows import BrowserRow
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.thumbnail import MakeThumbnail, image_for_thumbnail

KEPT = 2000

_Wanted = tuple[tuple[str, str, int], DisplayCalibration]


@dataclass(slots=True)
class _Thumbnail:
    """What one row shows, and what it waits for.

    Attributes:
        picture: The last one that came.
        of: The image it shows, and for which monitor's greys.
        asked: The image that was asked for last, and for which monitor's greys; it may have come, or have failed.
        handle: Of the job on its way: never more than one a row.
        display_set: As the row was last drawn: its picture is the next one to be asked for.
    """

    display_set: DisplaySet
    picture: QImage | None = None
    of: _Wanted | None = None
    asked: _Wanted | None = None
    handle: JobHandle[NDArray[np.uint8]] | None = None


class Thumbnails(QObject):
    """Pictures by row; arrived() says that there is one more."""

    arrived = Signal(str)

    def __init__(
        self,
        parent: QObject,
        runner: JobRunner,
        decoder: FrameDecoder,
        device_pixel_ratio: Callable[[], float],
        calibration: DisplayCalibration = UNCALIBRATED,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._decoder = decoder
        self._ratio = device_pixel_ratio
        self._calibration = calibration
        self._thumbnails: dict[str, _Thumbnail] = {}
        self._monitors: Monitors | None = None
        self._widget: QWidget | None = None
        self._is_closed = False

    @property
    def is_busy(self) -> bool:
        """Whether pictures that were asked for are still being made."""
        return any(each.handle is not None for each in self._thumbnails.values())

    def follow(self, monitors: Monitors, widget: QWidget) -> None:
        """Draw in the greys of the monitor under the widget that shows the pictures, and follow it to others."""
        self._monitors, self._widget = monitors, widget
        monitors.changed.connect(self._look_at_monitor)
        monitors.moved.connect(self._look_at_monitor)
        self._look_at_monitor()

    def set_calibration(self, calibration: DisplayCalibration) -> None:
        """Make all pictures anew, as they are drawn, if these are the greys of another monitor."""
        if calibration != self._calibration and not self._is_closed:
            self._calibration = calibration
            for key in tuple(self._thumbnails):
                self.arrived.emit(key)

    def close(self) -> None:
        """Make no more pictures: the window closes, and those on their way would come to nobody."""
        self._is_closed = True
        for each in self._thumbnails.values():
            if each.handle is not None:
                each.handle.cancel()
                each.handle = None

    def image(self, row: BrowserRow) -> QImage | None:
        """Return the row's picture, the last one while the next is being made; None if there is none yet."""
        if row.display_set is None or image_for_thumbnail(row.display_set) is None:
            return None
        thumbnail = self._thumbnails.get(row.key)
        if thumbnail is None:
            self._make_room()
            thumbnail = self._thumbnails[row.key] = _Thumbnail(row.display_set)
        thumbnail.display_set = row.display_set
        self._ask(row.key, thumbnail)
        return thumbnail.picture

    def _ask(self, key: str, thumbnail: _Thumbnail) -> None:
        """Start on the row's newest picture, unless one is on its way: the newest follows that one."""
        image = image_for_thumbnail(thumbnail.display_set)
        if self._is_closed or thumbnail.handle is not None or image is None:
            return
        wanted, ratio = (image.identity, self._calibration), self._ratio()
        if thumbnail.asked == wanted:
            return
        thumbnail.asked = wanted

        def done(pixels: NDArray[np.uint8]) -> None:
            thumbnail.handle = None
            thumbnail.picture, thumbnail.of = picture_of(pixels, ratio), wanted
            self.arrived.emit(key)
            self._ask(key, thumbnail)

        def failed(_error: Exception) -> None:  # it fails again, and is told, when the image is opened
            thumbnail.handle = None
            if thumbnail.picture is not None and not self._still_holds(thumbnail):
                thumbnail.picture = None  # of an image that the row no longer stands for, or in other greys
                self.arrived.emit(key)
            self._ask(key, thumbnail)

        thumbnail.handle = self._runner.submit(
            MakeThumbnail(image, round(THUMBNAIL_PX * ratio), self._decoder, wanted[1]),
            lane=THUMBNAIL,
            done=done,
            failed=failed,
        )

    def _look_at_monitor(self) -> None:
        if self._monitors is not None and self._widget is not None and not self._is_closed:
            self.set_calibration(self._monitors.calibration_at(self._widget))

    def _still_holds(self, thumbnail: _Thumbnail) -> bool:
        if thumbnail.of is None:
            return False
        identity, calibration = thumbnail.of
        images = thumbnail.display_set.images
        return calibration == self._calibration and any(image.identity == identity for image in images)

    def _make_room(self) -> None:
        while len(self._thumbnails) >= KEPT:
            oldest = self._thumbnails.pop(next(iter(self._thumbnails)))
            if oldest.handle is not None:
                oldest.handle.cancel()


def picture_of(pixels: NDArray[np.uint8], ratio: float) -> QImage:
    """Return pixels, grey or RGB, as a picture for a screen of a density."""
    height, width = pixels.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
    image = QImage(pixels.tobytes(), width, height, pixels.strides[0], kind).copy()
    image.setDevicePixelRatio(ratio)
    return image
