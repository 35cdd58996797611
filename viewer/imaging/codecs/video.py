"""Frames of MPEG-2, H.264 and HEVC streams, exact to the frame (PS3.5 8.2.5 to 8.2.8).

The stream has been extracted to a private file. Frames are counted by decoding them one after another: seeking in
elementary streams lands near a frame, not on it.
"""

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np

from viewer.base.errors import DecodingError
from viewer.base.translation import _
from viewer.imaging.codecs.decoded_stream import DecodedStream, check_size
from viewer.imaging.stored_frame import PixelDescription

_HEAD = 16
_TRANSPORT_SYNC = 0x47
_FFMPEG_OPTIONS = "protocol_whitelist;file|format_whitelist;h264,hevc,mpegvideo,mpeg,mpegts,mov|threads;1"
"""FFmpeg guesses formats: playlists that name other files or servers must not be among them."""


class VideoReader:
    """One extracted stream, positioned before one of its frames."""

    def __init__(self, path: str) -> None:
        check_video_start(path)
        self.path = path
        self._capture: Any = None
        self._next = 0

    def frame(self, index: int) -> np.ndarray[Any, Any]:
        """Return the frame with this 0-based index as (rows, columns, 3) in red, green, blue.

        Raises:
            DecodingError: If the stream ends before it.
        """
        import cv2

        if self._capture is None or index < self._next:
            self.close()
            os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = _FFMPEG_OPTIONS
            self._capture = cv2.VideoCapture(self.path, cv2.CAP_FFMPEG)
            self._next = 0
        while self._next < index and self._capture.grab():
            self._next += 1
        is_read, picture = self._capture.read() if self._next == index else (False, None)
        if not is_read or picture is None:
            count = self._next
            self.close()
            raise DecodingError(
                _("Frame {number} is missing: the video holds {count} frames that can be decoded").format(
                    number=index + 1, count=count
                )
            )
        self._next += 1
        return np.ascontiguousarray(picture[:, :, ::-1])

    def close(self) -> None:
        """Let go of the stream."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None


_lock = threading.Lock()
_readers: list[VideoReader] = []


def decode_video_frame(path: str, index: int, description: PixelDescription) -> DecodedStream:
    """Return one frame of a stream; the stream stays open for the frame after it.

    Raises:
        DecodingError: If the stream is no video, is of another size than the header's, or ends before the frame.
    """
    with _lock:
        if not _readers or _readers[0].path != path:
            close_videos()
            _readers.append(VideoReader(path))
        picture = _readers[0].frame(index)
    check_size(picture.shape[0], picture.shape[1], description)
    return DecodedStream(picture, 8, "RGB")


def close_videos() -> None:
    """Close the stream that was kept open."""
    while _readers:
        _readers.pop().close()


def check_video_start(path: str) -> None:
    """Refuse what is neither an elementary, program or transport stream nor an MP4 file.

    Raises:
        DecodingError: If the first bytes are none of these.
    """
    with Path(path).open("rb") as stream:
        head = stream.read(_HEAD)
    is_elementary = head.startswith((b"\0\0\1", b"\0\0\0\1"))
    if not is_elementary and head[4:8] != b"ftyp" and head[:1] != bytes([_TRANSPORT_SYNC]):
        raise DecodingError(_("The pixel data are no MPEG, H.264 or HEVC stream"))
