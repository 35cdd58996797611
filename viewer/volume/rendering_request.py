"""A picture of a rendered volume, as a question and as an answer."""

import enum
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import VolumeError
from viewer.base.translation import _
from viewer.volume.rendering_camera import CameraPose, RenderingCamera
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.transfer_functions import Color, TransferFunctions
from viewer.volume.volume_geometry import Vector

MOST_SIDE = 8192
MOST_CUTS = 64

ClipBox = tuple[int, int, int, int, int, int]
"""Lowest and highest voxel index along columns, rows and slices, both kept."""


class Quality(enum.Enum):
    """How much time a picture may take."""

    QUICK = "quick"
    """Under a moving hand: few voxels, few rays."""
    COARSE = "coarse"
    """The first one: few voxels, all rays."""
    FULL = "full"
    """All rays, all voxels that make a difference and fit into memory."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An outline drawn over a picture, with what lies under it cut away through the whole depth.

    Attributes:
        outline: In the picture's unit square from the upper left.
        matrix: CameraPose.matrix of that picture, row by row.
        keeps_inside: Whether it is the rest that goes.
    """

    outline: tuple[tuple[float, float], ...]
    matrix: tuple[float, ...]
    keeps_inside: bool = False

    def __post_init__(self) -> None:
        if len(self.outline) < 3 or len(self.matrix) != 16:
            raise VolumeError(_("A cut needs an outline of at least three points"))


@dataclass(frozen=True, slots=True)
class ClipPlane:
    """A plane that shows what lies on one side of it only.

    Attributes:
        point: On the plane, in LPS millimetres.
        normal: Towards what stays.
    """

    point: Vector
    normal: Vector


@dataclass(frozen=True, slots=True, eq=False)
class RenderedSurface:
    """A surface shown with the volume, or alone.

    Attributes:
        vertices: (n, 3) in LPS millimetres.
        triangles: (m, 3) indices of vertices, counter-clockwise seen from outside.
        color: Red, green and blue from 0 to 1.
        opacity: 0 to 1.
    """

    vertices: NDArray[np.floating]
    triangles: NDArray[np.integer]
    color: Color = (0.85, 0.75, 0.6)
    opacity: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class RenderingRequest:
    """What is wanted.

    Attributes:
        volume: Not changed by it.
        functions: In modality units or relative.
        size: Width and height of the picture in pixels.
        clip_box: None for the whole volume.
        shows_volume: Whether the voxels show, or only the surfaces.
        cube: Where the orientation cube stands: left, top and side in pixels; None for none.
    """

    volume: SeriesVolume
    functions: TransferFunctions
    camera: RenderingCamera = field(default_factory=RenderingCamera)
    size: tuple[int, int] = (800, 800)
    phase: int = 0
    quality: Quality = Quality.FULL
    clip_box: ClipBox | None = None
    clip_planes: tuple[ClipPlane, ...] = ()
    cuts: tuple[Cut, ...] = ()
    surfaces: tuple[RenderedSurface, ...] = ()
    shows_volume: bool = True
    cube: tuple[int, int, int] | None = None

    def __post_init__(self) -> None:
        if not all(1 <= side <= MOST_SIDE for side in self.size):
            raise VolumeError(_("A picture of {0} × {1} pixels").format(*self.size))
        if len(self.cuts) > MOST_CUTS:
            raise VolumeError(_("More than {0} cuts").format(MOST_CUTS))
        if self.clip_box is not None:
            _check_box(self.clip_box, self.volume.geometry.dimensions)


@dataclass(frozen=True, slots=True, eq=False)
class RenderedVolume:
    """A picture.

    Attributes:
        pixels: (height, width, 3) uint8 RGB, C-contiguous.
        pose: From where it was taken: places in the patient are found on it by pose.on_picture.
        is_coarse: Whether voxels were thinned out or rays left out, so that a finer picture can follow.
        voxel_mm: Size of the voxels that were shown, where they are thinned out; None where they are the volume's own.
        milliseconds: It took.
    """

    pixels: NDArray[np.uint8]
    pose: CameraPose
    is_coarse: bool
    voxel_mm: Vector | None
    milliseconds: float


def _check_box(box: ClipBox, dimensions: tuple[int, int, int]) -> None:
    for axis, count in enumerate(dimensions):
        low, high = box[2 * axis], box[2 * axis + 1]
        if not 0 <= low <= high < count:
            raise VolumeError(
                _("The clipping box goes from {0} to {1} where the volume goes from 0 to {2}").format(
                    low, high, count - 1
                )
            )
