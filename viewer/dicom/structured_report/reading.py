"""Structured reports read: the header and the whole content tree of any document (PS3.3 C.17).

No item is hidden: unknown value types and templates, items by reference and broken ones stay in the tree, with what is
wrong said beside them.
"""

from dataclasses import dataclass, field

from viewer.base.byte_source import ByteSource
from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.sop_classes import SopKind, sop_kind
from viewer.dicom.structured_report.element_tree import Item, read_element_tree
from viewer.dicom.structured_report.item_values import code_of, codes_of, instance_of, template_of, value_of
from viewer.dicom.structured_report.references import DocumentReference, InstanceReference
from viewer.dicom.structured_report.values import (
    ContentItem,
    OrderReference,
    Position,
    ReportHeader,
    ReportPatient,
    StructuredReport,
    Verification,
)

_SOP_CLASS, _SOP_INSTANCE = 0x00080016, 0x00080018
_VALUE_TYPE, _CONTENT, _CONCEPT = 0x0040A040, 0x0040A730, 0x0040A043
_RELATIONSHIP, _BY_REFERENCE = 0x0040A010, 0x0040DB73


def read_report(source: ByteSource, character_set: str = "") -> StructuredReport:
    """Return a structured report, as far as it can be read.

    Args:
        source: The file.
        character_set: In place of what the file declares; empty for the file's own.

    Raises:
        DicomError: If it is not DICOM, or no structured report.
        RefusedError: If it is larger than any honest report.
        MediaError: If the medium fails.
    """
    tree = read_element_tree(source, character_set)
    item = tree.root
    is_report = sop_kind(item.plain(_SOP_CLASS)) in {SopKind.REPORT, SopKind.KEY_OBJECT}
    if not is_report and not (_VALUE_TYPE in item.values and _CONTENT in item.sequences):
        raise DicomError(_("This object is no structured report"), subject=source.name)
    problems = list(tree.problems)
    building = _Building()
    root = building.tree(item) if _has_content(item) else None
    if building.incomplete:
        problems.append(_("{0} items are incomplete; each says so in its place").format(building.incomplete))
    if root is None or not root.children:
        problems.append(_("The report has no content"))
    return StructuredReport(_header(item), root, template_of(item), tuple(problems))


def _has_content(item: Item) -> bool:
    return _VALUE_TYPE in item.values or _CONTENT in item.sequences or _CONCEPT in item.sequences


@dataclass(slots=True)
class _Open:
    """A content item whose children are being read."""

    item: Item
    position: Position
    waiting: list[Item]
    children: list[ContentItem] = field(default_factory=list)


class _Building:
    """Builds content items from the leaves up, without recursion."""

    def __init__(self) -> None:
        self.incomplete = 0

    def tree(self, root: Item) -> ContentItem:
        """Return the content item of a data set with all below it."""
        stack = [_Open(root, (1,), root.items(_CONTENT)[::-1])]
        while True:
            top = stack[-1]
            if top.waiting:
                child = top.waiting.pop()
                position = (*top.position, len(top.children) + 1)
                stack.append(_Open(child, position, child.items(_CONTENT)[::-1]))
                continue
            stack.pop()
            made = self._made(top)
            if not stack:
                return made
            stack[-1].children.append(made)

    def _made(self, node: _Open) -> ContentItem:
        item = node.item
        relationship = item.plain(_RELATIONSHIP)
        numbers = item.numbers(_BY_REFERENCE, "I")
        if numbers and not item.plain(_VALUE_TYPE):
            reference = tuple(int(number) for number in numbers)
            return ContentItem(node.position, relationship, "", None, None, tuple(node.children), reference)
        value_type = item.plain(_VALUE_TYPE)
        found = value_of(item, value_type)
        problem = found.problem
        if not relationship and len(node.position) > 1:
            problem = "; ".join(
                part for part in (_("It does not say how it relates to what it is in"), problem) if part
            )
        if item.is_broken:
            problem = "; ".join(part for part in (_("The file is damaged here"), problem) if part)
        self.incomplete += bool(problem)
        return ContentItem(
            node.position,
            relationship,
            value_type,
            code_of(item.first(_CONCEPT)),
            found.value,
            tuple(node.children),
            None,
            item.plain(0x0040A032),
            item.plain(0x0040A171),
            problem,
            found.raw,
        )


def _header(item: Item) -> ReportHeader:
    return ReportHeader(
        instance=InstanceReference(item.plain(_SOP_CLASS), item.plain(_SOP_INSTANCE)),
        patient=ReportPatient(
            item.text(0x00100010, is_person_name=True),
            item.text(0x00100020),
            item.plain(0x00100030),
            item.plain(0x00100040),
        ),
        study_instance_uid=item.plain(0x0020000D),
        study_date=item.plain(0x00080020),
        study_description=item.text(0x00081030),
        study_id=item.text(0x00200010),
        accession_number=item.text(0x00080050),
        referring_physician=item.text(0x00080090, is_person_name=True),
        series_instance_uid=item.plain(0x0020000E),
        series_description=item.text(0x0008103E),
        series_number=item.plain(0x00200011),
        protocol_name=item.text(0x00181030),
        manufacturer=item.text(0x00080070),
        model_name=item.text(0x00081090),
        device_serial_number=item.text(0x00181000),
        institution=item.text(0x00080080),
        modality=item.plain(0x00080060),
        completion=item.plain(0x0040A491),
        completion_description=item.text(0x0040A492),
        preliminary=item.plain(0x0040A496),
        verification=item.plain(0x0040A493),
        content_date=item.plain(0x00080023),
        content_time=item.plain(0x00080033),
        authors=tuple(name for each in item.items(0x0040A078) if (name := _observer_name(each))),
        verifications=tuple(_verification(each) for each in item.items(0x0040A073)),
        predecessors=_documents(item, 0x0040A360),
        identical=_documents(item, 0x0040A525),
        evidence=_documents(item, 0x0040A375) + _documents(item, 0x0040A385),
        orders=tuple(_order(each) for each in item.items(0x0040A370)),
    )


def _observer_name(item: Item) -> str:
    return item.text(0x0040A123, is_person_name=True) or item.text(0x00081010)


def _verification(item: Item) -> Verification:
    return Verification(item.text(0x0040A075, is_person_name=True), item.text(0x0040A027), item.plain(0x0040A030))


def _documents(item: Item, tag: int) -> tuple[DocumentReference, ...]:
    """Return the instances of a hierarchical reference: study, series, instance (C.17.2.1)."""
    found = []
    for study in item.items(tag):
        for series in study.items(0x00081115):
            for each in series.items(0x00081199):
                instance = instance_of(each)
                if instance is not None:
                    found.append(DocumentReference(instance, study.plain(0x0020000D), series.plain(0x0020000E)))
    return tuple(found)


def _order(item: Item) -> OrderReference:
    codes = "; ".join(code.meaning for code in codes_of(item, 0x00321064))
    return OrderReference(item.text(0x00080050), item.text(0x00321060) or codes, item.text(0x00401002))
