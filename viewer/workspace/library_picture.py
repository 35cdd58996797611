"""A small picture of a series of the library: from the disk where it was kept, else drawn and kept there."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.jobs import Progress
from viewer.imaging.display_calibration import UNCALIBRATED, DisplayCalibration
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.thumbnail import MakeThumbnail

if TYPE_CHECKING:
    from viewer.imaging.frame_decoding import FrameDecoder
    from viewer.library.library import Library
    from viewer.library.picture_cache import PictureCache
    from viewer.library.study_row import InstanceRow

LARGEST_HASHED = 256 << 20
"""The bytes of larger files are not read whole for a small picture: it is drawn, but not kept."""


@dataclass(frozen=True, slots=True)
class MakeLibraryPicture:
    """Find or draw the picture of an instance; runs on the thumbnail lane."""

    library: "Library"
    cache: "PictureCache"
    instance: "InstanceRow"
    size_px: int
    decoder: "FrameDecoder"
    calibration: DisplayCalibration = UNCALIBRATED

    def run(self, progress: Progress) -> NDArray[np.uint8]:
        """Return (size, size) grey or (size, size, 3) RGB pixels.

        Raises:
            ViewerError: If the file is missing or altered, or has no image that can be shown.
        """
        from viewer.library.instance_store import ObjectState
        from viewer.library.integrity import state_of
        from viewer.library.picture_cache import PictureKey
        from viewer.workspace.library_opening import kept_header

        kept = self.instance.kept
        # Which frame is the middle one is known of the file alone: -1 stands for it.
        key = PictureKey(kept.sha256, -1, self.size_px, greys_name(self.calibration))
        if (known := self.cache.get(key)) is not None:
            return known
        header = kept_header(self.library, self.instance)
        if header.pixel_data is None:
            raise DicomError("no image", subject=header.source.name)
        progress.check()
        image = ImageRef(header, header.frame_count // 2)
        picture = MakeThumbnail(image, self.size_px, self.decoder, self.calibration).run(progress)
        if kept.size <= LARGEST_HASHED and state_of(self.library.store, kept) is ObjectState.WHOLE:
            self.cache.put(key, picture)  # of these very bytes: what was altered on the disk is not kept under its name
            if not self.library.catalogue.of_hash(kept.sha256):
                self.cache.drop(key)  # erased meanwhile, and the pictures were emptied before this one came
        return picture


def greys_name(calibration: DisplayCalibration) -> str:
    """Return what tells the greys of one monitor from another's."""
    return hashlib.sha256(repr(calibration.plain()).encode()).hexdigest()[:32]
