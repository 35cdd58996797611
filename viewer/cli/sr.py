"""`negatoscope sr FILE`: a structured report as text, HTML or JSON; no item of it is left out."""

import argparse
from pathlib import Path

from viewer.base.byte_source import FileBytes
from viewer.base.translation import _, current_language
from viewer.cli.given_paths import check_file
from viewer.cli.output import write_lines
from viewer.media.safety import printable


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    parser = subparsers.add_parser("sr", help=_("print a structured report"))
    parser.add_argument("file", type=Path, metavar="FILE")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--text", action="store_true", help=_("print text (what happens without an option)"))
    form.add_argument("--html", action="store_true", help=_("print a web page"))
    form.add_argument("--json", action="store_true", help=_("print JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Print a report.

    Raises:
        ViewerError: If there is no such file, it cannot be read, or it is no report.
    """
    from viewer.dicom.structured_report.reading import read_report
    from viewer.dicom.structured_report.templates.views import sections_of

    path: Path = arguments.file
    check_file(path)
    report = read_report(FileBytes(path))
    if arguments.json:
        from viewer.dicom.structured_report.json_form import report_json

        write_lines(report_json(report, current_language()))
    elif arguments.html:
        from viewer.dicom.structured_report.html import HtmlManner, report_html

        write_lines([report_html(report, sections_of(report), HtmlManner(language=current_language()))])
    else:
        from viewer.dicom.structured_report.text import report_lines

        write_lines(printable(line) for line in report_lines(report, sections_of(report), current_language()))
    return 0
