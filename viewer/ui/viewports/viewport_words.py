"""What is written over the picture of one viewport: gathered from its picture, its workspace, and its monitor."""

from viewer.display.monitor_place import MonitorPlace
from viewer.ui.overlays.overlay_texts import OverlayTexts
from viewer.ui.overlays.viewport_texts import Scene, texts_of_picture
from viewer.ui.viewports.render_service import Picture
from viewer.workspace.fusion_look import NOTHING, FusionLook, fused_chips
from viewer.workspace.link_words import link_notes, link_words
from viewer.workspace.measuring.marks_shown import hidden_chips
from viewer.workspace.measuring.own_scale import own_spacing
from viewer.workspace.presenting.key_words import key_chip, rejection_chips
from viewer.workspace.presenting.state_words import state_chips
from viewer.workspace.reporting.report_words import cad_chips
from viewer.workspace.segmenting.cell_words import segment_chips
from viewer.workspace.suv_display import suv_chips
from viewer.workspace.tools.true_size import is_at_true_size
from viewer.workspace.viewport_notes import identity_warnings, patients_shown
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.volume_record import SETTLED, VolumeStanding
from viewer.workspace.workspace import Workspace


def words_of(
    picture: Picture,
    workspace: Workspace,
    cell: int,
    place: MonitorPlace,
    *,
    is_loading: bool,
    playing: float | None,
    dropped: int,
    standing: VolumeStanding = SETTLED,
    fusion: FusionLook = NOTHING,
) -> OverlayTexts:
    """Return the texts over a picture.

    Args:
        picture: As it is on screen.
        workspace: The viewport's.
        cell: Of the viewport.
        place: The monitor under it.
        is_loading: Whether the picture is an older one.
        playing: The rate a cine reaches; None while none plays.
        dropped: Images the cine left out.
        standing: How far the volume is that the picture is of.
        fusion: What is laid over it.
    """
    ask = picture.ask
    is_true_size = _is_true_size(picture, workspace, cell)
    scene = Scene(
        ask.image,
        ask.display_set,
        ask.index,
        workspace.options,
        place,
        is_loading=is_loading,
        playing=playing,
        dropped=dropped,
        preset=workspace.viewport(cell).preset,
        character_set=workspace.tree.character_set_of(ask.image.header),
        identity=identity_warnings(workspace, cell),
        patient_count=len(patients_shown(workspace)),
        is_true_size=is_true_size,
        is_screen_measured=is_true_size and _is_screen_measured(workspace, cell),
        corners=workspace.shared.corners,
        look=ask.look,
        standing=standing,
        links=(
            *suv_chips(workspace.viewport(cell).suv_type, ask.suv),
            *fusion.chips,
            *fused_chips(picture.rendered.request.overlay),
            *segment_chips(workspace, cell, DisplayedImage(ask.image, picture.rendered, look=ask.look)),
            *(cad_chips(workspace, cell, ask.image) if ask.look is None else ()),
            *(hidden_chips(workspace, ask.image) if ask.look is None else ()),
            *link_words(workspace, cell),
            *rejection_chips(workspace.shared.keys, ask.image, ask.display_set),
        ),
        key=key_chip(workspace.shared.keys, ask.image) if ask.look is None else "",
        presentation=state_chips(workspace, cell, picture.rendered.state),
        link_notes=link_notes(workspace, cell),
        own_spacing=own_spacing(workspace, ask.image) if ask.look is None else None,
    )
    return texts_of_picture(picture.rendered, picture.loaded.stored, scene)


def _is_true_size(picture: Picture, workspace: Workspace, cell: int) -> bool:
    window = workspace.window
    if window is None or not workspace.viewport(cell).is_true_size:
        return False
    return is_at_true_size(picture.rendered, window.screen_pixels_per_mm(cell))


def _is_screen_measured(workspace: Workspace, cell: int) -> bool:
    return workspace.window is not None and workspace.window.is_screen_measured(cell)
