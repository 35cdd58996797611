"""The slices a volume is built from: where each lies and how its stored values are meant.

Classic files are judged by their headers alone, so that a thousand of them cost milliseconds; enhanced objects,
tomographs, dose grids and mosaics by the truth of each frame.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from viewer.base.errors import VolumeError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.image_plane import ImagePlane, plane_of, plane_problem
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.frame_state import FrameState
from viewer.imaging.frame_store import FrameStore
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.modality_lut import ModalityTransform
from viewer.imaging.padding import Padding
from viewer.imaging.stored_frame import PixelDescription

_IMAGE_POSITION_PATIENT = 0x00200032
_RESCALE_SLOPE = 0x00281053
_MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
_RESCALED_IMAGES = frozenset({"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.128"})
"""CT and PET."""
_PLACED_BY_FRAME = frozenset({"NM", "RTDOSE"})
"""Modalities whose frames are placed by more than the position of the first."""

# All that stored values, their transform and their padding follow from in a header without sequences.
_KIND_TAGS = (
    *(
        0x00080016,
        0x00080060,
        0x00089206,
        0x00280002,
        0x00280004,
        0x00280008,
        0x00280010,
        0x00280011,
        0x00280100,
        0x00280101,
    ),
    *(0x00280102, 0x00280103, 0x00280120, 0x00280121, 0x00280122, 0x00280123, 0x00280124, 0x00280125, 0x00281040),
    *(0x00281052, 0x00281053, 0x00281054, 0x00541001, 0x30040002, 0x3004000E),
)


@dataclass(frozen=True, slots=True)
class SliceKind:
    """What the slices of a volume mostly have in common.

    Attributes:
        is_color: Whether values are colours.
        properties: Volumetric Properties (0008,9206); empty when not stated.
    """

    pixels: PixelDescription
    transform: ModalityTransform
    padding: Padding | None
    is_color: bool
    properties: str = ""


@dataclass(frozen=True, slots=True)
class SourceSlice:
    """One slice: its image, where it lies, and what its values mean."""

    image: ImageRef
    plane: ImagePlane
    kind: SliceKind


class SliceReader:
    """Reads slices; slices alike share one kind.

    Args:
        store: Asked for the truth of frames where headers do not tell.
        progress: Cancels.
    """

    def __init__(self, store: FrameStore, progress: Progress) -> None:
        self._store = store
        self._progress = progress
        self._by_header: dict[Hashable, SliceKind] = {}
        self._shared: dict[SliceKind, SliceKind] = {}

    def read(self, images: Sequence[ImageRef]) -> list[SourceSlice]:
        """Return the slices of images, in their order.

        Raises:
            VolumeError: If one of them does not say where it lies.
            ViewerError: If a file cannot be read.
            Cancelled: If it was cancelled.
        """
        return [self._read(image) for image in images]

    def _read(self, image: ImageRef) -> SourceSlice:
        header = image.header
        if is_plain(image):
            plane = plane_of(header)
            if plane is None:
                raise _unplaced(header, plane_problem(header))
            return SourceSlice(image, plane, self._kind_of_header(image))
        self._progress.check()
        state = self._store.state(image)
        if state.plane is None:
            raise _unplaced(header, "; ".join(state.warnings))
        return SourceSlice(image, state.plane, self._one_of(_kind_of_state(state)))

    def _kind_of_header(self, image: ImageRef) -> SliceKind:
        header = image.header
        key = (header.transfer_syntax_uid, tuple([header.elements.get(tag) for tag in _KIND_TAGS]))
        kind = self._by_header.get(key)
        if kind is None:
            kind = self._by_header[key] = self._one_of(_kind_of_state(self._store.state(image)))
        return kind

    def _one_of(self, kind: SliceKind) -> SliceKind:
        return self._shared.setdefault(kind, kind)


def is_plain(image: ImageRef) -> bool:
    """Return whether an image's place and values follow from its header's plain values."""
    header = image.header
    return (
        (header.is_whole or _has_rescale(header))
        and not image.is_tile
        and header.frame_count == 1
        and header.modality not in _PLACED_BY_FRAME
        and bool(header.elements.get(_IMAGE_POSITION_PATIENT))
    )


def _has_rescale(header: InstanceHeader) -> bool:
    """Return whether the values of a classic file follow from its rescale whatever sequences it has besides.

    A file has either Rescale Slope or a Modality LUT (C.11.1.1.2); MR images have no such table (C.8.3.1).
    """
    kind = header.sop_class_uid
    return kind == _MR_IMAGE or (kind in _RESCALED_IMAGES and bool(header.elements.get(_RESCALE_SLOPE)))


def _kind_of_state(state: FrameState) -> SliceKind:
    is_color = state.pixels.samples_per_pixel > 1 or (state.palette is not None and not state.palette.is_supplemental)
    return SliceKind(state.pixels, state.modality_transform, state.padding, is_color, state.volumetric_properties)


def _unplaced(header: InstanceHeader, reason: str) -> VolumeError:
    message = _("The images do not say where they lie in the patient: there is no volume of them")
    if reason:
        message = f"{message} ({reason})"
    return VolumeError(message, subject=header.source.name, advice=_("Read them one by one"))
