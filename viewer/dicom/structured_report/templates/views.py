"""Which view of a report its template asks for."""

from collections.abc import Callable

from viewer.dicom.structured_report.templates.sections import Section
from viewer.dicom.structured_report.values import ContentItem, StructuredReport

View = Callable[[ContentItem], tuple[Section, ...]]

VIEWS: tuple[View, ...] = ()
"""Each returns the sections it knows to make of a report's content; none where it is not of its template."""


def sections_of(report: StructuredReport) -> tuple[Section, ...]:
    """Return what templates say of a report, beside which all its items are shown; none for a template unknown."""
    root = report.root
    if root is None:
        return ()
    return tuple(section for view in VIEWS for section in view(root))
