"""`negatoscope render`: one frame at one stage of the pipeline, as a picture or as an array."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.base.errors import MediaError, UsageError, ViewerError, system_reason
from viewer.base.translation import N_, _
from viewer.cli.given_paths import check_file
from viewer.media.safety import printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viewer.imaging.display_calibration import DisplayCalibration
    from viewer.imaging.frame_state import FrameState
    from viewer.imaging.grayscale_pipeline import View
    from viewer.imaging.stored_frame import StoredFrame

STAGES = ("stored", "modality", "voi", "p-value", "display")
VOI_FUNCTIONS = ("linear", "linear-exact", "sigmoid")
FORMATS = (".png", ".npy")
MAX_SIDE = 32767
BITS = (8, 10, 16)
WARNINGS = {
    "TRUNCATED": N_("The pixel data end early; what is missing is filled with the lowest value"),
    "OVERLONG": N_("There are more pixel data than the image needs"),
    "CODEC_DISAGREES": N_("The compressed image is not what the header says; the compressed image was believed"),
    "BITS_DISAGREE": N_("Pixels have more bits than the header says; the header was believed"),
}
"""By name of imaging.stored_frame.FrameWarning, which is imported late."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments."""
    parser = subparsers.add_parser("render", help=_("write one frame as a PNG or as a NumPy array"))
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.png|OUT.npy")
    parser.add_argument("--frame", type=int, default=1, metavar="N", help=_("frame, counted from 1"))
    parser.add_argument("--stage", choices=STAGES, default="display", help=_("where in the pipeline to stop"))
    parser.add_argument("--window", type=float, nargs=2, default=None, metavar=("CENTER", "WIDTH"))
    parser.add_argument(
        "--voi-function",
        choices=VOI_FUNCTIONS,
        default=None,
        help=_("function of the window given, or of the image's own"),
    )
    parser.add_argument(
        "--voi", type=int, default=None, metavar="INDEX", help=_("window or table of the image, from 0")
    )
    parser.add_argument("--no-overlays", action="store_true", help=_("leave overlays out"))
    parser.add_argument("--no-shutter", action="store_true", help=_("leave the shutter off"))
    parser.add_argument(
        "--calibration", type=Path, default=None, metavar="FILE.json", help=_("of the monitor that will show it")
    )
    parser.add_argument(
        "--bits", type=int, choices=BITS, default=None, help=_("of a driving level in the display stage; 8 by default")
    )
    parser.add_argument(
        "--presentation-state",
        type=Path,
        default=None,
        metavar="PR.dcm",
        help=_("shown as this state says: turned, pixel for pixel; its displayed area with --size"),
    )
    parser.add_argument("--no-graphics", action="store_true", help=_("leave graphics and texts of the state out"))
    parser.add_argument("--size", type=int, nargs=2, default=None, metavar=("W", "H"), help=_("fit into this size"))


def run(arguments: argparse.Namespace) -> int:
    """Render, write, and return the exit code.

    Raises:
        UsageError: If the arguments do not fit each other or the image.
        ViewerError: If the file cannot be read, decoded or written.
    """
    _check(arguments)
    calibration = _calibration(arguments.calibration)
    if arguments.presentation_state is not None:
        return _run_presented(arguments, calibration)
    stored, state = _read(arguments.file, arguments.frame)
    _check_color(arguments, stored, state)
    _warn(stored, state, arguments.file)
    view = _view(arguments, state)
    pixels = _render(stored, state, view, arguments, calibration)
    _write(pixels, arguments.output)
    return 0


def _run_presented(arguments: argparse.Namespace, calibration: "DisplayCalibration") -> int:
    from viewer.cli.presentation import read_presented, render_presented
    from viewer.imaging.grayscale_pipeline import Stage

    stored, shown = read_presented(arguments.file, arguments.frame, arguments.presentation_state)
    _check_color(arguments, stored, shown.state)
    _warn(stored, shown.state, arguments.file, shown.notes)
    size = None if arguments.size is None else (arguments.size[0], arguments.size[1])
    view = _view(arguments, shown.state)
    has_graphics = not arguments.no_graphics
    stage = Stage(arguments.stage)
    pixels = render_presented(stored, shown, view, stage, size, calibration, has_graphics=has_graphics)
    _write(pixels, arguments.output)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    suffix = arguments.output.suffix.lower()
    if suffix not in FORMATS:
        raise UsageError(_("The output must end in .png or .npy"), subject=str(arguments.output))
    if arguments.frame < 1:
        raise UsageError(_("Frames count from 1"))
    if suffix == ".png" and arguments.stage == "modality":
        raise UsageError(_("Modality values have fractions and signs: write them to .npy"))
    if arguments.window is not None and arguments.voi is not None:
        raise UsageError(_("Give either --window or --voi"))
    if arguments.presentation_state is not None and (arguments.voi is not None or arguments.bits not in {None, 8}):
        raise UsageError(_("--voi and --bits are not for --presentation-state"))
    if arguments.stage != "display" and (arguments.calibration is not None or arguments.bits is not None):
        raise UsageError(_("--calibration and --bits are for the display stage"))
    if arguments.size is not None:
        if not all(1 <= side <= MAX_SIDE for side in arguments.size):
            raise UsageError(_("A side of --size must be from 1 to {most}").format(most=MAX_SIDE))
        if arguments.stage in {"stored", "modality"}:
            raise UsageError(_("--size is for stages that can be shown: voi, p-value and display"))


def _read(path: Path, frame: int) -> "tuple[StoredFrame, FrameState]":
    from viewer.base.byte_source import FileBytes
    from viewer.dicom.header_scan import scan_header
    from viewer.imaging.decoder_pool import DecoderPool
    from viewer.imaging.frame_source import FrameSource
    from viewer.imaging.frame_state import read_frame_states

    subject = str(path)
    check_file(path)
    try:
        header = scan_header(FileBytes(path))
        with DecoderPool(workers=1) as pool:
            source = FrameSource(header, pool)
            if frame > source.frame_count:
                raise UsageError(_("There are only {count} frames").format(count=source.frame_count), subject=subject)
            stored = source.stored_frame(frame - 1)
        return stored, read_frame_states(header).state(frame - 1)
    except ViewerError as error:
        raise error.about(subject) from error


def _warn(stored: "StoredFrame", state: "FrameState", path: Path, notes: tuple[str, ...] = ()) -> None:
    """Say on standard error what a picture or an array cannot say of itself."""
    decoding = (_(WARNINGS[warning.name]) for warning in sorted(stored.warnings, key=lambda each: each.name))
    if state.masks:
        notes = (*notes, _("The image asks to be shown less its mask; it is written as it was acquired"))
    for words in (*decoding, *state.warnings, *notes):
        print(f"negatoscope: {printable(str(path))}: {printable(words)}", file=sys.stderr)


def _view(arguments: argparse.Namespace, state: "FrameState") -> "View":
    from viewer.imaging.grayscale_pipeline import View

    return View(
        voi=_voi(arguments, state),
        show_overlays=not arguments.no_overlays,
        show_shutter=not arguments.no_shutter,
    )


def _voi(arguments: argparse.Namespace, state: "FrameState") -> Any:  # noqa: ANN401 - what View takes
    from viewer.imaging.voi_lut import VoiFunction, VoiOrigin, Window

    named = arguments.voi_function
    function = None if named is None else VoiFunction(named.upper().replace("-", "_"))
    if arguments.window is not None:
        return _window(arguments.window[0], arguments.window[1], function or VoiFunction.LINEAR)
    stated = [option for option in state.voi_options if option.origin is VoiOrigin.IMAGE]
    chosen = None
    if arguments.voi is not None:
        if not 0 <= arguments.voi < len(stated):
            raise UsageError(
                _("The image has {count} windows and tables of its own, counted from 0").format(count=len(stated))
            )
        chosen = stated[arguments.voi]
    if function is None:
        return chosen
    option = chosen or (state.voi_options[0] if state.voi_options else None)
    if option is None or not isinstance(option.voi, Window):
        raise UsageError(_("--voi-function needs a window: the image's own, or --window"))
    return _window(option.voi.center, option.voi.width, function)


def _window(center: float, width: float, function: Any) -> Any:  # noqa: ANN401 - imported late
    from viewer.imaging.voi_lut import Window

    try:
        return Window(center, width, function)
    except ViewerError as error:
        raise UsageError(str(error)) from error


def _calibration(path: Path | None) -> "DisplayCalibration":
    """Return the monitor's calibration with plain levels: exact numbers are written, not what tricks the eye."""
    from viewer.imaging.display_calibration import UNCALIBRATED

    if path is None:
        return UNCALIBRATED
    from viewer.display.calibration_file import read_calibration

    check_file(path)
    return read_calibration(path).calibration.plain()


def _check_color(arguments: argparse.Namespace, stored: "StoredFrame", state: "FrameState") -> None:
    if arguments.bits in {None, 8}:
        return
    if stored.is_color or state.palette is not None:
        raise UsageError(
            _("A colour image has 8 bits a channel in the display stage: the calibration is for grey"),
            subject=str(arguments.file),
        )


def _render(
    stored: "StoredFrame",
    state: "FrameState",
    view: "View",
    arguments: argparse.Namespace,
    calibration: "DisplayCalibration",
) -> "NDArray[Any]":
    from viewer.imaging.deep_display import deep_display
    from viewer.imaging.grayscale_pipeline import Stage
    from viewer.imaging.whole_frame import fitted_stage, whole_stage

    stage = Stage(arguments.stage)
    size = None if arguments.size is None else (arguments.size[0], arguments.size[1])
    if arguments.bits not in {None, 8}:
        return deep_display(stored, state, view, calibration, arguments.bits, size)
    if size is not None:
        return fitted_stage(stored, state, view, stage, size, calibration)
    return whole_stage(stored, state, view, stage, calibration)


def _write(pixels: "NDArray[Any]", output: Path) -> None:
    import numpy as np

    try:
        if output.suffix.lower() == ".npy":
            with output.open("wb") as stream:
                np.save(stream, np.ascontiguousarray(pixels), allow_pickle=False)
            return
        _picture(pixels).save(output, format="PNG")
    except OSError as error:
        raise MediaError(system_reason(error), subject=str(output), advice=_("Choose another place")) from error


def _picture(pixels: "NDArray[Any]") -> Any:  # noqa: ANN401 - Pillow is imported late
    import numpy as np
    from PIL import Image

    if pixels.dtype == np.float64 and pixels.ndim == 2:  # VOI values 0..1, as far as a picture can tell them apart
        pixels = np.rint(pixels * 65535.0).astype(np.uint16)
    if pixels.dtype not in (np.uint8, np.uint16) or (pixels.ndim == 3 and pixels.dtype != np.uint8):
        raise UsageError(_("A PNG cannot hold these values: write them to .npy"))
    return Image.fromarray(np.ascontiguousarray(pixels))
