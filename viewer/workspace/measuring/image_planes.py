"""The images of a study that coincide with a plane through a volume: what is marked on them shows on the plane too."""

from collections.abc import Iterable
from math import isclose

from viewer.dicom.image_plane import ImagePlane, dot
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.workspace.image_places import frame_of, place_of_header
from viewer.workspace.workspace import Workspace

_PARALLEL = 0.9998
_ASPECT = 1e-3


def coinciding_images(
    workspace: Workspace, marks: Iterable[Annotation], plane: ImagePlane, frame_of_reference_uid: str, near_mm: float
) -> dict[str, ImagePlane]:
    """Return the planes of classic slices that lie where a plane lies, by SOP Instance UID.

    Frames of other objects are left out, for their headers alone do not tell where they lie; so are images whose rows
    and columns cross those of the plane askew or have another aspect: a rectangle's corners would mean another one.

    Args:
        workspace: Of the window.
        marks: Only images that one of these lies on are looked at.
        plane: On screen.
        frame_of_reference_uid: Of what is on screen.
        near_mm: Half the thickness of a slice.
    """
    wanted: dict[str, set[str]] = {}
    for mark in marks:
        anchor = mark.anchor
        if isinstance(anchor, ImageAnchor) and not anchor.tile and anchor.frame_number == 1:
            wanted.setdefault(anchor.series_instance_uid, set()).add(anchor.sop_instance_uid)
    if not wanted or not frame_of_reference_uid:
        return {}
    found: dict[str, ImagePlane] = {}
    for series in workspace.tree.all_series():
        uids = wanted.get(series.series_instance_uid, set())
        for display_set in workspace.catalogue.of_series(series.key) if uids else ():
            for image in display_set.images if display_set.is_image else ():
                uid = image.header.sop_instance_uid
                if uid not in uids or frame_of(image) != frame_of_reference_uid:
                    continue
                place = place_of_header(image)
                if place is not None and _coincides(place.plane, plane, near_mm):
                    found[uid] = place.plane
    return found


def _coincides(of: ImagePlane, on: ImagePlane, near_mm: float) -> bool:
    if abs(dot(of.normal, on.normal)) < _PARALLEL or abs(on.point_image(of.position)[2]) > near_mm:
        return False
    along = abs(dot(of.row_direction, on.row_direction))
    if along < _PARALLEL and abs(dot(of.row_direction, on.column_direction)) < _PARALLEL:
        return False
    aspect, other = (each.row_spacing_mm / each.column_spacing_mm for each in (of, on))
    return isclose(aspect, other if along >= _PARALLEL else 1 / other, rel_tol=_ASPECT)
