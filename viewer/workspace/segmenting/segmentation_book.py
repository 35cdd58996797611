"""The segmentations and structure sets of the open studies, of all windows: which there are, what of them is shown.

Their headers are listed as they come; what is in them is read on a worker when somebody wants to see it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from viewer.base.errors import ViewerError
from viewer.base.events import Event
from viewer.base.jobs import INTERACTION, JobHandle, JobRunner, Progress
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader
from viewer.workspace.segmenting.held_segmentation import (
    BrushSettings,
    DrawingStyle,
    Edit,
    HeldSegmentation,
    OwnFacts,
    SegmentLook,
)
from viewer.workspace.study_nodes import Series, Study
from viewer.workspace.study_tree import StudyTree

if TYPE_CHECKING:
    from viewer.imaging.frame_decoding import FrameDecoder
    from viewer.imaging.frame_store import FrameStore
    from viewer.imaging.segmentation.packed_slices import PackedSlice
    from viewer.imaging.segmentation.shapes import SegmentShape, ShapeSet

STRUCTURES = "1.2.840.10008.5.1.4.1.1.481.3"
CLASSES = frozenset({"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7", STRUCTURES})
_DESCRIPTION = 0x0008103E


@dataclass(frozen=True, slots=True)
class LoadShapes:
    """Reads one object."""

    header: InstanceHeader
    decoder: "FrameDecoder"

    def run(self, progress: Progress) -> "ShapeSet":
        """Return what is drawn of it.

        Raises:
            ViewerError: If it cannot be read, or is no segmentation.
        """
        from viewer.dicom.datasets import read_full_data_set
        from viewer.dicom.segmentation.reading import read_segmentation
        from viewer.dicom.segmentation.structure_set import read_structure_set
        from viewer.imaging.segmentation.loading import load_segmentation
        from viewer.imaging.segmentation.shapes import shapes_of_segmentation, shapes_of_structures

        data_set = read_full_data_set(self.header.source, stop_at_pixels=True).data_set
        if self.header.sop_class_uid == STRUCTURES:
            return shapes_of_structures(read_structure_set(data_set))
        info = read_segmentation(data_set)
        return shapes_of_segmentation(load_segmentation(self.header, info, self.decoder, progress))


class SegmentationBook:
    """Used from the GUI thread.

    Args:
        runner: Reads objects.
        tree: The open studies.
        decoder: Of compressed frames.
        frames: Where images come from that segmentations are drawn on.

    Attributes:
        changed: The UID of what is different now; empty for all.
        edited: What was done to a segmentation that is made here.
        brush: What the hand draws with.
        target: UID and segment that it draws; None for none.
        chosen: UID and segment that is chosen in the list; None for none.
        stored_as: Segmentation Type of what is saved.
    """

    def __init__(self, runner: JobRunner, tree: StudyTree, decoder: "FrameDecoder", frames: "FrameStore") -> None:
        self.changed: Event[str] = Event()
        self.edited: Event[Edit] = Event()
        self.style = DrawingStyle()
        self.brush = BrushSettings()
        self.target: tuple[str, int] | None = None
        self.chosen: tuple[str, int] | None = None
        self.stored_as = "BINARY"
        self.frames = frames
        self.runner = runner
        self._tree, self._decoder = tree, decoder
        self._held: dict[str, HeldSegmentation] = {}
        self._handles: dict[str, JobHandle[ShapeSet]] = {}
        self._disconnect = tree.changed.connect(lambda _change: self._follow())
        self._follow()

    def close(self) -> None:
        """Let go of everything."""
        self._disconnect()
        for handle in self._handles.values():
            handle.cancel()
        self._handles.clear()
        self._held.clear()

    # What there is

    @property
    def all_held(self) -> tuple[HeldSegmentation, ...]:
        """Everything there is, in the order it came."""
        return tuple(self._held.values())

    @property
    def shown(self) -> tuple[HeldSegmentation, ...]:
        """What the reader wants to see and what was read of it."""
        return tuple(each for each in self._held.values() if each.is_shown and each.shapes is not None)

    def get(self, uid: str) -> HeldSegmentation | None:
        """Return an object; None when there is none."""
        return self._held.get(uid)

    def of_studies(self, studies: Iterable[Study]) -> tuple[HeldSegmentation, ...]:
        """Return the objects of studies."""
        wanted = {study.study_instance_uid for study in studies}
        return tuple(each for each in self._held.values() if each.study_uid in wanted)

    @property
    def chosen_shape(self) -> "tuple[HeldSegmentation, SegmentShape] | None":
        """The segment that is chosen in the list, else the one that brushes draw."""
        for place in (self.chosen, self.target):
            held = self._held.get(place[0]) if place is not None else None
            shape = held.shapes.shape(place[1]) if place and held is not None and held.shapes is not None else None
            if held is not None and shape is not None:
                return held, shape
        return None

    def of_study(self, study_uid: str) -> tuple[HeldSegmentation, ...]:
        """Return the objects of a study."""
        return tuple(each for each in self._held.values() if each.study_uid == study_uid)

    @property
    def is_loading(self) -> bool:
        """Whether anything is on its way."""
        return bool(self._handles)

    # What is shown

    def show(self, uid: str, *, is_shown: bool = True) -> None:
        """Show an object or not; it is read when it is shown for the first time."""
        held = self._held.get(uid)
        if held is None:
            return
        self._held[uid] = replace(held, is_shown=is_shown)
        if is_shown and held.shapes is None and uid not in self._handles:
            self._load(uid)
        self.changed.emit(uid)

    def set_look(self, uid: str, number: int, look: SegmentLook) -> None:
        """See a segment otherwise."""
        held = self._held.get(uid)
        if held is not None:
            self._held[uid] = replace(held, looks={**held.looks, number: look})
            self.changed.emit(uid)

    def set_all_visible(self, uid: str, *, is_visible: bool) -> None:
        """Show or hide all segments of an object."""
        held = self._held.get(uid)
        if held is not None and held.shapes is not None:
            looks = {each.number: replace(held.look(each.number), is_visible=is_visible) for each in held.shapes.shapes}
            self._held[uid] = replace(held, looks=looks)
            self.changed.emit(uid)

    def set_style(self, style: DrawingStyle) -> None:
        """Draw all segments otherwise."""
        if style != self.style:
            self.style = style
            self.changed.emit("")

    # What was begun here

    def put(self, held: HeldSegmentation) -> None:
        """Take up a segmentation that was kept already."""
        self._held[held.uid] = held
        self.changed.emit(held.uid)

    def put_own(self, held: HeldSegmentation) -> None:
        """Take up a segmentation that is made here."""
        self._held[held.uid] = held
        self.changed.emit(held.uid)
        self.edited.emit(Edit(held.uid))

    def put_slices(self, uid: str, number: int, changes: "Mapping[int, PackedSlice | None]") -> None:
        """Put other slices into a segment; None for those that are empty."""
        held = self._held.get(uid)
        shape = held.shapes.shape(number) if held is not None and held.shapes is not None else None
        if held is None or held.shapes is None or shape is None:
            return
        slices = {place: packed for place, packed in shape.slices.items() if place not in changes}
        slices |= {place: packed for place, packed in changes.items() if packed is not None}
        changed = replace(shape, slices=slices, volume_ml=None)
        self.put_shapes(uid, tuple(changed if each is shape else each for each in held.shapes.shapes))

    def put_shapes(self, uid: str, shapes: "tuple[SegmentShape, ...]") -> None:
        """Put other segments into an object."""
        held = self._held.get(uid)
        if held is not None and held.shapes is not None:
            own = replace(held.own, is_saved=False) if held.own is not None else None
            self._held[uid] = replace(held, shapes=replace(held.shapes, shapes=shapes), own=own)
            self.changed.emit(uid)

    def set_brush(self, brush: BrushSettings) -> None:
        """Draw with another brush."""
        if brush != self.brush:
            self.brush = brush
            self.changed.emit("")

    def set_target(self, uid: str, number: int) -> None:
        """Draw another segment."""
        if self.target != (uid, number):
            self.target = (uid, number)
            self.changed.emit(uid)

    def remove(self, uid: str) -> None:
        """Let go of an object that was begun here."""
        if self._held.pop(uid, None) is not None:
            self.changed.emit(uid)
            self.edited.emit(Edit(uid))

    # Reading

    def _load(self, uid: str) -> None:
        held = self._held[uid]
        if held.header is None:
            return
        self._held[uid] = replace(held, is_shown=True, is_loading=True, failure="")
        self._handles[uid] = self.runner.submit(
            LoadShapes(held.header, self._decoder),
            lane=INTERACTION,
            done=lambda shapes: self._came(uid, shapes, ""),
            failed=lambda error: self._failed(uid, error),
        )

    def _came(self, uid: str, shapes: "ShapeSet | None", failure: str) -> None:
        self._handles.pop(uid, None)
        held = self._held.get(uid)
        if held is None:
            return
        is_named = held.header is None or held.title != held.header.modality
        title = held.title if is_named or shapes is None or not shapes.title else shapes.title
        self._held[uid] = replace(held, shapes=shapes, failure=failure, is_loading=False, title=title)
        self.changed.emit(uid)

    def _failed(self, uid: str, error: Exception) -> None:
        reason = error.one_line() if isinstance(error, ViewerError) else _("It cannot be read")
        self._came(uid, None, reason)
        if not isinstance(error, ViewerError):
            raise error

    # Following the studies

    def _follow(self) -> None:
        there: dict[str, HeldSegmentation] = {}
        studies = set()
        for series in self._tree.all_series():
            studies.add(series.study.study_instance_uid)
            if series.modality not in {"SEG", "RTSTRUCT"}:
                continue
            for header in series.headers:
                if header.sop_class_uid in CLASSES:
                    uid = header.sop_instance_uid
                    there[uid] = self._held.get(uid) or _held_of(header, series)
        for uid, held in self._held.items():
            if held.header is None and held.study_uid in studies:
                there.setdefault(uid, held)
        if there.keys() == self._held.keys():
            return
        for uid in self._handles.keys() - there.keys():
            self._handles.pop(uid).cancel()
        self._held = there
        self.changed.emit("")


def _held_of(header: InstanceHeader, series: Series) -> HeldSegmentation:
    title = header.text(_DESCRIPTION, series.study.character_set or None) or series.description
    return HeldSegmentation(header.sop_instance_uid, title or header.modality, series.study.study_instance_uid, header)


def own_of(held: HeldSegmentation | None) -> OwnFacts | None:
    """Return what a segmentation has that is made here; None for all others."""
    return held.own if held is not None else None


def drawable(book: SegmentationBook | None) -> "tuple[HeldSegmentation, SegmentShape] | None":
    """Return the segment that brushes draw; None when there is none."""
    if book is None or book.target is None:
        return None
    held = book.get(book.target[0])
    shape = held.shapes.shape(book.target[1]) if held is not None and held.shapes is not None else None
    return (held, shape) if held is not None and shape is not None and own_of(held) is not None else None
