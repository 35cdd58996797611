"""What one viewport's overlay comes to right now: pixels to ask for, or words why there are none yet or at all."""

from collections.abc import Callable
from dataclasses import dataclass

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.imaging.fusion import Overlay
from viewer.measurement.suv_result import SuvRefusal, SuvScale
from viewer.volume.reslice_plane import Projection
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.frame_links import FrameWay
from viewer.workspace.fused_overlay import overlay_of
from viewer.workspace.fusion import refusal_of, view_refusal
from viewer.workspace.image_places import frame_of
from viewer.workspace.suv_book import is_pet
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.volume_look import VolumeLook
from viewer.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class FusionLook:
    """An overlay, or what keeps it away.

    Attributes:
        overlay: None while it is on its way, and where there is none.
        refusal: Why there is none, translated; empty where there may be one.
        is_waiting: Whether it is on its way.
    """

    overlay: Overlay | None = None
    refusal: str = ""
    is_waiting: bool = False

    @property
    def chips(self) -> tuple[tuple[str, bool], ...]:
        """At most three words each for the viewport, and whether they call for care."""
        if self.refusal:
            return ((_("NO OVERLAY"), True),)
        if self.is_waiting:
            return ((_("OVERLAY LOADING"), False),)
        return ()


NOTHING = FusionLook()


def fused_chips(overlay: Overlay | None) -> tuple[tuple[str, bool], ...]:
    """Return the chips of a picture with an overlay, and whether they call for care; none for one without."""
    if overlay is None:
        return ()
    fused = (_("FUSED {0}").format(overlay.title), False)
    return (fused,) if not overlay.registration else ((overlay.registration.upper(), True), fused)


def fusion_look(
    workspace: Workspace,
    state: ViewportState,
    base: DisplaySet,
    look: VolumeLook | None,
    volume_of: Callable[[DisplaySet], SeriesVolume | ViewerError | None],
) -> FusionLook:
    """Return what is to be laid over a viewport.

    Args:
        workspace: The viewport's.
        state: Of the viewport.
        base: What it shows.
        look: At the volume of base; None for images.
        volume_of: Has a volume loaded and returns it, why there is none, or None while it is on its way.
    """
    fusion = state.fusion
    if fusion is None:
        return NOTHING
    overlay_set = workspace.catalogue.find(fusion.display_set_key)
    if overlay_set is None:
        return FusionLook(refusal=_("What was laid over this image was closed"))
    refusal = view_refusal(state) or refusal_of(workspace, base, overlay_set)
    if refusal:
        return FusionLook(refusal=refusal)
    volume, suv = volume_of(overlay_set), _suv(workspace, overlay_set, fusion.suv_type)
    if isinstance(volume, ViewerError):
        return FusionLook(refusal=str(volume))
    if volume is None or (fusion.suv_type and suv is None):
        return FusionLook(is_waiting=True)
    plane = look.plane if look is not None else None
    thickness, projection = (0.0, Projection.MEAN) if plane is None else (plane.thickness_mm, plane.projection)
    way = _way(workspace, base, overlay_set)
    try:
        return FusionLook(overlay_of(fusion, volume, suv, way, thickness_mm=thickness, projection=projection))
    except ViewerError as error:
        return FusionLook(refusal=error.one_line())


def _way(workspace: Workspace, base: DisplaySet, overlay: DisplaySet) -> FrameWay | None:
    return workspace.shared.linking.frames.way(frame_of(base.images[0]), frame_of(overlay.images[0]))


def _suv(workspace: Workspace, overlay: DisplaySet, wanted: str) -> SuvScale | SuvRefusal | None:
    """Return what is known of the SUV of an overlay; None while it is being worked out."""
    book = workspace.shared.suv
    if book is None or not is_pet(overlay):
        return SuvRefusal((_("this is no PET image"),))
    return book.of(overlay) if wanted else None
