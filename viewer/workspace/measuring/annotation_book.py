"""The annotations of all open studies: one book for all windows. Who changes them goes through annotation_deeds.change.

On one thread. The book keeps nothing on disk itself: a journal (measuring.journal) listens to applied.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from viewer.base.events import Event
from viewer.imaging.image_ref import ImageRef
from viewer.measurement.annotation import Anchor, Annotation, ImageAnchor
from viewer.workspace.measuring.calibration_book import CalibrationBook

Changes = Mapping[str, Annotation | None]
"""Annotations by uid as they are now; None for one that is gone."""


def study_of(anchor: Anchor) -> str:
    """Return the Study Instance UID of an anchor; of a study that has none, what tells its series from others."""
    return anchor.study_instance_uid or anchor.series_instance_uid


class AnnotationBook:
    """Annotations by uid.

    Attributes:
        calibrations: The scales that readers set by hand.
        reader: Who reads: what is changed bears this name.
        changed: The uids of annotations that were added, changed or removed: draw them again.
        applied: What a change was made of, for whoever keeps it; not emitted for what was restored.
        stale: The uids of annotations that must be measured again: they come from under another scale.
        settled: Changes that belong together are all made.
        held_changed: The annotation in the hand is another one.
        selection_changed: Other annotations are selected.
    """

    def __init__(self) -> None:
        self.changed: Event[frozenset[str]] = Event()
        self.applied: Event[Changes] = Event()
        self.stale: Event[frozenset[str]] = Event()
        self.settled: Event[None] = Event()
        self.held_changed: Event[None] = Event()
        self.selection_changed: Event[None] = Event()
        self._all: dict[str, Annotation] = {}
        self._by_image: defaultdict[tuple[str, int, int], dict[str, None]] = defaultdict(dict)
        self._by_study: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.calibrations = CalibrationBook()
        self.reader = ""
        self._closed: set[str] = set()
        self._together = 0
        self._held: Annotation | None = None
        self._selected: frozenset[str] = frozenset()

    @property
    def held(self) -> Annotation | None:
        """The one in the hand, being drawn or moved; it stands for the one of the same uid."""
        return self._held

    @property
    def selected(self) -> frozenset[str]:
        """The uids of those that commands act on."""
        return self._selected

    def get(self, uid: str) -> Annotation | None:
        """Return an annotation; None when there is none (any more)."""
        return self._all.get(uid)

    def on_image(self, image: ImageRef) -> tuple[Annotation, ...]:
        """Return those that lie on an image, the oldest first; not those of another study's image of the same UID."""
        header, tile = image.header, image.frame_index + 1 if image.is_tile else 0
        frame = 1 if image.is_tile else image.frame_index + 1
        study = header.study_instance_uid or header.series_instance_uid
        found = self.on_frame(header.sop_instance_uid, frame, tile)
        return tuple(each for each in found if study_of(each.anchor) == study)

    def on_frame(self, sop_instance_uid: str, frame_number: int, tile: int = 0) -> tuple[Annotation, ...]:
        """Return those that lie on a frame counted from 1."""
        return tuple(self._all[uid] for uid in self._by_image.get((sop_instance_uid, frame_number, tile), ()))

    def of_study(self, study_instance_uid: str) -> tuple[Annotation, ...]:
        """Return those of a study, the oldest first."""
        return tuple(self._all[uid] for uid in self._by_study.get(study_instance_uid, ()))

    def has_any(self, study_instance_uid: str = "") -> bool:
        """Return whether there are any, of a study where one is named: quicker than to list them."""
        return bool(self._by_study.get(study_instance_uid)) if study_instance_uid else bool(self._all)

    def everything(self) -> tuple[Annotation, ...]:
        """Return all of them."""
        return tuple(self._all.values())

    def hold(self, annotation: Annotation | None) -> None:
        """Take one into the hand, or (None) let go: it is drawn, and kept by nobody."""
        if annotation != self._held:
            self._held = annotation
            self.held_changed.emit(None)

    def select(self, uids: Iterable[str]) -> None:
        """Select annotations instead of those selected before."""
        chosen = frozenset(uids) & self._all.keys()
        if chosen != self._selected:
            self._selected = chosen
            self.selection_changed.emit(None)

    @property
    def is_together(self) -> bool:
        """Whether more changes come that must be kept with those that were made, or not at all."""
        return self._together > 0

    @contextmanager
    def together(self) -> Iterator[None]:
        """Have all changes in the block kept at once: a scale, and what was measured by it."""
        self._together += 1
        try:
            yield
        finally:
            self._together -= 1
            if not self._together:
                self.settled.emit(None)

    def apply(self, changes: Changes) -> None:
        """Put annotations as they are now, and have them kept."""
        self._put(changes)
        self.applied.emit(changes)

    def take(self, changes: Changes) -> None:
        """Put annotations as they are kept already: another program changed them."""
        self._put(changes)

    def open(self, study_instance_uid: str) -> None:
        """A study was opened (again)."""
        self._closed.discard(study_instance_uid)

    def is_closed(self, study_instance_uid: str) -> bool:
        """Whether a study was closed, so that nothing of it is to be put here."""
        return study_instance_uid in self._closed

    def restore(self, annotations: Iterable[Annotation]) -> None:
        """Put annotations that are kept already: those of a study that was opened."""
        self._put({each.uid: each for each in annotations})

    def forget(self, study_instance_uid: str) -> None:
        """Drop those of a study that was closed; what is kept of them stays."""
        self._closed.add(study_instance_uid)
        self._put(dict.fromkeys(tuple(self._by_study.pop(study_instance_uid, ()))))

    def _put(self, changes: Changes) -> None:
        for uid, after in changes.items():
            before = self._all.get(uid)
            if before is not None and (after is None or after.anchor != before.anchor):
                self._unlist(before)
            if after is None:
                self._all.pop(uid, None)
            else:
                self._all[uid] = after
                self._list(after)
        if changes:
            self.changed.emit(frozenset(changes))
            self.select(self._selected)

    def _list(self, annotation: Annotation) -> None:
        anchor = annotation.anchor
        self._by_study[study_of(anchor)][annotation.uid] = None
        if isinstance(anchor, ImageAnchor):
            self._by_image[(anchor.sop_instance_uid, anchor.frame_number, anchor.tile)][annotation.uid] = None

    def _unlist(self, annotation: Annotation) -> None:
        anchor = annotation.anchor
        self._by_study[study_of(anchor)].pop(annotation.uid, None)
        if isinstance(anchor, ImageAnchor):
            self._by_image[(anchor.sop_instance_uid, anchor.frame_number, anchor.tile)].pop(annotation.uid, None)
