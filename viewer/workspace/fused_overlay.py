"""From what a reader wants laid over an image to an overlay of pixels: units, window, registration, words.

The window on screen and `negatoscope fuse` both come here, so that they cannot show different things.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from viewer.base.errors import VolumeError
from viewer.base.translation import _
from viewer.imaging.fusion import Overlay
from viewer.imaging.modality_lut import SUM
from viewer.imaging.voi_lut import VoiOrigin, Window, exact_window_between
from viewer.measurement.suv_result import SuvRefusal, SuvScale
from viewer.volume.reslice_plane import Projection
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.frame_links import FrameWay
from viewer.workspace.volume_view import FusionState

SUV_WINDOW = (0.0, 10.0)
"""Default of an overlay in g/ml."""
_SURFACE_SHARE = 4.0
"""About how many times smaller SUVbsa is than SUVbw: grams over cm², of an adult."""
_UPPER_SHARE = 99.8
"""Of the values of a nuclear overlay lie below the last colour by default, in percent."""
AUTOMATIC_SUV = "auto"
"""FusionState.suv_type: SUV by body weight where it is available, else the overlay's own unit."""
EMISSION = frozenset({"PT", "NM"})
"""Modalities that show where a tracer is."""


@dataclass(frozen=True, slots=True)
class OverlayUnit:
    """What the numbers of an overlay are.

    Attributes:
        factor: From modality values: value × factor + offset.
        title: "SUVbw", or the modality.
        is_suv: Whether they are standardised uptake.
    """

    factor: float = 1.0
    offset: float = 0.0
    unit: str = ""
    title: str = ""
    is_suv: bool = False


def overlay_of(
    fusion: FusionState,
    volume: SeriesVolume,
    suv: SuvScale | SuvRefusal | None,
    way: FrameWay | None,
    *,
    thickness_mm: float = 0.0,
    projection: Projection = Projection.MEAN,
) -> Overlay:
    """Return what is laid over an image.

    Args:
        fusion: The reader's choices.
        volume: Of fusion.display_set_key.
        suv: Of the overlay's series; None when it has not been worked out.
        way: From the image's frame of reference to the volume's; None where nothing joins them.
        thickness_mm: Of the image's own slab.
        projection: What that slab shows.

    Raises:
        VolumeError: If the two may not be laid over each other, or SUV is wanted and there is none.
    """
    from viewer.volume.overlay_sampler import VolumeSampler

    if way is None:
        raise VolumeError(
            _("The two do not share a Frame of Reference, and no registration joins them"),
            advice=_("Register them, or open their registration"),
        )
    unit = overlay_unit(fusion, volume, suv)
    window = fusion.window or default_overlay_window(fusion, volume, unit)
    low, high = window.center - window.width / 2, window.center + window.width / 2
    sampler = VolumeSampler(volume, fusion.phase, way.transform)
    notes = []
    if way.text:
        notes.append(way.text)
    if fusion.suv_type == AUTOMATIC_SUV and isinstance(suv, SuvRefusal) and volume.state.modality == "PT":
        notes.append(_("No SUV: {0}").format(suv.text))
    if not volume.is_complete:
        notes.append(_("the overlay is still loading"))
    return Overlay(
        (volume.key, volume.generation, fusion.phase, way.transform.matrix),
        sampler,
        low,
        high,
        fusion.palette,
        fusion.opacity,
        fusion.is_clear_below,
        unit.factor,
        unit.offset,
        f"{SUM} {unit.unit}".strip() if thickness_mm > 0 and projection is Projection.SUM else unit.unit,
        unit.title,
        thickness_mm,
        projection.value,
        (*notes, *volume.condition.notes),
        way.text,
    )


def overlay_unit(fusion: FusionState, volume: SeriesVolume, suv: SuvScale | SuvRefusal | None) -> OverlayUnit:
    """Return the unit an overlay is shown in.

    Raises:
        VolumeError: If SUV is wanted and there is none; it says why.
    """
    wanted = fusion.suv_type
    if wanted == AUTOMATIC_SUV:
        wanted = "bw" if isinstance(suv, SuvScale) and "bw" in suv.factors else ""
    if not wanted:
        return own_unit(volume)
    if not isinstance(suv, SuvScale):
        reason = suv.text if suv is not None else _("it has not been worked out yet")
        raise VolumeError(_("No SUV: {0}").format(reason), advice=_("The overlay can be shown in its own unit"))
    factor = suv.factors.get(wanted)
    if factor is None:
        reason = suv.unavailable.get(wanted, wanted)
        raise VolumeError(_("No SUV: {0}").format(reason), advice=_("Another kind of SUV may be available"))
    return OverlayUnit(factor.factor, factor.offset, factor.type.unit, factor.type.title, is_suv=True)


def own_unit(volume: SeriesVolume) -> OverlayUnit:
    """Return the unit that a volume's own values are in."""
    return OverlayUnit(unit=_UNIT_TEXTS.get(volume.rescale.unit, volume.rescale.unit), title=volume.state.modality)


_UNIT_TEXTS = {
    "SV": "",
    "BQML": "Bq/ml",
    "CNTS": "counts",
    "GML": "g/ml",
    "CM2ML": "cm2/ml",
    "PROPCPS": "∝ counts/s",
    "CPS": "cps",
}
"""Of Units (0054,1001), as readers write them."""


def default_overlay_window(fusion: FusionState, volume: SeriesVolume, unit: OverlayUnit) -> Window:
    """Return the window of an overlay nobody has chosen one for, in its unit."""
    if unit.is_suv:
        if unit.unit != "g/ml":  # a surface in the place of the weight: other numbers
            return exact_window_between(SUV_WINDOW[0], SUV_WINDOW[1] / _SURFACE_SHARE)
        return exact_window_between(*SUV_WINDOW)
    if volume.state.modality not in EMISSION:
        for option in volume.state.voi_options:
            if isinstance(option.voi, Window) and option.origin is VoiOrigin.IMAGE:
                return exact_window_between(option.voi.low, option.voi.high)
        return exact_window_between(*_shown(volume.value_range, unit))
    top = _top_value(volume, fusion.phase)
    return exact_window_between(*_shown((0.0, top), unit))


_SAMPLES_A_SIDE = 48
_KEPT_TOPS = 64
_tops: "OrderedDict[Hashable, float]" = OrderedDict()


def _top_value(volume: SeriesVolume, phase: int) -> float:
    """Return the modality value below which nearly all of a nuclear volume lies, by a sample of its voxels."""
    key = (volume.key, volume.generation, phase)
    if key not in _tops:
        array = volume.array(phase)
        rows = tuple(slice(None, None, max(1, count // _SAMPLES_A_SIDE)) for count in array.shape)
        values = array[rows].astype(np.float64) * volume.rescale.slope + volume.rescale.intercept
        positive = values[values > 0]
        top = float(np.percentile(positive, _UPPER_SHARE)) if positive.size else volume.value_range[1]
        _tops[key] = top if top > 0 else 1.0
        while len(_tops) > _KEPT_TOPS:
            _tops.popitem(last=False)
    return _tops[key]


def _shown(ends: tuple[float, float], unit: OverlayUnit) -> tuple[float, float]:
    low, high = (end * unit.factor + unit.offset for end in ends)
    return low, high if high > low else low + 1.0
