"""From where a volume is looked at: angles as a person says them, and the matrices that follow.

Everything is LPS millimetres. Azimuth 0 looks at the patient from the front with the head up: the patient's left is at
the right of the picture, as in every image that is read. Azimuth 90 looks from the patient's left, elevation 90 from
above the head.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import VolumeError
from viewer.base.translation import _
from viewer.volume.volume_geometry import Vector, VolumeGeometry

VIEW_ANGLE_DEG = 30.0
"""From the top to the bottom of a perspective picture at zoom 1."""

LEAST_ZOOM, MOST_ZOOM = 0.05, 100.0


@dataclass(frozen=True, slots=True)
class RenderingCamera:
    """Where the camera stands.

    Attributes:
        azimuth_deg: About the patient's long axis; from the front 0, from the left 90, from the back 180.
        elevation_deg: Above the horizon; from the head 90, from the feet -90.
        roll_deg: Of the camera about the way it looks, clockwise: the picture turns the other way.
        zoom: Times the scale at which the whole volume just fits, however it is turned.
        pan_mm: What the camera looks at, from the middle of the volume.
        is_perspective: Whether near is larger than far.
    """

    azimuth_deg: float = 0.0
    elevation_deg: float = 0.0
    roll_deg: float = 0.0
    zoom: float = 1.0
    pan_mm: Vector = (0.0, 0.0, 0.0)
    is_perspective: bool = False

    def __post_init__(self) -> None:
        numbers = (self.azimuth_deg, self.elevation_deg, self.roll_deg, self.zoom, *self.pan_mm)
        if not all(map(math.isfinite, numbers)) or not LEAST_ZOOM <= self.zoom <= MOST_ZOOM:
            raise VolumeError(_("A camera cannot stand there"))

    @property
    def axes(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Unit vectors in the patient: to the right of the picture, upwards, and the way the camera looks."""
        azimuth, elevation, roll = map(math.radians, (self.azimuth_deg, self.elevation_deg, self.roll_deg))
        sine, cosine = math.sin(azimuth), math.cos(azimuth)
        level = np.array([cosine, sine, 0.0])
        backwards = np.array([sine, -cosine, 0.0])  # from what is looked at to a camera on the horizon
        head = np.array([0.0, 0.0, 1.0])
        up = math.cos(elevation) * head - math.sin(elevation) * backwards
        looks = -(math.cos(elevation) * backwards + math.sin(elevation) * head)
        right = math.cos(roll) * level - math.sin(roll) * up
        return right, math.sin(roll) * level + math.cos(roll) * up, looks

    @classmethod
    def looking(cls, right: NDArray[np.float64], up: NDArray[np.float64], like: "RenderingCamera") -> "RenderingCamera":
        """Return a camera with these axes, and everything else as another has it."""
        looks = np.cross(up, right)  # right × up points out of the picture
        backwards = -looks
        level_part = math.hypot(float(backwards[0]), float(backwards[1]))
        elevation = math.atan2(float(backwards[2]), level_part)
        if level_part > 1e-9:
            azimuth = math.atan2(float(backwards[0]), -float(backwards[1]))
        else:  # straight from above or below only azimuth and roll together count
            azimuth = math.atan2(float(right[1]), float(right[0]))
        level = replace(like, azimuth_deg=math.degrees(azimuth), elevation_deg=math.degrees(elevation), roll_deg=0.0)
        level_right, level_up, _looks = level.axes
        roll = math.atan2(-float(right @ level_up), float(right @ level_right))
        return replace(level, roll_deg=math.degrees(roll))

    def turned(self, across_deg: float, down_deg: float) -> "RenderingCamera":
        """Return this after a trackball was rolled: the volume's near side follows the hand right and down."""
        right, up, _looks = self.axes
        turn = _turn(up, across_deg) @ _turn(right, down_deg)
        # What the hand turns is the volume; the camera goes the other way about it.
        return RenderingCamera.looking(turn.T @ right, turn.T @ up, self)

    def rolled(self, clockwise_deg: float) -> "RenderingCamera":
        """Return this with the picture turned clockwise about its middle."""
        return replace(self, roll_deg=_half_turn(self.roll_deg - clockwise_deg))

    def panned(self, right_mm: float, down_mm: float) -> "RenderingCamera":
        """Return this with the picture moved right and down, by millimetres at the depth looked at."""
        right, up, _looks = self.axes
        x, y, z = np.array(self.pan_mm) - right_mm * right + down_mm * up
        return replace(self, pan_mm=(float(x), float(y), float(z)))

    def zoomed(self, factor: float) -> "RenderingCamera":
        """Return this with the picture larger by a factor, within bounds."""
        return replace(self, zoom=max(LEAST_ZOOM, min(MOST_ZOOM, self.zoom * factor)))


@dataclass(frozen=True, slots=True)
class CameraPose:
    """A camera before a volume, for a picture of a certain shape.

    Attributes:
        focal_point: What lies in the middle of the picture, in the patient.
        position: Of the camera.
        up: Towards the top of the picture.
        half_height_mm: From the middle of the picture to its upper border, at the depth of the focal point.
        view_angle_deg: From the upper to the lower border, in perspective.
        matrix: From LPS millimetres to the picture (4×4, homogeneous): x and y of its unit square from the upper left,
            and the depth from the camera in mm.
    """

    focal_point: Vector
    position: Vector
    up: Vector
    right: Vector
    half_height_mm: float
    view_angle_deg: float
    is_perspective: bool
    matrix: NDArray[np.float64]

    def on_picture(self, point_patient: Vector) -> tuple[float, float]:
        """Return where a place shows, in the picture's unit square."""
        x, y, _depth, w = self.matrix @ np.array([*point_patient, 1.0])
        return float(x / w), float(y / w)


def pose_of(camera: RenderingCamera, geometry: VolumeGeometry, size: tuple[int, int]) -> CameraPose:
    """Return where a camera is before a volume, for a picture of a width and height."""
    width, height = size
    right, up, looks = camera.axes
    focal = np.array(geometry.center_mm) + np.array(camera.pan_mm)
    radius = geometry.diagonal_mm / 2
    half_height = radius / min(1.0, width / height) / camera.zoom
    # As far away as it takes to see all of it at zoom 1: closer in means a narrower view, never inside the patient.
    whole = radius / min(1.0, width / height)
    distance = whole / math.tan(math.radians(VIEW_ANGLE_DEG / 2)) + radius
    position = focal - distance * looks
    view_angle = math.degrees(2 * math.atan(half_height / distance))
    matrix = _projection(right, up, looks, position, distance, camera, half_height, width / height)
    return CameraPose(
        _vector(focal), _vector(position), _vector(up), _vector(right), half_height, view_angle,
        camera.is_perspective, matrix,
    )  # fmt: skip


def fitted(
    camera: RenderingCamera, geometry: VolumeGeometry, size: tuple[int, int], margin: float = 0.04
) -> RenderingCamera:
    """Return a camera with the zoom at which the whole volume just fits into a picture from where it stands.

    Args:
        camera: Its zoom and pan do not count.
        geometry: Of the volume.
        size: Of the picture.
        margin: Of the picture's sides that stays free.
    """
    plain = replace(camera, zoom=1.0, pan_mm=(0.0, 0.0, 0.0))
    pose = pose_of(plain, geometry, size)
    corners = geometry.corners_mm @ pose.matrix[:, :3].T + pose.matrix[:, 3]
    reach = float(np.abs(corners[:, :2] / corners[:, 3:] - 0.5).max())
    return plain.zoomed((0.5 - margin) / reach)


def _projection(
    right: NDArray[np.float64],
    up: NDArray[np.float64],
    looks: NDArray[np.float64],
    position: NDArray[np.float64],
    distance: float,
    camera: RenderingCamera,
    half_height: float,
    aspect: float,
) -> NDArray[np.float64]:
    to_camera = np.eye(4)
    to_camera[:3, :3] = np.array([right, -up, looks])
    to_camera[:3, 3] = -to_camera[:3, :3] @ position
    matrix = np.zeros((4, 4))
    x_scale, y_scale = 1 / (2 * half_height * aspect), 1 / (2 * half_height)
    depth = to_camera[2] / distance if camera.is_perspective else np.array([0.0, 0.0, 0.0, 1.0])
    matrix[0] = x_scale * to_camera[0] + 0.5 * depth
    matrix[1] = y_scale * to_camera[1] + 0.5 * depth
    matrix[2] = to_camera[2]
    matrix[3] = depth
    return matrix


def _turn(axis: NDArray[np.float64], angle_deg: float) -> NDArray[np.float64]:
    """Return the rotation about a unit axis (Rodrigues)."""
    angle = math.radians(angle_deg)
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    rotation: NDArray[np.float64] = np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * (cross @ cross)
    return rotation


def _half_turn(angle_deg: float) -> float:
    return (angle_deg + 180.0) % 360.0 - 180.0


def _vector(values: NDArray[np.float64]) -> Vector:
    x, y, z = map(float, values)
    return x, y, z
