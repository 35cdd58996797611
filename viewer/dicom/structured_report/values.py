"""What a structured report says, as values: a document's header and its tree of content items (PS3.3 C.17).

Everything is kept as the file has it; what cannot be understood stays legible, and problems are said beside it.
"""

import enum
from dataclasses import dataclass

from viewer.dicom.codes import Code
from viewer.dicom.structured_report.references import DocumentReference, InstanceReference

Position = tuple[int, ...]
"""Where an item stands: 1 is the root, (1, 2) its second child, as Referenced Content Item Identifier counts."""


class ValueType(enum.StrEnum):
    """Value Type (0040,A040)."""

    TEXT = "TEXT"
    CODE = "CODE"
    NUM = "NUM"
    DATETIME = "DATETIME"
    DATE = "DATE"
    TIME = "TIME"
    UIDREF = "UIDREF"
    PNAME = "PNAME"
    COMPOSITE = "COMPOSITE"
    IMAGE = "IMAGE"
    WAVEFORM = "WAVEFORM"
    SCOORD = "SCOORD"
    SCOORD3D = "SCOORD3D"
    TCOORD = "TCOORD"
    CONTAINER = "CONTAINER"
    TABLE = "TABLE"


class Relationship(enum.StrEnum):
    """Relationship Type (0040,A010)."""

    CONTAINS = "CONTAINS"
    HAS_PROPERTIES = "HAS PROPERTIES"
    HAS_OBS_CONTEXT = "HAS OBS CONTEXT"
    HAS_ACQ_CONTEXT = "HAS ACQ CONTEXT"
    HAS_CONCEPT_MOD = "HAS CONCEPT MOD"
    INFERRED_FROM = "INFERRED FROM"
    SELECTED_FROM = "SELECTED FROM"


@dataclass(frozen=True, slots=True)
class TextValue:
    """TEXT, UIDREF, PNAME, DATE, TIME or DATETIME: the text as in the file, lines included."""

    text: str


@dataclass(frozen=True, slots=True)
class CodeValue:
    """CODE."""

    code: Code


@dataclass(frozen=True, slots=True)
class NumericValue:
    """NUM (C.18.1).

    Attributes:
        text: The decimal string as written; empty when no value is stated.
        value: The number, of the floating point value where the file has one; None when there is none.
        unit: Of the value; None when no value is stated.
        qualifier: Why there is no value, or what it stands for.
    """

    text: str
    value: float | None = None
    unit: Code | None = None
    qualifier: Code | None = None


@dataclass(frozen=True, slots=True)
class ReferenceValue:
    """COMPOSITE, IMAGE or WAVEFORM (C.18.3 to C.18.5).

    Attributes:
        frames: Referenced Frame Number, from 1; empty for all.
        segments: Referenced Segment Number; empty for all.
        presentation_state: What the image is to be seen with.
        value_map: Real World Value Mapping that it is to be read with.
        channels: Pairs of multiplex group and channel of a waveform; empty for all.
    """

    instance: InstanceReference
    frames: tuple[int, ...] = ()
    segments: tuple[int, ...] = ()
    presentation_state: InstanceReference | None = None
    value_map: InstanceReference | None = None
    channels: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class RegionValue:
    """SCOORD (C.18.6): points are (column, row), 0.0, 0.0 the top left corner of the first pixel.

    Attributes:
        is_of_volume: Whether points count in the whole tiled matrix of a slide (Pixel Origin Interpretation VOLUME).
    """

    graphic_type: str
    points: tuple[tuple[float, float], ...]
    fiducial_uid: str = ""
    is_of_volume: bool = False


@dataclass(frozen=True, slots=True)
class SpaceRegionValue:
    """SCOORD3D (C.18.9): points in mm in a frame of reference."""

    graphic_type: str
    points: tuple[tuple[float, float, float], ...]
    frame_of_reference_uid: str
    fiducial_uid: str = ""


@dataclass(frozen=True, slots=True)
class MomentsValue:
    """TCOORD (C.18.7): samples, offsets in seconds, or moments."""

    range_type: str
    samples: tuple[int, ...] = ()
    offsets_s: tuple[float, ...] = ()
    moments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContainerValue:
    """CONTAINER (C.18.8).

    Attributes:
        is_continuous: Whether its items are parts of one text.
        template: Template Identifier, with the mapping resource where that is not DCMR.
    """

    is_continuous: bool = False
    template: str = ""


@dataclass(frozen=True, slots=True)
class TableValue:
    """TABLE (C.18.10): cells as texts, row by row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Value = (
    TextValue
    | CodeValue
    | NumericValue
    | ReferenceValue
    | RegionValue
    | SpaceRegionValue
    | MomentsValue
    | ContainerValue
    | TableValue
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ContentItem:
    """A content item and what is below it. Trees may be deep: walk them with tree.walk, not by recursion.

    Attributes:
        value_type: As in the file; one that is unknown is kept.
        name: Concept Name; None where none is stated.
        value: None where the file states none, or none that can be understood.
        reference: Which item is meant, for an item that is there by reference; None for one that is there itself.
        observed: Observation DateTime, as in the file.
        problem: What is wrong with it, translated.
        raw: The value in the file's own words where it could not be understood.
    """

    position: Position
    relationship: str
    value_type: str
    name: Code | None = None
    value: Value | None = None
    children: "tuple[ContentItem, ...]" = ()
    reference: Position | None = None
    observed: str = ""
    observation_uid: str = ""
    problem: str = ""
    raw: str = ""

    @property
    def is_by_reference(self) -> bool:
        """Whether it only points at another item of the tree."""
        return self.reference is not None

    @property
    def title(self) -> str:
        """The meaning of its concept name; empty where there is none."""
        return (self.name.meaning or self.name.value) if self.name is not None else ""


@dataclass(frozen=True, slots=True)
class Verification:
    """Who verified a report, and when (C.17.2)."""

    observer: str
    organization: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class OrderReference:
    """An order that a report answers."""

    accession_number: str = ""
    requested_procedure: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReportPatient:
    """Whom a report is about, as in the file; names are undivided PN texts."""

    name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    sex: str = ""


@dataclass(frozen=True, slots=True)
class ReportHeader:
    """What stands before the content of a report (C.17.1 to C.17.2)."""

    instance: InstanceReference
    patient: ReportPatient = ReportPatient()
    study_instance_uid: str = ""
    study_date: str = ""
    study_description: str = ""
    study_id: str = ""
    accession_number: str = ""
    referring_physician: str = ""
    series_instance_uid: str = ""
    series_description: str = ""
    series_number: str = ""
    protocol_name: str = ""
    manufacturer: str = ""
    model_name: str = ""
    device_serial_number: str = ""
    institution: str = ""
    modality: str = ""
    completion: str = ""
    completion_description: str = ""
    preliminary: str = ""
    verification: str = ""
    content_date: str = ""
    content_time: str = ""
    authors: tuple[str, ...] = ()
    verifications: tuple[Verification, ...] = ()
    predecessors: tuple[DocumentReference, ...] = ()
    identical: tuple[DocumentReference, ...] = ()
    evidence: tuple[DocumentReference, ...] = ()
    orders: tuple[OrderReference, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StructuredReport:
    """A report.

    Attributes:
        root: Its content; None where the file has none.
        template: Template Identifier of the root, empty where none is stated.
        problems: What of the file is damaged or odd, translated.
    """

    header: ReportHeader
    root: ContentItem | None
    template: str = ""
    problems: tuple[str, ...] = ()
