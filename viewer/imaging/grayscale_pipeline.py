"""From stored values to grey levels of the display: modality, VOI, presentation, display LUT (PS3.4 N.2).

render_stage runs the chain value by value and ends in the 256 plain greys, for files; chain_table composes it into one
table for pixels of up to 16 bits and all greys a display has. Both call the same functions, so they cannot differ.
"""

import enum
import functools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.imaging.display_calibration import UNCALIBRATED, DisplayCalibration
from viewer.imaging.display_greys import gray_output
from viewer.imaging.frame_state import FrameState
from viewer.imaging.histogram import auto_range, fitted_window, is_whole, value_range
from viewer.imaging.modality_lut import IDENTITY, ModalityTransform, apply_modality
from viewer.imaging.padding import background_mask
from viewer.imaging.presentation_lut import BACKGROUND, Presentation, apply_presentation
from viewer.imaging.stored_frame import StoredFrame
from viewer.imaging.voi_lut import Voi, VoiOption, VoiOrigin, Window, apply_voi, exact_window_between

MODALITIES_WITH_OUTLIERS = frozenset({"NM", "PT", "MR"})

MODALITIES_WITH_FOREIGN_WINDOWS = frozenset({"MR", "PT"})
"""Where windows were written for stored values although a rescale is present (Philips MR, some PET)."""

LOWEST_HU = -1024.0
"""What lies below was never measured: scanners fill the corners of a CT image with it, stated as padding or not."""

TOO_NARROW, TOO_WIDE = 0.01, 100.0
"""A window below 1 % or over 100 times the range of values cannot have been meant for them."""


AUTOMATIC = VoiOption(None, origin=VoiOrigin.AUTO)


class Stage(enum.Enum):
    """Where in the pipeline to stop."""

    STORED = "stored"
    MODALITY = "modality"
    VOI = "voi"
    P_VALUE = "p-value"
    DISPLAY = "display"


@dataclass(frozen=True, slots=True)
class View:
    """The reader's choices; the defaults show the image as it asks to be shown.

    Attributes:
        voi: None for the image's own default; one of its options; or a window of the reader's.
        inverted: Whether dark and light are exchanged, once more after the image's own polarity.
        pseudo_color: The id of a well-known palette (pseudo_color.PALETTE_IDS), or None for grey.
    """

    voi: VoiOption | Window | None = None
    inverted: bool = False
    pseudo_color: str | None = None
    show_overlays: bool = True
    show_shutter: bool = True


@dataclass(frozen=True, slots=True)
class GrayChain:
    """The chain with every choice made: what one table is composed from."""

    modality: ModalityTransform
    voi: Voi
    presentation: Presentation
    is_inverted: bool = False

    def interest(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return values of interest, 0 to 1, of stored values; padding is the caller's."""
        return apply_voi(apply_modality(values, self.modality), self.voi)

    def p_values(self, values: NDArray[Any]) -> NDArray[np.uint16]:
        """Return P-values of stored values; padding is the caller's."""
        return apply_presentation(self.interest(values), self.presentation, is_inverted=self.is_inverted)


@dataclass(frozen=True, slots=True)
class ResolvedVoi:
    """A window or table in force.

    Attributes:
        is_on_stored: Whether it is applied to stored values, the modality transform left out.
        note: What the reader must be told of it, translated; may be empty.
    """

    voi: Voi
    is_on_stored: bool = False
    note: str = ""


def render_stage(
    frame: StoredFrame,
    state: FrameState,
    view: View,
    stage: Stage,
    calibration: DisplayCalibration = UNCALIBRATED,
) -> NDArray[Any]:
    """Return a grey frame's values at one stage, padding as background, without overlays and shutters.

    Returns:
        Stored integers (or floats); modality float64; VOI float64 0..1; P-values uint16; display uint8.

    Raises:
        DicomError: If the frame is in colour and the stage is not STORED.
    """
    if stage is Stage.STORED:
        return frame.values
    if frame.is_color:
        raise DicomError(_("A colour image has no grayscale stages"))
    if stage is Stage.MODALITY:
        return apply_modality(frame.values, state.modality_transform)
    resolved = resolve_voi(frame.values, state, view)
    chain = gray_chain(state, view, resolved)
    background = frame_background(frame, state)
    if stage is Stage.VOI:
        interest = chain.interest(frame.values)
        if background is not None:
            interest[background] = 0.0
        return interest
    p_values = chain.p_values(frame.values)
    if background is not None:
        p_values[background] = BACKGROUND
    return p_values if stage is Stage.P_VALUE else calibration.display_lut()[p_values]


def frame_background(frame: StoredFrame, state: FrameState) -> NDArray[np.bool_] | None:
    """Return where a frame has no pixels: padding, undefined floats, rows that never arrived; None where all are."""
    mask = background_mask(frame.values, state.padding)
    if frame.missing_rows > 0:
        mask = np.zeros(frame.values.shape[:2], np.bool_) if mask is None else mask
        mask[-frame.missing_rows :] = True
    return mask


def gray_chain(state: FrameState, view: View, resolved: ResolvedVoi) -> GrayChain:
    """Return the chain of a state under the reader's choices."""
    modality = IDENTITY if resolved.is_on_stored else state.modality_transform
    return GrayChain(modality, resolved.voi, state.presentation, view.inverted)


def is_automatic(state: FrameState, view: View) -> bool:
    """Return whether the window in force is one that has to be fitted to pixels."""
    if isinstance(view.voi, Window):
        return False
    option = view.voi if view.voi is not None else next(iter(state.voi_options), None)
    return option is not None and option.voi is None


def automatic_window(values: NDArray[Any], state: FrameState) -> Window:
    """Return the window fitted to the stored values of a frame, without padding and what its shutter covers."""
    found = automatic_range(values, state)
    if found is None:
        return exact_window_between(0.0, 1.0)
    return fitted_window(*found, is_whole=is_whole(values, state.modality_transform))


def automatic_range(values: NDArray[Any], state: FrameState) -> tuple[float, float] | None:
    """Return what the automatic window of a frame reaches over; None when it has no pixels but padding."""
    skips_outliers = state.modality in MODALITIES_WITH_OUTLIERS
    found = auto_range(
        values, state.modality_transform, state.padding, skip_outliers=skips_outliers, hidden=_covered(state)
    )
    if found is not None and state.unit == "HU" and found[0] < LOWEST_HU < found[1]:
        return LOWEST_HU, found[1]
    return found


def _covered(state: FrameState) -> NDArray[np.bool_] | None:
    if state.shutter is None:
        return None
    return state.shutter.covered(state.pixels.rows, state.pixels.columns, state.aspect)


def resolve_voi(values: NDArray[Any], state: FrameState, view: View, automatic: Window | None = None) -> ResolvedVoi:
    """Return the window or table in force for a frame.

    Args:
        values: Stored values of the whole frame: an automatic window is fitted to them.
        state: Of the frame.
        view: The reader's choice; None takes the image's default.
        automatic: The automatic window that holds for all images read together; None fits one to this frame.
    """
    if isinstance(view.voi, Window):
        return ResolvedVoi(view.voi)
    # A header that promised colour has no choices to offer when its codestream turns out to be grey.
    option = view.voi if view.voi is not None else next(iter(state.voi_options), AUTOMATIC)
    if option.voi is None:
        return ResolvedVoi(automatic or automatic_window(values, state), note=_("automatic window"))
    if (
        option.origin is VoiOrigin.IMAGE
        and isinstance(option.voi, Window)
        and _is_for_stored(option.voi, values, state)
    ):
        return ResolvedVoi(option.voi, is_on_stored=True, note=_("window applied to stored values"))
    return ResolvedVoi(option.voi)


def without_foreign_windows(state: FrameState, values: tuple[float, float]) -> FrameState:
    """Return a state without the windows of its image that cannot have been meant for values of a range.

    For values that were rescaled slice by slice, as a volume's are: no stored ones are left to apply such a window to.
    """
    if state.modality_transform.is_identity or state.modality not in MODALITIES_WITH_FOREIGN_WINDOWS:
        return state
    kept = tuple(
        option
        for option in state.voi_options
        if option.origin is not VoiOrigin.IMAGE or not isinstance(option.voi, Window) or _fits(option.voi, values)
    )
    return replace(state, voi_options=kept or (AUTOMATIC,))


def _is_for_stored(window: Window, values: NDArray[Any], state: FrameState) -> bool:
    if state.modality_transform.is_identity or state.modality not in MODALITIES_WITH_FOREIGN_WINDOWS:
        return False
    modality_range = value_range(values, state.modality_transform, state.padding)
    return not _fits(window, modality_range) and _fits(window, value_range(values, IDENTITY, state.padding))


def _fits(window: Window, values: tuple[float, float]) -> bool:
    low, high = window.center - window.width / 2, window.center + window.width / 2
    span = max(values[1] - values[0], 1e-12)
    return high >= values[0] and low <= values[1] and TOO_NARROW <= window.width / span <= TOO_WIDE


def chain_table(chain: GrayChain, calibration: DisplayCalibration, *, is_signed: bool, octets: bool) -> NDArray[Any]:
    """Return a chain as one table over every value the cells can hold; read-only, the last few are remembered.

    The index is the stored value for unsigned pixels, and the stored value plus 128 or 32768 for signed ones. Padding
    is not in it: a mask beside the pixels holds that. The entries are those of display_greys.gray_output: pixels, or
    what its finish() makes pixels of.
    """
    return _chain_table(chain, calibration, is_signed, octets)


@functools.lru_cache(maxsize=64)
def _chain_table(chain: GrayChain, calibration: DisplayCalibration, is_signed: bool, octets: bool) -> NDArray[Any]:
    axis = _modality_axis(chain.modality, is_signed, octets)
    from_modality = replace(chain, modality=IDENTITY)
    table: NDArray[Any] = gray_output(calibration).table[from_modality.p_values(axis)]
    table.flags.writeable = False
    return table


@functools.lru_cache(maxsize=16)
def _modality_axis(transform: ModalityTransform, is_signed: bool, octets: bool) -> NDArray[np.float64]:
    size = 256 if octets else 65536
    axis = apply_modality(np.arange(size) - (size // 2 if is_signed else 0), transform)
    axis.flags.writeable = False
    return axis
