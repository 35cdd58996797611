"""Where planes are and how they lie, in words for the reader: LPS millimetres with letters."""

from viewer.base.translation import _
from viewer.dicom.image_plane import Vector, scaled
from viewer.dicom.orientation import letters
from viewer.imaging.frame_state import FrameState
from viewer.workspace.quaternion import after, angle_deg, inverse
from viewer.workspace.volume_view import NO_TURN, Quaternion

_AXES: tuple[Vector, Vector, Vector] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
_AS_ACQUIRED_DEG = 0.01


def side_letters(direction: Vector, state: FrameState | None) -> str:
    """Return the letters of a direction in a patient, who may be an animal.

    Args:
        direction: In the patient.
        state: Of an image of the patient; None while there is none.
    """
    if state is None:
        return letters(direction)
    return letters(direction, is_quadruped=state.identity.is_quadruped, body_part=state.body_part)


def position_text(point_patient: Vector, state: FrameState | None) -> str:
    """Return a place as it is read: the letter of each side with its millimetres; state as in side_letters."""
    parts = (
        f"{side_letters(axis if value >= 0 else scaled(axis, -1.0), state)} {abs(value):.1f}"
        for value, axis in zip(point_patient, _AXES, strict=True)
    )
    return "  ".join(parts)


def turn_text(turn: Quaternion, acquisition: Quaternion) -> str:
    """Return how planes are turned: not at all, as acquired, or by how much against what is nearer."""
    from_patient, from_acquisition = angle_deg(turn), angle_deg(after(turn, inverse(acquisition)))
    if from_patient < _AS_ACQUIRED_DEG:
        return _("along the patient's axes")
    if from_acquisition < _AS_ACQUIRED_DEG:
        return _("as acquired, {0:.1f}° from the patient's axes").format(from_patient)
    return _("turned by {0:.1f}°").format(from_patient if acquisition == NO_TURN else from_acquisition)
