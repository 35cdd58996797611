"""How a state places and covers images: displayed areas, rotation, shutters, overlays (C.10.4, C.10.6, C.9)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.data_elements import element_items, element_number, element_numbers, element_text, element_value
from viewer.dicom.presentation_state.element_parts import (
    cielab_of,
    is_little_endian,
    pair_of,
    scope_of,
    whole_number,
)
from viewer.dicom.presentation_state.values import (
    DisplayedArea,
    SizeMode,
    StateOverlay,
    StateShutter,
    StateTransform,
)

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_AREAS, _TOP_LEFT, _BOTTOM_RIGHT = 0x0070005A, 0x00700052, 0x00700053
_SIZE_MODE, _SPACING, _ASPECT, _MAGNIFICATION = 0x00700100, 0x00700101, 0x00700102, 0x00700103
_FLIP, _ROTATION = 0x00700041, 0x00700042
_FRAME_SHUTTERS, _SHAPE = 0x00189472, 0x00181600
_EDGES = (0x00181602, 0x00181604, 0x00181606, 0x00181608)
_CENTER, _RADIUS, _VERTICES, _SHUTTER_GROUP = 0x00181610, 0x00181612, 0x00181620, 0x00181623
_SHUTTER_P_VALUE, _SHUTTER_CIELAB = 0x00181622, 0x00181624
OVERLAY_GROUPS = range(0x6000, 0x6020, 2)
_MOST_VERTICES = 10000
_SHAPES = frozenset({"RECTANGULAR", "CIRCULAR", "POLYGONAL", "BITMAP"})


def areas_of(data_set: "Dataset") -> tuple[DisplayedArea, ...]:
    """Return the displayed areas.

    Raises:
        DicomError: If one makes no sense.
    """
    return tuple(_area(item) for item in element_items(data_set, _AREAS))


def _area(item: "Dataset") -> DisplayedArea:
    corners = pair_of(item, _TOP_LEFT), pair_of(item, _BOTTOM_RIGHT)
    if corners[0] is None or corners[1] is None:
        raise DicomError(_("A displayed area of the presentation state has no corners"))
    name = element_text(item, _SIZE_MODE).upper() or SizeMode.SCALE_TO_FIT.value
    if name not in set(SizeMode):
        raise DicomError(_("The presentation state asks for a size mode that is not known"))
    mode, spacing, aspect = SizeMode(name), pair_of(item, _SPACING), pair_of(item, _ASPECT)
    magnification = element_number(item, _MAGNIFICATION)
    if any(part <= 0 for part in (*(spacing or ()), *(aspect or ()))):
        raise DicomError(_("The presentation state has a pixel spacing that is not above zero"))
    if mode is SizeMode.TRUE_SIZE and spacing is None:
        raise DicomError(_("The presentation state asks for the true size and does not state the pixel spacing"))
    if mode is SizeMode.MAGNIFY and (magnification is None or magnification <= 0):
        raise DicomError(_("The presentation state asks for a magnification and does not state it"))
    first, second = ((int(corner[0]), int(corner[1])) for corner in corners if corner is not None)
    ratio = aspect[0] / aspect[1] if aspect is not None else None
    return DisplayedArea(first, second, mode, spacing, ratio, magnification, scope_of(item))


def transform_of(data_set: "Dataset") -> StateTransform:
    """Return rotation and flip.

    Raises:
        DicomError: If the rotation is not by quarter turns.
    """
    rotation = whole_number(data_set, _ROTATION)
    if rotation % 90:
        raise DicomError(_("The presentation state turns the image by {0}°").format(rotation))
    return StateTransform(rotation % 360, element_text(data_set, _FLIP).upper() == "Y")


def shutters_of(data_set: "Dataset") -> tuple[StateShutter, ...]:
    """Return the shutters: that of the whole state, or those of its frames.

    Raises:
        DicomError: If one cannot be read: what it should cover must not be seen.
    """
    items = [*element_items(data_set, _FRAME_SHUTTERS), data_set]
    found = (_shutter(item, data_set) for item in items if element_text(item, _SHAPE))
    return tuple(shutter for shutter in found if shutter is not None)


def _shutter(item: "Dataset", data_set: "Dataset") -> StateShutter | None:
    kinds = {kind.upper() for kind in element_text(item, _SHAPE).split("\\")}
    edges = [element_number(item, tag) for tag in _EDGES]
    center, radius = pair_of(item, _CENTER), element_number(item, _RADIUS)
    points = [int(part) for part in element_numbers(item, _VERTICES)]
    rectangle = tuple(int(edge) for edge in edges if edge is not None) if "RECTANGULAR" in kinds else ()
    is_whole = (
        kinds <= _SHAPES
        and ("RECTANGULAR" not in kinds or len(rectangle) == 4)
        and ("CIRCULAR" not in kinds or (center is not None and radius is not None and radius > 0))
        and ("POLYGONAL" not in kinds or 6 <= len(points) <= 2 * _MOST_VERTICES)
        and ("BITMAP" not in kinds or whole_number(item, _SHUTTER_GROUP) in OVERLAY_GROUPS)
    )
    if not is_whole:
        raise DicomError(_("A shutter of the presentation state makes no sense"))
    circle = (*center, radius) if "CIRCULAR" in kinds and center is not None and radius is not None else None
    fill, cielab = element_number(item, _SHUTTER_P_VALUE), cielab_of(item, _SHUTTER_CIELAB)
    return StateShutter(
        scope_of(item) if item is not data_set else (),
        (rectangle[0], rectangle[1], rectangle[2], rectangle[3]) if rectangle else None,
        circle,
        tuple(zip(points[::2], points[1::2], strict=False)) if "POLYGONAL" in kinds else (),
        whole_number(item, _SHUTTER_GROUP) if "BITMAP" in kinds else 0,
        (whole_number(data_set, _SHUTTER_P_VALUE) if fill is None else int(fill)) & 0xFFFF,
        cielab_of(data_set, _SHUTTER_CIELAB) if cielab is None else cielab,
    )


def activated_overlays(data_set: "Dataset") -> tuple[tuple[int, str], ...]:
    """Return groups with the layer they are drawn on; those with an empty name are not drawn."""
    named = ((group, element_text(data_set, group << 16 | 0x1001)) for group in OVERLAY_GROUPS)
    return tuple((group, layer) for group, layer in named if layer)


def overlays_of(data_set: "Dataset") -> tuple[StateOverlay, ...]:
    """Return the overlay planes that the state brings along.

    Raises:
        DicomError: If one cannot be read.
    """
    return tuple(_overlays(data_set))


def _overlays(data_set: "Dataset") -> Iterator[StateOverlay]:
    for group in OVERLAY_GROUPS:
        base = group << 16
        data = element_value(data_set, base | 0x3000)
        if data is None:
            continue
        rows, columns = whole_number(data_set, base | 0x0010), whole_number(data_set, base | 0x0011)
        frames = max(1, whole_number(data_set, base | 0x0015, 1))
        is_octets = data_set[base | 0x3000].VR == "OB"
        if isinstance(data, bytes) and not is_little_endian(data_set) and not is_octets:
            data = b"".join(data[at + 1 : at + 2] + data[at : at + 1] for at in range(0, len(data), 2))
        if not isinstance(data, bytes) or rows < 1 or columns < 1 or len(data) * 8 < rows * columns * frames:
            raise DicomError(_("Overlay {0} of the presentation state cannot be read").format(f"{group:04X}"))
        origin = pair_of(data_set, base | 0x0050) or (1.0, 1.0)
        yield StateOverlay(
            group,
            rows,
            columns,
            data,
            element_text(data_set, base | 0x0040) or "G",
            (_signed(origin[0]), _signed(origin[1])),
            max(1, whole_number(data_set, base | 0x0051, 1)),
            frames,
            element_text(data_set, base | 0x1500),
            element_text(data_set, base | 0x0022),
        )


def _signed(stated: float) -> int:
    """Return an origin, which may be 0 or less, also where a writer took US for SS."""
    word = int(stated) & 0xFFFF
    return word - 0x10000 if word & 0x8000 else word
