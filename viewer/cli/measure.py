"""`negatoscope measure FILE`: lengths, angles, areas and values of one frame, each with its scale or its refusal.

Points are image coordinates as in SCOORD: column and row, 0 0 at the top left corner of the first pixel. Exit code 1
where the number is refused; with --json standard output says why, too.
"""

import argparse
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import UsageError, ViewerError
from viewer.base.translation import _
from viewer.cli.given_paths import check_file
from viewer.cli.output import write_json, write_lines
from viewer.media.safety import printable

if TYPE_CHECKING:
    from viewer.cli.measuring import Measured
    from viewer.measurement.kinds.kind import Kind

Point = tuple[float, float]

_BOX = ("X1", "Y1", "X2", "Y2")
_CALIBRATION = (*_BOX, "MM")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments."""
    parser = subparsers.add_parser(
        "measure",
        help=_("measure on one frame: length, angle, area, values"),
        description=_("Points are column and row; 0 0 is the top left corner of the first pixel, its centre 0.5 0.5."),
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--length", type=_coordinate, nargs=4, metavar=_BOX, help=_("distance of two points"))
    what.add_argument(
        "--angle",
        type=_coordinate,
        nargs=6,
        metavar=("X1", "Y1", "X2", "Y2", "X3", "Y3"),
        help=_("angle at the second point"),
    )
    what.add_argument(
        "--ellipse", type=_coordinate, nargs=4, metavar=_BOX, help=_("ellipse in the frame of two corners")
    )
    what.add_argument("--rectangle", type=_coordinate, nargs=4, metavar=_BOX, help=_("rectangle of two corners"))
    what.add_argument(
        "--polygon", type=_coordinate, nargs="+", metavar="X Y", help=_("polygon of three or more points")
    )
    what.add_argument("--kind", metavar="ID", help=_("any tool by its id, with --points"))
    parser.add_argument("--points", type=_coordinate, nargs="+", default=None, metavar="X Y", help=_("for --kind"))
    parser.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help=_("what the tool of --kind is told")
    )
    parser.add_argument("--frame", type=int, default=1, metavar="N", help=_("frame, counted from 1"))
    parser.add_argument(
        "--calibrate",
        type=_coordinate,
        nargs=5,
        default=None,
        metavar=_CALIBRATION,
        help=_("set the scale by two points and the mm between them"),
    )
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, and return the exit code.

    Raises:
        UsageError: If the arguments do not fit each other, the tool or the image.
        ViewerError: If the file cannot be read.
    """
    from viewer.cli.measuring import Asked, measure

    kind, points = _kind_and_points(arguments)
    if arguments.frame < 1:
        raise UsageError(_("Frames count from 1"))
    check_file(arguments.file)
    calibration = arguments.calibrate
    known = None if calibration is None else (_pairs(calibration[:4]), calibration[4])
    asked = Asked(kind, points, _parameters(arguments.parameter), arguments.frame, known)
    try:
        found = measure(arguments.file, asked)
    except ViewerError as error:
        raise error.about(str(arguments.file)) from error
    if arguments.json:
        from viewer.cli.measured_json import measured_as_json

        write_json(measured_as_json(found))
    else:
        write_lines(_lines(found))
    if found.refusal:
        reason = printable(found.refusal)
        print(f"negatoscope: {printable(str(arguments.file))}: {reason}", file=sys.stderr)
        return 1
    return 0


def _coordinate(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(_("'{text}' is not a coordinate").format(text=text))
    return value


def _kind_and_points(arguments: argparse.Namespace) -> "tuple[Kind, tuple[Point, ...]]":
    from viewer.measurement.kinds.table import KINDS, is_known, kind_of

    if arguments.kind is not None:
        if not is_known(arguments.kind):
            raise UsageError(
                _("There is no tool '{0}'; there are: {1}").format(arguments.kind, ", ".join(each.id for each in KINDS))
            )
        kind, numbers = kind_of(arguments.kind), arguments.points
        if numbers is None:
            raise UsageError(_("--kind needs --points"))
    else:
        if arguments.points is not None or arguments.parameter:
            raise UsageError(_("--points and --parameter go with --kind"))
        names = ("length", "angle", "ellipse", "rectangle", "polygon")
        name = next(name for name in names if getattr(arguments, name) is not None)
        kind, numbers = kind_of(name), getattr(arguments, name)
    if len(numbers) % 2:
        raise UsageError(_("A point is two numbers: X Y"))
    points = _pairs(numbers)
    if not _takes(kind, points):
        count = str(kind.least) if kind.least == kind.most else f"{kind.least}–{kind.most or '…'}"
        raise UsageError(_("{0} takes {1} points, not {2}").format(_(kind.title), count, len(points)))
    return kind, points


def _takes(kind: "Kind", points: tuple[Point, ...]) -> bool:
    """Return whether a tool is placed by so many points, or has so many once it is: the axes of an ellipse."""
    from viewer.measurement.ground import Ground

    if len(points) < kind.least:
        return False
    if kind.most is None or len(points) <= kind.most:
        return True
    return len(points) == len(kind.settled(points[: kind.least], Ground(1, 1)))


def _pairs(numbers: list[float]) -> tuple[Point, ...]:
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _parameters(given: list[str]) -> tuple[tuple[str, float | str], ...]:
    found: dict[str, float | str] = {}
    for text in given:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise UsageError(_("'{0}' is not like NAME=VALUE").format(text))
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = value
    return tuple(sorted(found.items()))


def _lines(found: "Measured") -> Iterator[str]:
    from viewer.workspace.measuring.reading_texts import reading_text

    for each in found.readings:
        yield printable(f"{each.name}: {reading_text(each)}")
        if each.caution:
            yield f"! {printable(each.caution)}"
    for statistics in found.other_statistics:
        unit = f" {statistics.unit.symbol}".rstrip()
        sd = "" if statistics.sd is None else f" ± {statistics.sd:.4g}"
        name = printable(_(statistics.source) or _("Real-world value"))
        yield f"{name}: {statistics.mean:.6g}{sd}{unit}, {statistics.minimum:.6g} – {statistics.maximum:.6g}"
    for caution in found.cautions:
        yield f"! {printable(caution)}"
