"""Thumbnails of the browser: asked for when a row is first drawn, kept, made off the GUI thread."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from viewer.base.jobs import THUMBNAIL, JobHandle, JobRunner
from viewer.imaging.frame_decoding import FrameDecoder
from viewer.ui.browser.row_delegate import THUMBNAIL_PX
from viewer.workspace.browser_rows import BrowserRow
from viewer.workspace.thumbnail import MakeThumbnail, image_for_thumbnail

KEPT = 2000


class Thumbnails(QObject):
    """Pictures by image; arrived() says that there is one more."""

    arrived = Signal(str)

    def __init__(
        self, parent: QObject, runner: JobRunner, decoder: FrameDecoder, device_pixel_ratio: Callable[[], float]
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._decoder = decoder
        self._ratio = device_pixel_ratio
        self._images: dict[tuple[str, str, int], QImage | None] = {}
        self._waiting: dict[tuple[str, str, int], JobHandle[NDArray[np.uint8]]] = {}
        self._is_closed = False

    @property
    def is_busy(self) -> bool:
        """Whether pictures that were asked for are still being made."""
        return bool(self._waiting)

    def close(self) -> None:
        """Make no more pictures: the window closes, and those on their way would come to nobody."""
        self._is_closed = True
        for handle in self._waiting.values():
            handle.cancel()
        self._waiting.clear()

    def image(self, row: BrowserRow) -> QImage | None:
        """Return the row's picture if it is there; otherwise it is being made, or cannot be."""
        image = image_for_thumbnail(row.display_set) if row.display_set is not None else None
        if image is None:
            return None
        if image.identity not in self._images and not self._is_closed:
            self._images[image.identity] = None
            ratio = self._ratio()

            def done(pixels: NDArray[np.uint8]) -> None:
                self._waiting.pop(image.identity, None)
                self._keep(image.identity, pixels, ratio)
                self.arrived.emit(row.key)

            def failed(_error: Exception) -> None:
                self._waiting.pop(image.identity, None)  # it fails again, and is told, when the image is opened

            self._waiting[image.identity] = self._runner.submit(
                MakeThumbnail(image, round(THUMBNAIL_PX * ratio), self._decoder),
                lane=THUMBNAIL,
                done=done,
                failed=failed,
            )
        return self._images.get(image.identity)

    def _keep(self, identity: tuple[str, str, int], pixels: NDArray[np.uint8], ratio: float) -> None:
        while len(self._images) >= KEPT:
            self._images.pop(next(iter(self._images)))
        height, width = pixels.shape[:2]
        kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
        image = QImage(pixels.tobytes(), width, height, pixels.strides[0], kind).copy()
        image.setDevicePixelRatio(ratio)
        self._images[identity] = image
