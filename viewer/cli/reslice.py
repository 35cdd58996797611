"""`negatoscope reslice`: planes and slabs through a volume as arrays, pictures or a new DICOM series."""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.base.errors import MediaError, UsageError, ViewerError, VolumeError, system_reason
from viewer.base.translation import _, ngettext
from viewer.cli.output import write_json, write_lines
from viewer.cli.reslice_planes import MAX_SIDE, all_planes, plane_of
from viewer.media.safety import printable

if TYPE_CHECKING:
    from viewer.imaging.grayscale_pipeline import View
    from viewer.volume.reslice_plane import ReslicePlane
    from viewer.volume.series_volume import SeriesVolume

PLANES = ("axial", "coronal", "sagittal")
PROJECTIONS = ("mean", "max", "min", "sum")
INTERPOLATIONS = ("nearest", "linear", "cubic")
_VECTOR: Any = {"type": float, "nargs": 3, "default": None, "metavar": ("X", "Y", "Z")}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments."""
    parser = subparsers.add_parser(
        "reslice",
        help=_("cut planes or slabs out of a volume"),
        description=_("Places are the patient's, in mm: x to the left, y to the back, z to the head."),
    )
    parser.add_argument("path", type=Path, metavar="PATH")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=None,
        metavar="OUT.npy|OUT.png|DIR",
        help=_("modality values (NaN where there are none), a picture, or a folder of pictures"),
    )
    parser.add_argument("--plane", choices=PLANES, default=None)
    parser.add_argument(
        "--origin",
        **_VECTOR,
        help=_("centre of the first sample; without --size a point of the plane; the volume's middle by default"),
    )
    parser.add_argument("--right", **_VECTOR, help=_("direction of rows"))
    parser.add_argument("--down", **_VECTOR, help=_("direction of columns"))
    parser.add_argument(
        "--size", type=int, nargs=2, default=None, metavar=("W", "H"), help=_("samples; the whole volume by default")
    )
    parser.add_argument(
        "--spacing", type=float, default=None, metavar="MM", help=_("between samples; that of the voxels by default")
    )
    parser.add_argument("--slab", type=float, default=0.0, metavar="MM", help=_("thickness of the slab"))
    parser.add_argument("--projection", choices=PROJECTIONS, default="mean", help=_("what a slab shows"))
    parser.add_argument("--interpolation", choices=INTERPOLATIONS, default="linear")
    parser.add_argument("--phase", type=int, default=1, metavar="N", help=_("phase, counted from 1"))
    parser.add_argument("--all", action="store_true", help=_("all planes beside each other through the volume"))
    parser.add_argument("--step", type=float, default=None, metavar="MM", help=_("between the planes of --all"))
    parser.add_argument("--dicom", type=Path, default=None, metavar="DIR", help=_("write a new DICOM series"))
    parser.add_argument("--window", type=float, nargs=2, default=None, metavar=("CENTER", "WIDTH"))
    parser.add_argument("--series", default=None, metavar="UID|NUMBER", help=_("which series, where there are several"))
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Cut, write, and return the exit code.

    Raises:
        UsageError: If the arguments cannot be meant.
        ViewerError: If there is no such volume or plane, or it cannot be read or written.
    """
    _check(arguments)
    from viewer.cli.volume_info import warnings_of
    from viewer.cli.volume_opening import only_volume, opened_volumes

    with opened_volumes([arguments.path], series=arguments.series) as volumes:
        opened = only_volume(volumes, arguments.path)
        plane = plane_of(arguments, opened.plan.geometry)
        planes = all_planes(plane, opened.plan.geometry, arguments.step) if arguments.all else [plane]
        volume = opened.load()
        for warning in warnings_of(opened, volume):
            print(f"negatoscope: {printable(warning)}", file=sys.stderr)
        if arguments.phase > len(volume.phases):
            raise UsageError(_("There are only {count} phases").format(count=len(volume.phases)))
        files = _written(arguments, volume, planes)
    if arguments.json:
        write_json(_as_json(volume, planes, files))
    else:
        write_lines(_lines(volume, planes, files))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    is_free = arguments.right is not None and arguments.down is not None
    if (arguments.plane is not None) == (arguments.right is not None or arguments.down is not None):
        raise UsageError(_("Give either --plane or --right and --down"))
    if arguments.plane is None and not (is_free and arguments.origin is not None):
        raise UsageError(_("A plane of one's own needs --origin, --right and --down"))
    if arguments.output is None and arguments.dicom is None:
        raise UsageError(_("Give -o, --dicom or both"))
    if arguments.all and arguments.output is not None and arguments.output.suffix.lower() == ".png":
        raise UsageError(_("Many planes go into a folder or an .npy file"))
    if arguments.step is not None and not arguments.all:
        raise UsageError(_("--step is for --all"))
    if arguments.phase < 1:
        raise UsageError(_("Phases are counted from 1"))
    _check_numbers(arguments)


def _check_numbers(arguments: argparse.Namespace) -> None:
    for name in ("spacing", "step"):
        value = getattr(arguments, name)
        if value is not None and not 0 < value < math.inf:
            raise UsageError(_("{option} is not a length in mm").format(option=f"--{name}"))
    if not 0 <= arguments.slab < math.inf:
        raise UsageError(_("A slab cannot be {0} mm thick").format(arguments.slab))
    if arguments.size is not None and not all(1 <= side <= MAX_SIDE for side in arguments.size):
        raise UsageError(_("A side of --size must be from 1 to {most}").format(most=MAX_SIDE))
    if arguments.origin is not None and not all(map(math.isfinite, arguments.origin)):
        raise UsageError(_("--origin is a place in mm"))


def _written(arguments: argparse.Namespace, volume: "SeriesVolume", planes: "list[ReslicePlane]") -> list[Path]:
    files: list[Path] = []
    try:
        if arguments.output is not None:
            files += _write(arguments, volume, planes)
    except OSError as error:
        raise MediaError(
            system_reason(error), subject=str(arguments.output), advice=_("Choose another place")
        ) from error
    if arguments.dicom is not None:
        from viewer.volume.derived_series import write_derived_series

        window = _view(arguments).voi
        description = _description(arguments, planes[0])
        files += write_derived_series(volume, planes, arguments.dicom, description=description, window=window)
    return files


def _write(arguments: argparse.Namespace, volume: "SeriesVolume", planes: "list[ReslicePlane]") -> list[Path]:
    from viewer.base.whole_output import whole_file, whole_folder

    output = arguments.output
    suffix = output.suffix.lower()
    if suffix == ".npy":
        with whole_file(output, is_replacing=True) as stream:
            _save_values(stream, volume, planes, is_stack=arguments.all)
        return [output]
    view = _view(arguments)
    if suffix == ".png":
        with whole_file(output, is_replacing=True) as stream:
            _save_picture(stream, volume, planes[0], view)
        return [output]
    names = [f"plane-{number:04}.png" for number in range(1, len(planes) + 1)]
    with whole_folder(output) as folder:
        for name, plane in zip(names, planes, strict=True):
            with (folder / name).open("wb") as stream:
                _save_picture(stream, volume, plane, view)
    return [output / name for name in names]


def _save_values(
    stream: Any,  # noqa: ANN401 - binary
    volume: "SeriesVolume",
    planes: "Sequence[ReslicePlane]",
    *,
    is_stack: bool,
) -> None:
    """Write float32 modality values: (rows, columns) of one plane, (planes, rows, columns) of a stack."""
    import numpy as np

    from viewer.volume.reslice import modality_of, resliced

    shape = (planes[0].rows, planes[0].columns)
    header = {
        "descr": "<f4",
        "fortran_order": False,
        "shape": (len(planes), *shape) if is_stack else shape,
    }
    np.lib.format.write_array_header_1_0(stream, header)
    is_empty = True
    for plane in planes:
        values = modality_of(resliced(volume, plane), volume)
        is_empty = is_empty and bool(np.isnan(values).all())
        stream.write(np.ascontiguousarray(values, "<f4").tobytes())
    if is_empty:
        raise _nothing()


def _save_picture(stream: Any, volume: "SeriesVolume", plane: "ReslicePlane", view: "View") -> None:  # noqa: ANN401
    import numpy as np
    from PIL import Image

    from viewer.imaging.grayscale_pipeline import Stage, is_automatic
    from viewer.imaging.whole_frame import whole_stage
    from viewer.volume.plane_frame import PlaneFrame, plane_state

    frame, state = PlaneFrame(volume, plane), plane_state(volume, plane)
    if np.isnan(frame.values).all():
        raise _nothing()
    if is_automatic(state, view):
        view = _with_window_of(volume)
    Image.fromarray(np.ascontiguousarray(whole_stage(frame, state, view, Stage.DISPLAY))).save(stream, format="PNG")


def _with_window_of(volume: "SeriesVolume") -> "View":
    """Return the view with the window fitted to the whole volume, so that all planes of it are alike."""
    from viewer.imaging.grayscale_pipeline import View, automatic_window

    return View(voi=automatic_window(volume.typical_values, replace(volume.state, shutter=None, padding=None)))


def _nothing() -> ViewerError:
    return VolumeError(_("The plane does not meet the volume"), advice=_("`negatoscope volume-info` tells where it is"))


def _view(arguments: argparse.Namespace) -> Any:  # noqa: ANN401 - its window is narrower than a View's
    from viewer.imaging.grayscale_pipeline import View
    from viewer.imaging.voi_lut import Window

    if arguments.window is None:
        return View()
    try:
        return View(voi=Window(*arguments.window))
    except ViewerError as error:
        raise UsageError(str(error)) from error


def _description(arguments: argparse.Namespace, plane: "ReslicePlane") -> str:
    """Return the description of a new series: what it is, in the words of the Standard's own language."""
    words = [(arguments.plane or "oblique").capitalize(), "MPR"]
    if plane.thickness_mm > 0:
        kinds = {"mean": "mean", "max": "MIP", "min": "MinIP", "sum": "sum"}
        words[1:] = [kinds[plane.projection.value], f"{plane.thickness_mm:g} mm"]
    return " ".join(words)


def _as_json(volume: "SeriesVolume", planes: "list[ReslicePlane]", files: list[Path]) -> dict[str, Any]:
    first = planes[0]
    return {
        "files": [str(file) for file in files],
        "planes": len(planes),
        "origins_mm": [list(each.plane.position) for each in planes],
        "right": list(first.plane.row_direction),
        "down": list(first.plane.column_direction),
        "normal": list(first.plane.normal),
        "spacing_mm": first.plane.column_spacing_mm,
        "size": [first.columns, first.rows],
        "slab_mm": first.thickness_mm,
        "projection": first.projection.value,
        "interpolation": first.interpolation.value,
        "phase": first.phase + 1,
        "unit": _unit(volume, first),
        "frame_of_reference_uid": volume.geometry.frame_of_reference_uid,
    }


def _lines(volume: "SeriesVolume", planes: "list[ReslicePlane]", files: list[Path]) -> list[str]:
    first = planes[0]
    where = printable(str(files[0] if len(files) == 1 else files[0].parent))
    count = ngettext("{count} plane", "{count} planes", len(planes)).format(count=len(planes))
    size = f"{first.columns} × {first.rows} · {first.plane.column_spacing_mm:.4g} mm"
    return [f"{where}: {count} · {size} · {_unit(volume, first)}"]


def _unit(volume: "SeriesVolume", plane: "ReslicePlane") -> str:
    from viewer.volume.plane_frame import shown_rescale

    return shown_rescale(volume, plane.thickness_mm, plane.projection).unit
