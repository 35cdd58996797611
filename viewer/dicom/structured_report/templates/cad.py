"""Computer-aided detection: findings, what may be shown of them, and what was not looked for (TID 4000, 4100, 4120).

That nothing was found and that nothing could be looked for are told apart wherever either is told.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from viewer.base.translation import N_, _
from viewer.dicom.structured_report.concepts import (
    ALGORITHM_NAME,
    ALGORITHM_VERSION,
    ANALYSIS_PERFORMED,
    CAD_SUMMARY,
    CHEST_CAD,
    COLON_CAD,
    COMPOSITE_FEATURE,
    DETECTION_PERFORMED,
    FAILED,
    FAILED_RESULT,
    IMPRESSION,
    INTENT_NOT_FOR_PRESENTATION,
    INTENT_OPTIONAL,
    INTENT_REQUIRED,
    MAMMOGRAPHY_CAD,
    NOT_ALL_SUCCEEDED,
    NOT_ATTEMPTED_RESULT,
    PARTIAL_RESULT,
    RENDERING_INTENT,
    SINGLE_IMAGE_FINDING,
    SUCCESSFUL,
    SUMMARY_OF_ANALYSES,
    SUMMARY_OF_DETECTIONS,
    WITHOUT_FINDINGS,
)
from viewer.dicom.structured_report.regions import ReportRegion, target_of
from viewer.dicom.structured_report.templates.measurements import told_with_modifiers
from viewer.dicom.structured_report.templates.sections import Cell, Fact, Section, Table
from viewer.dicom.structured_report.tree import (
    child_named,
    code_value,
    is_concept,
    named,
    text_value,
    walk,
)
from viewer.dicom.structured_report.values import CodeValue, ContainerValue, ContentItem, Position, ValueType
from viewer.dicom.structured_report.wording import value_text

CAD_ROOTS = MAMMOGRAPHY_CAD | CHEST_CAD | COLON_CAD


class RenderingIntent(enum.StrEnum):
    """Rendering Intent (CID 6034); a finding that states none is shown, and that is said."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NOT_FOR_PRESENTATION = "not for presentation"
    NOT_STATED = "not stated"

    @property
    def is_shown(self) -> bool:
        """Whether it may be marked on images without being asked for by name."""
        return self is not RenderingIntent.NOT_FOR_PRESENTATION


_INTENT_TITLES = {
    RenderingIntent.REQUIRED: N_("required"),
    RenderingIntent.OPTIONAL: N_("optional"),
    RenderingIntent.NOT_FOR_PRESENTATION: N_("not for presentation"),
    RenderingIntent.NOT_STATED: N_("not stated"),
}


@dataclass(frozen=True, slots=True)
class CadFinding:
    """A finding with its marks.

    Attributes:
        title: What was found: mass, calcification cluster, nodule, polyp.
        details: Certainty and other properties, as labels and texts.
    """

    position: Position
    title: str
    intent: RenderingIntent
    regions: tuple[ReportRegion, ...]
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CadProcess:
    """A detection or an analysis that was, or was not, done.

    Attributes:
        is_detection: Or an analysis of what was detected.
    """

    title: str
    algorithm: str
    is_detection: bool
    has_failed: bool


@dataclass(frozen=True, slots=True)
class CadReading:
    """What a CAD report says in all.

    Attributes:
        cautions: What a reader must not take for "nothing there".
    """

    findings: tuple[CadFinding, ...]
    processes: tuple[CadProcess, ...]
    summary: str
    cautions: tuple[str, ...]


def is_cad(root: ContentItem) -> bool:
    """Whether a report is one of computer-aided detection."""
    return is_concept(root.name, CAD_ROOTS)


def read_cad(root: ContentItem) -> CadReading:
    """Return findings and processes of a CAD report."""
    findings = tuple(_findings(root))
    processes = tuple(_processes(root))
    summary = next(named(root, CAD_SUMMARY), None)
    return CadReading(
        findings,
        processes,
        text_value(summary),
        tuple(_cautions(root, summary, findings, processes)),
    )


def _findings(root: ContentItem) -> Iterator[CadFinding]:
    """Yield every item that is a finding: those named so, and those with a rendering intent of their own."""
    positions = {item.position: item for item in walk(root)}
    for item in positions.values():
        if not _is_finding(item):
            continue
        title = value_text(item, with_code=False) if isinstance(item.value, CodeValue) else item.title
        regions = target_of(item, positions).regions
        details = tuple((child.title, told_with_modifiers(child)) for child in item.children if _is_detail(child))
        yield CadFinding(item.position, title, _intent(item, positions), regions, details)


def _is_finding(item: ContentItem) -> bool:
    """Whether an item is a finding: a code, or a container such as colon CAD's polyp candidate."""
    if is_concept(item.name, SINGLE_IMAGE_FINDING | COMPOSITE_FEATURE):
        return isinstance(item.value, CodeValue)
    if not _has_intent(item) or is_concept(item.name, IMPRESSION):
        return False
    if isinstance(item.value, ContainerValue):
        return not any(_has_intent(each) for each in walk(item) if each is not item)
    return isinstance(item.value, CodeValue)


def _has_intent(item: ContentItem) -> bool:
    return child_named(item, RENDERING_INTENT) is not None


def _is_detail(item: ContentItem) -> bool:
    is_said_elsewhere = is_concept(item.name, RENDERING_INTENT | SINGLE_IMAGE_FINDING | COMPOSITE_FEATURE)
    is_geometry = item.value_type in {ValueType.SCOORD, ValueType.SCOORD3D, ValueType.IMAGE, ValueType.CONTAINER}
    return item.reference is None and not is_said_elsewhere and not is_geometry and item.value is not None


def _intent(item: ContentItem, positions: dict[Position, ContentItem]) -> RenderingIntent:
    """Return the intent of an item, else of the nearest that it is part of."""
    for length in range(len(item.position), 0, -1):
        stated = code_value(child_named(positions[item.position[:length]], RENDERING_INTENT))
        if is_concept(stated, INTENT_REQUIRED):
            return RenderingIntent.REQUIRED
        if is_concept(stated, INTENT_OPTIONAL):
            return RenderingIntent.OPTIONAL
        if is_concept(stated, INTENT_NOT_FOR_PRESENTATION):
            return RenderingIntent.NOT_FOR_PRESENTATION
    return RenderingIntent.NOT_STATED


def _processes(root: ContentItem) -> Iterator[CadProcess]:
    for item in walk(root):
        if not is_concept(item.name, SUCCESSFUL | FAILED):
            continue
        for child in item.children:
            if is_concept(child.name, DETECTION_PERFORMED | ANALYSIS_PERFORMED):
                parts = (text_value(child_named(child, each)) for each in (ALGORITHM_NAME, ALGORITHM_VERSION))
                yield CadProcess(
                    text_value(child),
                    " ".join(part for part in parts if part),
                    is_concept(child.name, DETECTION_PERFORMED),
                    is_concept(item.name, FAILED),
                )


def _cautions(
    root: ContentItem,
    summary: ContentItem | None,
    findings: tuple[CadFinding, ...],
    processes: tuple[CadProcess, ...],
) -> Iterator[str]:
    for process in processes:
        if process.has_failed:
            told = _("FAILED: {0}. That nothing is marked does not mean that nothing is there")
            yield told.format(process.title or _("detection"))
    for item in named(root, SUMMARY_OF_DETECTIONS | SUMMARY_OF_ANALYSES):
        result = code_value(item)
        if is_concept(result, FAILED_RESULT):
            yield _("{0}: FAILED").format(item.title)
        elif is_concept(result, PARTIAL_RESULT):
            yield _("{0}: only in part").format(item.title)
        elif is_concept(result, NOT_ATTEMPTED_RESULT) and is_concept(item.name, SUMMARY_OF_DETECTIONS):
            yield _("{0}: NOT DONE").format(item.title)
    code = code_value(summary)
    if is_concept(code, NOT_ALL_SUCCEEDED):
        yield _("Not all algorithms succeeded")
    if is_concept(code, WITHOUT_FINDINGS) and findings:
        yield _("The summary says that there are no findings, but there are some")
    if summary is None:
        yield _("The report has no summary of what was done")


def cad_sections(root: ContentItem) -> tuple[Section, ...]:
    """Return the view of a CAD report; none for any other."""
    if not is_cad(root):
        return ()
    reading = read_cad(root)
    shown = [finding for finding in reading.findings if finding.intent.is_shown]
    held = [finding for finding in reading.findings if not finding.intent.is_shown]
    found = str(len(shown)) if shown else _no_findings(reading)
    stated = (Fact(item.title, text_value(item)) for item in named(root, SUMMARY_OF_DETECTIONS | SUMMARY_OF_ANALYSES))
    facts = (Fact(_("Summary"), reading.summary or "—"), Fact(_("Findings"), found), *stated)
    sections = [Section(_("Computer-aided detection"), facts, tuple(_process_tables(reading)), reading.cautions)]
    if shown:
        sections.append(Section(_("Findings"), tables=(_finding_table(shown),), position=shown[0].position))
    if held:
        title = _("Not for presentation ({0})").format(len(held))
        sections.append(Section(title, tables=(_finding_table(held),), is_hidden=True, position=held[0].position))
    return tuple(sections)


def _no_findings(reading: CadReading) -> str:
    if reading.cautions:
        return _("none marked; see what was not done")
    return _("none: everything that was looked for was not found")


def _process_tables(reading: CadReading) -> Iterator[Table]:
    if reading.processes:
        rows = tuple(
            (
                Cell(process.title),
                Cell(_("detection") if process.is_detection else _("analysis")),
                Cell(_("FAILED") if process.has_failed else _("done")),
                Cell(process.algorithm),
            )
            for process in reading.processes
        )
        yield Table((_("Looked for"), _("Kind"), _("Result"), _("Algorithm")), rows)


def _finding_table(findings: list[CadFinding]) -> Table:
    rows = tuple(
        (
            Cell(str(number), finding.position, is_number=True),
            Cell(finding.title, finding.position, is_link=bool(finding.regions)),
            Cell(_(_INTENT_TITLES[finding.intent])),
            Cell("\n".join(f"{label}: {text}" for label, text in finding.details if text)),
            Cell(str(len(finding.regions)), is_number=True),
        )
        for number, finding in enumerate(findings, start=1)
    )
    return Table((_("No."), _("Finding"), _("Rendering intent"), _("Details"), _("Marks")), rows)
