"""Which images of a presentation state a value is for: what several share is written once, with all their names."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from viewer.dicom.presentation_state.values import ImageReference, Scope
from viewer.imaging.image_ref import ImageRef

V = TypeVar("V", bound=Hashable)


def whole_scope(images: Iterable[ImageRef], series_uid: str) -> Scope:
    """Return images of a series as a state names them: an object without frames where all of its frames are meant."""
    frames: dict[str, list[ImageRef]] = {}
    for image in images:
        frames.setdefault(image.header.sop_instance_uid, []).append(image)
    return tuple(_reference(held, series_uid) for held in frames.values())


def _reference(held: list[ImageRef], series_uid: str) -> ImageReference:
    header = held[0].header
    numbers = tuple(sorted({image.frame_index + 1 for image in held}))
    is_whole = len(numbers) >= max(header.frame_count, 1)
    return ImageReference(header.sop_class_uid, header.sop_instance_uid, () if is_whole else numbers, series_uid)


class Scoped(Generic[V]):
    """Values with the images that they are for.

    Args:
        count: How many images the state has.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._held: dict[V, list[ImageRef]] = {}

    def add(self, value: V, image: ImageRef) -> None:
        """Have a value for one image more."""
        self._held.setdefault(value, []).append(image)

    def items(self) -> tuple[tuple[V, Scope], ...]:
        """Return values with their scopes; an empty scope for what all images of the state have."""
        return tuple(
            (value, () if len(images) == self._count else whole_scope(images, ""))
            for value, images in self._held.items()
        )
