"""Turns in space as unit quaternions (w, x, y, z), as views of volumes keep them."""

import math

from viewer.dicom.image_plane import Vector, cross, dot, scaled
from viewer.workspace.volume_view import NO_TURN, Quaternion

_NO_ANGLE = 1e-12


def about(axis: Vector, angle_deg: float) -> Quaternion:
    """Return the turn about an axis, counter-clockwise for who looks against it (right-handed)."""
    length = math.hypot(*axis)
    if not length or not angle_deg:
        return NO_TURN
    half = math.radians(angle_deg) / 2
    x, y, z = scaled(axis, math.sin(half) / length)
    return math.cos(half), x, y, z


def after(second: Quaternion, first: Quaternion) -> Quaternion:
    """Return the one turn that does what two do after each other; its length is kept at one."""
    a, (b, c, d) = second[0], second[1:]
    e, (f, g, h) = first[0], first[1:]
    return normalized(
        (
            a * e - b * f - c * g - d * h,
            a * f + b * e + c * h - d * g,
            a * g - b * h + c * e + d * f,
            a * h + b * g - c * f + d * e,
        )
    )


def normalized(turn: Quaternion) -> Quaternion:
    """Return a quaternion of length one with the same direction; no turn for one that has none."""
    length = math.hypot(*turn)
    if not length or not math.isfinite(length):
        return NO_TURN
    w, x, y, z = (part / length for part in turn)
    return w, x, y, z


def inverse(turn: Quaternion) -> Quaternion:
    """Return the turn that takes it back."""
    w, x, y, z = turn
    return w, -x, -y, -z


def turned(vector: Vector, turn: Quaternion) -> Vector:
    """Return a vector after the turn."""
    if turn == NO_TURN:
        return vector  # exactly: upright planes stay on the voxels
    w, *rest = turn
    part: Vector = (rest[0], rest[1], rest[2])
    first = scaled(cross(part, vector), 2.0)
    second = cross(part, first)
    x, y, z = (v + w * a + b for v, a, b in zip(vector, first, second, strict=True))
    return x, y, z


def from_axes(x_axis: Vector, y_axis: Vector, z_axis: Vector) -> Quaternion:
    """Return the turn that takes the patient's axes to three right-handed orthonormal ones."""
    trace = x_axis[0] + y_axis[1] + z_axis[2]
    # The largest of the four parts is worked out first, so that nothing is divided by what is nearly zero.
    parts = (trace, 2 * x_axis[0] - trace, 2 * y_axis[1] - trace, 2 * z_axis[2] - trace)
    largest = parts.index(max(parts))
    off = (y_axis[2] - z_axis[1], z_axis[0] - x_axis[2], x_axis[1] - y_axis[0])
    one = 1.0 + parts[largest]
    if largest == 0:
        turn = (one, *off)
    elif largest == 1:
        turn = (off[0], one, x_axis[1] + y_axis[0], x_axis[2] + z_axis[0])
    elif largest == 2:
        turn = (off[1], x_axis[1] + y_axis[0], one, y_axis[2] + z_axis[1])
    else:
        turn = (off[2], x_axis[2] + z_axis[0], y_axis[2] + z_axis[1], one)
    found = normalized((turn[0], turn[1], turn[2], turn[3]))
    return NO_TURN if angle_deg(found) < _NO_ANGLE else found


def angle_deg(turn: Quaternion) -> float:
    """Return by how much it turns, 0 to 180."""
    x, y, z = turn[1:]
    return math.degrees(2 * math.atan2(math.hypot(x, y, z), abs(turn[0])))


def angle_between(a: Vector, b: Vector, axis: Vector) -> float:
    """Return the angle in degrees from a to b about an axis at right angles to both, −180 to 180, right-handed."""
    return math.degrees(math.atan2(dot(cross(a, b), axis), dot(a, b)))
