"""What is laid over an image in colour, for a blending state: where one frame of reference holds both (A.33.4)."""

from dataclasses import dataclass, replace

from viewer.base.translation import _
from viewer.dicom.presentation_state.values import (
    BlendingInput,
    PresentationState,
    Scope,
    StateKind,
    StateRescale,
    StateVoi,
)
from viewer.imaging.fusion_palettes import fusion_palette
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.pseudo_color import PALETTE_IDS, palette_uid
from viewer.imaging.voi_lut import Window, window_between
from viewer.workspace.image_places import frame_of
from viewer.workspace.presenting.state_writing import palette_data
from viewer.workspace.presenting.state_writing_color import srgb_profile
from viewer.workspace.presenting.state_writing_scopes import whole_scope
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.workspace import Workspace

_SLOPE, _INTERCEPT = 0x00281053, 0x00281052


@dataclass(frozen=True, slots=True, eq=False)
class Superimposed:
    """A series laid over another.

    Attributes:
        window: In the values that its rescale makes.
        palette: Id of its colours.
    """

    images: tuple[ImageRef, ...]
    rescale: StateRescale
    window: Window
    palette: str
    opacity: float


def superimposed_of(
    workspace: Workspace, cell: int, displayed: DisplayedImage
) -> tuple[Superimposed | None, tuple[str, ...]]:
    """Return what is laid over a cell's image, None where no state can say it; and what is lost, translated."""
    fusion, overlay = workspace.viewport(cell).fusion, displayed.rendered.request.overlay
    if fusion is None:
        return None, ()
    display_set = workspace.catalogue.find(fusion.display_set_key)
    lost = _("What is laid over the image is left out: {0}")
    if overlay is None or display_set is None or not display_set.images:
        return None, (lost.format(_("it is not on screen yet")),)
    frame = frame_of(displayed.image)
    if not frame or any(frame_of(image) != frame for image in display_set.images):
        return None, (lost.format(_("a state lays over only what shares the image's frame of reference")),)
    scales = {
        (image.header.number(_SLOPE) or 1.0, image.header.number(_INTERCEPT) or 0.0) for image in display_set.images
    }
    if len(scales) > 1:
        return None, (lost.format(_("its slices are scaled one by one")),)
    if displayed.rendered.state.presentation.is_inverse != workspace.viewport(cell).view.inverted:
        return None, (lost.format(_("the image under it is inverted")),)
    slope, intercept = scales.pop()
    ends = [(end - overlay.offset) / overlay.factor for end in (overlay.low, overlay.high)]
    rescale = StateRescale(slope, intercept)
    found = Superimposed(display_set.images, rescale, window_between(*ends), fusion.palette, fusion.opacity)
    told = (_("In the state the colours cover everything, also where they are empty now"),)
    return found, told if overlay.is_clear_below else ()


def blended(state: PresentationState, over: Superimposed) -> PresentationState:
    """Return the state of the underlying images with what is laid over them; as it is where it cannot be blended."""
    if state.kind is not StateKind.GRAYSCALE or state.is_inverse or state.presentation_table is not None or state.masks:
        return state
    header = over.images[0].header
    under = _named(state.images, state.study_instance_uid)
    above = _named(whole_scope(over.images, header.series_instance_uid), header.study_instance_uid)
    window = StateVoi((), (over.window.center, over.window.width))
    colors = fusion_palette(over.palette).tobytes()
    uid = palette_uid(over.palette) if over.palette in PALETTE_IDS else ""
    return replace(
        state,
        kind=StateKind.BLENDING,
        images=(*under, *above),
        modality=None,
        vois=(),
        blending=(
            BlendingInput(under, is_superimposed=False, modality=state.modality, vois=state.vois),
            BlendingInput(above, is_superimposed=True, modality=over.rescale, vois=(window,)),
        ),
        opacity=over.opacity,
        palette=palette_data(colors, uid),
        icc_profile=srgb_profile(),
    )


def _named(images: Scope, study_instance_uid: str) -> Scope:
    return tuple(replace(image, study_instance_uid=study_instance_uid) for image in images)
