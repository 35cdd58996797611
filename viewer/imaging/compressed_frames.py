"""Frames of encapsulated pixel elements, handed one by one to a decoder."""

import threading

from viewer.base.errors import DecodingError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.transfer_syntaxes import Codec, TransferSyntax
from viewer.dicom.wanted_tags import EXTENDED_OFFSET_TABLE
from viewer.imaging.codestreams import sniffed_codec
from viewer.imaging.encapsulation import EncapsulatedFrames, EncodedFrame
from viewer.imaging.frame_decoding import VIDEO_CODECS, DecodeRequest, FrameDecoder
from viewer.imaging.stored_frame import FrameWarning, PixelDescription, StoredFrame
from viewer.imaging.stored_values import cell_count, stored_frame_from_cells
from viewer.imaging.video_stream import VideoStream


class CompressedFrames:
    """The frames of one encapsulated pixel element.

    Args:
        header: An instance with pixel data.
        description: Its image.
        syntax: Its transfer syntax.
        decoder: Decodes its frames.
    """

    def __init__(
        self, header: InstanceHeader, description: PixelDescription, syntax: TransferSyntax, decoder: FrameDecoder
    ) -> None:
        location = header.pixel_data
        assert location is not None  # noqa: S101 - FrameSource asked before
        self._source = header.source
        self._location = location
        self._description = description
        self._codec = syntax.codec
        self._decoder = decoder
        self._extended_offsets = header.elements.get(EXTENDED_OFFSET_TABLE, b"")
        self._lock = threading.Lock()
        self._frames: EncapsulatedFrames | None = None
        self._video: VideoStream | None = None

    def read(self, index: int, priority: int, progress: Progress | None) -> StoredFrame:
        """Return the frame with this 0-based index.

        Raises:
            DecodingError: If it is missing or cannot be decoded.
            MediaError: If the medium fails.
            Cancelled: If it was cancelled while it waited for a decoder.
        """
        if self._codec in VIDEO_CODECS:
            request = self._video_request(index)
        else:
            encoded = self._encoded(index)
            if self._codec is Codec.NATIVE:
                frame = self._native(encoded)
                if frame is not None:
                    return frame
            request = DecodeRequest(
                self._codec, encoded.data, self._description, encoded.is_cut, self._source.name, index
            )
        return self._decoder.decode(request, priority=priority, progress=progress)

    def _encapsulated(self) -> EncapsulatedFrames:
        with self._lock:
            if self._frames is None:
                self._frames = EncapsulatedFrames(
                    self._source,
                    self._location.offset,
                    self._description.frame_count,
                    self._codec,
                    self._extended_offsets,
                )
            return self._frames

    def _encoded(self, index: int) -> EncodedFrame:
        if self._location.is_encapsulated:
            return self._encapsulated().frame(index)
        # A compressed syntax with pixel data of defined length: forbidden, but a single stream can still be told.
        data = self._source.read_at(self._location.offset, self._location.length)
        if self._description.frame_count > 1 or sniffed_codec(data) is None:
            raise DecodingError(
                _("The pixel data are neither fragments nor of the image's size"), subject=self._source.name
            )
        return EncodedFrame(data, len(data) < self._location.length)

    def _native(self, encoded: EncodedFrame) -> StoredFrame | None:
        """Return a frame of encapsulated uncompressed cells; None when they plainly are a codestream after all."""
        if sniffed_codec(encoded.data) is not None and len(encoded.data) < self._frame_bytes():
            return None
        is_overlong = len(encoded.data) > self._frame_bytes() + 1
        warnings = frozenset({FrameWarning.OVERLONG} if is_overlong else ())
        if not encoded.data:
            raise DecodingError(_("The frame is empty"), subject=self._source.name)
        return stored_frame_from_cells(encoded.data, self._description, warnings=warnings)

    def _frame_bytes(self) -> int:
        return -(-cell_count(self._description) * self._description.bits_allocated // 8)

    def _video_request(self, index: int) -> DecodeRequest:
        frames = self._encapsulated()
        with self._lock:
            if self._video is None:
                self._video = VideoStream(frames.stream())
        return DecodeRequest(
            self._codec,
            b"",
            self._description,
            frames.is_cut,
            self._source.name,
            index,
            str(self._video.path),
        )
