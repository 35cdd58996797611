"""Commands for grey levels: presets, automatic windows, polarity, pseudo-colour."""

from collections.abc import Callable
from dataclasses import replace

from viewer.base.translation import N_
from viewer.imaging.grayscale_pipeline import View, automatic_window
from viewer.imaging.voi_lut import VoiOption
from viewer.workspace.commands.command import Command, has_images, has_window
from viewer.workspace.commands.file import in_window
from viewer.workspace.presets import KEYS, Preset
from viewer.workspace.workspace import Workspace

PRESET_TITLE = N_("Window preset {0}")
AUTOMATIC = N_("automatic window")


def presets_at(workspace: Workspace, cell: int) -> tuple[Preset, ...]:
    """Return the presets for what a cell shows."""
    series = workspace.series_at(cell)
    return workspace.presets.of(series.modality) if series is not None else ()


def apply_preset(workspace: Workspace, number: int) -> None:
    """Give the active viewport a preset of its modality, counted from 1."""
    presets = presets_at(workspace, workspace.active)
    if number <= len(presets):
        preset = presets[number - 1]
        workspace.adjust(
            N_("Window preset"),
            lambda state: replace(state, view=replace(state.view, voi=preset.window), preset=preset.name),
        )


def _preset(number: int) -> Command:
    return Command(
        id=f"window.preset_{number}",
        title=PRESET_TITLE,
        title_arguments=(str(number),),
        run=lambda workspace: apply_preset(workspace, number),
        keys=(KEYS[number - 1],),
        menu="image/window",
        group="preset",
        enabled=lambda workspace: has_images(workspace) and number <= len(presets_at(workspace, workspace.active)),
    )


def _own_window(workspace: Workspace) -> None:
    workspace.adjust(
        N_("The image's own window"), lambda state: replace(state, view=replace(state.view, voi=None), preset="")
    )


def _next_option(workspace: Workspace) -> None:
    """Go to the next of the windows and tables the image itself offers."""
    displayed = workspace.displayed(workspace.active)
    options = displayed.rendered.state.voi_options if displayed is not None else ()
    if not options:
        return

    def step(voi: object) -> VoiOption:
        place = options.index(voi) if isinstance(voi, VoiOption) and voi in options else 0
        return options[(place + 1) % len(options)]

    workspace.adjust(
        N_("Next window of the image"),
        lambda state: replace(state, view=replace(state.view, voi=step(state.view.voi)), preset=""),
    )


def _auto(workspace: Workspace) -> None:
    """Fit the window to the image on screen, and keep it for the others of its display set."""
    displayed = workspace.displayed(workspace.active)
    if displayed is None or displayed.stored is None or displayed.stored.is_color:
        return
    window = automatic_window(displayed.stored.values, displayed.rendered.state)
    workspace.adjust(
        N_("Automatic window"), lambda state: replace(state, view=replace(state.view, voi=window), preset=AUTOMATIC)
    )


def _with_view(title: str, how: Callable[[View], View]) -> Callable[[Workspace], None]:
    return lambda workspace: workspace.adjust(title, lambda state: replace(state, view=how(state.view)))


def _next_palette(current: str | None) -> str | None:
    from viewer.imaging.pseudo_color import PALETTE_IDS

    choices: tuple[str | None, ...] = (None, *PALETTE_IDS)
    place = choices.index(current) if current in choices else 0
    return choices[(place + 1) % len(choices)]


COMMANDS = (
    Command(
        id="window.own",
        title=N_("The image's own window"),
        run=_own_window,
        keys=("0",),
        menu="image/window",
        group="own",
        enabled=has_images,
        checked=lambda workspace: workspace.viewport(workspace.active).view.voi is None,
        help=N_("Back to the window the image asks for"),
    ),
    Command(
        id="window.next_own",
        title=N_("Next window of the image"),
        run=_next_option,
        keys=("V",),
        menu="image/window",
        group="own",
        enabled=has_images,
        help=N_("Go through the windows and tables the image itself offers"),
    ),
    Command(
        id="window.auto",
        title=N_("Automatic window"),
        run=_auto,
        keys=("Ctrl+Shift+A",),
        menu="image/window",
        group="own",
        enabled=has_images,
        icon="wand",
        help=N_("Fit the window to the values of this image, and keep it for the others"),
    ),
    *(_preset(number) for number in range(1, 10)),
    Command(
        id="window.choose_preset",
        title=N_("Choose a window preset…"),
        run=in_window(lambda window: window.choose_preset()),
        keys=("F2",),
        menu="image/window",
        group="presets",
        enabled=lambda workspace: has_window(workspace) and has_images(workspace),
    ),
    Command(
        id="window.edit_presets",
        title=N_("Edit window presets…"),
        run=in_window(lambda window: window.edit_presets()),
        menu="image/window",
        group="presets",
        enabled=has_window,
        help=N_("Change, add and order the presets of each modality"),
    ),
    Command(
        id="view.invert",
        title=N_("Invert"),
        run=_with_view(N_("Invert"), lambda view: replace(view, inverted=not view.inverted)),
        keys=("Ctrl+I",),
        menu="image",
        group="grey",
        enabled=has_images,
        checked=lambda workspace: workspace.viewport(workspace.active).view.inverted,
        icon="invert",
        help=N_("Exchange dark and light"),
        is_in_toolbar=True,
    ),
    Command(
        id="view.pseudo_color_next",
        title=N_("Next pseudo-colour table"),
        run=_with_view(N_("Pseudo-colour"), lambda view: replace(view, pseudo_color=_next_palette(view.pseudo_color))),
        keys=("Shift+C",),
        menu="image",
        group="grey",
        enabled=has_images,
        help=N_("Go through the pseudo-colour tables and back to grey"),
    ),
    Command(
        id="view.pseudo_color_choose",
        title=N_("Pseudo-colour…"),
        run=in_window(lambda window: window.choose_pseudo_color()),
        menu="image",
        group="grey",
        enabled=lambda workspace: has_window(workspace) and has_images(workspace),
        icon="palette",
        help=N_("Choose a pseudo-colour table"),
    ),
    Command(
        id="view.overlays",
        title=N_("Overlays"),
        run=_with_view(N_("Overlays"), lambda view: replace(view, show_overlays=not view.show_overlays)),
        keys=("O",),
        menu="image",
        group="marks",
        enabled=has_images,
        checked=lambda workspace: workspace.viewport(workspace.active).view.show_overlays,
        help=N_("Show the graphics that are part of the image"),
    ),
    Command(
        id="view.shutter",
        title=N_("Shutter"),
        run=_with_view(N_("Shutter"), lambda view: replace(view, show_shutter=not view.show_shutter)),
        keys=("Shift+O",),
        menu="image",
        group="marks",
        enabled=has_images,
        checked=lambda workspace: workspace.viewport(workspace.active).view.show_shutter,
        help=N_("Cover what the image asks to cover"),
    ),
)
