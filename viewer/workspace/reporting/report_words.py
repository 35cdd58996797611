"""What a viewport says of marks of computer-aided detection: how many lie on its image, whether all was looked for.

An image without marks says whether nothing was found on it, nothing could be looked for, or no report is about it; what
exactly failed stands in the report.
"""

from viewer.base.translation import _, ngettext
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.reporting.report_book import HeldReport, cad_state_words
from viewer.workspace.reporting.report_marks import ground_of_image, layers_over
from viewer.workspace.workspace import Workspace

Words = tuple[str, bool]
"""A text, and whether it is a caution."""
LAYER = "cad"


def cad_chips(workspace: Workspace, cell: int, image: ImageRef) -> tuple[Words, ...]:
    """Return what is said over an image; nothing while marks are off in its study."""
    book, series = workspace.shared.reports, workspace.series_at(cell)
    if book is None or series is None or not book.shows_cad(series.study):
        return ()
    reports = book.cad_reports(series.study)
    if any(held.is_loading for held in reports):
        return ((_("CAD: being read"), True),)
    cautions = ((_("CAD INCOMPLETE"), True),) if cad_state_words(reports) else ()
    layers = layers_over(book, series.study, ground_of_image(image))
    count = sum(layer.name == LAYER for layer in layers)
    if count:
        return ((ngettext("CAD: {0} mark", "CAD: {0} marks", count).format(count), False), *cautions)
    if not any(_is_about(held, image) for held in reports):
        return ((_("CAD: not of this image"), True), *cautions)
    return ((_("CAD: nothing marked"), bool(cautions)), *cautions)


def _is_about(held: HeldReport, image: ImageRef) -> bool:
    """Whether a report was made from an image."""
    if held.read is None:
        return False
    header, uid = held.read.report.header, image.header.sop_instance_uid
    if any(each.instance.sop_instance_uid == uid for each in header.evidence):
        return True
    from viewer.dicom.structured_report.values import ReferenceValue

    values = (item.value for item in held.read.positions.values())
    return any(isinstance(value, ReferenceValue) and value.instance.sop_instance_uid == uid for value in values)
