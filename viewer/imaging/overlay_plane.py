"""Overlay planes of groups 60xx: bit maps laid over an image (PS3.3 C.9.2).

Their bits lie packed in (60xx,3000), or, in files from before 2004, in unused bits of the pixels themselves.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _


@dataclass(frozen=True, slots=True)
class OverlayPlane:
    """One plane.

    Attributes:
        group: 0x6000 to 0x601E, even.
        kind: "G" for graphics, "R" for a region of interest.
        origin_row: Image row, from 1, of the plane's first row; may be 0 or less.
        origin_column: The same for columns.
        first_frame: Image frame, from 1, that the plane's first frame belongs to.
        frame_count: Frames of the plane; 1 in a multi-frame image is shown on every frame.
        bits: Packed data, lowest bit first, frames not aligned to octets; empty when embedded.
        bit_position: Of an embedded plane in the pixels' words; 0 when packed.
        reported: (area in pixels, mean, standard deviation) as the file states them (60xx,1301..1303).
        p_value: Grey of the layer that a presentation state draws it on; None for white.
        rgb: Colour of that layer in sRGB; None where it states none.
    """

    group: int
    rows: int
    columns: int
    kind: str = "G"
    origin_row: int = 1
    origin_column: int = 1
    first_frame: int = 1
    frame_count: int = 1
    bits: bytes = b""
    bit_position: int = 0
    label: str = ""
    description: str = ""
    reported: tuple[float | None, float | None, float | None] = (None, None, None)
    p_value: int | None = None
    rgb: tuple[int, int, int] | None = None

    @property
    def is_embedded(self) -> bool:
        """Whether the bits lie in the pixels."""
        return not self.bits and self.bit_position > 0

    def applies_to(self, frame_index: int, image_frames: int) -> bool:
        """Return whether the plane has something for an image frame, counted from 0."""
        if self.is_embedded or (self.frame_count == 1 and self.first_frame == 1 and image_frames >= 1):
            return True
        return 0 <= frame_index - (self.first_frame - 1) < self.frame_count

    def bitmap(self, frame_index: int, raw_words: NDArray[Any] | None) -> NDArray[np.bool_]:
        """Return the plane's own bits (rows, columns) for an image frame, counted from 0.

        Args:
            frame_index: Of the image.
            raw_words: The frame's unmasked words, for an embedded plane.

        Raises:
            DicomError: If the data is too short, or an embedded plane has no words or another size than the image.
        """
        if self.is_embedded:
            if raw_words is None or raw_words.shape != (self.rows, self.columns):
                raise DicomError(
                    _("Overlay {group:04X} lies in pixel bits that are not there").format(group=self.group)
                )
            bit = np.array(1 << self.bit_position, np.uint64).astype(raw_words.dtype)
            return np.asarray(raw_words & bit != 0, np.bool_)
        size = self.rows * self.columns
        plane_frame = 0 if self.frame_count == 1 else frame_index - (self.first_frame - 1)
        start = plane_frame * size
        octets = np.frombuffer(self.bits, np.uint8)[start // 8 : (start + size + 7) // 8]
        unpacked = np.unpackbits(octets, bitorder="little")[start % 8 : start % 8 + size]
        if unpacked.size < size:
            raise DicomError(
                _("Overlay {group:04X} holds less than its {rows} x {columns} bits").format(
                    group=self.group, rows=self.rows, columns=self.columns
                )
            )
        return unpacked.reshape(self.rows, self.columns).astype(np.bool_)

    def on_image(self, frame_index: int, shape: tuple[int, int], raw_words: NDArray[Any] | None) -> NDArray[np.bool_]:
        """Return the bits at their place on an image of a shape (rows, columns); what lies outside is cut."""
        return placed(self.bitmap(frame_index, raw_words), self.origin_row - 1, self.origin_column - 1, shape)


def placed(bitmap: NDArray[np.bool_], row: int, column: int, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return a bit map laid on an image of a shape, its first pixel at a row and column counted from 0."""
    out = np.zeros(shape, np.bool_)
    top, left = max(row, 0), max(column, 0)
    bottom, right = min(row + bitmap.shape[0], shape[0]), min(column + bitmap.shape[1], shape[1])
    if top < bottom and left < right:
        out[top:bottom, left:right] = bitmap[top - row : bottom - row, left - column : right - column]
    return out
