"""Where planes are and how they lie, in words for the reader: LPS millimetres with letters."""

from viewer.base.translation import _
from viewer.dicom.image_plane import Vector
from viewer.dicom.orientation import letters
from viewer.workspace.quaternion import after, angle_deg, inverse
from viewer.workspace.volume_planes import view_axes
from viewer.workspace.volume_view import NO_TURN, Quaternion, VolumeView

_AXES = (("L", "R"), ("P", "A"), ("H", "F"))
_AS_ACQUIRED_DEG = 0.01


def position_text(point_patient: Vector) -> str:
    """Return a place as it is read: the letter of each side with its millimetres."""
    parts = (
        f"{names[0] if value >= 0 else names[1]} {abs(value):.1f}"
        for value, names in zip(point_patient, _AXES, strict=True)
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


def looking_text(view: VolumeView) -> str:
    """Return the letters of the direction a view is looked along."""
    return letters(view_axes(view)[2])
