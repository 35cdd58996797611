"""TID 1500 Imaging Measurement Report made: a group for each mark, with its regions, numbers and what qualifies them.

Written here because highdicom's templates know no texts in groups, refuse images whose headers lack something, and want
one region a group; what comes out is what highdicom and others read (TID 1410, 1501, 300, 320).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.dicom.derived_instance import NewSeries

# isort: split

from pydicom.dataset import Dataset

from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.structured_report.content_writing import (
    PRIVATE_SCHEME,
    code,
    code_item,
    container,
    image,
    number,
    region,
    text,
    uid_reference,
)
from viewer.dicom.structured_report.document_writing import (
    COMPREHENSIVE_3D_SR,
    COMPREHENSIVE_SR,
    DocumentFacts,
    device_observer,
    document_data_set,
    language_item,
    person_observer,
)
from viewer.dicom.structured_report.references import DocumentReference, InstanceReference
from viewer.dicom.structured_report.values import ReferenceValue, RegionValue, Relationship, SpaceRegionValue

TITLE = Code("126000", "DCM", "Imaging Measurement Report")
COMMENT = Code("121106", "DCM", "Comment")
MARK = Code("mark-as-drawn", PRIVATE_SCHEME, "Mark as it was drawn")
"""A text by which this program draws the same mark again; what counts for others is beside it."""
NO_VALUE = Code("no-value", PRIVATE_SCHEME, "Why there is no value")
CALIBRATION = Code("calibration", PRIVATE_SCHEME, "Calibration")
"""A text: the scale in force when it was measured, in the device's or the reader's own words."""
RIGHT, LEFT, BOTH = (
    Code("24028007", "SCT", "Right"),
    Code("7771000", "SCT", "Left"),
    Code("51440002", "SCT", "Bilateral"),
)
DESCRIPTION = "Measurements"

_IMAGING_MEASUREMENTS = Code("126010", "DCM", "Imaging Measurements")
_GROUP = Code("125007", "DCM", "Measurement Group")
_TRACKING_ID = Code("112039", "DCM", "Tracking Identifier")
_TRACKING_UID = Code("112040", "DCM", "Tracking Unique Identifier")
_FINDING = Code("121071", "DCM", "Finding")
_SITE = Code("363698007", "SCT", "Finding Site")
_LATERALITY = Code("272741003", "SCT", "Laterality")
_METHOD = Code("370129005", "SCT", "Measurement Method")
_DERIVATION = Code("121401", "DCM", "Derivation")
_IMAGE_REGION = Code("111030", "DCM", "Image Region")
_SOURCE = Code("121112", "DCM", "Source of Measurement")
_SOURCE_IMAGE = Code("260753009", "SCT", "Source")
_PROCEDURE = Code("121058", "DCM", "Procedure reported")
_LIBRARY = Code("111028", "DCM", "Image Library")
_LIBRARY_GROUP = Code("126200", "DCM", "Image Library Group")
_MODALITY = Code("121139", "DCM", "Modality")
_FRAME_OF_REFERENCE = Code("112227", "DCM", "Frame of Reference UID")
_ROWS = Code("110910", "DCM", "Pixel Data Rows")
_COLUMNS = Code("110911", "DCM", "Pixel Data Columns")
_PIXELS = Code("{pixels}", "UCUM", "pixels")
_PROCEDURES = {
    "CT": Code("25045-6", "LN", "CT unspecified body region"),
    "MR": Code("25056-3", "LN", "MRI unspecified body region"),
    "NM": Code("49118-3", "LN", "NM unspecified body region"),
    "PT": Code("44136-0", "LN", "PET unspecified body region"),
    "CR": Code("43468-8", "LN", "XR unspecified body region"),
    "DX": Code("43468-8", "LN", "XR unspecified body region"),
}
_ANY_PROCEDURE = Code("363679005", "SCT", "Imaging procedure")
_ACQUIRED = Relationship.HAS_ACQ_CONTEXT


@dataclass(frozen=True, slots=True)
class MarkedRegion:
    """A region, and the image it lies on; none for one in a frame of reference."""

    value: RegionValue | SpaceRegionValue
    image: ReferenceValue | None = None


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A number of a mark.

    Attributes:
        derivation: How it was worked out of several values; None for none.
        method: Where its scale comes from; None where none is needed.
        remark: What must be said beside it.
        regions: What it was measured along, where that is not the region of the whole group.
    """

    name: Code
    value: float
    unit: Code
    derivation: Code | None = None
    method: Code | None = None
    remark: str = ""
    regions: tuple[MarkedRegion, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenGroup:
    """A mark.

    Attributes:
        region: What encloses it (TID 1410); None for lines, which belong to their numbers (TID 1501).
        outlines: What encloses it on several images (TID 1411); empty for what lies on one.
        image: What it lies on; None for a plane through a volume.
        observer: Who made it, a PN text, where that is not the report's author.
        observed: When, a DT text; empty where it is not known.
        texts: What else is said of it, each under its concept.
    """

    tracking_id: str
    tracking_uid: str
    numbers: tuple[WrittenNumber, ...] = ()
    region: MarkedRegion | None = None
    image: ReferenceValue | None = None
    finding: Code | None = None
    site: Code | None = None
    laterality: Code | None = None
    observer: str = ""
    observed: str = ""
    texts: tuple[tuple[Code, str], ...] = ()
    outlines: tuple[MarkedRegion, ...] = ()

    @property
    def regions(self) -> tuple[MarkedRegion, ...]:
        """All it has."""
        own = () if self.region is None else (self.region,)
        return own + self.outlines + tuple(each for number in self.numbers for each in number.regions)

    @property
    def is_in_space(self) -> bool:
        """Whether it lies in a frame of reference instead of an image."""
        return any(isinstance(each.value, SpaceRegionValue) for each in self.regions)


@dataclass(frozen=True, slots=True)
class MeasurementReportFacts:
    """What a report says beside its groups.

    Attributes:
        author: A PN text.
        language: Of its texts: "en" or "ko".
        is_3d_wanted: Whether Comprehensive 3D SR is written where Comprehensive SR could hold it all.
        predecessors: The version it takes the place of.
        series: Of that version.
        instance_number: In it.
        is_complete: Whether the reader has measured all there is to be.
    """

    author: str = ""
    language: str = "en"
    is_3d_wanted: bool = False
    predecessors: tuple[DocumentReference, ...] = ()
    series: NewSeries | None = None
    instance_number: int = 1
    is_complete: bool = False
    description: str = DESCRIPTION


def measurement_report(
    source: Dataset, images: Sequence[InstanceHeader], groups: Sequence[WrittenGroup], facts: MeasurementReportFacts
) -> Dataset:
    """Return the document.

    Args:
        source: An image of the study (derived_instance.source_data_set).
        images: All that the groups refer to, of one study.
        groups: At least one.
        facts: What else it says.

    Raises:
        DicomError: If there is nothing to write, or it is of several studies.
    """
    if not groups:
        raise DicomError(_("There is nothing to write"))
    if len({each.study_instance_uid for each in images}) > 1:
        raise DicomError(_("A report holds the measurements of one study"))
    is_3d = facts.is_3d_wanted or any(each.is_in_space for each in groups)
    evidence = tuple(_evidence(each) for each in images)
    root = container(TITLE, _content(source, images, groups, facts), None, template="1500")
    return document_data_set(
        source,
        root,
        DocumentFacts(
            COMPREHENSIVE_3D_SR if is_3d else COMPREHENSIVE_SR,
            facts.description,
            evidence,
            facts.author,
            is_complete=facts.is_complete,
            predecessors=facts.predecessors,
            series=facts.series,
            instance_number=facts.instance_number,
        ),
    )


def _content(
    source: Dataset, images: Sequence[InstanceHeader], groups: Sequence[WrittenGroup], facts: MeasurementReportFacts
) -> Iterator[Dataset]:
    yield language_item(facts.language)
    if facts.author:
        yield from person_observer(facts.author)
    yield from device_observer()
    yield _procedure(source)
    yield container(_LIBRARY, _library(images))
    yield container(_IMAGING_MEASUREMENTS, [_group(each) for each in groups])


def _procedure(source: Dataset) -> Dataset:
    """Return the procedure that is reported: as the study names it, else as wide as its modality."""
    item = code(_PROCEDURE, _PROCEDURES.get(str(source.get("Modality")), _ANY_PROCEDURE), Relationship.HAS_CONCEPT_MOD)
    for held in source.get("ProcedureCodeSequence") or ():
        value, scheme = (str(held.get(each) or "") for each in ("CodeValue", "CodingSchemeDesignator"))
        if value and scheme:
            item.ConceptCodeSequence[0] = code_item(Code(value, scheme, str(held.get("CodeMeaning") or "")))
            break
    return item


def _library(images: Iterable[InstanceHeader]) -> Iterator[Dataset]:
    """Yield a group for each series, with what its images have in common (TID 1600)."""
    by_series: dict[str, list[InstanceHeader]] = {}
    for each in images:
        by_series.setdefault(each.series_instance_uid, []).append(each)
    for held in by_series.values():
        modality = held[0].modality or "OT"
        children = [code(_MODALITY, Code(modality, "DCM", modality), _ACQUIRED)]
        frames = {each.ascii(0x00200052) for each in held}
        if len(frames) == 1 and (frame := frames.pop()):
            children.append(uid_reference(_FRAME_OF_REFERENCE, frame, _ACQUIRED))
        yield container(_LIBRARY_GROUP, [*children, *map(_library_entry, held)])


def _library_entry(header: InstanceHeader) -> Dataset:
    sizes = ((_ROWS, header.unsigned_short(0x00280010)), (_COLUMNS, header.unsigned_short(0x00280011)))
    return image(
        None,
        ReferenceValue(InstanceReference(header.sop_class_uid, header.sop_instance_uid)),
        children=[number(name, value, _PIXELS, _ACQUIRED) for name, value in sizes if value],
    )


def _group(group: WrittenGroup) -> Dataset:
    context, modifier = Relationship.HAS_OBS_CONTEXT, Relationship.HAS_CONCEPT_MOD
    children = person_observer(group.observer) if group.observer else []
    children += [
        text(_TRACKING_ID, group.tracking_id, context),
        uid_reference(_TRACKING_UID, group.tracking_uid, context),
    ]
    if group.finding is not None:
        children.append(code(_FINDING, group.finding))
    own = group.outlines or (() if group.region is None else (group.region,))
    children += [_region(_IMAGE_REGION, each, Relationship.CONTAINS) for each in own]
    if not own and group.image is not None:
        children.append(image(_SOURCE, group.image))
    if group.site is not None:
        sides = [] if group.laterality is None else [code(_LATERALITY, group.laterality, modifier)]
        children.append(code(_SITE, group.site, modifier, sides))
    children += [_number(each) for each in group.numbers]
    children += [text(name, words) for name, words in group.texts]
    made = container(_GROUP, children, template="1411" if group.outlines else "1410" if own else "1501")
    if group.observed:
        made.ObservationDateTime = group.observed
    return made


def _number(each: WrittenNumber) -> Dataset:
    modifier = Relationship.HAS_CONCEPT_MOD
    children = []
    if each.method is not None:
        children.append(code(_METHOD, each.method, modifier))
    if each.derivation is not None:
        children.append(code(_DERIVATION, each.derivation, modifier))
    if each.remark:
        children.append(text(COMMENT, each.remark, Relationship.HAS_PROPERTIES))
    children += [_region(_SOURCE, found, Relationship.INFERRED_FROM) for found in each.regions]
    return number(each.name, each.value, each.unit, children=children)


def _region(name: Code, found: MarkedRegion, relationship: Relationship) -> Dataset:
    below = [] if found.image is None else [image(_SOURCE_IMAGE, found.image, Relationship.SELECTED_FROM)]
    return region(name, found.value, relationship, below)


def _evidence(header: InstanceHeader) -> DocumentReference:
    instance = InstanceReference(header.sop_class_uid, header.sop_instance_uid)
    return DocumentReference(instance, header.study_instance_uid, header.series_instance_uid)
