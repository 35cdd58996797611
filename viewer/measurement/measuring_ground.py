"""What one frame of an image lets be measured, from its state and pixels: the one way a Ground of an image is made."""

import functools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from viewer.base.translation import N_, _
from viewer.dicom.pixel_spacing import NO_SPACING, PixelSpacing
from viewer.dicom.ultrasound_regions import UltrasoundRegion
from viewer.imaging.frame_state import FrameState
from viewer.imaging.modality_lut import apply_modality
from viewer.imaging.padding import background_mask
from viewer.imaging.stored_frame import FrameWarning, StoredFrame
from viewer.measurement.ground import Ground, GroundValues
from viewer.measurement.suv_result import SuvFactor
from viewer.measurement.user_calibration import UserCalibration
from viewer.measurement.value_units import suv_unit, value_unit

STORED_SOURCE = N_("stored values")


def ground_of_frame(
    state: FrameState,
    stored: StoredFrame | None,
    *,
    calibration: UserCalibration | None = None,
    regions: Sequence[UltrasoundRegion] = (),
) -> Ground:
    """Return what a frame lets be measured.

    Args:
        state: Of the frame: its spacing is the frame's own, also in enhanced objects.
        stored: Its pixels; None where they are not at hand: then lengths only.
        calibration: The reader's, of this image; one of another image is passed over.
        regions: Of an ultrasound image.
    """
    spacing, regions, cautions = _scales(state, tuple(regions), calibration)
    missing = 0 if stored is None else stored.missing_rows
    is_torn = stored is not None and FrameWarning.TRUNCATED in stored.warnings and not missing
    return Ground(
        rows=state.pixels.rows,
        columns=state.pixels.columns,
        spacing=spacing,
        regions=regions,
        aspect=_aspect(state, spacing),
        plane=state.plane,
        refusal=_refusal(state, is_torn=is_torn),
        value_refusal=_value_refusal(state, stored),
        cautions=(*cautions, *_cautions(state, is_truncated=bool(missing))),
        read_values=None if stored is None else functools.cache(functools.partial(_values, state, stored)),
        is_color=state.is_color,
        modality=state.modality,
        missing_rows=missing,
    )


def in_suv(ground: Ground, factor: SuvFactor) -> Ground:
    """Return a ground whose values are standardised uptake instead of modality values."""
    read = ground.read_values
    if read is None:
        return ground

    def suv() -> GroundValues:
        given = read()
        return GroundValues(
            given.values * factor.factor + factor.offset, given.counts, suv_unit(factor.type.id), factor.type.title
        )

    return replace(ground, read_values=functools.cache(suv))


def _values(state: FrameState, stored: StoredFrame) -> GroundValues:
    background = background_mask(stored.values, state.padding)
    counts: NDArray[np.bool_] | None = None if background is None else ~background
    if stored.missing_rows:
        counts = np.ones(stored.values.shape, np.bool_) if counts is None else counts
        counts[-stored.missing_rows :] = False
    return GroundValues(apply_modality(stored.values, state.modality_transform), counts, value_unit(state.unit))


def _scales(
    state: FrameState, regions: tuple[UltrasoundRegion, ...], calibration: UserCalibration | None
) -> tuple[PixelSpacing, tuple[UltrasoundRegion, ...], list[str]]:
    """Return the spacing and regions in force, and what the reader must be told of them, translated."""
    columns, rows = state.pixels.columns, state.pixels.rows
    cautions = []
    spacing = state.spacing or NO_SPACING
    # Some devices count the last pixel from 1; more than that is an image that was made smaller afterwards.
    if any(region.max_column > columns or region.max_row > rows for region in regions):
        regions, spacing = (), PixelSpacing(description=spacing.description)
        cautions.append(_("The ultrasound regions reach beyond the image: their scales are not used"))
    if calibration is not None and calibration.is_of(state.sop_instance_uid, state.frame_number):
        spacing = calibration.spacing
        regions = tuple(region for region in regions if region.is_calibrated and not region.is_length)
    elif spacing.problem:
        cautions.append(_("The pixel spacing is not used: {reason}").format(reason=spacing.problem))
    return spacing, regions, cautions


def _aspect(state: FrameState, spacing: PixelSpacing) -> float:
    if spacing.row_mm is None or spacing.column_mm is None:
        return state.aspect
    return spacing.row_mm / spacing.column_mm


def _refusal(state: FrameState, *, is_torn: bool) -> str:
    if state.volumetric_properties == "DISTORTED":
        return _("The image is a curved or distorted plane: nothing may be measured on it")
    if is_torn:
        return _("The image is truncated: which of its pixels are missing is not known")
    return ""


def _value_refusal(state: FrameState, stored: StoredFrame | None) -> str:
    if state.is_color or (stored is not None and stored.is_color):
        return _("A colour image has no values that could be measured")
    return ""


def _cautions(state: FrameState, *, is_truncated: bool) -> list[str]:
    cautions = []
    if state.lossiness.is_lossy:
        cautions.append(_("Lossy compression: values are not exactly those that were acquired"))
    if state.volumetric_properties == "SAMPLED":
        cautions.append(_("A projection or sampled volume: lengths hold in its plane only"))
    if is_truncated:
        cautions.append(_("Truncated: missing rows are left out"))
    return cautions
