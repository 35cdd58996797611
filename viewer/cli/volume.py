"""`negatoscope volume`: a series rendered as a volume, as a picture."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import MediaError, UsageError, ViewerError, system_reason
from viewer.base.translation import _
from viewer.cli.main import two_numbers
from viewer.media.safety import printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from viewer.volume.rendering_camera import RenderingCamera
    from viewer.volume.rendering_presets import RenderingPreset
    from viewer.volume.rendering_request import ClipBox, RenderingRequest
    from viewer.volume.series_volume import SeriesVolume

DEFAULT_SIZE = (800, 800)
MAX_SIDE = 8192
CUBE_SHARE, CUBE_LEAST, CUBE_MARGIN = 0.12, 48, 8
"""Of the shorter side of the picture, in the lower right corner; under so many pixels nobody could read it."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments."""
    parser = subparsers.add_parser("volume", help=_("write a volume rendering of a series as a PNG"))
    parser.add_argument("path", type=Path, metavar="PATH")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.png")
    parser.add_argument(
        "--preset", default=None, metavar="NAME|FILE.toml", help=_("colours and opacities, like ct-bone")
    )
    parser.add_argument(
        "--azimuth", type=float, default=0.0, metavar="DEG", help=_("from the front 0, from the patient's left 90")
    )
    parser.add_argument(
        "--elevation", type=float, default=0.0, metavar="DEG", help=_("from above the head 90, from the feet -90")
    )
    parser.add_argument("--roll", type=float, default=0.0, metavar="DEG", help=_("of the camera, clockwise"))
    parser.add_argument("--zoom", type=float, default=1.0, metavar="F", help=_("1 just shows the whole volume"))
    parser.add_argument("--size", type=two_numbers, default=DEFAULT_SIZE, metavar="WxH", help=_("of the picture"))
    parser.add_argument("--perspective", action="store_true", help=_("near is larger than far"))
    parser.add_argument(
        "--clip",
        type=int,
        nargs=6,
        default=None,
        metavar=("I0", "I1", "J0", "J1", "K0", "K1"),
        help=_("only these columns, rows and slices, counted from 0"),
    )
    parser.add_argument("--series", default=None, metavar="UID|NUMBER", help=_("which series, where there are several"))
    parser.add_argument("--phase", type=int, default=1, metavar="N", help=_("phase, counted from 1"))
    parser.add_argument("--no-cube", action="store_true", help=_("without the cube of directions"))


def run(arguments: argparse.Namespace) -> int:
    """Render, write, and return the exit code.

    Raises:
        UsageError: If the arguments cannot be meant.
        ViewerError: If there is no volume, it cannot be read, or the picture cannot be written.
    """
    _check(arguments)
    camera = _camera(arguments)
    from viewer.cli.volume_info import warnings_of
    from viewer.cli.volume_opening import only_volume, opened_volumes
    from viewer.volume.volume_rendering import VolumeRenderer

    with opened_volumes([arguments.path], series=arguments.series) as volumes:
        opened = only_volume(volumes, arguments.path)
        preset = _preset(arguments.preset, opened.plan.middle_image.header.modality)
        volume = opened.load()
        for warning in warnings_of(opened, volume):
            print(f"negatoscope: {printable(warning)}", file=sys.stderr)
    request = _request(arguments, volume, preset, camera)
    with VolumeRenderer() as renderer:
        rendered = renderer.render(request)
    if rendered.voxel_mm is not None:
        words = _("Rendered from voxels of {0:.1f} × {1:.1f} × {2:.1f} mm to fit into memory").format(
            *rendered.voxel_mm
        )
        print(f"negatoscope: {printable(words)}", file=sys.stderr)
    _write(rendered.pixels, arguments.output)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    if arguments.output.suffix.lower() != ".png":
        raise UsageError(_("The output must end in .png"), subject=str(arguments.output))
    if not all(1 <= side <= MAX_SIDE for side in arguments.size):
        raise UsageError(_("A side of --size must be from 1 to {most}").format(most=MAX_SIDE))
    if arguments.phase < 1:
        raise UsageError(_("Phases count from 1"))


def _camera(arguments: argparse.Namespace) -> "RenderingCamera":
    from viewer.volume.rendering_camera import RenderingCamera

    try:
        return RenderingCamera(
            arguments.azimuth,
            arguments.elevation,
            arguments.roll,
            arguments.zoom,
            is_perspective=arguments.perspective,
        )
    except ViewerError as error:
        raise UsageError(str(error)) from error


def _preset(name: str | None, modality: str) -> "RenderingPreset":
    from viewer.volume.rendering_presets import first_preset, preset_named, read_preset

    if name is None:
        return first_preset(modality)
    if name.lower().endswith(".toml"):
        return read_preset(Path(name))
    try:
        return preset_named(name)
    except ViewerError as error:
        raise UsageError(str(error), advice=error.advice) from error


def _request(
    arguments: argparse.Namespace, volume: "SeriesVolume", preset: "RenderingPreset", camera: "RenderingCamera"
) -> "RenderingRequest":
    from viewer.volume.rendering_camera import fitted
    from viewer.volume.rendering_request import RenderingRequest

    if arguments.phase > len(volume.phases):
        raise UsageError(_("There are only {count} phases").format(count=len(volume.phases)))
    clip: ClipBox | None = None if arguments.clip is None else tuple(arguments.clip)
    try:
        return RenderingRequest(
            volume,
            preset.functions,
            fitted(camera, volume.geometry, arguments.size).zoomed(camera.zoom),
            arguments.size,
            arguments.phase - 1,
            clip_box=clip,
            cube=None if arguments.no_cube else cube_place(arguments.size),
        )
    except ViewerError as error:
        raise UsageError(str(error)) from error


def cube_place(size: tuple[int, int]) -> tuple[int, int, int] | None:
    """Return left, top and side of the orientation cube in a picture; None where it would be too small to read."""
    side = round(min(size) * CUBE_SHARE)
    if side < CUBE_LEAST:
        side = CUBE_LEAST
    if side * 3 > min(size):
        return None
    return size[0] - side - CUBE_MARGIN, size[1] - side - CUBE_MARGIN, side


def _write(pixels: "NDArray[np.uint8]", output: Path) -> None:
    from PIL import Image

    from viewer.base.whole_output import whole_file

    try:
        with whole_file(output, is_replacing=True) as stream:
            Image.fromarray(pixels).save(stream, format="PNG")
    except OSError as error:
        raise MediaError(system_reason(error), subject=str(output), advice=_("Choose another place")) from error
