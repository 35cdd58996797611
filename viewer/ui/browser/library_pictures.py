"""Pictures of the series in the library's list: asked for when a row is drawn, found on the disk or drawn anew."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from viewer.base.jobs import THUMBNAIL, JobHandle, JobRunner
from viewer.imaging.display_calibration import UNCALIBRATED, DisplayCalibration
from viewer.imaging.frame_decoding import FrameDecoder
from viewer.ui.browser.row_painting import THUMBNAIL_PX
from viewer.ui.browser.thumbnails import picture_of
from viewer.ui.monitors import Monitors
from viewer.workspace.library_browsing import LibraryDesk
from viewer.workspace.library_picture import MakeLibraryPicture
from viewer.workspace.library_rows import LibraryRow

if TYPE_CHECKING:
    from viewer.library.picture_cache import PictureCache

KEPT = 1000


@dataclass(slots=True)
class _Picture:
    """What a row shows and waits for.

    Attributes:
        of: The hash of the file and the greys that the picture, or the failure to make one, stands for.
    """

    image: QImage | None = None
    of: object = None
    asked: object = None
    handle: JobHandle[NDArray[np.uint8]] | None = None


class LibraryPictures(QObject):
    """Pictures by row; arrived() says that there is one more."""

    arrived = Signal(str)

    def __init__(self, parent: QObject, desk: LibraryDesk, runner: JobRunner, decoder: FrameDecoder) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._decoder = decoder
        self._pictures: dict[str, _Picture] = {}
        self._calibration: DisplayCalibration = UNCALIBRATED
        self._monitors: Monitors | None = None
        self._widget: QWidget | None = None
        self._cache: PictureCache | None = None
        self._is_closed = False

    @property
    def is_busy(self) -> bool:
        """Whether pictures that were asked for are still being made."""
        return any(each.handle is not None for each in self._pictures.values())

    def follow(self, monitors: Monitors, widget: QWidget) -> None:
        """Draw in the greys of the monitor under the widget that shows the pictures."""
        self._monitors, self._widget = monitors, widget
        monitors.changed.connect(self._look_at_monitor)
        monitors.moved.connect(self._look_at_monitor)
        self._look_at_monitor()

    def forget(self) -> None:
        """Forget every picture: what they show was erased."""
        for each in self._pictures.values():
            if each.handle is not None:
                each.handle.cancel()
        self._pictures.clear()

    def close(self) -> None:
        """Make no more pictures: the window closes."""
        self._is_closed = True
        self.forget()

    def image(self, row: LibraryRow) -> QImage | None:
        """Return the picture of a series' row; None if there is none yet."""
        middle = row.entry.middle if row.entry is not None else None
        if middle is None:
            return None
        picture = self._pictures.get(row.key)
        if picture is None:
            while len(self._pictures) >= KEPT:
                oldest = self._pictures.pop(next(iter(self._pictures)))
                if oldest.handle is not None:
                    oldest.handle.cancel()
            picture = self._pictures[row.key] = _Picture()
        self._ask(row, picture)
        # The file that stands for the series may be another by now: then this is its picture no more.
        is_current = picture.of is not None and picture.of == (middle.kept.sha256, self._calibration)
        return picture.image if is_current else None

    def _ask(self, row: LibraryRow, picture: _Picture) -> None:
        library = self._desk.library
        middle = row.entry.middle if row.entry is not None else None
        if library is None or middle is None or self._is_closed or picture.handle is not None or self._widget is None:
            return
        wanted = (middle.kept.sha256, self._calibration)
        if picture.asked == wanted:
            return
        picture.asked = wanted
        ratio = self._widget.devicePixelRatioF()
        if self._cache is None:
            from viewer.library.picture_cache import PictureCache

            self._cache = PictureCache(library.folder)

        def done(pixels: NDArray[np.uint8]) -> None:
            picture.handle = None
            picture.image, picture.of = picture_of(pixels, ratio), wanted
            self.arrived.emit(row.key)

        def failed(_error: Exception) -> None:  # it fails again, and is told, when the series is opened
            picture.handle = None
            picture.image, picture.of = None, wanted
            self.arrived.emit(row.key)

        job = MakeLibraryPicture(
            library, self._cache, middle, round(THUMBNAIL_PX * ratio), self._decoder, self._calibration
        )
        picture.handle = self._runner.submit(job, lane=THUMBNAIL, done=done, failed=failed)

    def _look_at_monitor(self) -> None:
        if self._monitors is not None and self._widget is not None and not self._is_closed:
            calibration = self._monitors.calibration_at(self._widget)
            if calibration != self._calibration:
                self._calibration = calibration
                self._widget.update()
