"""Which image is meant: a frame of a file, or a slice of its mosaic."""

from dataclasses import dataclass

from viewer.dicom.instance_header import InstanceHeader


@dataclass(frozen=True, slots=True)
class ImageRef:
    """One image: a frame of a file, or a slice of its mosaic.

    Attributes:
        frame_index: Counts from 0.
        is_tile: Whether it counts the slices that the scanner laid out in the one frame of a mosaic.
    """

    header: InstanceHeader
    frame_index: int = 0
    is_tile: bool = False

    @property
    def identity(self) -> tuple[str, str, int]:
        """What tells this image from every other, also from a second copy of the same file."""
        place = -1 - self.frame_index if self.is_tile else self.frame_index
        return self.header.sop_instance_uid, self.header.source.name, place
