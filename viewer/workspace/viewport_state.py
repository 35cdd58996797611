"""What one viewport shows and how, as a frozen value: a viewport asks for pixels with it, and undo keeps old ones."""

from dataclasses import dataclass, field

from viewer.display.monitor_place import MonitorPlace
from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.imaging.stored_frame import StoredFrame
from viewer.imaging.viewport_image import Interpolation, RenderedViewport
from viewer.workspace.volume_look import VolumeLook
from viewer.workspace.volume_view import FusionState, VolumeView

CORNER_TEXTS = ("full", "short", "none")
"""How much the corners of a viewport say."""


@dataclass(frozen=True, slots=True)
class CineState:
    """How a viewport plays.

    Attributes:
        frames_per_second: The reader's own rate; None for the data set's.
        first: Index of the first image of the range; None for the data set's, or 0.
        last: Index of the last image of the range; None for the data set's, or the last there is.
        is_sweep: Whether it plays forth and back; None for what the data set prefers.
        is_through_phases: Whether it runs through the phases of a volume that has several, instead of its places.
    """

    is_playing: bool = False
    frames_per_second: float | None = None
    first: int | None = None
    last: int | None = None
    is_sweep: bool | None = None
    is_through_phases: bool = False


@dataclass(frozen=True, slots=True)
class ViewportState:
    """One viewport.

    Attributes:
        display_set_key: What is shown; empty for an empty viewport.
        index: Of the image in the display set, from 0.
        view: The reader's grey-scale choices.
        transform: How the image lies in the viewport.
        interpolation: Between image pixels.
        preset: Name of the window preset in force; empty for none.
        is_true_size: Whether the image is shown at its size in millimetres.
        volume: How the display set is looked at as a volume; None for its images as they are. Then index is that of the
            image whose header tells whose volume it is.
        fusion: What is laid over the image; None for nothing.
        presentation: SOP Instance UID of the presentation state in force; empty for the images as acquired.
        suv_type: The kind of SUV (measurement.body_measures) a PET image itself is shown in; empty for its own unit.
    """

    display_set_key: str = ""
    index: int = 0
    view: View = field(default_factory=View)
    transform: SpatialTransform = field(default_factory=SpatialTransform)
    interpolation: Interpolation = Interpolation.LINEAR
    cine: CineState = CineState()
    preset: str = ""
    is_true_size: bool = False
    volume: VolumeView | None = None
    fusion: FusionState | None = None
    suv_type: str = ""
    presentation: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is shown."""
        return not self.display_set_key


@dataclass(frozen=True, slots=True, eq=False)
class DisplayedImage:
    """What a viewport has on screen right now: noted by the window when pixels arrive, read by tools and texts.

    Attributes:
        image: Which one.
        rendered: The pixels with the frame state they were drawn from.
        stored: The stored values, for the probe and for windows of a region.
        value_range: Lowest and highest modality value of the frame without padding; None when not worked out.
        place: The monitor it is seen on.
        look: At the volume that the pixels show; None where they show the image itself.
    """

    image: ImageRef
    rendered: RenderedViewport
    stored: StoredFrame | None = None
    value_range: tuple[float, float] | None = None
    place: MonitorPlace = field(default_factory=MonitorPlace)
    look: VolumeLook | None = None


@dataclass(frozen=True, slots=True)
class DisplayOptions:
    """What holds for all viewports of a window, and which parts of the window are shown.

    Attributes:
        corner_texts: One of CORNER_TEXTS; the patient banner is always there.
        shows_overlays: Overlay planes of the images.
        shows_shutter: The image's own shutter; when False the viewport says so.
        shows_marks: What was measured and annotated; when False the viewport says so.
    """

    corner_texts: str = "full"
    shows_overlays: bool = True
    shows_shutter: bool = True
    shows_scale_bar: bool = True
    shows_marks: bool = True
    shows_browser: bool = True
    shows_panels: bool = True
    is_full_screen: bool = False
