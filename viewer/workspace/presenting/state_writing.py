"""What viewports show as presentation states: images that share all but window and area go into one (PS3.3 A.33)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from viewer.dicom.graphic_objects import GraphicLayer
from viewer.dicom.presentation_state.references import XRAY_CLASSES
from viewer.dicom.presentation_state.values import (
    DisplayedArea,
    LutData,
    MaskSubtraction,
    PresentationState,
    StateAnnotation,
    StateKind,
    StatePalette,
    StateRescale,
    StateTransform,
    StateVoi,
)
from viewer.imaging.frame_state import FrameState
from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.lookup_table import LookupTable
from viewer.imaging.modality_lut import STORED_VALUES, ModalityLut, Rescale, output_range
from viewer.imaging.pseudo_color import palette, palette_uid
from viewer.imaging.voi_lut import Voi, VoiFunction, VoiLut, Window, window_between
from viewer.workspace.presenting.state_writing_area import Lying, area_of, turn_of
from viewer.workspace.presenting.state_writing_color import srgb_profile
from viewer.workspace.presenting.state_writing_cover import Cover, cover_of
from viewer.workspace.presenting.state_writing_scopes import Scoped, whole_scope

_TABLE_BITS = 16
"""Of entries: 8 and 16 may be stated (C.11.1.1.1, C.11.2.1.1), and some viewers know only these."""
_WORDS_PER_OCTET = 257


@dataclass(frozen=True, slots=True)
class StateWording:
    """What the reader says of what is saved.

    Attributes:
        label: Becomes Content Label (0070,0080).
        creator: Who saves it, as a PN text; may be empty.
    """

    label: str
    description: str = ""
    creator: str = ""


@dataclass(frozen=True, slots=True)
class GrayStages:
    """What makes greys of stored values, beside the polarity.

    Attributes:
        voi: In force.
        is_on_stored: Whether it is applied to stored values, the modality stage left out.
    """

    voi: Voi
    is_on_stored: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ShownImage:
    """One image as it is to be shown again.

    Attributes:
        state: Its truth under the state in force and after any subtraction.
        gray: None for an image in its own colours.
        layers: All that is drawn over it.
        mask: What was subtracted; None for nothing.
    """

    image: ImageRef
    state: FrameState
    view: View
    gray: GrayStages | None
    lying: Lying = field(default_factory=Lying)
    layers: tuple[GraphicLayer, ...] = ()
    mask: MaskSubtraction | None = None


@dataclass(frozen=True, slots=True)
class _Common:
    """What all images of one state share."""

    kind: StateKind
    study: str
    series: str
    modality: StateRescale | LutData | None
    table: LutData | None
    is_inverse: bool
    turn: StateTransform
    cover: Cover
    mask: MaskSubtraction | None
    palette: StatePalette | None
    icc_profile: bytes


def states_of(
    shown: Sequence[ShownImage], wording: StateWording, created: str, new_uid: Callable[[], str]
) -> tuple[PresentationState, ...]:
    """Return states that show images as they are shown now: one for each series, where its images allow that.

    Args:
        shown: Images, at least one.
        wording: What is said of them.
        created: Date and time, as PresentationState has them.
        new_uid: Makes UIDs.

    Raises:
        DicomError: If an image cannot be shown by a presentation state.
    """
    folded = _folded(shown)
    grouped: dict[_Common, list[ShownImage]] = {}
    for each in folded:
        grouped.setdefault(_common(each), []).append(each)
    series_uid = new_uid()
    return tuple(
        _state(common, images, wording, (new_uid(), series_uid, created, number))
        for number, (common, images) in enumerate(grouped.items(), start=1)
    )


def is_scaled_differently(shown: Sequence[ShownImage]) -> bool:
    """Return whether windows go onto stored values because images are scaled one by one: then so do measured values."""
    return len({_modality(each) for each in shown if each.gray is not None}) > 1 and _can_fold(shown)


def lut_data(table: LookupTable) -> LutData:
    """Return a table as it is stored."""
    entries = table.entries.astype("<u2").tobytes()
    return LutData(int(table.entries.size), table.first & 0xFFFF, table.bits, entries, table.explanation)


def palette_data(colors: bytes, uid: str = "") -> StatePalette:
    """Return red, green and blue of 256 places as a palette."""
    places = np.frombuffer(colors, np.uint8).reshape(-1, 3).astype(np.uint16) * _WORDS_PER_OCTET
    red, green, blue = (
        LutData(len(places), 0, _TABLE_BITS, places[:, channel].astype("<u2").tobytes()) for channel in range(3)
    )
    return StatePalette(red, green, blue, uid)


def kind_of(shown: ShownImage) -> StateKind:
    """Return what kind of state shows an image so."""
    state = shown.state
    if shown.gray is None:
        return StateKind.COLOR
    if shown.view.pseudo_color is not None or state.voi_colors:
        return StateKind.PSEUDO_COLOR
    is_film = state.sop_class_uid in XRAY_CLASSES and state.pixels.frame_count > 1
    # States for angiograms have no modality stage: where there is one, a grayscale state says it.
    has_none = shown.mask is not None or _modality(shown) is None or state.modality_transform.is_identity
    return StateKind.XA_XRF if is_film and has_none else StateKind.GRAYSCALE


def _state(
    common: _Common, shown: list[ShownImage], wording: StateWording, identity: tuple[str, str, str, int]
) -> PresentationState:
    uid, series_uid, created, number = identity
    vois, areas = Scoped[StateVoi](len(shown)), Scoped[DisplayedArea](len(shown))
    drawn = Scoped[StateAnnotation](len(shown))
    layers = {layer.name: layer for layer in common.cover.layers}
    for each in shown:
        if each.gray is not None:
            vois.add(_voi(each), each.image)
        areas.add(area_of(each.lying, each.state), each.image)
        for layer in sorted(each.layers, key=lambda layer: layer.order):
            layers.setdefault(layer.name, replace(layer, graphics=(), texts=()))
            if layer.graphics or layer.texts:
                drawn.add(StateAnnotation(layer.name, layer.graphics, layer.texts), each.image)
    return PresentationState(
        common.kind,
        uid,
        common.study,
        series_uid,
        whole_scope((each.image for each in shown), common.series),
        wording.label,
        wording.description,
        wording.creator,
        created,
        number,
        common.modality,
        tuple(replace(voi, images=scope) for voi, scope in vois.items()),
        common.table,
        common.is_inverse,
        tuple(replace(area, images=scope) for area, scope in areas.items()),
        common.turn,
        (common.cover.shutter,) if common.cover.shutter is not None else (),
        common.cover.overlays,
        common.cover.activated,
        tuple(replace(layer, order=order) for order, layer in enumerate(layers.values(), start=1)),
        tuple(replace(annotation, images=scope) for annotation, scope in drawn.items()),
        masks=(common.mask,) if common.mask is not None else (),
        palette=common.palette,
        icc_profile=common.icc_profile,
    )


def _common(shown: ShownImage) -> _Common:
    kind, header = kind_of(shown), shown.image.header
    table, is_inverse = _presentation(shown) if kind.is_gray else (None, False)
    return _Common(
        kind,
        header.study_instance_uid,
        header.series_instance_uid,
        _modality(shown) if kind in {StateKind.GRAYSCALE, StateKind.PSEUDO_COLOR} else None,
        table,
        is_inverse,
        turn_of(shown.lying.transform),
        cover_of(shown.state, shown.view),
        shown.mask,
        _palette(shown) if kind is StateKind.PSEUDO_COLOR else None,
        b"" if kind.is_gray else shown.state.icc_profile or srgb_profile(),
    )


def _modality(shown: ShownImage) -> StateRescale | LutData | None:
    """Return the modality stage; none where values are shown as they are stored, or come from a subtraction."""
    if shown.gray is None or shown.gray.is_on_stored or shown.mask is not None:
        return None
    transform = shown.state.modality_transform
    if isinstance(transform, ModalityLut):
        # Its entries are values, whatever their bits could hold besides.
        return replace(lut_data(transform.table), bits=_TABLE_BITS, type=_type(transform.unit))
    return StateRescale(transform.slope, transform.intercept, _type(transform.unit))


def _type(unit: str) -> str:
    return "" if unit == STORED_VALUES else unit


def _presentation(shown: ShownImage) -> tuple[LutData | None, bool]:
    presentation = shown.state.presentation
    is_inverse = presentation.is_inverse != shown.view.inverted
    if presentation.table is None:
        return None, is_inverse
    table = presentation.table
    entries = np.clip(table.entries, 0, table.maximum)
    return lut_data(replace(table, entries=table.maximum - entries if is_inverse else entries)), False


def _voi(shown: ShownImage) -> StateVoi:
    gray = shown.gray
    assert gray is not None  # noqa: S101 - asked before
    if isinstance(gray.voi, VoiLut):
        return StateVoi(explanation=gray.voi.table.explanation, table=_voi_table(gray.voi.table, shown))
    window = linear(gray.voi)
    return StateVoi((), (window.center, window.width), window.function.value)


def _voi_table(table: LookupTable, shown: ShownImage) -> LutData:
    """Return a table whose first input is read as it is meant: below 0 only where values can be (C.11.8.1)."""
    low = output_range(shown.state.modality_transform, *shown.state.pixels.stored_range)[0]
    if table.first < 0 <= low:
        table = replace(table, first=0, entries=table.entries[min(-table.first, table.entries.size - 1) :])
    if table.bits != _TABLE_BITS and shown.state.presentation.table is None:
        highest = (1 << _TABLE_BITS) - 1
        scaled = np.rint(np.clip(table.entries / table.maximum, 0.0, 1.0) * highest).astype(np.int64)
        table = replace(table, entries=scaled, bits=_TABLE_BITS)
    return lut_data(table)


def linear(window: Window) -> Window:
    """Return an exact window as the linear one that means the same: every viewer knows that (C.11.2.1.3.2)."""
    if window.function is not VoiFunction.LINEAR_EXACT:
        return window
    return window_between(window.low, window.high)


def _palette(shown: ShownImage) -> StatePalette:
    name = shown.view.pseudo_color
    colors = palette(name) if name is not None else np.frombuffer(shown.state.voi_colors, np.uint8).reshape(-1, 3)
    if shown.view.inverted:
        return palette_data(colors[::-1].tobytes())  # no longer the well-known one
    return palette_data(colors.tobytes(), palette_uid(name) if name is not None else "")


def _folded(shown: Sequence[ShownImage]) -> Sequence[ShownImage]:
    """Return images that are scaled one by one with their windows on stored values, so that one state can show all."""
    return [_fold(each) for each in shown] if is_scaled_differently(shown) else shown


def _can_fold(shown: Sequence[ShownImage]) -> bool:
    return all(
        each.gray is None
        or each.gray.is_on_stored
        or (
            isinstance(each.gray.voi, Window)
            and isinstance(each.state.modality_transform, Rescale)
            and each.state.modality_transform.slope > 0
            and each.mask is None
        )
        for each in shown
    )


def _fold(shown: ShownImage) -> ShownImage:
    gray, transform = shown.gray, shown.state.modality_transform
    if gray is None or gray.is_on_stored or not isinstance(gray.voi, Window) or not isinstance(transform, Rescale):
        return shown
    low, high = ((end - transform.intercept) / transform.slope for end in (gray.voi.low, gray.voi.high))
    window = window_between(low, high)
    if gray.voi.function is VoiFunction.SIGMOID:
        window = Window((low + high) / 2, high - low, VoiFunction.SIGMOID)
    return replace(shown, gray=GrayStages(window, is_on_stored=True))
