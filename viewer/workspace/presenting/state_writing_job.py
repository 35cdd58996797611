"""The job that writes presentation states: reads each image's truth as its viewport does, and makes files of all."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from viewer.base.errors import DicomError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.graphic_objects import GraphicLayer
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.presentation_state.references import refusal
from viewer.dicom.presentation_state.values import MaskSubtraction, PresentationState, StateKind
from viewer.imaging.frame_state import FrameState
from viewer.imaging.frame_store import FrameStore
from viewer.imaging.grayscale_pipeline import MODALITIES_WITH_FOREIGN_WINDOWS, View, is_automatic, resolve_voi
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.mask_subtraction import mask_for
from viewer.imaging.voi_lut import Window
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.suv_result import SuvFactor
from viewer.workspace.image_places import frame_of
from viewer.workspace.measuring.marks_shown import patient_place
from viewer.workspace.presenting.presented_loading import under_state
from viewer.workspace.presenting.state_book import presented_image
from viewer.workspace.presenting.state_writing import (
    GrayStages,
    ShownImage,
    StateWording,
    is_scaled_differently,
    states_of,
)
from viewer.workspace.presenting.state_writing_area import Lying, placed
from viewer.workspace.presenting.state_writing_blending import Superimposed, blended
from viewer.workspace.presenting.state_writing_marks import (
    USUAL_COLOUR,
    Box,
    LayerNames,
    Pen,
    is_drawn,
    layers_of_marks,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from numpy.typing import NDArray

_KEPT_BYTES = 64 << 20
_NEAR_MM = 2.5
"""Labels of the body stand on images this near (marks_shown)."""


@dataclass(frozen=True, slots=True, eq=False)
class WantedImage:
    """An image that a state is to show.

    Attributes:
        annotations: What is marked on it and is to be written.
        boxes: Where their words stand on screen (state_writing_marks.Pen).
    """

    image: ImageRef
    annotations: tuple[Annotation, ...] = ()
    boxes: Mapping[str, Box] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """How the images are looked at: what a viewport says of all of its images.

    Attributes:
        view: With what its window says of overlays and shutters.
        presentation: The state in force; None for none.
        is_native: Whether the images' own subtraction is left out.
        automatic: The automatic window that holds for all of them; None for one for each.
        suv: What a PET image's values are shown as; None for its own unit.
        over: What is laid over the images in colour; None for nothing.
        labels: Of the body: drawn on every image that passes near.
        colour: Of marks that have none of their own.
    """

    view: View = field(default_factory=View)
    lying: Lying = field(default_factory=Lying)
    presentation: PresentationState | None = None
    is_native: bool = False
    automatic: Window | None = None
    suv: SuvFactor | None = None
    over: Superimposed | None = None
    labels: tuple[Annotation, ...] = ()
    colour: str = USUAL_COLOUR
    has_texts: bool = True


@dataclass(eq=False)
class MakeStates:
    """Writes states of images (workspace.object_saving.Make).

    Attributes:
        name: Files begin so.
        made: What was written, as it reads.
        notes: What the reader must know of it, translated.
    """

    wanted: tuple[WantedImage, ...]
    looks: Looks
    wording: StateWording
    store: FrameStore
    name: str = "presentation-state"
    made: list[PresentationState] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __call__(self, folder: Path, progress: Progress) -> Sequence[Path]:
        """Write them.

        Raises:
            ViewerError: If an image cannot be read or shown by a state, or a file not written.
        """
        from viewer.base.byte_source import FileBytes
        from viewer.dicom.datasets import read_full_data_set
        from viewer.dicom.derived_instance import new_uid
        from viewer.dicom.presentation_state.reading import read_presentation_state
        from viewer.dicom.presentation_state.writing import write_presentation_state

        shown = self.shown(progress)
        self.notes[:] = (
            [_("The images are scaled one by one: under the state, values are measured as they are stored")]
            if is_scaled_differently(shown)
            else []
        )
        created = datetime.now().astimezone().strftime("%Y%m%d %H%M%S")
        self.made[:] = states_of(shown, self.wording, created, new_uid)
        if self.looks.over is not None:
            self._blend(self.looks.over)
        headers = {each.image.header.sop_instance_uid: each.image.header for each in self.wanted}
        paths = []
        for number, state in enumerate(self.made, start=1):
            progress.check()
            path = folder / (f"{self.name}.dcm" if len(self.made) == 1 else f"{self.name}-{number}.dcm")
            write_presentation_state(state, headers[state.images[0].sop_instance_uid], path)
            paths.append(path)
        self.made[:] = [read_presentation_state(read_full_data_set(FileBytes(path)).data_set) for path in paths]
        return paths

    def _blend(self, over: Superimposed) -> None:
        made = [blended(state, over) for state in self.made]
        if any(state.kind is not StateKind.BLENDING for state in made):
            self.notes.append(_("What is laid over the images is left out where a state cannot say it"))
        self.made[:] = made

    def shown(self, progress: Progress) -> list[ShownImage]:
        """Return the images as they are to be shown.

        Raises:
            ViewerError: If one cannot be read, or shown by a state.
        """
        if not self.wanted:
            raise DicomError(_("There is no image to save a presentation state of"))
        names = LayerNames({layer.name for layer in self.looks.presentation.layers} if self.looks.presentation else ())
        found = []
        for each in self.wanted:
            progress.check()
            found.append(self._shown(each, names, progress))
        return found

    def _shown(self, wanted: WantedImage, names: LayerNames, progress: Progress) -> ShownImage:
        looks, image = self.looks, wanted.image
        if image.is_tile:
            raise DicomError(
                _("Slices cut from a mosaic have no presentation states: only the whole mosaic can be named")
            )
        presentation = looks.presentation
        if presentation is not None and refusal(presentation, presented_image(image)):
            presentation = None
        state, values, mask = self._truth(image, presentation, progress)
        if mask is None and state.pixels.is_float:
            raise DicomError(_("Presentation states are for images of whole numbers, not of fractions"))
        if state.is_color != presented_image(image).is_color:
            raise DicomError(_("Parts of the image have colours of their own: no presentation state can show that"))
        gray = None if state.is_color else self._gray(state, values)
        marks = (*wanted.annotations, *self._labels(image, state, {each.uid for each in wanted.annotations}))
        pixels, placement = state.pixels, placed(looks.lying, state)
        pen = Pen(pixels.columns, pixels.rows, placement, looks.colour, wanted.boxes, looks.has_texts)
        layers = state.graphics if looks.view.show_overlays else ()
        new = [mark for mark in marks if not is_drawn(mark, pen, layers)]
        drawn: tuple[GraphicLayer, ...] = (*layers, *layers_of_marks(new, pen, names))
        return ShownImage(image, state, looks.view, gray, looks.lying, drawn, mask)

    def _truth(
        self, image: ImageRef, presentation: PresentationState | None, progress: Progress
    ) -> tuple[FrameState, "NDArray[Any]", MaskSubtraction | None]:
        """Return an image's truth as it is seen, and what was subtracted; pixels only where something asks for them."""
        looks, acquired, mask = self.looks, self.store.state(image), None
        state = acquired
        values: NDArray[Any] = np.zeros((1, 1), np.int16)
        masks = presentation.masks if presentation is not None else (() if looks.is_native else state.masks)
        if masks or presentation is not None or _needs_pixels(state, looks):
            loaded = self.store.load(image, progress=progress)
            loaded = under_state(loaded, presentation, self.store, is_native=looks.is_native)
            if loaded.state.is_subtracted:
                mask = mask_for(masks, state.sop_instance_uid, state.frame_number)
            state, values = loaded.state, loaded.stored.values
        if looks.suv is not None:
            from viewer.workspace.suv_display import in_suv

            state = in_suv(state, looks.suv, acquired)
        return state, values, mask

    def _gray(self, state: FrameState, values: "NDArray[Any]") -> GrayStages:
        is_alone = self.looks.suv is not None or bool(state.presentation_uid)
        resolved = resolve_voi(values, state, self.looks.view, None if is_alone else self.looks.automatic)
        return GrayStages(resolved.voi, resolved.is_on_stored)

    def _labels(self, image: ImageRef, state: FrameState, there: set[str]) -> Iterable[Annotation]:
        """Return labels of the body that stand near an image, on its grid."""
        plane, frame = state.plane, frame_of(image)
        for each in self.looks.labels:
            place = patient_place(each)
            if plane is None or place is None or each.uid in there or each.anchor.frame_of_reference_uid != frame:
                continue
            column, row, distance = plane.point_image(place)
            is_on = 0 <= column + 0.5 <= state.pixels.columns and 0 <= row + 0.5 <= state.pixels.rows
            if is_on and abs(distance) <= _NEAR_MM:
                yield replace(each, points=((column + 0.5, row + 0.5),))


def _needs_pixels(state: FrameState, looks: Looks) -> bool:
    """Return whether the window in force depends on the pixels."""
    if state.is_color or isinstance(looks.view.voi, Window):
        return False
    is_foreign = state.modality in MODALITIES_WITH_FOREIGN_WINDOWS and not state.modality_transform.is_identity
    return is_foreign or is_automatic(state, looks.view)


@dataclass(frozen=True, slots=True)
class WrittenStates:
    """States of annotations that were written.

    Attributes:
        paths: Their files: one for each series, more where the images of a series cannot share one.
        left_out: Annotations that no state can have: not on an image, or on one that is not there.
        notes: What else must be known, translated.
    """

    paths: tuple[Path, ...]
    left_out: tuple[Annotation, ...] = ()
    notes: tuple[str, ...] = ()


def write_states_of_annotations(
    annotations: Iterable[Annotation],
    headers: Iterable[InstanceHeader],
    folder: Path,
    wording: StateWording,
    progress: Progress | None = None,
) -> WrittenStates:
    """Write annotations as presentation states of their images, which are shown as they ask to be; for no window.

    Args:
        annotations: Of any studies; hidden ones are written on layers of their own.
        headers: Of the images there are.
        folder: Gets the files; it is there.
        wording: What is said of the states.
        progress: Of a job.

    Raises:
        ViewerError: If an image cannot be read, or a file not written.
    """
    progress = progress or Progress()
    known = {header.sop_instance_uid: header for header in headers}
    left_out: list[Annotation] = []
    by_series: dict[str, dict[tuple[str, int], list[Annotation]]] = {}
    for each in annotations:
        anchor = each.anchor
        header = known.get(anchor.sop_instance_uid) if isinstance(anchor, ImageAnchor) and not anchor.tile else None
        if header is None or not isinstance(anchor, ImageAnchor):
            left_out.append(each)
            continue
        images = by_series.setdefault(header.series_instance_uid, {})
        images.setdefault((header.sop_instance_uid, anchor.frame_number - 1), []).append(each)
    paths: list[Path] = []
    notes: list[str] = []
    with _frames() as store:
        for number, images in enumerate(by_series.values(), start=1):
            wanted = tuple(
                WantedImage(ImageRef(known[uid], index), tuple(marks)) for (uid, index), marks in images.items()
            )
            make = MakeStates(wanted, Looks(), wording, store, name=f"presentation-state-{number}")
            paths += make(folder, progress)
            notes += make.notes
    return WrittenStates(tuple(paths), tuple(left_out), tuple(dict.fromkeys(notes)))


@contextmanager
def _frames() -> "Iterator[FrameStore]":
    """Yield frames for a program without a window."""
    from viewer.imaging.decoder_pool import DecoderPool
    from viewer.imaging.frame_cache import FrameCache
    from viewer.imaging.frame_source import FrameSource
    from viewer.imaging.frame_state import read_frame_states

    with DecoderPool(workers=1) as pool:
        yield FrameStore(FrameCache(_KEPT_BYTES), lambda header: FrameSource(header, pool), read_frame_states)
