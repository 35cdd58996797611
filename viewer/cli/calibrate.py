"""`negatoscope calibrate`: luminance readings of a monitor become its calibration."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import UsageError
from viewer.base.translation import _
from viewer.cli.given_paths import check_file
from viewer.cli.output import write_lines
from viewer.media.safety import printable

if TYPE_CHECKING:
    from viewer.display.calibration_record import AmbientSource, CalibrationRecord
    from viewer.display.luminance_readings import Readings
    from viewer.imaging.display_calibration import MoreGreys

LEVELS = (256, 1024)
DISPLAY_CLASSES = ("diagnostic", "mammography", "other")
MORE_GREYS = ("none", "bit-stealing", "ten-bits")
"""By value of calibration_record.DisplayClass and display_calibration.MoreGreys, which are imported late."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments."""
    parser = subparsers.add_parser("calibrate", help=_("make a monitor's calibration of luminance readings"))
    parser.add_argument(
        "--luminance",
        type=Path,
        required=True,
        metavar="FILE.csv",
        help=_("rows of driving level and luminance in cd/m²; at least 18, from black to white"),
    )
    parser.add_argument(
        "--ambient", type=float, default=None, metavar="CD_M2", help=_("light the dark screen reflects")
    )
    parser.add_argument(
        "--lux", type=float, default=None, metavar="L", help=_("light on the screen, with --reflection")
    )
    parser.add_argument(
        "--reflection", type=float, default=None, metavar="RD", help=_("diffuse reflection of the screen in 1/sr")
    )
    parser.add_argument("--levels", type=int, choices=LEVELS, default=None, help=_("of the surface; as in the file"))
    parser.add_argument("--out", type=Path, default=None, metavar="calibration.json", help=_("else it is printed"))
    parser.add_argument(
        "--telescopic", action="store_true", help=_("the meter stood at the reader's place: readings include ambient")
    )
    parser.add_argument("--display-class", choices=DISPLAY_CLASSES, default="diagnostic", help=_("for its limits"))
    parser.add_argument("--meter", default="", metavar="TEXT", help=_("what measured"))
    parser.add_argument("--more-greys", choices=MORE_GREYS, default=None, help=_("how more than 256 greys are shown"))
    parser.add_argument("--dithering", action="store_true", help=_("mix greys of neighbouring pixels"))


def run(arguments: argparse.Namespace) -> int:
    """Calibrate, write or print, and return the exit code.

    Raises:
        UsageError: If the arguments do not fit each other.
        ViewerError: If the readings cannot be a display's response, or the calibration cannot be written.
    """
    from viewer.display.calibration_file import calibration_text, write_calibration
    from viewer.display.luminance_readings import read_readings

    _check(arguments)
    check_file(arguments.luminance)
    record = _record(arguments, read_readings(arguments.luminance))
    for note in record.notes:
        print(f"negatoscope: {printable(str(arguments.luminance))}: {printable(note)}", file=sys.stderr)
    if arguments.out is None:
        write_lines([calibration_text(record)])
    else:
        write_calibration(record, arguments.out)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    if arguments.ambient is not None and (arguments.lux is not None or arguments.reflection is not None):
        raise UsageError(_("Give either --ambient, or --lux and --reflection"))
    if (arguments.lux is None) != (arguments.reflection is None):
        raise UsageError(_("--lux and --reflection go together"))
    for name in ("ambient", "lux", "reflection"):
        value = getattr(arguments, name)
        if value is not None and not 0 <= value < float("inf"):
            raise UsageError(_("--{name} must be a number, 0 or more").format(name=name))
    if arguments.levels == LEVELS[0] and arguments.more_greys == "ten-bits":
        raise UsageError(_("Ten bits have 1024 levels, not 256"))
    if arguments.levels == LEVELS[1] and arguments.more_greys == "bit-stealing":
        raise UsageError(_("Bit stealing is for surfaces of 256 levels"))
    if arguments.out is not None and arguments.out.resolve() == arguments.luminance.resolve():
        raise UsageError(_("--out would overwrite the readings"), subject=str(arguments.out))


def _record(arguments: argparse.Namespace, readings: "Readings") -> "CalibrationRecord":
    from dataclasses import replace
    from datetime import datetime

    from viewer.display.calibration_record import DisplayClass, Method
    from viewer.display.response import measured_calibration
    from viewer.imaging.display_calibration import MoreGreys

    levels, more_greys = _surface(arguments, readings)
    ambient, source = _ambient(arguments)
    record = measured_calibration(
        readings.readings,
        Method.TELESCOPIC if arguments.telescopic else Method.CONTACT,
        ambient,
        levels,
        ambient_source=source,
        display_class=DisplayClass(arguments.display_class),
        measured_on=datetime.now().astimezone().date(),
        meter=arguments.meter,
    )
    shown = replace(record.calibration, more_greys=MoreGreys(more_greys), is_dithered=arguments.dithering)
    return replace(record, calibration=shown)


def _surface(arguments: argparse.Namespace, readings: "Readings") -> "tuple[int, MoreGreys]":
    """Return the levels to calibrate, those of the readings unless others were asked for, and how they are shown."""
    from viewer.imaging.display_calibration import MoreGreys

    if arguments.more_greys is not None:
        more_greys = MoreGreys(arguments.more_greys)
        fitting = {MoreGreys.TEN_BITS: LEVELS[1], MoreGreys.BIT_STEALING: LEVELS[0]}.get(more_greys, readings.levels)
        return arguments.levels or fitting, more_greys
    levels = arguments.levels or readings.levels
    return levels, MoreGreys.TEN_BITS if levels == LEVELS[1] else MoreGreys.NONE


def _ambient(arguments: argparse.Namespace) -> "tuple[float | None, AmbientSource]":
    from viewer.display.calibration_record import AmbientSource
    from viewer.display.response import ambient_from_illuminance

    if arguments.lux is not None:
        return ambient_from_illuminance(arguments.lux, arguments.reflection), AmbientSource.ILLUMINANCE
    return arguments.ambient, AmbientSource.LUMINANCE
