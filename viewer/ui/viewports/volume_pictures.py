"""Pictures of volumes that are colours from the start, as a viewport asks for them: renderings.

Planes and projections do not come here: they are frames, made by render_viewport like every image. Whoever renders has
threads of its own; the render service hands it questions and shows what it tells, the coarse pictures first.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from viewer.imaging.display_calibration import DisplayCalibration
from viewer.imaging.finished_picture import Seen, finished_picture
from viewer.imaging.frame_store import LoadedFrame
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.stored_frame import StoredFrame
from viewer.imaging.viewport_image import RenderedViewport, RenderRequest
from viewer.imaging.voi_lut import Window
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.volume_view import Vector, VolumeView


@dataclass(frozen=True, slots=True, eq=False)
class PictureAsk:
    """What a viewport wants to see of a volume.

    Attributes:
        owner: The viewport.
        token: Grows with every question of the owner.
        volume: May be a coarse generation of one that is still loading; another question follows with the next.
        view: Its rendering says how; its phase which.
        size: Width and height of the viewport in device pixels.
        window: The reader's own; None while they have chosen none.
        is_interacting: Whether a hand moves it: quick now; the same question comes without it when the hand rests.
    """

    owner: Hashable
    token: int
    volume: SeriesVolume
    view: VolumeView
    size: tuple[int, int]
    window: Window | None = None
    is_interacting: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class VolumePicture:
    """An answer.

    Attributes:
        pixels: (height, width, 3) uint8 of the size asked for, C-contiguous; never written to again.
        right: The direction in the patient that points to the right on screen: letters come from it.
        down: The one that points downwards.
        center_mm: What lies in the middle of the screen, at the depth the camera looks at.
        mm_per_pixel: Of a device pixel; None in perspective: then there is no scale and nothing is measured.
        is_final: Whether no finer picture of the same question follows.
        is_coarse: Whether it says so: thinned-out voxels, few samples.
        notes: What the reader must be told of it, translated.
    """

    pixels: NDArray[Any]
    right: Vector
    down: Vector
    center_mm: Vector = (0.0, 0.0, 0.0)
    mm_per_pixel: float | None = None
    is_final: bool = True
    is_coarse: bool = False
    notes: tuple[str, ...] = ()


Tell = Callable[[VolumePicture | Exception], None]


class VolumePictures(Protocol):
    """Renders volumes; called from the GUI thread or a render thread."""

    def render(self, ask: PictureAsk, tell: Tell) -> None:
        """Begin a picture and return at once.

        Args:
            ask: Replaces what the same owner asked before: that need not be told any more.
            tell: Takes pictures from any thread, the last one final; or what went wrong, a ViewerError where it can
                happen.
        """

    def forget(self, owner: Hashable) -> None:
        """Drop what an owner asked for, and what is kept for it."""

    def close(self) -> None:
        """End all threads."""


def framed(
    picture: VolumePicture,
    volume: SeriesVolume,
    image: ImageRef,
    request: RenderRequest,
    calibration: DisplayCalibration,
) -> tuple[LoadedFrame, RenderedViewport]:
    """Return a rendering as viewports show pictures: with whose it is and how it lies."""
    seen = Seen(picture.right, picture.down, picture.center_mm, picture.mm_per_pixel)
    rendered = finished_picture(
        picture.pixels, volume.state, seen, picture.notes, request, calibration, is_coarse=picture.is_coarse
    )
    return LoadedFrame(image, StoredFrame(picture.pixels, "RGB"), rendered.state), rendered
