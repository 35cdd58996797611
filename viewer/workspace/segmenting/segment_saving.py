"""Writes a segmentation that was drawn here as a DICOM object (workspace.object_saving.Make)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.segmentation.values import Segment, SegmentationType
from viewer.imaging.segmentation.shapes import SegmentShape
from viewer.workspace.segmenting.held_segmentation import HeldSegmentation, OwnFacts

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


@dataclass(frozen=True, slots=True, eq=False)
class MakeSegmentation:
    """Writes one.

    Attributes:
        held: What was drawn.
        own: Over which images.
        kind: How the pixels are stored.
        creator: Who drew it.
    """

    held: HeldSegmentation
    own: OwnFacts
    kind: SegmentationType = SegmentationType.BINARY
    creator: str = ""

    def __call__(self, folder: Path, progress: Progress) -> Sequence[Path]:
        """Write the file into a folder, and return it.

        Raises:
            DicomError: Nothing is drawn, labels overlap, or the images cannot bear a segmentation.
            MediaError: The images cannot be read.
        """
        from viewer.dicom.derived_instance import new_uid
        from viewer.dicom.segmentation.writing import WrittenSegmentation, segmentation_object, write_segmentation

        if self.held.shapes is None:
            raise DicomError(_("The segmentation is empty"))
        sources = self._sources(progress)
        shapes = self.held.shapes.shapes
        masks = {shape.number: self._masks(shape, is_multi_frame=len(sources) == 1) for shape in shapes}
        told = WrittenSegmentation(new_uid(), self.held.title, self.kind, self.creator)
        progress.check()
        made = segmentation_object(sources, [_segment(shape) for shape in shapes], masks, told)
        return [write_segmentation(made, folder / "segmentation.dcm")]

    def _sources(self, progress: Progress) -> "list[Dataset]":
        from viewer.dicom.datasets import read_full_data_set

        headers = {each.header.sop_instance_uid: each.header for each in self.own.images}
        if len(headers) > 1 and (len(headers) < len(self.own.images) or any(each.is_tile for each in self.own.images)):
            raise DicomError(_("Segmentations over several multi-frame images, or mosaics, cannot be written"))
        found = []
        for header in headers.values():
            progress.check()
            data_set = read_full_data_set(header.source, stop_at_pixels=True).data_set
            data_set.decode()
            found.append(data_set)
        return found

    def _masks(self, shape: SegmentShape, *, is_multi_frame: bool) -> dict[int, NDArray[np.uint8]]:
        return {
            (self.own.images[place].frame_index if is_multi_frame else place): packed.unpacked(
                shape.rows, shape.columns
            )
            for place, packed in shape.slices.items()
        }


def _segment(shape: SegmentShape) -> Segment:
    """Return what is said of a segment: what its object said of it, with what the reader changed."""
    known = shape.info or Segment(shape.number, shape.label, algorithm_type="MANUAL")
    return replace(known, number=shape.number, label=shape.label, rgb=shape.color)
