"""Where labels stand in the patient, so that the same label appears in every plane that passes through it."""

from viewer.dicom.image_plane import ImagePlane, Vector
from viewer.measurement.annotation import Annotation, Point


def point_patient(annotation: Annotation, plane: ImagePlane, number: int = 0) -> Vector:
    """Return the place in the patient of one of an annotation's points.

    Args:
        annotation: With points in the plane.
        plane: That of its anchor.
        number: Of the point, from 0.
    """
    column, row = annotation.points[number]
    return plane.point_patient(column - 0.5, row - 0.5)  # planes count from the centre of the first pixel


def point_on(place: Vector, plane: ImagePlane) -> tuple[Point, float]:
    """Return the image point of a plane that is nearest to a place, and the distance to it along the normal in mm."""
    column, row, distance = plane.point_image(place)
    return (column + 0.5, row + 0.5), distance
