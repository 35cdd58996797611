"""How a viewport looks at a volume, as frozen values: which plane, which slab, which rendering, what is laid over it.

Views of one group share centre, turn, slab and phase: whoever changes one changes all of them in one step
(Workspace.change_together). A quaternion (w, x, y, z) turns the patient's axes into those of the group.
"""

import enum
from dataclasses import dataclass, field

from viewer.imaging.voi_lut import Window
from viewer.volume.reslice_plane import Projection

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

NO_TURN: Quaternion = (1.0, 0.0, 0.0, 0.0)


class VolumeKind(enum.StrEnum):
    """What a view of a volume is."""

    PLANE = "plane"
    PROJECTION = "projection"
    """The whole depth of the volume, seen from any side."""
    RENDERING = "rendering"
    CURVED = "curved"


class Orientation(enum.StrEnum):
    """Which of the group's three planes a view shows; named by how they lie before the group is turned."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"


class CurvedKind(enum.StrEnum):
    """How a curved plane is laid flat."""

    STRETCHED = "stretched"
    STRAIGHTENED = "straightened"
    CROSS_SECTION = "cross-section"


@dataclass(frozen=True, slots=True)
class CurvedPath:
    """A centre line.

    Attributes:
        points_mm: Picked by the reader, in order.
        kind: How it is laid flat.
        angle_deg: The stretched plane is turned by so much about the line.
        position_mm: Of the cross-section along the line.
    """

    points_mm: tuple[Vector, ...] = ()
    kind: CurvedKind = CurvedKind.STRAIGHTENED
    angle_deg: float = 0.0
    position_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class RenderingView:
    """How a rendering looks.

    Attributes:
        preset: Id of the transfer functions (resources/rendering_presets); empty for that which fits the modality.
        functions: The reader's own transfer functions as volume.transfer_functions writes them; empty for the preset's.
        azimuth_deg: Of the camera about the patient's long axis; 0 looks at the patient from the front.
        elevation_deg: Of the camera above the horizon.
        roll_deg: Of the camera about its own axis.
        zoom: Times the scale at which the whole volume just fits.
        pan_mm: What the camera looks at, from the middle of the volume.
        is_perspective: Whether near is larger than far; then nothing may be measured.
        is_shaded: None for what the preset wants.
        clip_box: Lowest and highest voxel index along columns, rows and slices; None for all.
        clip_planes: (a point in mm, the normal towards what stays) of each.
        cuts: Outlines cut away, each (points in the view's unit square, camera matrix it was drawn under, keeps the
            inside), in the order they were made.
    """

    preset: str = ""
    functions: str = ""
    azimuth_deg: float = 0.0
    elevation_deg: float = 0.0
    roll_deg: float = 0.0
    zoom: float = 1.0
    pan_mm: Vector = (0.0, 0.0, 0.0)
    is_perspective: bool = False
    is_shaded: bool | None = None
    clip_box: tuple[int, int, int, int, int, int] | None = None
    clip_planes: tuple[tuple[Vector, Vector], ...] = ()
    cuts: tuple[tuple[tuple[tuple[float, float], ...], tuple[float, ...], bool], ...] = ()


@dataclass(frozen=True, slots=True)
class FusionState:
    """Another volume laid over the image in colour.

    Attributes:
        display_set_key: Of the overlay.
        palette: The id of a well-known palette (imaging.pseudo_color) or of one of ours.
        opacity: 0 shows the image alone, 1 the overlay alone where it has values.
        window: In the overlay's units (SUV where suv_type is given); None for automatic.
        suv_type: A kind of SUV (measurement.body_measures), empty for the overlay's own units, "auto" for SUV by body
            weight where it is available.
        phase: Of the overlay, from 0.
        is_clear_below: Whether the image is untouched where the overlay is below its window.
    """

    display_set_key: str
    palette: str = "hot-iron"
    opacity: float = 0.5
    window: Window | None = None
    suv_type: str = ""
    phase: int = 0
    is_clear_below: bool = True


@dataclass(frozen=True, slots=True)
class VolumeView:
    """One viewport's look at the volume of its display set.

    Attributes:
        group: Views with the same group share what is said of them below, but for orientation, path and rendering.
        center_mm: Where the planes cross.
        turn: Of the group's planes against the patient's axes.
        thickness_mm: Of the slab; 0 for a plane. Stays on while scrolling.
        projection: What the slab shows.
        phase: From 0.
        shows_crosshair: Whether the lines of the other planes are drawn, with their handles.
    """

    kind: VolumeKind = VolumeKind.PLANE
    group: str = ""
    orientation: Orientation = Orientation.AXIAL
    center_mm: Vector = (0.0, 0.0, 0.0)
    turn: Quaternion = NO_TURN
    thickness_mm: float = 0.0
    projection: Projection = Projection.MEAN
    phase: int = 0
    shows_crosshair: bool = True
    path: CurvedPath = field(default_factory=CurvedPath)
    rendering: RenderingView = field(default_factory=RenderingView)
