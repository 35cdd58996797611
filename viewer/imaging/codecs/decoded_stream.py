"""What a codestream gave, and how it becomes the stored values of a frame.

The codestream is believed over the data set's header: its size, precision, sign and colour are what they are. Where the
two contradict each other visibly the frame carries a warning (PS3.5 8.2, Annex A.4).
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DecodingError
from viewer.base.translation import _
from viewer.imaging.stored_frame import FrameWarning, PixelDescription, StoredFrame
from viewer.imaging.stored_values import stored_fields

_OVERSHOOT = 1 / 64
"""Of the stored range: by so much a lossy stream with more bits than the image may pass its ends, and is clipped."""


@dataclass(frozen=True, slots=True)
class DecodedStream:
    """The samples of one codestream.

    Attributes:
        samples: (rows, columns) or (rows, columns, 3).
        precision: Bits of a sample, as the codestream states it.
        is_signed: Whether the codestream states signed samples; only the wavelet codecs can.
        photometric_interpretation: What three samples are; for one sample the header's is taken.
        warnings: What was noticed while decoding.
        missing_rows: Rows at the bottom that the stream did not deliver.
    """

    samples: NDArray[Any]
    precision: int
    photometric_interpretation: str
    is_signed: bool = False
    warnings: frozenset[FrameWarning] = field(default=frozenset())
    missing_rows: int = 0


def check_size(rows: int, columns: int, description: PixelDescription) -> None:
    """Refuse a codestream of another size than the header's, before memory is taken for it.

    Raises:
        DecodingError: If they differ.
    """
    if (rows, columns) != (description.rows, description.columns):
        raise DecodingError(
            _(
                "The compressed image has {rows} rows and {columns} columns, its header says {said_rows} "
                "and {said_columns}"
            ).format(rows=rows, columns=columns, said_rows=description.rows, said_columns=description.columns)
        )


def stored_frame(stream: DecodedStream, description: PixelDescription) -> StoredFrame:
    """Return a decoded stream as the frame of an image.

    Raises:
        DecodingError: If nothing of the frame was delivered, or its samples are no colour we know.
    """
    samples = stream.samples
    if samples.ndim == 3 and samples.shape[2] == 1:
        samples = samples[:, :, 0]
    check_size(samples.shape[0], samples.shape[1], description)
    if stream.missing_rows >= description.rows:
        raise DecodingError(_("The compressed frame ends before its first row"))
    warnings = stream.warnings
    photometric = description.photometric_interpretation
    if samples.ndim == 3:
        if samples.shape[2] != 3:
            raise DecodingError(
                _("The compressed image has {count} components, which is no colour we know").format(
                    count=samples.shape[2]
                )
            )
        photometric = stream.photometric_interpretation
    elif description.samples_per_pixel != 1:
        photometric = "MONOCHROME2"
    if (samples.ndim == 3) != (description.samples_per_pixel == 3):
        warnings = warnings | {FrameWarning.CODEC_DISAGREES}
    is_color = samples.ndim == 3 and not stream.is_signed
    values, raw_words, disagree = (_color_depth if is_color else _coerced)(samples, stream, description)
    if disagree:
        warnings = warnings | {FrameWarning.BITS_DISAGREE}
    if stream.missing_rows:
        values, raw_words = _cleared(values, raw_words, description, stream.missing_rows)
    if samples.ndim == 3:
        raw_words = None
    has_lost_bits = stream.is_signed or stream.precision < description.bits_allocated
    return StoredFrame(values, photometric, warnings, stream.missing_rows, raw_words, has_lost_bits)


def _coerced(
    samples: NDArray[Any], stream: DecodedStream, description: PixelDescription
) -> tuple[NDArray[Any], NDArray[Any] | None, bool]:
    """Return values, whole words where they hold more than the values, and whether stream and header contradict."""
    if samples.dtype == np.bool_:
        samples = samples.view(np.uint8)
    if stream.is_signed:
        return _from_signed(samples, stream, description)
    width = _container(max(description.bits_allocated, stream.precision))
    words = samples.astype(f"u{width // 8}", copy=False)
    if stream.precision <= description.bits_stored:
        full = replace(description, bits_allocated=width, high_bit=description.bits_stored - 1)
        return stored_fields(words, full)[0], None, False
    if stream.precision == description.bits_allocated:
        # The encoder took whole words, with whatever lies above the stored field: the rule of native cells holds.
        values, raw_words = stored_fields(words, description)
        return values, raw_words, raw_words is not None
    full = replace(description, bits_allocated=width, bits_stored=stream.precision, high_bit=stream.precision - 1)
    values = stored_fields(words, full)[0]
    if _exceeds(values, description) and not _exceeds(values, description, _OVERSHOOT):
        return np.clip(values, *description.stored_range), None, False
    return values, None, _exceeds(values, description)


def _color_depth(
    samples: NDArray[Any], stream: DecodedStream, description: PixelDescription
) -> tuple[NDArray[Any], None, bool]:
    """Return colour samples brought to Bits Stored: brightness follows from how many bits full intensity has."""
    width = _container(max(description.bits_allocated, stream.precision))
    values = samples.astype(f"u{width // 8}", copy=False)
    missing = description.bits_stored - stream.precision
    if missing > 0:
        return np.left_shift(values, missing), None, True
    if not _exceeds(values, description):
        return values, None, False
    if not _exceeds(values, description, _OVERSHOOT):
        return np.clip(values, *description.stored_range), None, False
    return np.right_shift(values, -missing), None, True


def _from_signed(
    samples: NDArray[Any], stream: DecodedStream, description: PixelDescription
) -> tuple[NDArray[Any], NDArray[Any] | None, bool]:
    width = _container(max(description.bits_allocated, stream.precision))
    if description.is_signed:
        values = samples.astype(f"i{width // 8}", copy=False)
        return values, None, _exceeds(values, description)
    if samples.size and int(samples.min()) < 0:
        return samples.astype(f"i{width // 8}", copy=False), None, True
    values = samples.astype(f"u{width // 8}", copy=False)
    return values, None, _exceeds(values, description)


def _exceeds(values: NDArray[Any], description: PixelDescription, tolerance: float = 0) -> bool:
    low, high = description.stored_range
    margin = int((high - low) * tolerance)
    low, high = low - margin, high + margin
    return bool(values.size) and (int(values.min()) < low or int(values.max()) > high)


def _container(bits: int) -> int:
    return next(width for width in (8, 16, 32, 64) if bits <= width)


def _cleared(
    values: NDArray[Any], raw_words: NDArray[Any] | None, description: PixelDescription, missing_rows: int
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    values = values.copy()
    values[values.shape[0] - missing_rows :] = max(description.stored_range[0], np.iinfo(values.dtype).min)
    if raw_words is not None:
        raw_words = raw_words.copy()
        raw_words[raw_words.shape[0] - missing_rows :] = 0
    return values, raw_words
