"""`negatoscope calibration FILE.json`: what a monitor's calibration amounts to, also as DICOM's Display System."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import UsageError
from viewer.base.translation import N_, _
from viewer.cli.given_paths import check_file
from viewer.cli.output import padded, write_lines
from viewer.media.safety import printable

if TYPE_CHECKING:
    from viewer.display.calibration_report import CalibrationReport
    from viewer.display.conformance import Check

MODES = {
    "measured": N_("measured"),
    "visual": N_("visual estimate, without a meter"),
    "native": N_("the display follows the GSDF by itself"),
    "estimate": N_("not calibrated: taken for an sRGB monitor"),
}
"""By value of imaging.display_calibration.CalibrationMode."""
AMBIENT_SOURCES = {
    "assumed": N_("not given, assumed"),
    "luminance": N_("measured"),
    "illuminance": N_("from illuminance and reflection"),
}
"""By value of display.calibration_record.AmbientSource."""
SHARES = frozenset({"kappa", "uniformity", "ambient_ratio"})
"""Quantities that are told in per cent."""
TITLE_WIDTH = 34


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments."""
    parser = subparsers.add_parser("calibration", help=_("tell what a monitor's calibration amounts to"))
    parser.add_argument("file", type=Path, metavar="FILE.json")
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    parser.add_argument(
        "--dicom", type=Path, default=None, metavar="OUT.dcm", help=_("write it as DICOM's Display System (PS3.4 EE)")
    )


def run(arguments: argparse.Namespace) -> int:
    """Print, write, and return the exit code.

    Raises:
        UsageError: If the file would be overwritten.
        ViewerError: If the file cannot be read, is no calibration, or the output cannot be written.
    """
    from viewer.display.calibration_file import read_calibration
    from viewer.display.calibration_report import calibration_report, report_as_json

    check_file(arguments.file)
    if arguments.dicom is not None and arguments.dicom.resolve() == arguments.file.resolve():
        raise UsageError(_("File exists"), subject=str(arguments.dicom), advice=_("Choose another place"))
    report = calibration_report(read_calibration(arguments.file))
    if arguments.dicom is not None:
        from viewer.display.display_system import write_display_system

        write_display_system(report.record, arguments.dicom)
    if arguments.json:
        write_lines([json.dumps(report_as_json(report), ensure_ascii=False, allow_nan=False)])
    else:
        write_lines(report_as_lines(report))
    return 0


def report_as_lines(report: "CalibrationReport") -> Iterator[str]:
    """Yield a report as lines for a person."""
    record, calibration = report.record, report.record.calibration
    yield _line(_("Mode"), _(MODES[calibration.mode.value]))
    if record.measured_on is not None:
        yield _line(_("Measured on"), record.measured_on.isoformat())
    if record.meter:
        yield _line(_("Meter"), printable(record.meter))
    yield _line(
        _("Ambient light"), f"{calibration.ambient_cd_m2:.4g} cd/m² ({_(AMBIENT_SOURCES[record.ambient_source.value])})"
    )
    yield _line(_("Black and white with ambient light"), f"{report.l_min:.4g} … {report.l_max:.4g} cd/m²")
    yield _line(_("Without ambient light"), f"{report.black_cd_m2:.4g} … {report.white_cd_m2:.4g} cd/m²")
    low, high = report.jnd_range
    yield _line(_("JND indices"), f"{low:.1f} … {high:.1f}")
    yield _line(_("Driving levels"), str(report.levels))
    yield _line(_("Distinct greys of 1024 P-values"), str(report.steps.distinct_levels))
    yield _line(_("Largest step"), f"{report.steps.max_jnd_step:.2f} JND")
    if report.passes is None:
        yield _line(_("Deviation from the GSDF (κ)"), _unchecked_kappa(report))
    for check in report.checks:
        yield _line(check.title, f"{_amount(check):10} {padded(_verdict(check), 12)} {_limit(check)}".rstrip())
    for note in report.notes:
        yield _line(_("Note"), printable(note))


def _unchecked_kappa(report: "CalibrationReport") -> str:
    """Return kappa where it is held against no limit."""
    if report.kappa is None:
        return _("not known: the response was not measured")
    return f"{report.kappa:.2%} ({_(MODES['visual'])})"


def _line(title: str, value: str) -> str:
    return f"{padded(title, TITLE_WIDTH)}  {value}"


def _amount(check: "Check") -> str:
    return f"{check.value:.2%}" if check.subject in SHARES else f"{check.value:.4g}"


def _verdict(check: "Check") -> str:
    return _("passes") if check.passes else _("fails")


def _limit(check: "Check") -> str:
    limit = check.limit
    factor, unit = (100, "%") if check.subject in SHARES else (1, "")
    bounds = []
    if limit.least is not None:
        bounds.append(f"≥ {limit.least * factor:g}{unit}")
    if limit.most is not None:
        bounds.append(f"≤ {limit.most * factor:g}{unit}")
    return f"{', '.join(bounds)} ({limit.source})" if bounds else ""
