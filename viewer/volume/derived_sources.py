"""Which images of a volume a plane or slab was made from, and which of them speaks for all in the new series."""

from collections.abc import Sequence
from itertools import product

from viewer.dicom.derived_instance import SourceFrame
from viewer.dicom.image_plane import added, dot, plane_of, scaled
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.secondary_capture import source_frame
from viewer.volume.reslice_plane import ReslicePlane
from viewer.volume.series_volume import SeriesVolume

_ACQUISITION_DATE, _ACQUISITION_TIME = 0x00080022, 0x00080032
_LOSSY = 0x00282110


def speaking_image(images: Sequence[ImageRef]) -> ImageRef:
    """Return the image whose header the new ones take over: the middle one; in PET the one that was acquired first.

    SUV is computed from the earliest acquisition of a series: it must stay the earliest.
    """
    if images[0].header.modality != "PT":
        return images[len(images) // 2]
    return min(images, key=lambda image: (image.header.ascii(_ACQUISITION_DATE), image.header.ascii(_ACQUISITION_TIME)))


def lossy_image(images: Sequence[ImageRef]) -> ImageRef | None:
    """Return an image that was once compressed with loss; None when none was."""
    return next((image for image in images if image.header.ascii(_LOSSY) == "01"), None)


class SourceFrames:
    """Finds the images that planes were made from.

    Args:
        volume: What is cut.
    """

    def __init__(self, volume: SeriesVolume) -> None:
        self._volume = volume
        self._known: dict[int, tuple[list[float], list[SourceFrame]]] = {}

    def of_plane(self, plane: ReslicePlane) -> list[SourceFrame]:
        """Return the frames whose voxels a plane or slab is made of, by position."""
        phases = self._volume.images
        phase = min(plane.phase, len(phases) - 1)
        first, last = self._reach(plane)
        if phase not in self._known:
            self._known[phase] = self._slice_depths(phases[phase]), [source_frame(image) for image in phases[phase]]
        depths, frames = self._known[phase]
        # Linear interpolation reaches to the slices on either side.
        used = [frame for frame, depth in zip(frames, depths, strict=True) if first - 1 < depth < last + 1]
        return used or frames

    def _reach(self, plane: ReslicePlane) -> tuple[float, float]:
        """Return the lowest and highest slice index that a plane or slab comes to within the volume."""
        grid, half = plane.plane, plane.thickness_mm / 2
        corners = (
            added(grid.point_patient(column, row), scaled(grid.normal, side))
            for column, row, side in product((0, plane.columns - 1), (0, plane.rows - 1), (-half, half))
        )
        indices = [self._volume.geometry.index_of(corner)[2] for corner in corners]
        last = self._volume.geometry.dimensions[2] - 1
        return max(min(indices), 0.0), min(max(indices), float(last))

    def _slice_depths(self, images: Sequence[ImageRef]) -> list[float]:
        """Return the slice index in the volume at which each image lies."""
        geometry = self._volume.geometry
        planes = [None if image.is_tile or image.header.frame_count > 1 else plane_of(image.header) for image in images]
        start = dot(geometry.origin_mm, geometry.normal)
        known = [
            (dot(plane.position, geometry.normal) - start) / geometry.spacing_mm[2]
            for plane in planes
            if plane is not None
        ]
        if len(known) == len(images):
            return known
        steps = max(len(images) - 1, 1)
        return [index * (geometry.dimensions[2] - 1) / steps for index in range(len(images))]
