"""Commands that lay another volume over the active image, and show PET in SUV."""

from collections.abc import Callable
from dataclasses import replace

from viewer.base.translation import N_, _
from viewer.imaging.fusion_palettes import FUSION_PALETTE_IDS
from viewer.measurement.body_measures import SUV_TYPES
from viewer.workspace.commands.command import Command, has_images
from viewer.workspace.fusion import change_fusion, cycle, step_opacity, toggle
from viewer.workspace.suv_book import is_pet
from viewer.workspace.suv_choice import set_suv_type, suv_refusal_at, toggle_suv
from viewer.workspace.volume_view import FusionState
from viewer.workspace.workspace import Workspace


def is_fused(workspace: Workspace) -> bool:
    """Return whether something is laid over the active viewport."""
    return workspace.viewport(workspace.active).fusion is not None


def _has_pet(workspace: Workspace) -> bool:
    display_set = workspace.display_set_at(workspace.active)
    return display_set is not None and is_pet(display_set)


def _told(workspace: Workspace, refusal: str) -> None:
    if refusal and workspace.window is not None:
        workspace.window.show_message(refusal)


def _toggle(workspace: Workspace) -> None:
    refusal = toggle(workspace)
    _told(workspace, _("No fusion: {0}").format(refusal) if refusal else "")


def _toggle_suv(workspace: Workspace) -> None:
    refusal = toggle_suv(workspace)
    _told(workspace, _("No SUV: {0}").format(refusal) if refusal else "")


def _next_palette(workspace: Workspace) -> None:
    def following(fusion: FusionState) -> FusionState:
        known = fusion.palette in FUSION_PALETTE_IDS
        place = FUSION_PALETTE_IDS.index(fusion.palette) + 1 if known else 0
        return replace(fusion, palette=FUSION_PALETTE_IDS[place % len(FUSION_PALETTE_IDS)])

    change_fusion(workspace, N_("Colours of the overlay"), following)


def _suv(type_id: str, title: str) -> Command:
    def run(workspace: Workspace) -> None:
        refusal = suv_refusal_at(workspace, type_id)
        if refusal:
            _told(workspace, _("No SUV: {0}").format(refusal))
        else:
            set_suv_type(workspace, type_id)

    return Command(
        id=f"fusion.values_{type_id.replace('-', '_')}",
        title=N_("PET in {0}"),
        run=run,
        menu="volume/suv",
        group="suv",
        enabled=_has_pet,
        checked=lambda workspace: workspace.viewport(workspace.active).suv_type == type_id,
        is_exclusive=True,
        title_arguments=(title,),
    )


def _stepping(steps: int) -> Callable[[Workspace], None]:
    return lambda workspace: step_opacity(workspace, steps)


COMMANDS = (
    Command(
        id="fusion.toggle",
        title=N_("Fusion"),
        run=_toggle,
        keys=("Shift+Q",),
        menu="volume/fusion",
        group="fusion",
        enabled=has_images,
        checked=is_fused,
        icon="blend",
        help=N_("Lay PET, SPECT or another volume of the patient over the image in colour"),
    ),
    Command(
        id="fusion.next",
        title=N_("Next overlay"),
        run=cycle,
        keys=("Shift+N",),
        menu="volume/fusion",
        group="fusion",
        enabled=has_images,
        help=N_("The next volume of the patient that shares the Frame of Reference, or is registered"),
    ),
    Command(
        id="fusion.more",
        title=N_("Overlay more opaque"),
        run=_stepping(1),
        keys=("Alt+]",),
        menu="volume/fusion",
        group="opacity",
        enabled=is_fused,
    ),
    Command(
        id="fusion.less",
        title=N_("Overlay less opaque"),
        run=_stepping(-1),
        keys=("Alt+[",),
        menu="volume/fusion",
        group="opacity",
        enabled=is_fused,
    ),
    Command(
        id="fusion.palette",
        title=N_("Other colours of the overlay"),
        run=_next_palette,
        menu="volume/fusion",
        group="palette",
        enabled=is_fused,
        help=N_("The next colour table; all of them are on the page Volume at the right"),
    ),
    Command(
        id="fusion.suv",
        title=N_("PET in SUV"),
        run=_toggle_suv,
        keys=("Ctrl+Shift+U",),
        menu="volume/suv",
        group="toggle",
        enabled=_has_pet,
        checked=lambda workspace: bool(workspace.viewport(workspace.active).suv_type),
        help=N_("Standardised uptake by body weight, inverse grey; every input is listed at the right"),
    ),
    *(_suv(each.id, each.title) for each in SUV_TYPES),
)
