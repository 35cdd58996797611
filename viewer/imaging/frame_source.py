"""Stored pixel values of an instance, frame by frame, lazily and in any order.

The first stage of the pipeline: native frames are read here, compressed ones go through encapsulation to a decoder.
"""

import math

from viewer.base.errors import DecodingError, DicomError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.transfer_syntaxes import TransferSyntax, transfer_syntax
from viewer.imaging.compressed_frames import CompressedFrames
from viewer.imaging.frame_decoding import FrameDecoder
from viewer.imaging.native_frames import NativeFrames
from viewer.imaging.stored_frame import PixelDescription, StoredFrame
from viewer.imaging.stored_values import value_length

_FLOAT_PIXEL_DATA = 0x7FE00008
_DOUBLE_FLOAT_PIXEL_DATA = 0x7FE00009
MAXIMUM_FRAME_BYTES = 1 << 29
"""A frame that claims more is refused before anything is allocated for it."""


def pixel_description(header: InstanceHeader) -> PixelDescription:
    """Return the Image Pixel module of a header (PS3.3 C.7.6.3), with the defaults that old files rely on.

    Raises:
        DecodingError: If the object has no image, or one of an impossible size.
        DicomError: If the module contradicts itself.
    """
    location = header.pixel_data
    if location is None:
        raise DecodingError(_("The object holds no image"), subject=header.source.name)
    float_bits = {_FLOAT_PIXEL_DATA: 32, _DOUBLE_FLOAT_PIXEL_DATA: 64}.get(location.tag, 0)
    bits_allocated = float_bits or header.unsigned_short(0x00280100) or 0
    bits_stored = float_bits or header.unsigned_short(0x00280101) or bits_allocated
    high_bit = header.unsigned_short(0x00280102)
    samples = header.unsigned_short(0x00280002) or 1
    try:
        description = PixelDescription(
            rows=header.unsigned_short(0x00280010) or 0,
            columns=header.unsigned_short(0x00280011) or 0,
            frame_count=header.frame_count,
            samples_per_pixel=samples,
            photometric_interpretation=header.ascii(0x00280004).upper() or ("MONOCHROME2" if samples == 1 else "RGB"),
            bits_allocated=bits_allocated,
            bits_stored=bits_stored,
            high_bit=bits_stored - 1 if high_bit is None or float_bits else high_bit,
            is_signed=header.unsigned_short(0x00280103) == 1 and not float_bits,
            planar_configuration=header.unsigned_short(0x00280006) or 0,
            is_float=bool(float_bits),
        )
    except DicomError as error:
        raise error.about(header.source.name) from None
    _check_quota(description, header.source.name)
    return description


def _check_quota(description: PixelDescription, subject: str) -> None:
    cells = description.rows * description.columns * description.samples_per_pixel
    if cells * math.ceil(description.bits_allocated / 8) > MAXIMUM_FRAME_BYTES:
        raise DecodingError(
            _("A frame of {rows} rows and {columns} columns is larger than this viewer accepts").format(
                rows=description.rows, columns=description.columns
            ),
            subject=subject,
        )


class FrameSource:
    """The frames of one instance.

    Args:
        header: The instance.
        decoder: Decodes its frames when they are compressed.

    Raises:
        DecodingError: If the instance has no image, or is in a transfer syntax that cannot be decoded.
        DicomError: If its Image Pixel module contradicts itself.
    """

    def __init__(self, header: InstanceHeader, decoder: FrameDecoder) -> None:
        self._subject = header.source.name
        self._description = pixel_description(header)
        syntax = transfer_syntax(header.transfer_syntax_uid)
        if not syntax.is_supported:
            raise DecodingError(
                _("Images in the transfer syntax {syntax} cannot be shown").format(syntax=syntax.name),
                subject=self._subject,
                advice=_("Ask for the images in another transfer syntax"),
            )
        location = header.pixel_data
        self._frames: NativeFrames | CompressedFrames
        if location is not None and (location.is_encapsulated or not _is_native(header, self._description, syntax)):
            self._frames = CompressedFrames(header, self._description, syntax, decoder)
        else:
            self._frames = NativeFrames(header, self._description, syntax)
            self._description = self._frames.description

    @property
    def description(self) -> PixelDescription:
        """The image as the data set states it."""
        return self._description

    @property
    def frame_count(self) -> int:
        """How many frames the data set states."""
        return self._description.frame_count

    @property
    def is_compressed(self) -> bool:
        """Whether frames go through the decoder."""
        return isinstance(self._frames, CompressedFrames)

    def stored_frame(self, index: int, *, priority: int = 0, progress: Progress | None = None) -> StoredFrame:
        """Return one frame's stored values; blocks until they are there, from any thread.

        Args:
            index: 0-based.
            priority: Among compressed frames that wait for a decoder; the lowest is served first.
            progress: Cancels the request while it waits.

        Raises:
            DecodingError: If the frame is missing or cannot be decoded.
            MediaError: If the medium fails.
            Cancelled: If it was cancelled.
        """
        if not 0 <= index < self.frame_count:
            raise DecodingError(
                _("There is no frame {number}: the object has {frame_count}").format(
                    number=index + 1, frame_count=self.frame_count
                ),
                subject=self._subject,
            )
        if isinstance(self._frames, NativeFrames):
            return self._frames.read(index)
        return self._frames.read(index, priority, progress)


def _is_native(header: InstanceHeader, description: PixelDescription, syntax: TransferSyntax) -> bool:
    """Whether pixel data of defined length are native: by their transfer syntax, or by having just the right length."""
    if not syntax.is_encapsulated or header.pixel_data is None:
        return True
    return value_length(description) <= header.pixel_data.length <= value_length(description) + 1
