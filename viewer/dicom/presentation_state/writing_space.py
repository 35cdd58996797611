"""How a state places and covers images, written: areas, rotation, shutters, overlays (C.10.4, C.10.6, C.9)."""

from dataclasses import replace
from fractions import Fraction

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.cielab import srgb_to_cielab
from viewer.dicom.derived_instance import decimal
from viewer.dicom.presentation_state.values import (
    DisplayedArea,
    PresentationState,
    SizeMode,
    StateKind,
    StateOverlay,
    StateShutter,
    StateTransform,
)
from viewer.dicom.presentation_state.writing_parts import even, long_string, refer

_FINEST_ASPECT = 10_000
_QUARTER = 90


def put_space(made: Dataset, state: PresentationState) -> None:
    """Write where images are, what covers them and which overlays are drawn.

    Raises:
        DicomError: If a rotation is not by quarter turns, or there are several shutters where only one can be.
    """
    made.DisplayedAreaSelectionSequence = Items([_area(each) for each in state.areas])
    _put_transform(made, state.transform)
    _put_shutters(made, state)
    for overlay in state.overlays:
        _put_overlay(made, overlay)
    for group, layer in state.activated_overlays:
        made.add_new(group << 16 | 0x1001, "CS", layer)


def _area(area: DisplayedArea) -> Dataset:
    item = Dataset()
    refer(item, area.images)
    item.DisplayedAreaTopLeftHandCorner = list(area.top_left)
    item.DisplayedAreaBottomRightHandCorner = list(area.bottom_right)
    item.PresentationSizeMode = area.size_mode.value
    if area.spacing_mm is not None:
        item.PresentationPixelSpacing = [decimal(part) for part in area.spacing_mm]
    else:
        ratio = Fraction(area.aspect or 1.0).limit_denominator(_FINEST_ASPECT)
        item.PresentationPixelAspectRatio = [ratio.numerator, ratio.denominator]
    if area.size_mode is SizeMode.MAGNIFY:
        item.PresentationPixelMagnificationRatio = float(area.magnification or 1.0)
    return item


def _put_transform(made: Dataset, transform: StateTransform) -> None:
    """Write rotation and flip, both or (where the image lies as it is) none: the module asks for both."""
    if transform.rotation_deg % _QUARTER:
        raise DicomError(_("A presentation state turns images by quarter turns only"))
    if transform != StateTransform():
        made.ImageRotation = transform.rotation_deg % 360
        made.ImageHorizontalFlip = "Y" if transform.is_flipped else "N"


def _put_shutters(made: Dataset, state: PresentationState) -> None:
    if not state.shutters:
        return
    if state.kind is StateKind.XA_XRF:
        items = []
        for shutter in state.shutters:
            item = Dataset()
            refer(item, shutter.images or state.images)
            _put_shutter(item, shutter)
            items.append(item)
        made.FrameDisplayShutterSequence = Items(items)
        return
    if len(state.shutters) > 1 or state.shutters[0].images:
        raise DicomError(_("A presentation state has one shutter for all of its images"))
    shutter = state.shutters[0]
    if shutter.cielab is None and not state.kind.is_gray:  # it must be stated, and black is what is seen
        shutter = replace(shutter, cielab=srgb_to_cielab((0, 0, 0)))
    _put_shutter(made, shutter)


def _put_shutter(item: Dataset, shutter: StateShutter) -> None:
    shapes = []
    if shutter.rectangle is not None:
        shapes.append("RECTANGULAR")
        left, right, upper, lower = shutter.rectangle
        item.ShutterLeftVerticalEdge, item.ShutterRightVerticalEdge = left, right
        item.ShutterUpperHorizontalEdge, item.ShutterLowerHorizontalEdge = upper, lower
    if shutter.circle is not None:
        shapes.append("CIRCULAR")
        row, column, radius = (round(part) for part in shutter.circle)
        item.CenterOfCircularShutter, item.RadiusOfCircularShutter = [row, column], max(radius, 1)
    if shutter.polygon:
        shapes.append("POLYGONAL")
        item.VerticesOfThePolygonalShutter = [part for vertex in shutter.polygon for part in vertex]
    if shutter.overlay_group:
        shapes.append("BITMAP")
        item.ShutterOverlayGroup = shutter.overlay_group
    item.ShutterShape = shapes if len(shapes) > 1 else shapes[0]
    item.ShutterPresentationValue = shutter.p_value
    if shutter.cielab is not None:
        item.ShutterPresentationColorCIELabValue = list(shutter.cielab)


def _put_overlay(made: Dataset, overlay: StateOverlay) -> None:
    base = overlay.group << 16
    elements: list[tuple[int, str, object]] = [
        (0x0010, "US", overlay.rows),
        (0x0011, "US", overlay.columns),
        (0x0040, "CS", overlay.kind),
        (0x0050, "SS", list(overlay.origin)),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OW", even(overlay.bits)),
    ]
    if overlay.frame_count > 1:
        elements += [(0x0015, "IS", overlay.frame_count), (0x0051, "US", overlay.first_frame)]
    if overlay.description:
        elements.append((0x0022, "LO", long_string(overlay.description)))
    if overlay.label:
        elements.append((0x1500, "LO", long_string(overlay.label)))
    for element, vr, value in elements:
        made.add_new(base | element, vr, value)
