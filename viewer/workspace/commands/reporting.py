"""Commands on reports: marks of computer-aided detection, and what a report pointed at."""

from viewer.base.translation import N_
from viewer.dicom.sop_classes import ENCAPSULATED_PDF, SopKind, sop_kind
from viewer.workspace.commands.acting import Acting
from viewer.workspace.commands.command import Command
from viewer.workspace.reporting.report_actions import ReportActions
from viewer.workspace.study_nodes import Study
from viewer.workspace.workspace import Workspace


def _study(workspace: Workspace) -> Study | None:
    series = workspace.series_at(workspace.active)
    return series.study if series is not None else None


def _has_cad(workspace: Workspace) -> bool:
    study, book = _study(workspace), workspace.shared.reports
    return study is not None and book is not None and book.has_cad(study)


def _shows_cad(workspace: Workspace) -> bool:
    study, book = _study(workspace), workspace.shared.reports
    return study is not None and book is not None and book.shows_cad(study)


def _toggle_cad(workspace: Workspace) -> None:
    """Show the marks of the active study, or not any more; the viewports say what of them must not be relied on."""
    study, book = _study(workspace), workspace.shared.reports
    if study is not None and book is not None:
        book.show_cad(study, is_shown=not book.shows_cad(study))


def _has_highlight(workspace: Workspace) -> bool:
    return workspace.shared.reports is not None and workspace.shared.reports.highlight is not None


def _clear_highlight(workspace: Workspace) -> None:
    if workspace.shared.reports is not None:
        workspace.shared.reports.set_highlight(None)


def _actions(workspace: Workspace) -> ReportActions | None:
    return workspace.window.reports if workspace.window is not None else None


_acting = Acting(_actions)


def _can_write(workspace: Workspace) -> bool:
    return _actions(workspace) is not None and _study(workspace) is not None


def _shows_report(workspace: Workspace) -> bool:
    image = workspace.image_at(workspace.active)
    return _can_write(workspace) and image is not None and sop_kind(image.header.sop_class_uid) is SopKind.REPORT


def _has_pdf(workspace: Workspace) -> bool:
    image = workspace.image_at(workspace.active)
    is_document = image is not None and image.header.sop_class_uid == ENCAPSULATED_PDF
    return _shows_report(workspace) or (_can_write(workspace) and is_document)


MENU = "report"

COMMANDS = (
    Command(
        id="report.write",
        title=N_("Write a report…"),
        run=_acting.run(lambda actions: actions.write()),
        keys=("Ctrl+Alt+N",),
        menu=MENU,
        group="write",
        enabled=_can_write,
        icon="notes",
        help=N_("Begin a report of the study in the active viewport, or go on with the one that is being written"),
    ),
    Command(
        id="report.amend",
        title=N_("Amend the report…"),
        run=_acting.run(lambda actions: actions.amend()),
        menu=MENU,
        group="write",
        enabled=_shows_report,
        help=N_("Begin the next version of the report in the active viewport; the saved one stays as it is"),
    ),
    Command(
        id="report.pdf",
        title=N_("Report as PDF…"),
        run=_acting.run(lambda actions: actions.export_pdf()),
        menu=MENU,
        group="paper",
        enabled=_has_pdf,
        help=N_("Write the report in the active viewport as PDF, with its key images; a PDF document as it is"),
    ),
    Command(
        id="report.print",
        title=N_("Print the report…"),
        run=_acting.run(lambda actions: actions.print_report()),
        menu=MENU,
        group="paper",
        enabled=_shows_report,
    ),
    Command(
        id="report.cad",
        title=N_("CAD marks"),
        run=_toggle_cad,
        keys=("Ctrl+Alt+C",),
        menu="view",
        group="reports",
        enabled=_has_cad,
        checked=_shows_cad,
        icon="scan-eye",
        help=N_("Show what computer-aided detection marked on the images, or hide it; off at first in every study"),
    ),
    Command(
        id="report.clear",
        title=N_("Hide the report's region"),
        run=_clear_highlight,
        keys=("Ctrl+Alt+H",),
        menu="view",
        group="reports",
        enabled=_has_highlight,
        help=N_("Take the region away that a link of a report marked on the images"),
    ),
)
