"""What a viewport asks pixels with, worked out of its state and size; whether a picture is older than the question."""

from collections.abc import Callable, Hashable
from dataclasses import replace

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from viewer.imaging.fusion import Overlay
from viewer.imaging.viewport_image import RenderRequest
from viewer.ui.viewports.render_service import Ask, Picture
from viewer.workspace.viewport_state import DisplayOptions, ViewportState


def device_size(widget: QWidget) -> tuple[int, int]:
    """Return width and height in device pixels."""
    ratio = widget.devicePixelRatioF()
    return max(1, round(widget.width() * ratio)), max(1, round(widget.height() * ratio))


def request_of(
    state: ViewportState,
    options: DisplayOptions,
    key: Hashable,
    size: tuple[int, int],
    overlay: Overlay | None,
) -> RenderRequest:
    """Return what a viewport in a state wants to see.

    Args:
        state: Of the viewport.
        options: Of its window.
        key: Names the frame.
        size: In device pixels.
        overlay: What is laid over it.
    """
    view = replace(
        state.view,
        show_overlays=state.view.show_overlays and options.shows_overlays,
        show_shutter=state.view.show_shutter and options.shows_shutter,
    )
    return RenderRequest(key, size, state.transform, view, state.interpolation, overlay=overlay)


def kind_of(state: ViewportState) -> str:
    """Return how a display set is looked at: pictures of one kind do not stand for those of another."""
    return state.volume.kind.value if state.volume is not None else ""


def is_older(picture: Picture, asked: Ask) -> bool:
    """Return whether a picture shows another frame than the one asked for."""
    return picture.ask.image is not asked.image or picture.ask.request.frame_key != asked.request.frame_key


def single_shot(parent: QWidget, milliseconds: int, run: Callable[[], None]) -> QTimer:
    """Return a timer that runs something once when it was left alone for so long."""
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(run)
    return timer
