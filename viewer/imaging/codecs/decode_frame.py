"""The one door to all codecs: a request in, a stored frame out. Runs inside the decoder processes."""

import dataclasses
from collections.abc import Callable, Mapping

from viewer.base.errors import DecodingError
from viewer.base.translation import _
from viewer.dicom.transfer_syntaxes import Codec
from viewer.imaging.codecs.decoded_stream import DecodedStream, stored_frame
from viewer.imaging.codecs.deflated_frame import decode_deflated_frame
from viewer.imaging.codecs.jpeg import decode_jpeg
from viewer.imaging.codecs.jpeg_2000 import decode_jpeg_2000
from viewer.imaging.codecs.jpeg_xl import decode_jpeg_xl
from viewer.imaging.codecs.rle import decode_rle
from viewer.imaging.codestreams import believed_codec
from viewer.imaging.frame_decoding import VIDEO_CODECS, DecodeRequest
from viewer.imaging.stored_frame import FrameWarning, PixelDescription, StoredFrame

_STREAM_CODECS: Mapping[Codec, Callable[[bytes, PixelDescription], DecodedStream]] = {
    Codec.JPEG: decode_jpeg,
    Codec.JPEG_LOSSLESS: decode_jpeg,
    Codec.JPEG_LS: decode_jpeg,
    Codec.JPEG_2000: decode_jpeg_2000,
    Codec.HTJ2K: decode_jpeg_2000,
    Codec.JPEG_XL: decode_jpeg_xl,
}
_CELL_CODECS: Mapping[Codec, Callable[[bytes, PixelDescription], StoredFrame]] = {
    Codec.RLE: decode_rle,
    Codec.DEFLATED_FRAME: decode_deflated_frame,
}


def decode_frame(request: DecodeRequest) -> StoredFrame:
    """Return the stored values of one compressed frame.

    Raises:
        DecodingError: If it is damaged, or there is no codec for it.
    """
    try:
        frame = _decoded(request)
    except MemoryError:
        raise DecodingError(_("Decoding the frame takes more memory than is allowed")) from None
    except DecodingError as error:
        raise error.about(request.subject) from error.__cause__
    if request.is_cut and FrameWarning.TRUNCATED not in frame.warnings:
        return dataclasses.replace(frame, warnings=frame.warnings | {FrameWarning.TRUNCATED})
    return frame


def _decoded(request: DecodeRequest) -> StoredFrame:
    if request.codec in VIDEO_CODECS:
        from viewer.imaging.codecs.video import decode_video_frame

        stream = decode_video_frame(request.stream_path, request.frame_index, request.description)
        return stored_frame(stream, request.description)
    if not request.data:
        raise DecodingError(_("The frame is empty"))
    codec = believed_codec(request.data, request.codec)
    if (decode_cells := _CELL_CODECS.get(codec)) is not None:
        return decode_cells(request.data, request.description)
    if (decode_stream := _STREAM_CODECS.get(codec)) is not None:
        frame = stored_frame(decode_stream(request.data, request.description), request.description)
        if codec is not request.codec:
            return dataclasses.replace(frame, warnings=frame.warnings | {FrameWarning.CODEC_DISAGREES})
        return frame
    raise DecodingError(_("There is no decoder for the compressed frame"))
