"""What one frame of an image lets be measured, from its state and pixels: the one way a Ground of an image is made."""

import functools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from viewer.base.translation import _
from viewer.dicom.pixel_spacing import NO_SPACING, PixelSpacing
from viewer.dicom.ultrasound_regions import UltrasoundRegion
from viewer.imaging.frame_state import FrameState
from viewer.imaging.modality_lut import apply_modality
from viewer.imaging.padding import background_mask
from viewer.imaging.stored_frame import FrameWarning, StoredFrame
from viewer.measurement.ground import Ground, GroundValues, Part
from viewer.measurement.real_world_values import RealWorldMapping
from viewer.measurement.suv_result import SuvFactor
from viewer.measurement.user_calibration import UserCalibration
from viewer.measurement.value_units import suv_unit, value_unit

WHOLE: Part = (slice(None), slice(None))


def ground_of_frame(
    state: FrameState,
    stored: StoredFrame | None,
    *,
    calibration: UserCalibration | None = None,
    regions: Sequence[UltrasoundRegion] | None = None,
) -> Ground:
    """Return what a frame lets be measured.

    Args:
        state: Of the frame: its spacing is the frame's own, also in enhanced objects.
        stored: Its pixels; None where they are not at hand: then lengths only.
        calibration: The reader's, of this image; one of another image is passed over.
        regions: Of an ultrasound image; the state's own when not given.
    """
    found = state.regions if regions is None else tuple(regions)
    spacing, found, cautions = _scales(state, found, calibration)
    missing = 0 if stored is None else stored.missing_rows
    read = None if stored is None else functools.partial(_values, state, stored)
    return Ground(
        rows=state.pixels.rows,
        columns=state.pixels.columns,
        spacing=spacing,
        regions=found,
        aspect=_aspect(state, spacing),
        plane=state.plane,
        refusal=_refusal(state, stored),
        value_refusal=_value_refusal(state, stored),
        cautions=(*cautions, *_cautions(state)),
        value_cautions=_value_cautions(state, is_truncated=bool(missing)),
        read_values=None if read is None else functools.cache(functools.partial(read, WHOLE)),
        read_part=read,
        is_color=state.is_color,
        modality=state.modality,
        missing_rows=missing,
    )


def in_suv(ground: Ground, factor: SuvFactor) -> Ground:
    """Return a ground whose values are standardised uptake instead of modality values."""
    if ground.read_values is None:
        return ground

    def suv(part: Part) -> GroundValues:
        given = ground.values_in(part)
        assert given is not None  # noqa: S101 - there are values, as was asked above
        values = given.values * factor.factor + factor.offset
        return GroundValues(values, given.counts, suv_unit(factor.type.id), factor.type.title)

    return replace(ground, read_values=functools.cache(functools.partial(suv, WHOLE)), read_part=suv)


def in_real_world(ground: Ground, stored: StoredFrame, mapping: RealWorldMapping) -> Ground:
    """Return a ground whose values are what a mapping makes of stored values; outside its range there are none."""
    if ground.read_values is None:
        return ground

    def mapped(part: Part) -> GroundValues:
        given = ground.values_in(part)
        counts = None if given is None else given.counts
        return GroundValues(mapping.apply(stored.values[part]), counts, mapping.unit, mapping.label, mapping.quantity)

    return replace(ground, read_values=functools.cache(functools.partial(mapped, WHOLE)), read_part=mapped)


def _values(state: FrameState, stored: StoredFrame, part: Part) -> GroundValues:
    cells = stored.values[part]
    background = background_mask(cells, state.padding)
    counts: NDArray[np.bool_] | None = None if background is None else ~background
    if stored.missing_rows:
        arrived = np.arange(stored.shape[0])[part[0]] < stored.shape[0] - stored.missing_rows
        counts = np.ones(cells.shape, np.bool_) if counts is None else counts
        counts &= arrived[:, None]
    return GroundValues(apply_modality(cells, state.modality_transform), counts, value_unit(state.unit))


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


def _refusal(state: FrameState, stored: StoredFrame | None) -> str:
    if state.volumetric_properties == "DISTORTED":
        return _("The image is a curved or distorted plane: nothing may be measured on it")
    if stored is None:
        return ""
    if stored.shape != (state.pixels.rows, state.pixels.columns):
        return _("The pixels are not as many as the header says: its scales do not hold for them")
    if FrameWarning.TRUNCATED in stored.warnings and not stored.missing_rows:
        return _("The image is truncated: which of its pixels are missing is not known")
    return ""


def _value_refusal(state: FrameState, stored: StoredFrame | None) -> str:
    if state.is_color or (stored is not None and stored.is_color):
        return _("A colour image has no values that could be measured")
    return ""


def _cautions(state: FrameState) -> tuple[str, ...]:
    if state.volumetric_properties == "SAMPLED":
        return (_("A projection or sampled volume: lengths hold in its plane only"),)
    return ()


def _value_cautions(state: FrameState, *, is_truncated: bool) -> tuple[str, ...]:
    cautions = []
    if state.is_subtracted:
        cautions.append(_("Values of the subtracted image"))
    elif state.is_rescaled_by_state:
        cautions.append(_("Values as the presentation state {0} gives them").format(state.presentation_title))
    if state.lossiness.is_lossy:
        cautions.append(_("Lossy compression: values are not exactly those that were acquired"))
    if is_truncated:
        cautions.append(_("Truncated: missing rows are left out"))
    return tuple(cautions)
