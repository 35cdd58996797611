"""What takes time with the receiver, done in the background: trying a place, starting at login, drawing a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from viewer.base.byte_source import ByteSource
from viewer.base.jobs import Progress
from viewer.imaging.display_calibration import DisplayCalibration
from viewer.imaging.frame_decoding import FrameDecoder
from viewer.reception.receiver_process import receiver_environment, shorten_log

if TYPE_CHECKING:
    from viewer.reception.reachability import Trouble


@dataclass(frozen=True, slots=True)
class CheckPlace:
    """Finds out whether one can listen somewhere."""

    bind: str
    port: int

    def run(self, _progress: Progress) -> "Trouble | None":
        """Return what is in the way; None when nothing is."""
        from viewer.reception.reachability import place_trouble

        return place_trouble(self.bind, self.port)


@dataclass(frozen=True, slots=True)
class SetAutostart:
    """Writes, or takes away, what starts the receiver at login."""

    command: Sequence[str]
    is_on: bool

    def run(self, _progress: Progress) -> None:
        """Do it."""
        from viewer.reception.autostart import set_autostart, starts_at_login

        if self.is_on or starts_at_login():
            set_autostart(self.command, receiver_environment()["PYTHONPATH"], is_on=self.is_on)


@dataclass(frozen=True, slots=True)
class DrawInstance:
    """Draws the first image of a file."""

    source: ByteSource
    side_px: int
    decoder: FrameDecoder
    calibration: DisplayCalibration

    def run(self, progress: Progress) -> NDArray[np.uint8]:
        """Return its pixels as they are shown."""
        from viewer.dicom.header_scan import scan_header
        from viewer.imaging.image_ref import ImageRef
        from viewer.workspace.thumbnail import MakeThumbnail

        image = ImageRef(scan_header(self.source))
        return MakeThumbnail(image, self.side_px, self.decoder, self.calibration).run(progress)


@dataclass(frozen=True, slots=True)
class ShortenLog:
    """Keeps the receiver's log from filling the disk."""

    folder: Path

    def run(self, _progress: Progress) -> None:
        """Do it."""
        shorten_log(self.folder)


def picture(pixels: NDArray[np.uint8], ratio: float) -> QImage:
    """Return finished pixels as a picture for a screen of that density."""
    height, width = pixels.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
    image = QImage(pixels.tobytes(), width, height, pixels.strides[0], kind).copy()
    image.setDevicePixelRatio(ratio)
    return image
