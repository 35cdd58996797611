"""A report as plain text: every item, indented as it is nested (for terminals and for copying)."""

from collections.abc import Iterator, Sequence

from viewer.base.translation import _
from viewer.dicom.structured_report.run_on import is_run_on, joined, run_on_pieces
from viewer.dicom.structured_report.templates.sections import Section, Table
from viewer.dicom.structured_report.tree import by_position, walk
from viewer.dicom.structured_report.values import ContentItem, Position, ReferenceValue, StructuredReport
from viewer.dicom.structured_report.wording import (
    document_title,
    header_lines,
    observed_text,
    place_text,
    relationship_text,
    value_text,
)

_DEEPEST_INDENT = 40
"""Levels that are indented further; beyond them lines would leave every screen."""


def report_lines(report: StructuredReport, sections: Sequence[Section] = (), language: str = "en") -> Iterator[str]:
    """Yield a report line by line: title, header, warnings, tables of known templates, then every item."""
    title = document_title(report)
    yield title
    yield "=" * len(title)
    for label, text in header_lines(report, language):
        yield from _labelled(label, text, "")
    for problem in report.problems:
        yield f"! {problem}"
    yield ""
    for section in sections:
        yield from () if section.is_hidden else section_lines(section)  # what is hidden stands among all items
    if report.root is not None:
        yield from content_lines(report.root, language)


def section_lines(section: Section) -> Iterator[str]:
    """Yield one section of a template's view."""
    yield f"## {section.title}"
    yield from (f"! {note}" for note in section.notes)
    for fact in section.facts:
        yield from _labelled(fact.label, fact.text, "")
    for table in section.tables:
        yield from _table_lines(table)
    yield ""


def _table_lines(table: Table) -> Iterator[str]:
    rows = [table.columns, *(tuple(" / ".join(cell.text.splitlines()) for cell in row) for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if table.title:
        yield f"# {table.title}"
    for row in rows:
        yield " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def content_lines(root: ContentItem, language: str = "en") -> Iterator[str]:
    """Yield an item and all below it line by line."""
    positions = by_position(root)
    told: set[Position] = set()
    for item in walk(root):
        if item.position in told:
            continue
        indent = "  " * min(len(item.position) - len(root.position), _DEEPEST_INDENT)
        yield from _item_lines(item, indent, positions, language)
        if is_run_on(item):
            pieces = run_on_pieces(item)
            told.update(piece.position for piece in pieces)
            text = joined(value_text(piece, with_code=False, language=language) for piece in pieces)
            yield from (f"{indent}  {line}" for line in text.splitlines())


def _item_lines(item: ContentItem, indent: str, positions: dict[Position, ContentItem], language: str) -> Iterator[str]:
    relation = relationship_text(item)
    if item.reference is not None:
        target = positions.get(item.reference)
        named = f" ({target.title})" if target is not None and target.title else ""
        missing = "" if target is not None else " " + _("that is not there")
        yield (
            f"{indent}{relation}: "
            + _("Content Item by-reference {0}").format(place_text(item.reference))
            + named
            + (missing)
        )
        return
    text = value_text(item, language=language)
    if isinstance(item.value, ReferenceValue):
        text = f"{text} [{item.value.instance.sop_instance_uid}]"
    label = item.title or (item.value_type if not text else "")
    label = f"{relation}: {label}" if relation and label else label or relation
    yield from _labelled(label, text, indent)
    if item.observed:
        yield f"{indent}  ({observed_text(item)})"
    if item.problem:
        yield f"{indent}  ! {item.problem}"


def _labelled(label: str, text: str, indent: str) -> Iterator[str]:
    lines = text.expandtabs().splitlines() or [""]
    if len(lines) == 1:
        yield f"{indent}{': '.join(part for part in (label, lines[0]) if part)}"
        return
    if label:
        yield f"{indent}{label}:"
    yield from (f"{indent}  {line}" for line in lines)
