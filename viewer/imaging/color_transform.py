"""RGB of 8 bits from one ICC profile to another by LittleCMS, and its answers kept in a table for large pictures.

LittleCMS takes 13 ns a pixel, 54 ms for 2048 x 2048; a table of all its answers (64 MiB) takes 5 and is as exact.
"""

import functools
import io
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.imaging.display_calibration import RenderingIntent

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsProfile, ImageCmsTransform

PIXELS_WORTH_A_TABLE = 1 << 19
"""Smaller pictures are through before a table pays: LittleCMS needs 7 ms for so many."""

TABLES_KEPT = 2
_ALL_COLORS = 1 << 24
_SLICE = 1 << 20


class ColorTransform:
    """From one RGB profile to another; used from any thread."""

    def __init__(self, source: bytes, target: bytes, intent: RenderingIntent) -> None:
        """Prepare a transform.

        Args:
            source: ICC profile of the pixels; empty for sRGB.
            target: ICC profile of the display; empty for sRGB.
            intent: For colours that the display lacks.

        Raises:
            DicomError: If a profile cannot be read, is not for RGB, or has no way in its direction.
        """
        from PIL import ImageCms

        wanted = {
            RenderingIntent.PERCEPTUAL: ImageCms.Intent.PERCEPTUAL,
            RenderingIntent.RELATIVE: ImageCms.Intent.RELATIVE_COLORIMETRIC,
        }[intent]
        try:
            # Without LittleCMS's memory of the last pixel one transform serves several threads.
            flags = ImageCms.Flags.NOCACHE
            built = ImageCms.buildTransform(_profile(source), _profile(target), "RGB", "RGB", wanted, flags)
        except (ImageCms.PyCMSError, OSError, ValueError) as error:
            raise DicomError(_("The ICC profile cannot be read")) from error
        self._transform: ImageCmsTransform = built

    def apply(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return (rows, columns, 3) in the target's RGB.

        Raises:
            DicomError: If LittleCMS gives up.
        """
        if rgb.shape[0] * rgb.shape[1] >= PIXELS_WORTH_A_TABLE:
            table = _table_of(self)
            if table.fill_further():
                return table.look_up(rgb)
        return self.compute(rgb)

    def compute(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Do as apply does, by LittleCMS itself."""
        from PIL import Image, ImageCms

        if not rgb.size:
            return rgb
        try:
            done = ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(rgb)), self._transform)
        except (ImageCms.PyCMSError, ValueError) as error:
            raise DicomError(_("The ICC profile cannot be applied")) from error
        return np.asarray(done, np.uint8)


@functools.lru_cache(maxsize=32)
def color_transform(source: bytes, target: bytes, intent: RenderingIntent) -> ColorTransform:
    """Return the transform between two profiles; the last few are remembered.

    Raises:
        DicomError: As ColorTransform does.
    """
    return ColorTransform(source, target, intent)


def _profile(data: bytes) -> "ImageCmsProfile":
    from PIL import ImageCms

    if not data:
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
    if profile.profile.xcolor_space.strip() != "RGB":
        raise DicomError(_("The ICC profile is not for RGB"))
    return profile


class _AnswerTable:
    """Every colour's answer, worked out a sixteenth at a time so that no picture waits for all of it."""

    def __init__(self, transform: ColorTransform) -> None:
        self._transform = transform
        self._words = np.empty(_ALL_COLORS, np.uint32)
        self._filled = 0
        self._lock = threading.Lock()

    def fill_further(self) -> bool:
        """Work out some more, unless another thread is at it, and return whether all is there."""
        if self._filled < _ALL_COLORS and self._lock.acquire(blocking=False):
            try:
                if self._filled < _ALL_COLORS:
                    self._fill_slice()
            finally:
                self._lock.release()
        return self._filled == _ALL_COLORS

    def _fill_slice(self) -> None:
        colors = np.arange(self._filled, self._filled + _SLICE, dtype=np.uint32).view(np.uint8).reshape(1, -1, 4)
        answers = self._transform.compute(np.ascontiguousarray(colors[..., 2::-1]))
        self._words[self._filled : self._filled + _SLICE] = _words(answers)[0]
        self._filled += _SLICE

    def look_up(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the answers of all pixels."""
        import cv2

        indices = np.bitwise_and(_words(rgb), _ALL_COLORS - 1)
        found = np.empty(indices.shape, np.uint32)
        np.take(self._words, indices, out=found, mode="clip")  # never clips; the check of "raise" costs a copy
        return np.asarray(cv2.cvtColor(found.view(np.uint8).reshape(*found.shape, 4), cv2.COLOR_BGRA2RGB), np.uint8)


def _words(rgb: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return pixels as 0xffRRGGBB."""
    import cv2

    four: NDArray[Any] = np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2BGRA))
    words: NDArray[np.uint32] = four.view("<u4")[..., 0]
    return words


@functools.lru_cache(maxsize=TABLES_KEPT)
def _table_of(transform: ColorTransform) -> _AnswerTable:
    return _AnswerTable(transform)
