"""`negatoscope fuse BASE OVERLAY -o OUT.png`: one series laid over another in colour, as a picture."""

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.base.errors import MediaError, UsageError, ViewerError, VolumeError, system_reason
from viewer.base.translation import _
from viewer.cli.output import write_json, write_lines
from viewer.media.safety import printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viewer.cli.volume_opening import OpenedVolume
    from viewer.imaging.frame_state import FrameState
    from viewer.imaging.fusion import Overlay
    from viewer.imaging.stored_frame import StoredFrame
    from viewer.imaging.viewport_image import RenderedViewport
    from viewer.measurement.suv import SuvRefusal, SuvScale
    from viewer.volume.series_volume import SeriesVolume

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
    base = _base(arguments)
    overlay, notes = _overlay(arguments, base)
    rendered = _rendered(arguments, base, overlay)
    _write(rendered.pixels, arguments.output)
    for note in notes:
        print(f"negatoscope: {printable(note)}", file=sys.stderr)
    told = _as_json(arguments, base, overlay, rendered)
    if arguments.json:
        write_json(told)
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
    if not 0.0 <= arguments.slab < float("inf"):
        raise UsageError(_("A slab cannot be {0} mm thick").format(arguments.slab))
    if arguments.phase < 1 or arguments.overlay_phase < 1:
        raise UsageError(_("Phases are counted from 1"))
    window = arguments.overlay_window
    if window is not None and not window[0] < window[1]:
        raise UsageError(_("The window of the overlay has no width"))


@dataclass(frozen=True, slots=True)
class _Base:
    """What something is laid over."""

    stored: "StoredFrame"
    state: "FrameState"
    frame_uid: str
    volume: "SeriesVolume | None" = None


def _base(arguments: argparse.Namespace) -> _Base:
    if arguments.base.is_file():
        single = _single_image(arguments.base)
        if single is not None:
            return single
    from viewer.volume.plane_frame import PlaneFrame, plane_state
    from viewer.volume.reslice_plane import Projection
    from viewer.workspace.volume_planes import placed, reslice_plane_of
    from viewer.workspace.volume_view import Orientation, VolumeView

    _opened, volume = _loaded(arguments.base, arguments.series)
    _check_phase(volume, arguments.phase)
    view = VolumeView(
        orientation=Orientation(arguments.plane),
        center_mm=tuple(arguments.center) if arguments.center else _middle(volume),
        thickness_mm=arguments.slab,
        projection=Projection(arguments.projection),
        phase=arguments.phase - 1,
    )
    plane = reslice_plane_of(placed(view, volume.geometry), volume.geometry)
    return _Base(PlaneFrame(volume, plane), plane_state(volume, plane), volume.geometry.frame_of_reference_uid, volume)


def _middle(volume: "SeriesVolume") -> tuple[float, float, float]:
    from viewer.workspace.volume_planes import start_center

    return start_center(volume.geometry)


def _check_phase(volume: "SeriesVolume", phase: int) -> None:
    if phase > len(volume.phases):
        raise UsageError(_("There are only {count} phases").format(count=len(volume.phases)))


def _single_image(path: Path) -> _Base | None:
    """Return the image of a file with one frame; None for files of several, which may be volumes."""
    from viewer.base.byte_source import FileBytes
    from viewer.dicom.header_scan import scan_header
    from viewer.imaging.decoder_pool import DecoderPool
    from viewer.imaging.frame_source import FrameSource
    from viewer.imaging.frame_state import read_frame_states

    try:
        header = scan_header(FileBytes(path))
    except ViewerError:
        return None  # an archive, perhaps
    if header.frame_count != 1:
        return None
    with DecoderPool(workers=1) as pool:
        stored = FrameSource(header, pool).stored_frame(0)
    return _Base(stored, read_frame_states(header).state(0), header.ascii(0x00200052))


def _loaded(path: Path, series: str | None) -> "tuple[OpenedVolume, SeriesVolume]":
    """Return the volume of a path; of several the only one that --series leaves.

    Raises:
        VolumeError: If it is not clear which is meant.
    """
    from viewer.cli.volume_opening import opened_volumes

    with opened_volumes([path], series=series) as volumes:
        if len(volumes) > 1:
            names = "; ".join(f"{each.series_instance_uid} ({each.description})" for each in volumes)
            raise VolumeError(
                _("There are several volumes: {0}").format(names),
                subject=str(path),
                advice=_("Name one with --series or --overlay-series"),
            )
        return volumes[0], volumes[0].load()


def _overlay(arguments: argparse.Namespace, base: _Base) -> "tuple[Overlay, list[str]]":
    from viewer.imaging.voi_lut import exact_window_between
    from viewer.volume.reslice_plane import Projection
    from viewer.workspace.frame_links import FrameLinks
    from viewer.workspace.fused_overlay import overlay_of
    from viewer.workspace.volume_view import FusionState

    opened, volume = _loaded(arguments.overlay, arguments.overlay_series)
    _check_phase(volume, arguments.overlay_phase)
    window = arguments.overlay_window
    fusion = FusionState(
        volume.key,
        arguments.palette,
        arguments.opacity,
        None if window is None else exact_window_between(*window),
        phase=arguments.overlay_phase - 1,
        is_clear_below=not arguments.show_below,
    )
    suv, notes = _suv(opened, arguments.suv)
    fusion = replace(fusion, suv_type=_suv_type(arguments.suv, suv))
    links = FrameLinks()
    if arguments.registration is not None:
        links = _registered(arguments.registration)
    way = links.way(base.frame_uid, volume.geometry.frame_of_reference_uid)
    made = overlay_of(
        fusion, volume, suv, way, thickness_mm=arguments.slab if base.volume is not None else 0.0,
        projection=Projection(arguments.projection),
    )  # fmt: skip
    return made, notes


def _suv(opened: "OpenedVolume", wanted: str) -> "tuple[SuvScale | SuvRefusal | None, list[str]]":
    from viewer.measurement.suv import SuvScale
    from viewer.measurement.suv_series import suv_of_series

    headers = {image.header.sop_instance_uid: image.header for each in opened.display_sets for image in each.images}
    first = next(iter(headers.values()))
    if wanted == "none" or (wanted == "auto" and first.modality != "PT"):
        return None, []
    found = suv_of_series(list(headers.values()))
    if isinstance(found, SuvScale):
        return found, list(found.warnings)
    return found, [_("No SUV: {0}").format(found.text)] if wanted == "auto" else []


def _suv_type(wanted: str, suv: "SuvScale | SuvRefusal | None") -> str:
    from viewer.measurement.suv import SuvScale

    if wanted == "auto":
        return "bw" if isinstance(suv, SuvScale) and "bw" in suv.factors else ""
    return "" if wanted == "none" else wanted


def _registered(path: Path) -> Any:  # noqa: ANN401 - imported late
    """Return the frames that a registration object joins."""
    from viewer.base.byte_source import FileBytes
    from viewer.cli.given_paths import check_file
    from viewer.dicom.datasets import read_full_data_set
    from viewer.dicom.registration import read_registration
    from viewer.workspace.frame_links import FrameJoint, FrameLinks

    check_file(path)
    found = read_registration(read_full_data_set(FileBytes(path)).data_set)
    joints = tuple(
        FrameJoint(
            item.source_frame_uid, found.frame_uid, item.transform, item.kind, found.label, found.sop_instance_uid
        )
        for item in found.items
        if item.source_frame_uid
    )
    if not joints:
        words = "; ".join(found.problems) or _("it names no frames of reference")
        raise VolumeError(_("The registration cannot be used: {0}").format(words), subject=str(path))
    return FrameLinks(joints)


def _rendered(arguments: argparse.Namespace, base: _Base, overlay: "Overlay") -> "RenderedViewport":
    from viewer.imaging.grayscale_pipeline import View
    from viewer.imaging.viewport_image import GeometryCache, RenderRequest, render_viewport
    from viewer.imaging.voi_lut import Window

    window = None if arguments.window is None else Window(*arguments.window)
    request = RenderRequest("base", tuple(arguments.size), view=View(voi=window), overlay=overlay)
    return render_viewport(base.stored, base.state, request, GeometryCache())


def _write(pixels: "NDArray[Any]", output: Path) -> None:
    from PIL import Image

    try:
        Image.fromarray(pixels).save(output, format="PNG")
    except OSError as error:
        raise MediaError(system_reason(error), subject=str(output), advice=_("Choose another place")) from error


def _as_json(
    arguments: argparse.Namespace, base: _Base, overlay: "Overlay", rendered: "RenderedViewport"
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
