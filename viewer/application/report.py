"""`negatoscope monitors KEY --report OUT.pdf`: the quality report without a screen."""

from viewer.application.window_run import make_application
from viewer.cli.main import ReportRequest


def run_report(request: ReportRequest) -> int:
    """Write the PDF and return the exit code.

    Raises:
        ViewerError: If it cannot be written.
    """
    application = make_application("offscreen")
    from viewer.ui.quality.report import write_report

    write_report(request.record, request.output, request.today)
    application.processEvents()
    return 0
