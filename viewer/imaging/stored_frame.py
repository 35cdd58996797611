"""Stored pixel values of one frame, and what is known of how they were had.

Runs after frame_decoding and before modality_lut.
"""

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _

if TYPE_CHECKING:
    from viewer.imaging.spatial_transform import ImagePlacement


@dataclass(frozen=True, slots=True)
class PixelDescription:
    """The Image Pixel module as the data set states it (PS3.3 C.7.6.3).

    Attributes:
        photometric_interpretation: (0028,0004), upper case, as stated; the codec may know better.
        bits_allocated: 1, 8, 16, 32 or 64; for float and double pixels 32 and 64.
        is_float: Whether the pixels are Float or Double Float Pixel Data.
    """

    rows: int
    columns: int
    frame_count: int = 1
    samples_per_pixel: int = 1
    photometric_interpretation: str = "MONOCHROME2"
    bits_allocated: int = 16
    bits_stored: int = 16
    high_bit: int = 15
    is_signed: bool = False
    planar_configuration: int = 0
    is_float: bool = False

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1 or self.frame_count < 1:
            raise DicomError(
                _("The image has {rows} rows, {columns} columns and {frame_count} frames").format(
                    rows=self.rows, columns=self.columns, frame_count=self.frame_count
                )
            )
        if self.samples_per_pixel not in {1, 3, 4}:
            raise DicomError(
                _("Samples per Pixel {samples_per_pixel} is not 1 or 3").format(
                    samples_per_pixel=self.samples_per_pixel
                )
            )
        if self.bits_allocated not in {1, 8, 12, 16, 32, 64}:
            raise DicomError(
                _("Bits Allocated {bits_allocated} is not 1, 8, 16, 32 or 64").format(
                    bits_allocated=self.bits_allocated
                )
            )
        if not self.is_float and not 1 <= self.bits_stored <= self.bits_allocated:
            raise DicomError(
                _("Bits Stored {bits_stored} does not fit Bits Allocated {bits_allocated}").format(
                    bits_stored=self.bits_stored, bits_allocated=self.bits_allocated
                )
            )

    @property
    def is_monochrome(self) -> bool:
        """Whether the grayscale pipeline applies."""
        return self.photometric_interpretation in {"MONOCHROME1", "MONOCHROME2"}

    @property
    def stored_range(self) -> tuple[int, int]:
        """The lowest and highest value the cells can hold; meaningless for float pixels."""
        if self.is_signed:
            return -(1 << (self.bits_stored - 1)), (1 << (self.bits_stored - 1)) - 1
        return 0, (1 << self.bits_stored) - 1


class FrameWarning(enum.Enum):
    """What the reader must be told of a frame, on its viewport."""

    TRUNCATED = "truncated"
    OVERLONG = "overlong"
    CODEC_DISAGREES = "codec disagrees with header"
    BITS_DISAGREE = "bits disagree with header"


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """One decoded frame.

    Attributes:
        values: (rows, columns) for one sample a pixel, (rows, columns, 3) for colour; stored values after High Bit,
            masking and sign, as the smallest of uint8 int8 uint16 int16 uint32 int32 uint64 int64 float32 float64.
            Colour comes interleaved whatever the planar configuration, still in photometric_interpretation.
        photometric_interpretation: What values really are, the codec's truth over the header's.
        warnings: What went wrong short of failing; TRUNCATED pixels are filled with the lowest value.
        missing_rows: Rows at the bottom that the stream did not deliver.
        raw_words: The unmasked words (rows, columns), when bits above the stored field may hold overlays; else None.
        has_lost_bits: Whether the encoder took stored fields only: what lay beside them in the words is gone.
    """

    values: NDArray[Any]
    photometric_interpretation: str
    warnings: frozenset[FrameWarning] = field(default=frozenset())
    missing_rows: int = 0
    raw_words: NDArray[np.generic] | None = None
    has_lost_bits: bool = False

    @property
    def is_color(self) -> bool:
        """Whether there are three samples a pixel."""
        return self.values.ndim == 3

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.values.shape[0], self.values.shape[1]


class SampledFrame(StoredFrame):
    """A grey frame that is made when it is asked for, from something finer than itself: a plane through a volume.

    Viewports ask for their device pixels at once, so that nothing is interpolated twice; values, its own grid, is made
    for whoever measures. Whoever makes one overrides values, shape and sample.
    """

    __slots__ = ()

    def __init__(self) -> None:
        """Leave the fields of a stored frame at what a whole grey frame has, but for values."""
        for name, value in (
            ("photometric_interpretation", "MONOCHROME2"),
            ("warnings", frozenset()),
            ("missing_rows", 0),
            ("raw_words", None),
            ("has_lost_bits", False),
        ):
            object.__setattr__(self, name, value)

    @property
    def is_color(self) -> bool:
        """A plane has one sample a pixel."""
        return False

    @property
    def values(self) -> NDArray[Any]:
        """The frame's own grid, (rows, columns), in stored values."""
        raise NotImplementedError

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of that grid."""
        raise NotImplementedError

    @property
    def typical_values(self) -> NDArray[Any]:
        """Stored values, NaN where there are none, that stand for all it is made from: windows are judged by them.

        They are at hand; whoever can have them without making the whole frame overrides this.
        """
        return self.values

    def point_patient(self, point_image: tuple[float, float]) -> tuple[float, float, float] | None:  # noqa: ARG002 - others need it
        """Return the place in the patient of an image point of a bent frame; None for flat ones, whose plane knows."""
        return None

    def sample(
        self, placement: "ImagePlacement", kernel: str, *, is_quick: bool
    ) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
        """Return stored values at the device pixels of a placement, and 255 where there are any (None: everywhere).

        Args:
            placement: Of the frame's own grid in the part of the viewport that is wanted.
            kernel: A value of imaging.viewport_request.Interpolation.
            is_quick: Whether a hand moves it: coarse now, exact when it rests.
        """
        raise NotImplementedError
