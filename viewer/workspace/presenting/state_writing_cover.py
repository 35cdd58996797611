"""What lies over an image, for a presentation state: its shutter, and which overlays are drawn (C.9, C.11.12)."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.graphic_objects import GraphicLayer
from viewer.dicom.presentation_state.values import StateOverlay, StateShutter
from viewer.imaging.display_shutter import Circle, DisplayShutter, Polygon, Rectangle
from viewer.imaging.frame_state import FrameState
from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.overlay_plane import OverlayPlane

OVERLAYS = "OVERLAYS"
_GROUPS = range(0x6000, 0x6020, 2)
_WHITE_P = 0xFFFF


@dataclass(frozen=True, slots=True)
class Cover:
    """What lies over an image.

    Attributes:
        overlays: Planes that the state must bring along.
        activated: Groups that are drawn, with the layer they are drawn on.
        layers: Those layers.
    """

    shutter: StateShutter | None = None
    overlays: tuple[StateOverlay, ...] = ()
    activated: tuple[tuple[int, str], ...] = ()
    layers: tuple[GraphicLayer, ...] = ()


def cover_of(state: FrameState, view: View) -> Cover:
    """Return what lies over an image as a viewport shows it.

    Raises:
        DicomError: If a shutter cannot be said in a state.
    """
    given = state.shutter if view.show_shutter else None
    drawn = [plane for plane in state.overlays if state.shutter is None or plane.group != state.shutter.overlay_group]
    drawn = drawn if view.show_overlays else []
    activated, layers = _activated(drawn)
    # Under a state in force nobody knows which planes are the image's own: all come along.
    brought = tuple(_overlay(plane) for plane in drawn if state.presentation_uid and not plane.is_embedded)
    if given is None:
        return Cover(None, brought, activated, layers)
    shutter, bits = _shutter(given, state)
    if shutter.overlay_group and bits is not None:
        taken = {plane.group for plane in drawn}
        group = next((each for each in _GROUPS if each not in taken), None)
        if group is None:
            raise DicomError(_("There are too many overlays for the shutter to be written"))
        shutter = replace(shutter, overlay_group=group)
        packed = np.packbits(bits.ravel(), bitorder="little").tobytes()
        brought = (*brought, StateOverlay(group, bits.shape[0], bits.shape[1], packed))
    return Cover(shutter, brought, activated, layers)


def _activated(planes: list[OverlayPlane]) -> tuple[tuple[tuple[int, str], ...], tuple[GraphicLayer, ...]]:
    """Return groups with their layers: a layer for each grey or colour that planes are drawn in."""
    layers: dict[tuple[object, object], GraphicLayer] = {}
    activated = []
    for plane in planes:
        key = plane.p_value, plane.rgb
        if key not in layers:
            name = OVERLAYS if not layers else f"{OVERLAYS} {len(layers) + 1}"
            grey = _WHITE_P if plane.p_value is None else plane.p_value
            layers[key] = GraphicLayer(name, len(layers) + 1, _("Overlays"), grey, plane.rgb)
        activated.append((plane.group, layers[key].name))
    return tuple(activated), tuple(layers.values())


def _shutter(shutter: DisplayShutter, state: FrameState) -> tuple[StateShutter, NDArray[np.bool_] | None]:
    """Return a shutter; where it has a bitmap or two shapes of a kind, all of it as bits under a group to be found."""
    said = StateShutter(p_value=shutter.p_value, cielab=shutter.cielab)
    for shape in shutter.shapes:
        if isinstance(shape, Rectangle) and said.rectangle is None:
            said = replace(said, rectangle=(shape.left, shape.right, shape.upper, shape.lower))
        elif isinstance(shape, Circle) and said.circle is None:
            said = replace(said, circle=(shape.row, shape.column, shape.radius))
        elif isinstance(shape, Polygon) and not said.polygon:
            said = replace(said, polygon=shape.vertices)
        else:
            return replace(_plain(said), overlay_group=1), _covered(shutter, state)
    if shutter.overlay_group:
        return replace(_plain(said), overlay_group=1), _covered(shutter, state)
    return said, None


def _plain(shutter: StateShutter) -> StateShutter:
    return replace(shutter, rectangle=None, circle=None, polygon=())


def _covered(shutter: DisplayShutter, state: FrameState) -> NDArray[np.bool_]:
    """Return what is covered, of the image's size.

    Raises:
        DicomError: If the bits of a bitmap shutter lie in the pixels: the state cannot bring them along.
    """
    rows, columns = state.pixels.rows, state.pixels.columns
    covered = shutter.covered(rows, columns, state.aspect)
    for plane in state.overlays:
        if plane.group != shutter.overlay_group:
            continue
        if plane.is_embedded:
            raise DicomError(_("The shutter lies in the pixels of the image, and no presentation state can have it"))
        bits = plane.bitmap(state.frame_number - 1, None)
        top, left = plane.origin_row - 1, plane.origin_column - 1
        first, last = max(top, 0), min(top + plane.rows, rows)
        near, far = max(left, 0), min(left + plane.columns, columns)
        if first < last and near < far:
            covered[first:last, near:far] |= bits[first - top : last - top, near - left : far - left]
    return covered


def _overlay(plane: OverlayPlane) -> StateOverlay:
    return StateOverlay(
        plane.group,
        plane.rows,
        plane.columns,
        plane.bits,
        plane.kind,
        (plane.origin_row, plane.origin_column),
        plane.first_frame,
        plane.frame_count,
        plane.label,
        plane.description,
    )
