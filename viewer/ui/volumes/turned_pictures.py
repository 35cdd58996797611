"""Files of a volume that turns round: a video, an animated picture, or one picture after the other.

Written frame by frame, and there under their name only when they are whole.
"""

import enum
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import ViewerError
from viewer.base.translation import N_, _
from viewer.ui.volumes.animated_png import AnimatedPng


class TurnForm(enum.StrEnum):
    """What is written."""

    VIDEO = "mp4"
    ANIMATION = "png"
    PICTURES = "folder"


FORM_TITLES = {
    TurnForm.VIDEO: N_("Video (MP4)"),
    TurnForm.ANIMATION: N_("Animated picture (PNG)"),
    TurnForm.PICTURES: N_("Folder of pictures (PNG)"),
}


class TurnFile(Protocol):
    """Takes the pictures of one turn, each (height, width, 3) uint8, RGB."""

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Write the next picture."""

    def finish(self) -> None:
        """Put the whole under its name."""

    def abandon(self) -> None:
        """Leave nothing behind."""


def turn_file(path: Path, form: TurnForm, count: int, rate: float) -> TurnFile:
    """Return what writes a turn.

    Args:
        path: Of the file, or of the folder, which must not hold anything yet.
        form: Of the file.
        count: Of the pictures that will be added.
        rate: Pictures a second.

    Raises:
        ViewerError: If that cannot be written.
    """
    kinds: dict[TurnForm, Callable[[Path, int, float], TurnFile]] = {
        TurnForm.VIDEO: _Video,
        TurnForm.ANIMATION: _Animation,
        TurnForm.PICTURES: _Pictures,
    }
    try:
        return kinds[form](path, count, rate)
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> ViewerError:
    return ViewerError(_("It could not be written: {0}").format(error.strerror or str(error)), subject=str(path))


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")


class _Video:
    """MPEG-4 Part 2, which OpenCV writes by itself on every system."""

    def __init__(self, path: Path, _count: int, rate: float) -> None:
        self._path, self._part, self._rate = path, _beside(path), rate
        self._part.touch(exist_ok=False)  # told now if it cannot be
        self._writer: Any = None

    def add(self, pixels: NDArray[np.uint8]) -> None:
        import cv2

        height, width = pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2  # videos have even sides
        if self._writer is None:
            code = cv2.VideoWriter.fourcc(*"mp4v")
            self._writer = cv2.VideoWriter(str(self._part), code, self._rate, (width, height))
            if not self._writer.isOpened():
                self.abandon()
                raise ViewerError(
                    _("This computer writes no MP4 videos"), advice=_("Choose an animated picture or single pictures")
                )
        self._writer.write(np.ascontiguousarray(pixels[:height, :width, ::-1]))

    def finish(self) -> None:
        if self._writer is not None:
            self._writer.release()
        self._part.replace(self._path)

    def abandon(self) -> None:
        if self._writer is not None:
            self._writer.release()
        self._part.unlink(missing_ok=True)


class _Animation:
    """An animated PNG: nothing is lost."""

    def __init__(self, path: Path, count: int, rate: float) -> None:
        self._path, self._part = path, _beside(path)
        self._stream = self._part.open("xb")
        self._writer = AnimatedPng(self._stream, count, rate)

    def add(self, pixels: NDArray[np.uint8]) -> None:
        self._writer.add(pixels)

    def finish(self) -> None:
        self._writer.finish()
        self._stream.close()
        self._part.replace(self._path)

    def abandon(self) -> None:
        self._stream.close()
        self._part.unlink(missing_ok=True)


class _Pictures:
    """turn-001.png and so on."""

    def __init__(self, path: Path, _count: int, _rate: float) -> None:
        self._path, self._part = path, _beside(path)
        if path.is_dir() and any(path.iterdir()):
            raise FileExistsError(17, os.strerror(17), str(path))
        self._part.mkdir()
        self._count = 0

    def add(self, pixels: NDArray[np.uint8]) -> None:
        from PIL import Image

        self._count += 1
        Image.fromarray(pixels).save(self._part / f"turn-{self._count:03}.png")

    def finish(self) -> None:
        if self._path.is_dir():
            self._path.rmdir()
        self._part.replace(self._path)

    def abandon(self) -> None:
        shutil.rmtree(self._part, ignore_errors=True)
