"""What a reader marks on an image or plane, as a frozen value: its points, its words, its numbers, and who made it.

Points are (column, row) of the anchor's grid, 0.0, 0.0 at the top left corner of the first pixel: SCOORD (C.18.6).
"""

from dataclasses import dataclass

from viewer.dicom.codes import Code
from viewer.dicom.image_plane import ImagePlane
from viewer.measurement.reading import Reading

Point = tuple[float, float]
Parameter = tuple[str, float | str]


@dataclass(frozen=True, slots=True)
class ImageAnchor:
    """The frame an annotation lies on.

    Attributes:
        frame_number: From 1.
        tile: Of a mosaic cut into its slices, from 1; 0 for a whole frame.
        frame_of_reference_uid: Empty when the image states none.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    frame_number: int = 1
    tile: int = 0
    frame_of_reference_uid: str = ""


@dataclass(frozen=True, slots=True)
class PlaneAnchor:
    """A plane through a volume that an annotation lies on.

    Attributes:
        series_instance_uid: Of the volume.
        plane: The grid that points count on.
        thickness_mm: Of the slab; 0 for a thin plane.
        projection: A volume.reslice_plane.Projection's value, where there is a slab.
        is_deep: Whether it is a projection of the whole depth: then only its own plane may be measured.
        phase: Of the volume, from 0.
    """

    study_instance_uid: str
    series_instance_uid: str
    frame_of_reference_uid: str
    plane: ImagePlane
    rows: int
    columns: int
    thickness_mm: float = 0.0
    projection: str = ""
    is_deep: bool = False
    phase: int = 0


Anchor = ImageAnchor | PlaneAnchor


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who made and changed it, when (ISO 8601 with zone), and on what scale.

    Attributes:
        calibration: The scale in force, as its label says it: "mm (cal. fiducial)".
        program: Name and version.
    """

    created_by: str = ""
    created_at: str = ""
    changed_by: str = ""
    changed_at: str = ""
    calibration: str = ""
    program: str = ""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One mark.

    Attributes:
        uid: Its own, and Tracking Unique Identifier (112040) of what it marks unless tracking_uid says otherwise.
        kind: Id of its measurement.kinds.kind.Kind.
        points: As its kind orders them.
        text: The reader's words, or a label's.
        parameters: What its kind keeps beside points, sorted by name: thresholds, units.
        colour: "#rrggbb"; empty for the colour measurements have.
        group: The reader's own; empty for none.
        finding: What it marks (121071); None when not said.
        site: Where in the body (363698007); None when not said.
        tracking_id: Tracking Identifier (112039): "Lesion 1".
        tracking_uid: Empty for uid: the same lesion in another study has the same one.
        readings: Its numbers, worked out when it was last changed.
    """

    uid: str
    kind: str
    anchor: Anchor
    points: tuple[Point, ...]
    text: str = ""
    parameters: tuple[Parameter, ...] = ()
    colour: str = ""
    group: str = ""
    is_locked: bool = False
    is_hidden: bool = False
    finding: Code | None = None
    site: Code | None = None
    tracking_id: str = ""
    tracking_uid: str = ""
    readings: tuple[Reading, ...] = ()
    provenance: Provenance = Provenance()

    def parameter(self, name: str, default: float | str = "") -> float | str:
        """Return what its kind keeps under a name."""
        return dict(self.parameters).get(name, default)
