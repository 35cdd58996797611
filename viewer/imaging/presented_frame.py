"""A presentation state applied to a frame: its truth with every stage replaced (PS3.4 N.2).

What a grayscale state does not state is identity: the image's own rescale, window, polarity, shutter and overlays count
no more. Padding, geometry and identity stay the image's.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.graphic_objects import GraphicLayer, GraphicUnits
from viewer.dicom.presentation_state.references import PresentedImage
from viewer.dicom.presentation_state.values import (
    DisplayedArea,
    LutData,
    MaskSubtraction,
    PresentationState,
    SizeMode,
    StateKind,
    StateOverlay,
    StatePalette,
    StateRescale,
    StateShutter,
    StateVoi,
    covers,
)
from viewer.imaging.display_shutter import Circle, DisplayShutter, Polygon, Rectangle
from viewer.imaging.frame_state import FrameState
from viewer.imaging.grayscale_attributes import full_range, rescaled_unit
from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.lookup_table import LookupTable, lut_data, signed_word
from viewer.imaging.mask_subtraction import mask_for, mask_frames, subtracted, with_pixels
from viewer.imaging.modality_lut import IDENTITY, ModalityLut, ModalityTransform, Rescale, output_range
from viewer.imaging.overlay_plane import OverlayPlane
from viewer.imaging.palette_color_lut import PaletteColorLut, expand_segments
from viewer.imaging.presentation_lut import Presentation
from viewer.imaging.spatial_transform import FitMode, SpatialTransform
from viewer.imaging.stored_frame import PixelDescription, StoredFrame
from viewer.imaging.voi_lut import Voi, VoiFunction, VoiLut, VoiOption, VoiOrigin, Window

if TYPE_CHECKING:
    from viewer.dicom.instance_header import InstanceHeader

CT = "CT"
WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
_FRAME_OF_REFERENCE = 0x00200052
PLACES = 256
"""Of a pseudo-colour palette over the VOI range, as display tables have them."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A frame under a presentation state.

    Attributes:
        state: The frame's truth, with the graphics of the state.
        transform: How the state wants the image to lie in a viewport.
        view: The reader's choices as the state begins with them.
        true_size_mm: Height and width of a pixel where the state asks for true size: the transform then fits the area,
            and who knows the monitor's pitch replaces that; None otherwise.
        mask: What is to be subtracted from the frame; None for nothing.
        notes: What of the state is not applied, translated.
    """

    state: FrameState
    transform: SpatialTransform
    view: View
    true_size_mm: tuple[float, float] | None = None
    mask: MaskSubtraction | None = None
    notes: tuple[str, ...] = ()


def presented(state: FrameState, presentation: PresentationState) -> Presented:
    """Return a frame under a presentation state that may be applied to it (presentation_state.references).

    Args:
        state: Of the frame as acquired.
        presentation: The state.

    Raises:
        DicomError: If a table of the state does not fit, or the state cannot be applied to such pixels.
    """
    frame = (state.sop_instance_uid, state.frame_number)
    area = presentation.area_of(*frame)
    mask, notes = _mask(presentation, state)
    shown = _placed(state, presentation, area)
    if presentation.kind is not StateKind.COLOR:
        shown = _gray_stages(shown, presentation, is_subtracted=mask is not None)
    if presentation.kind is StateKind.COLOR and presentation.icc_profile:
        shown = replace(shown, icc_profile=_usable(presentation.icc_profile))
    is_true_size = area is not None and area.size_mode is SizeMode.TRUE_SIZE
    notes = (*notes, *_left_out(presentation, state), *presentation.omissions, *_of_identity(presentation, state))
    return Presented(
        replace(shown, notes=(*shown.notes, *notes)),
        transform_of(presentation, area),
        View(),
        area.spacing_mm if area is not None and is_true_size else None,
        mask,
        notes,
    )


def _placed(state: FrameState, presentation: PresentationState, area: DisplayedArea | None) -> FrameState:
    """Return a frame with all that lies over it and around it as the state says."""
    frame = (state.sop_instance_uid, state.frame_number)
    shutter = presentation.shutter_of(*frame)
    return replace(
        state,
        masks=(),
        aspect=_aspect(area) or state.aspect,
        shutter=_shutter(shutter) if shutter is not None else None,
        overlays=_overlays(state, presentation, shutter.overlay_group if shutter is not None else 0),
        graphics=_layers(presentation, state),
        presentation_uid=presentation.sop_instance_uid,
        presentation_title=presentation.title,
    )


def _layers(presentation: PresentationState, state: FrameState) -> tuple[GraphicLayer, ...]:
    layers = presentation.layers_of(state.sop_instance_uid, state.frame_number)
    return tuple(_without_matrix(layer) for layer in layers) if _is_tile(state) else layers


def _is_tile(state: FrameState) -> bool:
    """Whether a frame is one tile of a whole slide: what counts the slide's pixels has no place on it alone."""
    return state.sop_class_uid == WHOLE_SLIDE and state.pixels.frame_count > 1


def _without_matrix(layer: GraphicLayer) -> GraphicLayer:
    matrix = GraphicUnits.MATRIX
    return replace(
        layer,
        graphics=tuple(each for each in layer.graphics if each.units is not matrix),
        texts=tuple(each for each in layer.texts if matrix not in {each.units, each.anchor_units}),
    )


def _left_out(presentation: PresentationState, state: FrameState) -> tuple[str, ...]:
    """Return what of the graphics is not drawn on a frame, translated."""
    if not _is_tile(state) or _layers(presentation, state) == presentation.layers_of(
        state.sop_instance_uid, state.frame_number
    ):
        return ()
    return (_("graphics of the whole slide are not drawn on its tiles"),)


def _of_identity(presentation: PresentationState, state: FrameState) -> tuple[str, ...]:
    theirs, ours = presentation.patient_id.strip(), state.identity.patient_id.strip()
    return (_("the presentation state has another patient ID"),) if theirs and ours and theirs != ours else ()


def _aspect(area: DisplayedArea | None) -> float | None:
    if area is None:
        return None
    return area.spacing_mm[0] / area.spacing_mm[1] if area.spacing_mm is not None else area.aspect


def transform_of(presentation: PresentationState, area: DisplayedArea | None) -> SpatialTransform:
    """Return how a state wants an image to lie; a true size is fitted, who knows the monitor knows better.

    Args:
        presentation: The state.
        area: Its displayed area for the image; None for the whole.
    """
    turned = SpatialTransform(float(presentation.transform.rotation_deg), presentation.transform.is_flipped)
    if area is None:
        return turned
    # After a rotation the corner that is top left as displayed may have the larger numbers.
    left, right = sorted((area.top_left[0], area.bottom_right[0]))
    top, bottom = sorted((area.top_left[1], area.bottom_right[1]))
    turned = replace(turned, area=(left - 1.0, top - 1.0, float(right), float(bottom)))
    if area.size_mode is SizeMode.MAGNIFY and area.magnification is not None:
        return replace(turned, fit=FitMode.FIXED, zoom=area.magnification)
    return turned


def presented_pixels(
    shown: Presented, stored: StoredFrame, frames: Callable[[int], NDArray[Any]]
) -> tuple[StoredFrame, Presented]:
    """Return a frame's pixels with its truth, after the subtraction that its state asks for.

    Args:
        shown: Its truth under the state.
        stored: The frame as acquired.
        frames: Returns stored values of a frame of the same image, counted from 1.

    Raises:
        ViewerError: If another frame that is needed cannot be read, or a table of the subtraction does not fit.
    """
    done = subtracted(shown.state, shown.mask, frames) if shown.mask is not None else None
    if done is None:
        return stored, shown
    pixels, state = with_pixels(shown.state, stored, done)
    return pixels, replace(shown, state=state)


def image_of(header: "InstanceHeader", state: FrameState) -> PresentedImage:
    """Return what is asked of an image before a state is applied to it."""
    return PresentedImage(
        state.sop_class_uid,
        state.sop_instance_uid,
        header.study_instance_uid,
        header.series_instance_uid,
        state.frame_number,
        state.pixels.frame_count,
        state.is_color,
        header.ascii(_FRAME_OF_REFERENCE),
    )


# Grayscale stages


def _gray_stages(state: FrameState, presentation: PresentationState, *, is_subtracted: bool) -> FrameState:
    if state.pixels.is_float or state.pixels.samples_per_pixel != 1:
        raise DicomError(_("The presentation state is for grayscale images of whole numbers"))
    blended = presentation.blending[0] if presentation.kind is StateKind.BLENDING else None
    stage = blended.modality if blended is not None else presentation.modality
    vois = blended.vois if blended is not None else presentation.vois
    transform = IDENTITY if is_subtracted else _modality(stage, state)
    scope = (state.sop_instance_uid, state.frame_number)
    voi = next((each for each in vois if covers(each.images, *scope)), None)
    option, steps = _voi(voi, state, transform, is_subtracted=is_subtracted)
    table = presentation.presentation_table
    final = None if table is None else table_of(table)
    is_palette = presentation.kind is StateKind.PSEUDO_COLOR and presentation.palette is not None
    return replace(
        state,
        modality_transform=transform,
        is_rescaled_by_state=transform != state.modality_transform,
        voi_options=(option, *_other_options(state, transform, option)),
        presentation=Presentation(presentation.is_inverse, final, steps),
        is_scrambled=_is_scrambled(transform, option.voi, final),
        palette=None,
        voi_colors=palette_colors(presentation.palette) if is_palette and presentation.palette is not None else b"",
        icc_profile=_usable(presentation.icc_profile) if is_palette else state.icc_profile,
    )


def _modality(stage: StateRescale | LutData | None, state: FrameState) -> ModalityTransform:
    if stage is None:
        return IDENTITY
    if isinstance(stage, LutData):
        return ModalityLut(table_of(stage, is_signed=state.pixels.is_signed), rescaled_unit(stage.type))
    own = state.modality_transform
    if isinstance(own, Rescale) and (own.slope, own.intercept) == (stage.slope, stage.intercept):
        return own  # with the unit that the image says or its modality implies
    return Rescale(stage.slope, stage.intercept, rescaled_unit(stage.type))


def _voi(
    voi: StateVoi | None, state: FrameState, transform: ModalityTransform, *, is_subtracted: bool
) -> tuple[VoiOption, int]:
    """Return the VOI in force, and how many whole values it yields; 0 where a window makes them."""
    if voi is not None and voi.window is not None:
        center, width = voi.window
        window = Window(center, width, VoiFunction(voi.function))
        return VoiOption(window, voi.explanation, VoiOrigin.STATE), 0
    if voi is not None and voi.table is not None:
        low = output_range(transform, *state.pixels.stored_range)[0]
        is_signed = not isinstance(transform, ModalityLut) and (state.modality == CT or low < 0 or is_subtracted)
        table = table_of(voi.table, is_signed=is_signed)
        return VoiOption(VoiLut(table), voi.explanation, VoiOrigin.STATE), table.maximum + 1
    explanation = _("No window: all values")
    if is_subtracted:
        reach = float(state.pixels.stored_range[1] - state.pixels.stored_range[0])
        return VoiOption(Window(0.0, 2 * reach, VoiFunction.LINEAR_EXACT), explanation, VoiOrigin.STATE), 0
    steps = transform.table.maximum + 1 if isinstance(transform, ModalityLut) else 1 << state.pixels.bits_stored
    return VoiOption(full_range(state.pixels, transform), explanation, VoiOrigin.STATE), steps


def _is_scrambled(transform: ModalityTransform, voi: Voi | None, final: LookupTable | None) -> bool:
    tables = (
        transform.table if isinstance(transform, ModalityLut) else None,
        voi.table if isinstance(voi, VoiLut) else None,
        final,
    )
    steps = (np.diff(table.entries) for table in tables if table is not None)
    return any(bool((step < 0).any() and (step > 0).any()) for step in steps)


def _other_options(state: FrameState, transform: ModalityTransform, option: VoiOption) -> tuple[VoiOption, ...]:
    """Return what the reader may choose instead: the image's own choices only where they mean the same values."""
    is_same = transform == state.modality_transform
    kept = (each for each in state.voi_options if is_same or each.voi is None)
    return tuple(each for each in kept if each != option)


def table_of(data: LutData, *, is_signed: bool = False) -> LookupTable:
    """Return a stored table.

    Args:
        data: As it is stored.
        is_signed: Whether the first mapped value is to be read as signed.

    Raises:
        DicomError: If it has fewer entries than it announces.
    """
    entries = lut_data(data.data, data.count, data.bits)
    return LookupTable(signed_word(data.first) if is_signed else data.first, entries, data.bits, data.explanation)


def palette_of_state(palette: StatePalette) -> PaletteColorLut:
    """Return the palette of a state.

    Raises:
        DicomError: If its tables do not fit their descriptors.
    """
    red, green, blue = (_channel(channel) for channel in (palette.red, palette.green, palette.blue))
    return PaletteColorLut(red, green, blue)


def _channel(data: LutData) -> LookupTable:
    if not data.is_segmented:
        return table_of(data)
    words = np.frombuffer(data.data[: len(data.data) // 2 * 2], "<u2")
    numbers = (words.view(np.uint8) if data.bits == 8 else words).astype(np.int64)
    return LookupTable(data.first, expand_segments(numbers, data.count, data.bits), data.bits)


def palette_colors(palette: StatePalette) -> bytes:
    """Return red, green and blue of 256 places of a palette, over which the whole VOI range goes (A.33.3).

    Raises:
        DicomError: If its tables do not fit their descriptors.
    """
    table = palette_of_state(palette)
    size = table.red.entries.size
    places = np.rint(np.linspace(0, size - 1, PLACES)).astype(np.int64) + table.first
    return table.apply(places).tobytes()


def _usable(profile: bytes) -> bytes:
    from viewer.imaging.icc_profile import is_usable

    if profile and not is_usable(profile):
        raise DicomError(_("The colour profile of the presentation state cannot be used"))
    return profile


# What lies over the image


def _shutter(shutter: StateShutter) -> DisplayShutter:
    shapes: list[Rectangle | Circle | Polygon] = []
    if shutter.rectangle is not None:
        shapes.append(Rectangle(*shutter.rectangle))
    if shutter.circle is not None:
        shapes.append(Circle(*shutter.circle))
    if shutter.polygon:
        shapes.append(Polygon(shutter.polygon))
    return DisplayShutter(tuple(shapes), shutter.overlay_group, shutter.p_value, shutter.cielab)


def _overlays(state: FrameState, presentation: PresentationState, shutter_group: int) -> tuple[OverlayPlane, ...]:
    """Return the planes that are drawn, in the order of their layers, and that of a bitmap shutter."""
    planes = {plane.group: plane for plane in state.overlays}
    planes |= {each.group: _plane(each, state.pixels) for each in presentation.overlays}
    layers = {layer.name: layer for layer in presentation.layers}
    drawn = []
    for group, name in presentation.activated_overlays:
        plane, layer = planes.get(group), layers.get(name)
        if plane is not None and group != shutter_group:
            colored = replace(plane, p_value=layer.p_value, rgb=layer.rgb) if layer is not None else plane
            drawn.append((layer.order if layer is not None else 0, colored))
    kept = [plane for _order, plane in sorted(drawn, key=lambda each: each[0])]
    if shutter_group in planes:
        kept.append(planes[shutter_group])
    return tuple(kept)


def _plane(overlay: StateOverlay, pixels: PixelDescription) -> OverlayPlane:
    return OverlayPlane(
        overlay.group,
        overlay.rows,
        overlay.columns,
        overlay.kind,
        *overlay.origin,
        overlay.first_frame,
        overlay.frame_count if pixels.frame_count > 1 else 1,
        overlay.bits,
        label=overlay.label,
        description=overlay.description,
    )


def _mask(presentation: PresentationState, state: FrameState) -> tuple[MaskSubtraction | None, tuple[str, ...]]:
    """Return what is to be subtracted from a frame; and why nothing is, where something should be."""
    mask = mask_for(presentation.masks, state.sop_instance_uid, state.frame_number)
    if mask is None:
        return None, (_("not subtracted: the mask is for other frames"),) if presentation.masks else ()
    if not mask_frames(mask, state.frame_number, state.pixels.frame_count):
        return None, (_("not subtracted: there is no mask frame for this one"),)
    return mask, ()
