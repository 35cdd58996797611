"""Which view of a report its template asks for."""

from collections.abc import Callable

from viewer.dicom.structured_report.templates.cad import cad_sections
from viewer.dicom.structured_report.templates.dose import dose_sections
from viewer.dicom.structured_report.templates.measurements import measurement_sections
from viewer.dicom.structured_report.templates.sections import Section
from viewer.dicom.structured_report.values import ContentItem, StructuredReport

View = Callable[[ContentItem], tuple[Section, ...]]

VIEWS: tuple[View, ...] = (cad_sections, dose_sections, measurement_sections)
"""In order: the first that knows the report makes its sections; the last one serves whatever holds numbers."""


def sections_of(report: StructuredReport) -> tuple[Section, ...]:
    """Return what templates say of a report, beside which all its items are shown; none for a template unknown."""
    root = report.root
    if root is None:
        return ()
    return next((sections for view in VIEWS if (sections := view(root))), ())
