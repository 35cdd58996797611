"""A small picture of a display set, drawn by the same pipeline as the viewports."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer.base.jobs import Progress
from viewer.imaging.display_calibration import UNCALIBRATED, DisplayCalibration
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.display_set import DisplaySet

if TYPE_CHECKING:
    from viewer.imaging.frame_decoding import FrameDecoder


def image_for_thumbnail(display_set: DisplaySet) -> ImageRef | None:
    """Return the image that tells a set best: the middle of a stack, or of its first volume; None without pixels."""
    if not display_set.is_image:
        return None
    images = display_set.images
    if images[0].is_tile:
        images = tuple(each for each in images if each.header is images[0].header)
    return images[len(images) // 2]


@dataclass(frozen=True, slots=True)
class MakeThumbnail:
    """Decode one image and draw it small for a monitor, in its 256 plain greys; runs on the thumbnail lane."""

    image: ImageRef
    size_px: int
    decoder: "FrameDecoder"
    calibration: DisplayCalibration = UNCALIBRATED

    def run(self, progress: Progress) -> NDArray[np.uint8]:
        """Return (size, size) grey or (size, size, 3) RGB pixels.

        Raises:
            DicomError: If the image cannot be decoded.
        """
        from viewer.imaging.frame_source import FrameSource
        from viewer.imaging.frame_state import read_frame_states
        from viewer.imaging.geometry_cache import GeometryCache
        from viewer.imaging.mosaic_frames import MosaicFrames, mosaic_of, mosaic_states
        from viewer.imaging.viewport_image import RenderRequest, render_viewport

        header, index = self.image.header, self.image.frame_index
        frames: FrameSource | MosaicFrames = FrameSource(header, self.decoder)
        states = read_frame_states(header)
        if self.image.is_tile:
            mosaic = mosaic_of(header)
            frames, states = MosaicFrames(frames, mosaic), mosaic_states(states.state(0), mosaic)
        stored = frames.stored_frame(index)
        progress.check()
        state = states.state(index)
        request = RenderRequest(self.image.identity, (self.size_px, self.size_px))
        rendered = render_viewport(stored, state, request, GeometryCache(), self.calibration.plain())
        return rendered.pixels.astype(np.uint8, copy=False)  # plain: never the wide greys
