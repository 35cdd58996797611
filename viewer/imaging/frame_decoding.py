"""What a decoder is asked, and who may answer: the seam between frames and codecs.

Runs after encapsulation and before modality_lut. Nothing here imports a codec: that happens where the decoding does.
"""

from dataclasses import dataclass
from typing import Protocol

from viewer.base.jobs import Progress
from viewer.dicom.transfer_syntaxes import Codec
from viewer.imaging.stored_frame import PixelDescription, StoredFrame

VIDEO_CODECS = frozenset({Codec.MPEG2, Codec.H264, Codec.HEVC})


@dataclass(frozen=True, slots=True)
class DecodeRequest:
    """One compressed frame, with all that its decoding needs.

    Attributes:
        codec: Of the transfer syntax; the stream has the last word.
        data: The codestream; empty for video.
        description: The image as the data set states it.
        is_cut: Whether the file ends before the codestream does.
        subject: Where the frame comes from, for messages.
        frame_index: 0-based.
        stream_path: Of the extracted stream, for video.
    """

    codec: Codec
    data: bytes
    description: PixelDescription
    is_cut: bool = False
    subject: str = ""
    frame_index: int = 0
    stream_path: str = ""

    @property
    def key(self) -> tuple[str, int]:
        """What tells this frame from every other."""
        return self.subject, self.frame_index


class FrameDecoder(Protocol):
    """Decodes compressed frames, from any thread."""

    def decode(self, request: DecodeRequest, *, priority: int = 0, progress: Progress | None = None) -> StoredFrame:
        """Return the frame's stored values; blocks until they are there.

        Args:
            request: What to decode.
            priority: The lowest is served first.
            progress: Cancels the request while it waits its turn.

        Raises:
            DecodingError: If it cannot be decoded.
            Cancelled: If it was cancelled while it waited.
        """


class InlineDecoder:
    """Decodes in this very process: for short-lived commands and tests; a damaged frame may take the process along."""

    def decode(self, request: DecodeRequest, *, priority: int = 0, progress: Progress | None = None) -> StoredFrame:
        """Return the frame's stored values; see FrameDecoder."""
        from viewer.imaging.codecs.decode_frame import decode_frame

        del priority
        if progress is not None:
            progress.check()
        return decode_frame(request)
