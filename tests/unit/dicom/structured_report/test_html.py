"""Pages hold only tags of our own, whatever a report says: no script, no picture, no address."""

from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.report_bytes import children, content, element, pointer, report, sequence, text
from tests.unit.dicom.structured_report.test_reading import read
from viewer.dicom.structured_report.html import ITEM_ANCHOR, ITEM_LINK, HtmlManner, report_html
from viewer.dicom.structured_report.templates.views import sections_of

TAGS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "p",
        "b",
        "u",
        "a",
        "span",
        "br",
        "table",
        "tr",
        "td",
        "th",
    ]
)
ATTRIBUTES = frozenset(
    ["charset", "http-equiv", "content", "class", "style", "name", "href", "align", "width", "title"]
)
PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "'><svg onload=alert(1)>",
    '"><iframe src="file:///etc/passwd">',
    "</title><link rel=stylesheet href=http://example.invalid>",
    "&lt;script&gt;",
    "javascript:alert(1)",
    "</style><style>@import 'http://example.invalid'</style>",
    "<!-- --><object data=x>",
    "]]><![CDATA[",
)


class _Tags(HTMLParser):
    """Notes every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, set[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")

    def handle_decl(self, decl: str) -> None:
        assert decl.casefold() == "doctype html"

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def hostile(words: str) -> bytes:
    """Return a report with a text in every place that is shown."""
    unit = sequence(0x004008EA, element(0x00080100, "SH", words[:16]) + element(0x00080104, "LO", words))
    number = sequence(0x0040A300, element(0x0040A30A, "DS", words[:16]) + unit)
    image = element(0x00081150, "UI", words[:60]) + element(0x00081155, "UI", words[:60])
    items = (
        text(words, words),
        content("NUM", number, words),
        content("PNAME", element(0x0040A123, "PN", words), words),
        content("IMAGE", sequence(0x00081199, image), words),
        content(words[:16], element(0x0040A160, "UT", words), words, relationship=words[:16]),
        content("DATE", element(0x0040A121, "DA", words), words) + element(0x0040A032, "DT", words[:26]),
        content("CONTAINER", b"", words) + children(content("NUM", number, words), pointer(1, 1)),
        content("SCOORD", element(0x00700023, "CS", words), words),
    )
    return report(children(*items), name=words)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.sampled_from(PAYLOADS), st.text(alphabet="<>&'\"/=! abc-", min_size=1, max_size=40)))
def test_nothing_of_a_report_becomes_a_tag_or_an_address(words: str) -> None:
    told = read(hostile(words))
    for manner in (HtmlManner(), HtmlManner(has_links=True, with_hidden=True, has_head=False)):
        tags = _Tags()
        tags.feed(report_html(told, sections_of(told), manner))
        tags.close()
        assert tags.tags <= TAGS
        assert set(tags.attributes) <= ATTRIBUTES
        links = tags.attributes.get("href", set())
        assert all(link.startswith((ITEM_LINK, f"#{ITEM_ANCHOR}")) for link in links)
