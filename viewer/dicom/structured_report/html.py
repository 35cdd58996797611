"""A report as HTML of our own making: every text escaped, no script, nothing fetched from anywhere.

The subset that Qt's rich text knows, so that the window shows the same page; nothing is nested as deep as the tree is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from viewer.base.translation import _
from viewer.dicom.structured_report.run_on import is_run_on, joined, run_on_pieces
from viewer.dicom.structured_report.templates.sections import Cell, Fact, Section, Table
from viewer.dicom.structured_report.tree import by_position
from viewer.dicom.structured_report.values import (
    CodeValue,
    ContentItem,
    Position,
    ReferenceValue,
    RegionValue,
    SpaceRegionValue,
    StructuredReport,
    ValueType,
)
from viewer.dicom.structured_report.wording import (
    document_title,
    flags_of,
    header_lines,
    observed_text,
    place_text,
    relationship_text,
    value_text,
)

_DEEPEST_INDENT = 12
_DEEPEST_HEADING = 6
_FLUSH_HEADINGS = 2
_WIDE_PX = 220
_SHORT = 24
"""Characters of a cell that is not broken into lines."""
_INDENT_PX = 18
ITEM_ANCHOR = "item-"
ITEM_LINK = "item:"
"""Scheme of links to images and regions in the window's page; what follows is the place of the item in the tree."""

STYLE = """
body { font-family: sans-serif; line-height: 1.4; max-width: 60em; margin: 1em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: 0.5em 0; }
td, th { padding: 2px 8px; text-align: left; vertical-align: top; border-bottom: 1px solid #888; }
td.n { text-align: right; }
td.n, td.s, th { white-space: nowrap; }
p { margin: 3px 0; white-space: pre-wrap; }
.c, .r { color: #777; font-size: small; }
.w { color: #b35900; font-weight: bold; }
"""


@dataclass(frozen=True, slots=True)
class HtmlManner:
    """How a page is written.

    Attributes:
        has_links: Whether images and regions are links (ITEM_LINK): only where somebody follows them.
        with_codes: Whether codes stand behind their meanings.
        language: Of names.
        style: The style sheet.
        before: HTML that stands before the header: links to other reports.
        has_head: Whether title, flags and header come first; without, the header comes last.
        with_hidden: Whether sections are shown that are not for presentation; among all items they always stand.
    """

    has_links: bool = False
    with_codes: bool = True
    language: str = "en"
    style: str = STYLE
    with_hidden: bool = False
    before: str = ""
    has_head: bool = True


PLAIN = HtmlManner()


def report_html(report: StructuredReport, sections: Sequence[Section] = (), manner: HtmlManner = PLAIN) -> str:
    """Return a whole page: title, flags, header, tables of known templates, then every item."""
    head = (
        "<!DOCTYPE html>\n<html><head><meta charset='utf-8'>",
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escape(document_title(report))}</title>",
        f"<style>{manner.style}</style></head><body>",
    )
    return "\n".join((*head, *report_parts(report, sections, manner), "</body></html>"))


def report_parts(
    report: StructuredReport, sections: Sequence[Section] = (), manner: HtmlManner = PLAIN
) -> Iterator[str]:
    """Yield what is in a page piece by piece: each is whole in itself."""
    shown = [section for section in sections if manner.with_hidden or not section.is_hidden]
    yield from _head(report, manner)
    yield manner.before
    yield from (f"<p class='w'>{escape(problem)}</p>" for problem in report.problems)
    yield from (section_html(section, manner, number) for number, section in enumerate(shown))
    if report.root is not None:
        if shown:
            yield f"<h2>{escape(_('Whole content'))}</h2>"
        yield from content_html(report.root, manner)
    if not manner.has_head:
        facts = facts_html([Fact(*line) for line in header_lines(report, manner.language)], manner)
        yield f"<h2>{escape(_('About this document'))}</h2>{facts}"


def _head(report: StructuredReport, manner: HtmlManner) -> Iterator[str]:
    if manner.has_head:
        yield f"<h1>{escape(document_title(report))}</h1>"
        yield f"<p class='w'>{escape(' · '.join(flags_of(report.header)))}</p>"
        yield facts_html([Fact(*line) for line in header_lines(report, manner.language)], manner)


def facts_html(facts: Sequence[Fact], manner: HtmlManner) -> str:
    """Return labels and texts as a table."""
    cells = (
        (fact.label, _cell_html(Cell(fact.text, fact.target, fact.is_link), manner, is_fact=True)) for fact in facts
    )
    rows = (f"<tr><td class='r s'>{_in_two_lines(label, _SHORT)}</td>{cell}</tr>" for label, cell in cells)
    return f"<table>{''.join(rows)}</table>" if facts else ""


def section_html(section: Section, manner: HtmlManner, number: int | None = None) -> str:
    """Return one section of a template's view; number names its anchor."""
    name = "" if number is None else f"<a name='section-{number}'></a>"
    parts = [f"<h2>{name}{escape(section.title)}</h2>"]
    parts += (f"<p class='w'>{escape(note)}</p>" for note in section.notes)
    parts.append(facts_html(section.facts, manner))
    parts += (_table_html(table, manner) for table in section.tables)
    return "\n".join(part for part in parts if part)


def _table_html(table: Table, manner: HtmlManner) -> str:
    head = "".join(f"<th>{_in_two_lines(column, _SHORT // 2)}</th>" for column in table.columns)
    rows = "\n".join(f"<tr>{''.join(_cell_html(cell, manner) for cell in row)}</tr>" for row in table.rows)
    title = f"<h3>{escape(table.title)}</h3>" if table.title else ""
    return f"{title}<table><tr>{head}</tr>\n{rows}</table>"


def _in_two_lines(text: str, most: int) -> str:
    """Return a text, one longer than a number of characters broken at the space nearest to its middle."""
    spaces = [place for place, letter in enumerate(text) if letter == " "]
    if len(text) <= most or not spaces:
        return escape(text)
    middle = min(spaces, key=lambda place: abs(place - len(text) / 2))
    return f"{escape(text[:middle])}<br>{escape(text[middle + 1 :])}"


def _cell_html(cell: Cell, manner: HtmlManner, *, is_fact: bool = False) -> str:
    """Return a cell. Left to itself, Qt gives long texts the width of a letter where columns are many."""
    is_short = len(cell.text) <= 2 * _SHORT and "\n" not in cell.text and " " in cell.text and not is_fact
    text = _in_two_lines(cell.text, _SHORT) if is_short else _lines(cell.text)
    if cell.is_link and cell.target is not None and manner.has_links:
        text = f"<a href='{ITEM_LINK}{place_text(cell.target)}'>{text}</a>"
    if cell.is_number:
        return f"<td class='n' align='right'>{text}</td>"
    if is_short or len(cell.text) <= _SHORT:
        return f"<td class='s'>{text}</td>"
    return f"<td>{text}</td>" if is_fact else f"<td width='{_WIDE_PX}'>{text}</td>"


def content_html(root: ContentItem, manner: HtmlManner = PLAIN) -> Iterator[str]:
    """Yield an item and all below it, a heading or paragraph each."""
    positions = by_position(root)
    referred = {item.reference for item in positions.values() if item.reference is not None}
    told: set[Position] = set()
    for item in positions.values():
        if item.position in told:
            continue
        depth = len(item.position) - len(root.position)
        # Names cost Qt ten times what the text does: only what is linked to has one.
        is_named = item.position in referred or (item.value_type == ValueType.CONTAINER and bool(item.title))
        anchor = f"<a name='{ITEM_ANCHOR}{place_text(item.position)}'></a>" if is_named else ""
        yield _item_html(item, depth, anchor, positions, manner)
        if is_run_on(item):
            pieces = run_on_pieces(item)
            told.update(piece.position for piece in pieces)
            yield _paragraph(joined(_piece_html(piece, manner) for piece in pieces), depth + 1)


def _paragraph(content: str, depth: int) -> str:
    return f"<p style='margin-left:{_margin(depth)}px'>{content}</p>"


def _margin(depth: int) -> int:
    return _INDENT_PX * min(max(0, depth - 1), _DEEPEST_INDENT)


def _piece_html(piece: ContentItem, manner: HtmlManner) -> str:
    text = _value_html(piece, HtmlManner(manner.has_links, with_codes=False, language=manner.language))
    if piece.value_type == ValueType.TEXT:
        return text
    return f"<u title='{escape(piece.title)}'>{text}</u>"


def _item_html(
    item: ContentItem, depth: int, anchor: str, positions: dict[Position, ContentItem], manner: HtmlManner
) -> str:
    relation = relationship_text(item)
    before = f"<span class='r'>{escape(relation)}: </span>" if relation else ""
    if item.reference is not None:
        return _paragraph(anchor + before + _by_reference(item.reference, positions), depth)
    after = f" <span class='r'>({escape(observed_text(item))})</span>" if item.observed else ""
    after += f" <span class='w'>{escape(item.problem)}</span>" if item.problem else ""
    if item.value_type == ValueType.CONTAINER:
        if not item.title:
            return _paragraph(anchor + before + after, depth)
        level = min(depth + 1, _DEEPEST_HEADING)
        margin = f" style='margin-left:{_margin(depth)}px'" if level > _FLUSH_HEADINGS else ""
        return f"<h{level}{margin}>{anchor}{before}{escape(item.title)}{after}</h{level}>"
    value = _value_html(item, manner)
    label = item.title or ("" if value else item.value_type)
    named = f"<b>{escape(label)}</b>{': ' if value else ''}" if label else ""
    return _paragraph(anchor + before + named + value + after, depth)


def _by_reference(reference: Position, positions: dict[Position, ContentItem]) -> str:
    place = place_text(reference)
    told = escape(_("Content Item by-reference {0}").format(place))
    target = positions.get(reference)
    if target is None:
        return f"{told} <span class='w'>{escape(_('that is not there'))}</span>"
    return f"<a href='#{ITEM_ANCHOR}{place}'>{told} {escape(target.title)}</a>"


def _value_html(item: ContentItem, manner: HtmlManner) -> str:
    value = item.value
    if isinstance(value, CodeValue):
        text = escape(value_text(item, with_code=False))
        code = ", ".join(part for part in (value.code.value, value.code.scheme) if part)
        return f"{text} <span class='c'>({escape(code)})</span>" if manner.with_codes and code else text
    text = _lines(value_text(item, language=manner.language))
    if isinstance(value, ReferenceValue | RegionValue | SpaceRegionValue):
        if manner.has_links:
            return f"<a href='{ITEM_LINK}{place_text(item.position)}'>{text}</a>"
        if isinstance(value, ReferenceValue):
            return f"{text} <span class='c'>{escape(value.instance.sop_instance_uid)}</span>"
    return text


def _lines(text: str) -> str:
    return escape(text.replace("\r\n", "\n").replace("\r", "\n")).replace("\n", "<br>")
