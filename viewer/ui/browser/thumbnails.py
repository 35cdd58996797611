"""Thumbnails of the browser: asked for when a row is first drawn, kept, made off the GUI thread.

While a set grows its middle image changes: a row keeps its last picture until the next one comes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from viewer.base.jobs import THUMBNAIL, JobHandle, JobRunner
from viewer.imaging.frame_decoding import FrameDecoder
from viewer.ui.browser.row_delegate import THUMBNAIL_PX
from viewer.workspace.browser_rows import BrowserRow
from viewer.workspace.display_set import DisplaySet, ImageRef
from viewer.workspace.thumbnail import MakeThumbnail, image_for_thumbnail

KEPT = 2000

_Identity = tuple[str, str, int]


@dataclass(slots=True)
class _Thumbnail:
    """What one row shows, and what it waits for.

    Attributes:
        picture: The last one that came.
        of: The image it shows.
        asked: The image that was asked for last; it may have come, or have failed.
        handle: Of the job on its way: never more than one a row.
        display_set: As the row was last drawn: its picture is the next one to be asked for.
    """

    display_set: DisplaySet
    picture: QImage | None = None
    of: _Identity | None = None
    asked: _Identity | None = None
    handle: JobHandle[NDArray[np.uint8]] | None = None


class Thumbnails(QObject):
    """Pictures by row; arrived() says that there is one more."""

    arrived = Signal(str)

    def __init__(
        self, parent: QObject, runner: JobRunner, decoder: FrameDecoder, device_pixel_ratio: Callable[[], float]
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._decoder = decoder
        self._ratio = device_pixel_ratio
        self._thumbnails: dict[str, _Thumbnail] = {}
        self._is_closed = False

    @property
    def is_busy(self) -> bool:
        """Whether pictures that were asked for are still being made."""
        return any(each.handle is not None for each in self._thumbnails.values())

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
        if self._is_closed or thumbnail.handle is not None or image is None or image.identity == thumbnail.asked:
            return
        thumbnail.asked = image.identity
        ratio = self._ratio()

        def done(pixels: NDArray[np.uint8]) -> None:
            thumbnail.handle = None
            thumbnail.picture, thumbnail.of = _picture(pixels, ratio), image.identity
            self.arrived.emit(key)
            self._ask(key, thumbnail)

        def failed(_error: Exception) -> None:  # it fails again, and is told, when the image is opened
            thumbnail.handle = None
            if thumbnail.picture is not None and not _is_in(thumbnail.of, thumbnail.display_set.images):
                thumbnail.picture = None  # a picture of an image that the row no longer stands for
                self.arrived.emit(key)
            self._ask(key, thumbnail)

        thumbnail.handle = self._runner.submit(
            MakeThumbnail(image, round(THUMBNAIL_PX * ratio), self._decoder), lane=THUMBNAIL, done=done, failed=failed
        )

    def _make_room(self) -> None:
        while len(self._thumbnails) >= KEPT:
            oldest = self._thumbnails.pop(next(iter(self._thumbnails)))
            if oldest.handle is not None:
                oldest.handle.cancel()


def _is_in(identity: _Identity | None, images: tuple[ImageRef, ...]) -> bool:
    return any(image.identity == identity for image in images)


def _picture(pixels: NDArray[np.uint8], ratio: float) -> QImage:
    height, width = pixels.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
    image = QImage(pixels.tobytes(), width, height, pixels.strides[0], kind).copy()
    image.setDevicePixelRatio(ratio)
    return image
