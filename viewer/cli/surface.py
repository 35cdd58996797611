"""`negatoscope surface`: the surface of a series between thresholds, as a mesh for printing and modelling."""

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import UsageError
from viewer.base.translation import _
from viewer.cli.output import write_json, write_lines
from viewer.media.safety import printable

if TYPE_CHECKING:
    from viewer.volume.series_volume import SeriesVolume
    from viewer.volume.surface import Surface

SUFFIXES = (".stl", ".obj", ".ply", ".glb")
MOST_DECIMATION = 0.99
MOST_SMOOTHING = 500


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments."""
    parser = subparsers.add_parser("surface", help=_("write the surface of a series as a mesh (STL, OBJ, PLY, glTF)"))
    parser.add_argument("path", type=Path, metavar="PATH")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.stl|.obj|.ply|.glb")
    parser.add_argument(
        "--threshold", type=float, default=None, metavar="HU", help=_("lowest value inside, in the series' unit")
    )
    parser.add_argument(
        "--segment", type=int, default=None, metavar="N", help=_("of a segmentation, instead of a threshold")
    )
    parser.add_argument("--upper", type=float, default=None, metavar="HU", help=_("highest value inside"))
    parser.add_argument(
        "--smooth", type=int, default=0, metavar="N", help=_("smooth with N iterations; 20 takes the steps away")
    )
    parser.add_argument("--keep-largest", action="store_true", help=_("only the largest connected part"))
    parser.add_argument(
        "--decimate", type=float, default=0.0, metavar="F", help=_("take this part of the triangles away, 0 to 0.99")
    )
    parser.add_argument("--color", type=_color, default=None, metavar="RRGGBB", help=_("of the surface; STL has none"))
    parser.add_argument("--series", default=None, metavar="UID|NUMBER", help=_("which series, where there are several"))
    parser.add_argument("--phase", type=int, default=1, metavar="N", help=_("phase, counted from 1"))
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Make the surface, write it, and return the exit code.

    Raises:
        UsageError: If the arguments cannot be meant.
        ViewerError: If the series is no volume, holds no such values, or cannot be read or written.
    """
    _check(arguments)
    if arguments.segment is not None:
        return _run_segment(arguments)
    from viewer.volume.surface import surface_of
    from viewer.volume.surface_files import BONE, write_surface

    volume = _volume(arguments)
    if arguments.phase > len(volume.phases):
        raise UsageError(_("There are only {count} phases").format(count=len(volume.phases)))
    surface = surface_of(
        volume,
        arguments.threshold,
        upper=arguments.upper,
        smooth=arguments.smooth,
        keep_largest=arguments.keep_largest,
        decimate=arguments.decimate,
        phase=arguments.phase - 1,
    )
    written = write_surface(surface, arguments.output, color=arguments.color or BONE)
    for note in surface.notes:
        print(f"negatoscope: {printable(note)}", file=sys.stderr)
    if arguments.json:
        write_json(_as_json(surface, volume, arguments, written))
    else:
        write_lines(_lines(surface, written))
    return 0


def _run_segment(arguments: argparse.Namespace) -> int:
    """Make the surface of a segment, write it, and return the exit code."""
    from viewer.cli.seg import shapes_in
    from viewer.volume.surface_files import BONE, write_surface
    from viewer.workspace.segmenting.segment_surface import surface_of_segment

    shape = shapes_in(arguments.path).shape(arguments.segment)
    if shape is None:
        raise UsageError(_("There is no segment {0}").format(arguments.segment), subject=str(arguments.path))
    surface = surface_of_segment(
        shape, smooth=arguments.smooth, keep_largest=arguments.keep_largest, decimate=arguments.decimate
    )
    written = write_surface(surface, arguments.output, color=arguments.color or shape.rgb or BONE)
    if arguments.json:
        write_json(_as_json(surface, None, arguments, written))
    else:
        write_lines(_lines(surface, written))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    if arguments.output.suffix.lower() not in SUFFIXES:
        raise UsageError(_("The output must end in .stl, .obj, .ply or .glb"), subject=str(arguments.output))
    if (arguments.threshold is None) == (arguments.segment is None):
        raise UsageError(_("Give either --threshold or --segment"))
    if arguments.segment is not None and arguments.upper is not None:
        raise UsageError(_("--upper goes with --threshold"))
    if not all(math.isfinite(each) for each in (arguments.threshold, arguments.upper) if each is not None):
        raise UsageError(_("A threshold must be a number"))
    if not 0 <= arguments.smooth <= MOST_SMOOTHING:
        raise UsageError(_("--smooth goes from 0 to {most}").format(most=MOST_SMOOTHING))
    if not 0 <= arguments.decimate <= MOST_DECIMATION:
        raise UsageError(_("--decimate goes from 0 to {most}").format(most=MOST_DECIMATION))
    if arguments.upper is not None and not arguments.upper >= arguments.threshold:
        raise UsageError(_("--upper lies below --threshold"))
    if arguments.phase < 1:
        raise UsageError(_("Phases count from 1"))


def _volume(arguments: argparse.Namespace) -> "SeriesVolume":
    from viewer.cli.volume_opening import only_volume, opened_volumes

    with opened_volumes([arguments.path], series=arguments.series) as volumes:
        return only_volume(volumes, arguments.path).load()


def _as_json(
    surface: "Surface", volume: "SeriesVolume | None", arguments: argparse.Namespace, written: tuple[Path, ...]
) -> dict[str, object]:
    low, high = surface.bounds_mm
    return {
        "triangles": len(surface.triangles),
        "vertices": len(surface.vertices),
        "volume_mm3": round(surface.volume_mm3, 3),
        "area_mm2": round(surface.area_mm2, 3),
        "closed": surface.is_closed,
        "bounds_mm": [list(low), list(high)],
        "threshold": arguments.threshold,
        "upper": arguments.upper,
        "segment": arguments.segment,
        "unit": volume.rescale.unit if volume is not None else "",
        "phase": arguments.phase,
        "frame_of_reference_uid": surface.frame_of_reference_uid,
        "warnings": list(surface.notes),
        "files": [str(path) for path in written],
    }


def _lines(surface: "Surface", written: tuple[Path, ...]) -> list[str]:
    return [
        _("{0} triangles").format(len(surface.triangles)),
        _("Volume {0} mm³").format(f"{surface.volume_mm3:.1f}"),
        _("Area {0} mm²").format(f"{surface.area_mm2:.1f}"),
        _("closed") if surface.is_closed else _("not closed"),
        *(printable(str(path)) for path in written),
    ]


def _color(text: str) -> tuple[int, int, int]:
    try:
        red, green, blue = bytes.fromhex(text.removeprefix("#"))
    except ValueError:
        raise argparse.ArgumentTypeError(_("'{text}' is not like E8D9BA").format(text=text)) from None
    return red, green, blue
