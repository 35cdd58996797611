"""What is key, and what is rejected, in the open studies: the reader's own marks, and the documents that say so.

One book for all windows, on one thread. The journal (measuring.journal) keeps the marks that are not saved yet.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from viewer.base.events import Event
from viewer.dicom.codes import Code
from viewer.dicom.key_object.titles import OF_INTEREST, QUALITY_REJECTED
from viewer.dicom.key_object.values import KeyObjects, KeyReference
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.presenting.key_marks import KeyMark

KeyMarks = Mapping[str, KeyMark | None]
"""Marks by uid as they are now; None for one that is gone."""
Hidden = Mapping[str, frozenset[str]]
"""SOP Instance UIDs of what is not shown, by the key of the patient whose note says so."""


@dataclass(frozen=True, slots=True)
class FiledDocument:
    """A document that is open, or was saved just now.

    Attributes:
        patient_key: Of the tree: nobody's note speaks of another patient's images.
        is_new: Whether it was saved just now, and need not be among what is open.
    """

    document: KeyObjects
    patient_key: str
    is_new: bool = False


class KeyBook:
    """Marks and documents.

    Attributes:
        changed: SOP Instance UIDs of what is key now, or no longer.
        applied: What a change of marks was made of, by study, for whoever keeps it; not emitted for what was restored.
        view_changed: Only key images are shown, or all again; series are in another order.
        hidden_changed: Other objects are hidden: series have to be laid out anew.
        title: What the key K selects for.
        is_only_keys: Whether only key images are listed and scrolled through.
        is_keys_first: Whether series with key images are listed before others.
        reader: Who marks.
    """

    def __init__(self) -> None:
        self.changed: Event[frozenset[str]] = Event()
        self.applied: Event[tuple[str, KeyMarks]] = Event()
        self.view_changed: Event[None] = Event()
        self.hidden_changed: Event[None] = Event()
        self.title: Code = OF_INTEREST
        self.is_only_keys = False
        self.is_keys_first = False
        self.reader: Callable[[], str] = str
        self._shows_rejected = False
        self._marks: dict[str, KeyMark] = {}
        self._marks_of: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._documents: dict[str, FiledDocument] = {}
        self._naming: defaultdict[str, list[tuple[KeyReference, KeyObjects]]] = defaultdict(list)
        self._key_frames: defaultdict[str, set[int]] = defaultdict(set)
        self._hidden: Hidden = {}

    # Marks

    def mark(self, uid: str) -> KeyMark | None:
        """Return a mark; None when there is none."""
        return self._marks.get(uid)

    def marks(self, study_instance_uids: Iterable[str] | None = None) -> tuple[KeyMark, ...]:
        """Return the reader's marks, of some studies or of all, the oldest first."""
        wanted = None if study_instance_uids is None else frozenset(study_instance_uids)
        return tuple(each for each in self._marks.values() if wanted is None or each.study_instance_uid in wanted)

    def apply(self, study: str, changes: KeyMarks) -> None:
        """Put marks of a study as they are now, and have them kept."""
        self.take(changes)
        self.applied.emit((study, changes))

    def take(self, changes: KeyMarks) -> None:
        """Put marks as they are kept already."""
        seen = set()
        for uid, mark in changes.items():
            before = self._marks.pop(uid, None)
            if before is not None:
                self._marks_of[before.sop_instance_uid].pop(uid, None)
                seen.add(before.sop_instance_uid)
            if mark is not None:
                self._marks[uid] = mark
                self._marks_of[mark.sop_instance_uid][uid] = None
                seen.add(mark.sop_instance_uid)
        if seen:
            self.changed.emit(frozenset(seen))

    def forget(self, uids: Iterable[str]) -> None:
        """Drop marks of a study that was closed; what is kept of them stays."""
        self.take(dict.fromkeys(uid for uid in uids if uid in self._marks))

    # Documents

    @property
    def documents(self) -> tuple[KeyObjects, ...]:
        """The documents there are, the latest first."""
        found = [each.document for each in self._documents.values()]
        return tuple(sorted(found, key=lambda each: (each.content_date, each.content_time), reverse=True))

    def file(self, documents: Iterable[FiledDocument]) -> None:
        """Take documents in."""
        found = {each.document.instance.sop_instance_uid: each for each in documents}
        if found:
            self._refile({**self._documents, **found})

    def keep_documents(self, sop_instance_uids: Iterable[str]) -> None:
        """Let go of all documents but those, and but those that were saved just now."""
        kept = frozenset(sop_instance_uids)
        found = {uid: each for uid, each in self._documents.items() if each.is_new or uid in kept}
        if len(found) < len(self._documents):
            self._refile(found)

    def _refile(self, documents: dict[str, FiledDocument]) -> None:
        before = {uid: frozenset(frames) for uid, frames in self._key_frames.items()}
        self._documents = documents
        self._key_frames, self._naming = defaultdict(set), defaultdict(list)
        for each in documents.values():
            for reference in each.document.references:
                self._naming[reference.instance.sop_instance_uid].append((reference, each.document))
            if not (each.document.is_rejection or each.document.is_listing):
                for reference in each.document.references:
                    self._key_frames[reference.instance.sop_instance_uid].update(reference.frames or {0})
        uids = before.keys() | self._key_frames.keys()
        if changed := {uid for uid in uids if before.get(uid) != frozenset(self._key_frames.get(uid, ()))}:
            self.changed.emit(frozenset(changed))
        self._hide()

    # What is key

    def is_marked(self, image: ImageRef, title: Code | None = None) -> bool:
        """Whether the reader has marked an image; for a title where one is given."""
        marks = (self._marks[uid] for uid in self._marks_of.get(image.header.sop_instance_uid, ()))
        number = frame_number_of(image)
        return any(each.frame_number in {0, number} and (title is None or each.title.is_same(title)) for each in marks)

    def is_key(self, image: ImageRef) -> bool:
        """Whether an image is key by the reader's marks or by a document."""
        frames = self._key_frames.get(image.header.sop_instance_uid, set())
        is_whole = 0 in frames or (image.is_tile and bool(frames))
        return is_whole or image.frame_index + 1 in frames or self.is_marked(image)

    def key_indexes(self, display_set: DisplaySet) -> tuple[int, ...]:
        """Return where in a set the key images are."""
        if not self._marks and not self._key_frames:
            return ()
        return tuple(index for index, image in enumerate(display_set.images) if self.is_key(image))

    def documents_naming(self, image: ImageRef) -> Iterator[KeyObjects]:
        """Yield the documents that select an image, rejections included, for each reference to it."""
        for reference, document in self._naming.get(image.header.sop_instance_uid, ()):
            if image.is_tile or reference.has_frame(image.frame_index + 1):
                yield document

    def stepped(self, display_set: DisplaySet | None, index: int, steps: int) -> int | None:
        """Return the key image so many key images on, while only those are scrolled through; None otherwise."""
        indexes = self.key_indexes(display_set) if self.is_only_keys and display_set is not None else ()
        return step_among(indexes, index, steps)

    def first(self, display_set: DisplaySet, index: int) -> int:
        """Return the image a set is opened at: the nearest key image while only those are looked at."""
        indexes = self.key_indexes(display_set) if self.is_only_keys else ()
        return min(indexes, key=lambda each: abs(each - index)) if indexes else index

    # How they are looked at

    def set_title(self, title: Code) -> None:
        """Have the key K select for another purpose."""
        self.title = title
        self.view_changed.emit(None)

    def show_only_keys(self, *, is_so: bool) -> None:
        """List and scroll through key images only, or everything."""
        self.is_only_keys = is_so
        self.view_changed.emit(None)

    def list_keys_first(self, *, is_so: bool) -> None:
        """List series with key images first, or as they are numbered."""
        self.is_keys_first = is_so
        self.view_changed.emit(None)

    # What is rejected

    @property
    def hidden(self) -> Hidden:
        """What is not shown."""
        return self._hidden

    @property
    def shows_rejected(self) -> bool:
        """Whether images that were rejected for their quality are shown all the same."""
        return self._shows_rejected

    def show_rejected(self, *, is_so: bool) -> None:
        """Show images that were rejected for their quality, or hide them; no others can be shown (IHE RAD IOCM)."""
        self._shows_rejected = is_so
        self._hide()
        self.view_changed.emit(None)

    def rejecting(self, image: ImageRef) -> KeyObjects | None:
        """Return the document that rejects an image; None for none."""
        return next((each for each in self.documents_naming(image) if each.is_rejection), None)

    @property
    def has_rejected(self) -> bool:
        """Whether anything is rejected for its quality: what can be shown and hidden."""
        return any(_is_of_quality(each.document) for each in self._documents.values())

    def _hide(self) -> None:
        hidden: defaultdict[str, set[str]] = defaultdict(set)
        for each in self._documents.values():
            if not each.document.is_rejection or (self._shows_rejected and _is_of_quality(each.document)):
                continue
            # A note on some frames hides nothing: what is left of the object would not be what was acquired.
            whole = (ref for ref in each.document.references if not ref.frames)
            hidden[each.patient_key].update(ref.instance.sop_instance_uid for ref in whole)
        found = {key: frozenset(uids) for key, uids in hidden.items() if uids}
        if found != self._hidden:
            self._hidden = found
            self.hidden_changed.emit(None)


def step_among(indexes: tuple[int, ...], index: int, steps: int) -> int | None:
    """Return the index so many of some on from one that need not be among them; None where there are none."""
    if not indexes:
        return None
    if steps > 0:
        after = [each for each in indexes if each > index]
        return after[min(steps, len(after)) - 1] if after else indexes[-1]
    before = [each for each in indexes if each < index]
    return before[max(len(before) + steps, 0)] if before else indexes[0]


def frame_number_of(image: ImageRef) -> int:
    """Return the frame a mark of an image names; 0 for the whole object, also for a slice of a mosaic."""
    return image.frame_index + 1 if image.header.frame_count > 1 and not image.is_tile else 0


def _is_of_quality(document: KeyObjects) -> bool:
    return document.title is not None and document.title.is_same(QUALITY_REJECTED)
