"""`negatoscope fuse BASE OVERLAY -o OUT.png`: one series laid over another in colour, as a picture."""

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.base.errors import MediaError, UsageError, system_reason
from viewer.base.translation import _
from viewer.cli.fuse_series import FusionBase, fusion_base, fusion_overlay
from viewer.cli.output import write_json, write_lines
from viewer.media.safety import printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viewer.imaging.fusion import Overlay
    from viewer.imaging.viewport_image import RenderedViewport

PLANES = ("axial", "coronal", "sagittal")
PROJECTIONS = ("mean", "max", "min", "sum")
SUV_CHOICES = ("auto", "none", "bw", "lbm", "lbm-james128", "lbm-janma", "bsa", "ibw")
MAX_SIDE = 8192


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments."""
    parser = subparsers.add_parser(
        "fuse",
        help=_("lay a series over another in colour and write a PNG"),
        description=_("BASE is a folder or archive, shown as a plane through its volume, or the file of one image."),
    )
    parser.add_argument("base", type=Path, metavar="BASE")
    parser.add_argument("overlay", type=Path, metavar="OVERLAY")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.png")
    _add_plane(parser)
    parser.add_argument("--window", type=float, nargs=2, default=None, metavar=("CENTER", "WIDTH"))
    parser.add_argument(
        "--overlay-window", type=float, nargs=2, default=None, metavar=("LOW", "HIGH"), help=_("in the overlay's unit")
    )
    parser.add_argument("--palette", default="hot-iron", metavar="NAME", help=_("colour table of the overlay"))
    parser.add_argument("--opacity", type=float, default=0.5, metavar="F", help=_("of the overlay, 0 to 1"))
    parser.add_argument(
        "--show-below", action="store_true", help=_("colour the overlay below its window, too, instead of leaving it")
    )
    parser.add_argument(
        "--suv", choices=SUV_CHOICES, default="auto", help=_("kind of SUV; auto: by body weight where it is available")
    )
    parser.add_argument("--registration", type=Path, default=None, metavar="FILE", help=_("joins the two frames"))
    parser.add_argument("--series", default=None, metavar="UID|NUMBER", help=_("of BASE"))
    parser.add_argument("--overlay-series", default=None, metavar="UID|NUMBER", help=_("of OVERLAY"))
    parser.add_argument("--phase", type=int, default=1, metavar="N", help=_("of BASE, counted from 1"))
    parser.add_argument("--overlay-phase", type=int, default=1, metavar="N", help=_("of OVERLAY, counted from 1"))
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def _add_plane(parser: argparse.ArgumentParser) -> None:
    from viewer.cli.main import two_numbers

    parser.add_argument("--plane", choices=PLANES, default="axial")
    parser.add_argument(
        "--center", type=float, nargs=3, default=None, metavar=("X", "Y", "Z"), help=_("in mm; the middle by default")
    )
    parser.add_argument("--slab", type=float, default=0.0, metavar="MM", help=_("thickness of the slab"))
    parser.add_argument("--projection", choices=PROJECTIONS, default="mean", help=_("what a slab shows"))
    parser.add_argument("--size", type=two_numbers, default=(800, 800), metavar="WxH", help=_("of the picture"))


def run(arguments: argparse.Namespace) -> int:
    """Write the picture.

    Raises:
        UsageError: If the arguments cannot be meant.
        ViewerError: If one of the two is no volume, they have no frame in common, or cannot be read or written.
    """
    _check(arguments)
    base = fusion_base(arguments)
    overlay, notes = fusion_overlay(arguments, base)
    rendered = _rendered(arguments, base, overlay)
    _write(rendered.pixels, arguments.output)
    for note in notes:
        print(f"negatoscope: {printable(note)}", file=sys.stderr)
    if arguments.json:
        write_json({**_as_json(arguments, base, overlay, rendered), "warnings": notes})
    else:
        write_lines([_line(overlay, arguments.output)])
    return 0


def _check(arguments: argparse.Namespace) -> None:
    from viewer.imaging.fusion_palettes import FUSION_PALETTE_IDS

    if arguments.output.suffix.lower() != ".png":
        raise UsageError(_("The picture is a PNG: OUT.png"))
    if not 0.0 <= arguments.opacity <= 1.0:
        raise UsageError(_("An opacity lies between 0 and 1"))
    if max(arguments.size) > MAX_SIDE:
        raise UsageError(_("A picture has at most {0} pixels a side").format(MAX_SIDE))
    if arguments.palette not in FUSION_PALETTE_IDS:
        raise UsageError(_("Colour tables: {0}").format(", ".join(FUSION_PALETTE_IDS)))
    numbers = [*(arguments.window or ()), *(arguments.overlay_window or ()), *(arguments.center or ())]
    if not all(map(math.isfinite, numbers)) or (arguments.window is not None and arguments.window[1] < 1):
        raise UsageError(_("A window has a width of at least 1, and all numbers are finite"))
    if not 0.0 <= arguments.slab < math.inf:
        raise UsageError(_("A slab cannot be {0} mm thick").format(arguments.slab))
    if arguments.phase < 1 or arguments.overlay_phase < 1:
        raise UsageError(_("Phases are counted from 1"))
    window = arguments.overlay_window
    if window is not None and not window[0] < window[1]:
        raise UsageError(_("The window of the overlay has no width"))


def _rendered(arguments: argparse.Namespace, base: FusionBase, overlay: "Overlay") -> "RenderedViewport":
    from viewer.imaging.grayscale_pipeline import View
    from viewer.imaging.viewport_image import GeometryCache, RenderRequest, render_viewport
    from viewer.imaging.voi_lut import Window

    window = None if arguments.window is None else Window(*arguments.window)
    request = RenderRequest("base", tuple(arguments.size), view=View(voi=window), overlay=overlay)
    return render_viewport(base.stored, base.state, request, GeometryCache())


def _write(pixels: "NDArray[Any]", output: Path) -> None:
    from PIL import Image

    from viewer.base.whole_output import whole_file

    try:
        with whole_file(output, is_replacing=True) as stream:
            Image.fromarray(pixels).save(stream, format="PNG")
    except OSError as error:
        raise MediaError(system_reason(error), subject=str(output), advice=_("Choose another place")) from error


def _as_json(
    arguments: argparse.Namespace, base: FusionBase, overlay: "Overlay", rendered: "RenderedViewport"
) -> dict[str, Any]:
    plane, transform = base.state.plane, rendered.placement.inverse
    told: dict[str, Any] = {
        "output": str(arguments.output),
        "size": list(arguments.size),
        "overlay": {
            "title": overlay.title,
            "unit": overlay.unit,
            "window": [overlay.low, overlay.high],
            "palette": overlay.palette,
            "opacity": overlay.opacity,
        },
        "slab_mm": overlay.thickness_mm,
        "projection": overlay.projection,
        "notes": list(rendered.notes),
    }
    if plane is not None:
        told["plane"] = {
            "origin_mm": list(plane.position),
            "right": list(plane.row_direction),
            "down": list(plane.column_direction),
            "spacing_mm": [plane.column_spacing_mm, plane.row_spacing_mm],
            "image_from_picture": [list(transform[:3]), list(transform[3:])],
        }
    return told


def _line(overlay: "Overlay", output: Path) -> str:
    low, high = f"{overlay.low:g}", f"{overlay.high:g}"
    unit = f" {overlay.unit}" if overlay.unit else ""
    return f"{printable(str(output))}: {printable(overlay.title)} {low} – {high}{unit}"
