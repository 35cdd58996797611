"""Commands that turn, size and reset the active image, and undo."""

from collections.abc import Callable
from dataclasses import replace

from viewer.base.translation import N_
from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.imaging.viewport_image import Interpolation
from viewer.workspace.commands.command import Command, has_images, has_window
from viewer.workspace.commands.sizes import is_true_size, show_same_size, show_true_size
from viewer.workspace.presenting.applying import beginning
from viewer.workspace.rendering_view import change_rendering, rendering_at, zoom_to_fit
from viewer.workspace.tools.zoom import zoomed_about
from viewer.workspace.viewport_state import CineState, ViewportState
from viewer.workspace.workspace import Workspace

ZOOM_STEP = 1.25
INTERPOLATION_TITLES = {
    Interpolation.NEAREST: N_("Interpolation: none (exact pixels)"),
    Interpolation.LINEAR: N_("Interpolation: linear"),
    Interpolation.CUBIC: N_("Interpolation: cubic"),
    Interpolation.LANCZOS: N_("Interpolation: Lanczos"),
}


def turned(title: str, how: Callable[[SpatialTransform], SpatialTransform]) -> Callable[[Workspace], None]:
    """Return what changes how the active image lies."""

    def run(workspace: Workspace) -> None:
        workspace.adjust(title, lambda state: replace(state, transform=how(state.transform), is_true_size=False))

    return run


def _reset(workspace: Workspace) -> None:
    """Reset the view; where nothing is left to reset, leave the full screen."""
    state = workspace.viewport(workspace.active)
    plain = _plain(workspace, state)
    if plain == state and workspace.layout.maximized is None:
        workspace.set_options(replace(workspace.options, is_full_screen=False))
        return
    workspace.change(plain, N_("Reset"))
    if workspace.layout.maximized is not None:
        workspace.toggle_maximized()


def _can_reset(workspace: Workspace) -> bool:
    return has_images(workspace) or workspace.options.is_full_screen


def _has_window_and_images(workspace: Workspace) -> bool:
    return has_window(workspace) and has_images(workspace)


def _plain(workspace: Workspace, state: ViewportState) -> ViewportState:
    plain = replace(state, view=View(), transform=SpatialTransform(), cine=CineState(), preset="", is_true_size=False)
    return beginning(workspace, workspace.active, plain)


def _zoom(factor: float) -> Callable[[Workspace], None]:
    def run(workspace: Workspace) -> None:
        displayed = workspace.displayed(workspace.active)
        if rendering_at(workspace) is not None:
            change_rendering(workspace, N_("Zoom"), lambda look: replace(look, zoom=look.zoom * factor))
        elif displayed is not None:
            placement = displayed.rendered.placement
            middle = (placement.size[0] / 2, placement.size[1] / 2)
            workspace.adjust(N_("Zoom"), lambda state: zoomed_about(state, placement, factor, middle))

    return run


def _fit(workspace: Workspace) -> None:
    if rendering_at(workspace) is not None:
        zoom_to_fit(workspace)
    else:
        turned(N_("Fit"), SpatialTransform.fitted)(workspace)


def _interpolate(interpolation: Interpolation) -> Command:
    return Command(
        id=f"view.interpolation_{interpolation.value}",
        title=INTERPOLATION_TITLES[interpolation],
        run=lambda workspace: workspace.adjust(
            N_("Interpolation"), lambda state: replace(state, interpolation=interpolation)
        ),
        menu="image/interpolation",
        group="interpolation",
        enabled=has_images,
        checked=lambda workspace: workspace.viewport(workspace.active).interpolation is interpolation,
        is_exclusive=True,
    )


COMMANDS = (
    Command(
        id="edit.undo",
        title=N_("Undo"),
        run=lambda workspace: workspace.undo(),
        keys=("Ctrl+Z",),
        menu="edit",
        group="undo",
        enabled=lambda workspace: bool(workspace.undo_titles[0]),
        icon="undo",
        help=N_("Take the last change of a view back"),
    ),
    Command(
        id="edit.redo",
        title=N_("Redo"),
        run=lambda workspace: workspace.redo(),
        keys=("Ctrl+Y", "Ctrl+Shift+Z"),
        menu="edit",
        group="undo",
        enabled=lambda workspace: bool(workspace.undo_titles[1]),
        icon="redo",
        help=N_("Do again what was taken back"),
    ),
    Command(
        id="view.reset",
        title=N_("Reset the view"),
        run=_reset,
        keys=("Esc",),
        menu="edit",
        group="reset",
        enabled=_can_reset,
        icon="rotate-ccw",
        help=N_("Show the image as it asks to be shown: window, size and position; then leave the full screen"),
        is_in_toolbar=True,
    ),
    Command(
        id="view.fit",
        title=N_("Fit to the viewport"),
        run=_fit,
        keys=("Ctrl+0",),
        menu="image",
        group="size",
        enabled=has_images,
        icon="maximize",
        help=N_("Show the whole image as large as it fits"),
        is_in_toolbar=True,
    ),
    Command(
        id="view.one_to_one",
        title=N_("One pixel to one pixel"),
        run=turned(N_("One pixel to one pixel"), lambda transform: transform.at_scale(1.0)),
        keys=("Ctrl+1",),
        menu="image",
        group="size",
        enabled=has_images,
        icon="one-to-one",
        help=N_("Show every pixel of the image by one pixel of the screen"),
    ),
    Command(
        id="view.true_size",
        title=N_("True size"),
        run=show_true_size,
        keys=("Ctrl+2",),
        menu="image",
        group="size",
        enabled=_has_window_and_images,
        checked=is_true_size,
        icon="ruler",
        help=N_("One millimetre of the image is one millimetre on the screen, as image and monitor state them"),
    ),
    Command(
        id="view.same_size",
        title=N_("Same size"),
        run=show_same_size,
        keys=("Ctrl+3",),
        menu="image",
        group="size",
        enabled=_has_window_and_images,
        icon="scaling",
        help=N_("In all viewports one millimetre is as long as in the active one, on whatever monitor they lie"),
    ),
    Command(
        id="view.zoom_in",
        title=N_("Zoom in"),
        run=_zoom(ZOOM_STEP),
        keys=("Ctrl++", "Ctrl+="),
        menu="image",
        group="size",
        enabled=has_images,
        icon="zoom-in",
        help=N_("Magnify about the middle of the viewport"),
    ),
    Command(
        id="view.zoom_out",
        title=N_("Zoom out"),
        run=_zoom(1 / ZOOM_STEP),
        keys=("Ctrl+-",),
        menu="image",
        group="size",
        enabled=has_images,
        icon="zoom-out",
        help=N_("Make smaller about the middle of the viewport"),
    ),
    Command(
        id="view.rotate_right",
        title=N_("Rotate right by 90°"),
        run=turned(N_("Rotate"), lambda transform: transform.rotated(90.0)),
        keys=("]",),
        menu="image",
        group="turn",
        enabled=has_images,
        icon="rotate-cw",
        help=N_("Turn the image clockwise"),
        is_in_toolbar=True,
    ),
    Command(
        id="view.rotate_left",
        title=N_("Rotate left by 90°"),
        run=turned(N_("Rotate"), lambda transform: transform.rotated(-90.0)),
        keys=("[",),
        menu="image",
        group="turn",
        enabled=has_images,
        icon="rotate-ccw-square",
        help=N_("Turn the image counter-clockwise"),
    ),
    Command(
        id="view.flip_horizontal",
        title=N_("Flip left to right"),
        run=turned(N_("Flip"), SpatialTransform.flipped_horizontally),
        keys=("Shift+H",),
        menu="image",
        group="turn",
        enabled=has_images,
        icon="flip-horizontal",
        help=N_("Exchange left and right; the orientation letters follow"),
        is_in_toolbar=True,
    ),
    Command(
        id="view.flip_vertical",
        title=N_("Flip top to bottom"),
        run=turned(N_("Flip"), SpatialTransform.flipped_vertically),
        keys=("Shift+V",),
        menu="image",
        group="turn",
        enabled=has_images,
        icon="flip-vertical",
        help=N_("Exchange top and bottom; the orientation letters follow"),
    ),
    *(_interpolate(interpolation) for interpolation in Interpolation),
)
