"""The truth of frames of a made angiogram."""

from typing import Any

from numpy.typing import NDArray

from viewer.imaging.frame_state import FrameState, PatientIdentity
from viewer.imaging.stored_frame import PixelDescription


def angiogram_state(number: int, frames: NDArray[Any], relationship: str = "LOG") -> FrameState:
    """Return the state of a frame counted from 1, of twelve bits."""
    pixels = PixelDescription(frames.shape[1], frames.shape[2], frames.shape[0], bits_stored=12, high_bit=11)
    return FrameState(
        PatientIdentity(),
        "1.2",
        "1.2.840.10008.5.1.4.1.1.12.1",
        "XA",
        number,
        pixels,
        intensity_relationship=relationship,
    )
