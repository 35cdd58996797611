"""Colour frames to RGB of 8 bits (PS3.3 C.7.6.3.1.2). Colour never passes the grayscale display function."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.imaging.display_calibration import DisplayCalibration
from viewer.imaging.frame_state import FrameState
from viewer.imaging.grayscale_pipeline import ResolvedVoi, View, frame_background, gray_chain
from viewer.imaging.icc_profile import to_display
from viewer.imaging.stored_frame import StoredFrame

_OCTET_BITS = 8

# R, G, B from Y, Cb, Cr less their offsets, as rows (C.7.6.3.1.2 inverted).
_FULL = np.array([[1.0, 0.0, 1.402], [1.0, -0.344136, -0.714136], [1.0, 1.772, 0.0]])
_PARTIAL_LUMA = 255.0 / 219.0
_PARTIAL_CHROMA = 255.0 / 224.0

_IS_RGB = frozenset({"RGB"})
_IS_FULL = frozenset({"YBR_FULL", "YBR_FULL_422", "YBR_ICT"})
_IS_PARTIAL = frozenset({"YBR_PARTIAL_422", "YBR_PARTIAL_420"})


def to_rgb(frame: StoredFrame, bits_stored: int) -> NDArray[np.uint8]:
    """Return a colour frame as RGB (rows, columns, 3) of 8 bits.

    Args:
        frame: Three samples a pixel; its photometric_interpretation says what they are.
        bits_stored: Of a sample; more than 8 lose their lower bits here.

    Raises:
        DicomError: If the colour space is none of the Standard's.
    """
    space = frame.photometric_interpretation
    values = frame.values[..., :3] if frame.values.shape[-1] != 3 else frame.values
    if space in _IS_RGB:
        return _octets(values, bits_stored)
    if space == "YBR_RCT":
        return _octets(_undo_reversible(values, bits_stored), bits_stored)
    if space in _IS_FULL:
        return _octets(_linear(values, _FULL, 0.0, bits_stored), bits_stored)
    if space in _IS_PARTIAL:
        matrix = _FULL * np.array([_PARTIAL_LUMA, _PARTIAL_CHROMA, _PARTIAL_CHROMA])
        return _octets(_linear(values, matrix, 16.0 / 256.0, bits_stored), bits_stored)
    raise DicomError(_("The colour space {space} is not known").format(space=space or _("(none)")))


def _linear(values: NDArray[Any], matrix: NDArray[np.float64], luma_low: float, bits: int) -> NDArray[Any]:
    """Return matrix @ (values - offsets), rounded and held to the range of the bits."""
    import cv2

    middle = 0.0 if values.dtype.kind == "i" else float(1 << (bits - 1))
    offsets = np.array([luma_low * (1 << bits), middle, middle])
    with_shift = np.hstack([matrix, -(matrix @ offsets)[:, None]])
    if values.dtype == np.uint8 and bits == _OCTET_BITS:
        out: NDArray[Any] = cv2.transform(np.ascontiguousarray(values), with_shift)  # rounds and saturates
        return out
    exact = values.astype(np.float64) @ matrix.T + with_shift[:, 3]
    return np.asarray(np.clip(np.rint(exact), 0, (1 << bits) - 1), np.int64)


def _undo_reversible(values: NDArray[Any], bits: int) -> NDArray[np.int64]:
    luma, blue, red = (values[..., channel].astype(np.int64) for channel in range(3))
    green = luma - ((red + blue) >> 2)
    rgb = np.stack([red + green, green, blue + green], axis=-1)
    return np.asarray(np.clip(rgb, 0, (1 << bits) - 1), np.int64)


def _octets(values: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    if values.dtype == np.uint8 and bits == _OCTET_BITS:
        return np.ascontiguousarray(values)
    if values.dtype.kind == "f":
        scaled: NDArray[np.uint8] = np.rint(np.clip(np.nan_to_num(values), 0.0, 1.0) * 255.0).astype(np.uint8)
        return scaled
    wide = np.clip(values.astype(np.int64), 0, (1 << bits) - 1)
    if bits <= _OCTET_BITS:
        wide, bits = np.rint(wide * (255.0 / ((1 << bits) - 1))).astype(np.int64), _OCTET_BITS
    octets: NDArray[np.uint8] = (wide >> (bits - _OCTET_BITS)).astype(np.uint8)
    return octets


def frame_rgb(
    frame: StoredFrame, state: FrameState, view: View, calibration: DisplayCalibration, resolved: ResolvedVoi | None
) -> NDArray[np.uint8]:
    """Return a whole frame that has colours of its own as finished RGB.

    Args:
        frame: In colour, or indices of state.palette.
        state: Of the frame.
        view: The reader's choices, for the grey part under a supplemental palette.
        calibration: Of the display: its colours, and its plain greys for that grey part.
        resolved: The window in force for that grey part; None where there is none.
    """
    rgb = to_display(image_rgb(frame, state), state.icc_profile, calibration.color)
    if resolved is not None and not frame.is_color and state.palette is not None and state.palette.is_supplemental:
        gray = calibration.display_lut()[gray_chain(state, view, resolved).p_values(frame.values)]
        background = frame_background(frame, state)
        if background is not None:
            gray[background] = 0
        rgb = np.where((frame.values >= state.palette.first)[..., None], rgb, gray[..., None])
    if frame.missing_rows > 0:  # what fills them up may be any colour, as zeros are green in YBR
        rgb = rgb.copy()
        rgb[rgb.shape[0] - frame.missing_rows :] = 0
    return rgb


def image_rgb(frame: StoredFrame, state: FrameState) -> NDArray[np.uint8]:
    """Return a whole frame in the RGB of its own profile, whatever lies under a supplemental palette left out."""
    if state.palette is None or frame.is_color:
        return to_rgb(frame, state.pixels.bits_stored)
    return state.palette.apply(frame.values)
