"""`negatoscope render --presentation-state`: a frame as a state shows it, whole and turned, or its displayed area."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.base.errors import DicomError, UsageError, ViewerError
from viewer.base.translation import _
from viewer.cli.given_paths import check_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viewer.dicom.instance_header import InstanceHeader
    from viewer.dicom.presentation_state.values import PresentationState
    from viewer.imaging.display_calibration import DisplayCalibration
    from viewer.imaging.frame_source import FrameSource
    from viewer.imaging.frame_state import FrameState
    from viewer.imaging.grayscale_pipeline import Stage, View
    from viewer.imaging.presented_frame import Presented
    from viewer.imaging.stored_frame import StoredFrame


def read_state(path: Path) -> "PresentationState":
    """Return the presentation state of a file.

    Raises:
        ViewerError: If it cannot be read, or is none.
    """
    from viewer.base.byte_source import FileBytes
    from viewer.dicom.datasets import read_data_set
    from viewer.dicom.header_scan import scan_header
    from viewer.dicom.presentation_state.reading import read_presentation_state

    check_file(path)
    try:
        return read_presentation_state(read_data_set(scan_header(FileBytes(path))))
    except ViewerError as error:
        raise error.about(str(path)) from error


def read_presented(path: Path, frame: int, state_path: Path) -> "tuple[StoredFrame, Presented]":
    """Return a frame's pixels and its truth under a presentation state.

    Args:
        path: Of the image.
        frame: From 1.
        state_path: Of the state.

    Raises:
        ViewerError: If one of them cannot be read, or the state is not for the frame.
    """
    from viewer.base.byte_source import FileBytes
    from viewer.dicom.header_scan import scan_header
    from viewer.imaging.decoder_pool import DecoderPool
    from viewer.imaging.frame_source import FrameSource
    from viewer.imaging.frame_state import read_frame_states

    presentation = read_state(state_path)
    check_file(path)
    try:
        header = scan_header(FileBytes(path))
        with DecoderPool(workers=1) as pool:
            source = FrameSource(header, pool)
            if frame > source.frame_count:
                raise UsageError(_("There are only {count} frames").format(count=source.frame_count), subject=str(path))
            state = read_frame_states(header).state(frame - 1)
            _refuse(presentation, header, state, state_path)
            return _made(source, state, presentation)
    except ViewerError as error:
        raise error.about(str(path)) from error


def _refuse(presentation: "PresentationState", header: "InstanceHeader", state: "FrameState", state_path: Path) -> None:
    from viewer.dicom.presentation_state.references import refusal
    from viewer.dicom.presentation_state.values import StateKind
    from viewer.imaging.presented_frame import image_of

    reason = refusal(presentation, image_of(header, state))
    if not reason and presentation.kind is StateKind.BLENDING:
        reason = _("The state blends two series, and one file is given: open both in the window")
    if reason:
        raise DicomError(reason, subject=str(state_path))


def _made(
    source: "FrameSource", state: "FrameState", presentation: "PresentationState"
) -> "tuple[StoredFrame, Presented]":
    from viewer.imaging.presented_frame import presented, presented_pixels

    return presented_pixels(
        presented(state, presentation),
        source.stored_frame(state.frame_number - 1),
        lambda number: source.stored_frame(number - 1).values,
    )


def render_presented(
    stored: "StoredFrame",
    presented: "Presented",
    view: "View",
    stage: "Stage",
    size: tuple[int, int] | None,
    calibration: "DisplayCalibration",
    *,
    has_graphics: bool = True,
) -> "NDArray[Any]":
    """Return a presented frame at a stage: turned and pixel for pixel, or its displayed area fitted into a size."""
    from viewer.imaging.presented_picture import fitted_picture, whole_picture

    if size is None:
        return whole_picture(stored, presented, view, stage, calibration, has_graphics=has_graphics)
    return fitted_picture(stored, presented, view, stage, size, calibration, has_graphics=has_graphics)
