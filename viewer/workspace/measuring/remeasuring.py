"""Measuring marks again: those whose scale is another one now, and those whose volume had not come.

A wrong number is never shown meanwhile.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from viewer.measurement.annotation import Annotation, ImageAnchor, PlaneAnchor
from viewer.measurement.ground import Ground
from viewer.workspace.measuring.annotation_book import AnnotationBook
from viewer.workspace.measuring.calibration_book import calibration_uid
from viewer.workspace.measuring.grounds import Grounds
from viewer.workspace.measuring.measuring import measured


class Remeasuring:
    """Follows a book.

    Args:
        book: Of the marks, and of the scales that readers set.
        grounds: Tells what marks are measured on.
    """

    def __init__(self, book: AnnotationBook, grounds: Grounds) -> None:
        self._book, self._grounds = book, grounds
        self._disconnect: list[Callable[[], None]] = [
            book.calibrations.changed.connect(self._scales_changed),
            book.stale.connect(self.measure),
        ]
        if grounds.volumes is not None:
            self._disconnect.append(grounds.volumes.changed.connect(lambda _key: self._volume_came()))

    def close(self) -> None:
        """Stop following."""
        for disconnect in self._disconnect:
            disconnect()

    def measure(self, uids: Iterable[str]) -> None:
        """Measure marks again; their numbers are gone until that is done."""
        found = [mark for uid in uids if (mark := self._book.get(uid)) is not None]
        by_anchor: dict[object, list[Annotation]] = {}
        for mark in found:
            by_anchor.setdefault(mark.anchor, []).append(mark)
        blank: dict[str, Annotation | None] = {}
        for marks in by_anchor.values():
            ground = self._grounds.at_hand(marks[0].anchor)
            if ground is None:
                blank |= {mark.uid: replace(mark, readings=()) for mark in marks if mark.readings}
            else:
                self._put(marks, ground)
        if blank:
            self._book.apply(blank)
        for marks in by_anchor.values():
            if self._grounds.at_hand(marks[0].anchor) is None:
                self._read(marks)

    def _read(self, marks: list[Annotation]) -> None:
        def came(ground: Ground) -> None:
            now = [mark for each in marks if (mark := self._book.get(each.uid)) is not None]
            self._put([mark for mark in now if mark.anchor == marks[0].anchor], ground)

        self._grounds.want(marks[0].anchor, came)

    def _put(self, marks: list[Annotation], ground: Ground) -> None:
        changes = {mark.uid: measured(mark, ground) for mark in marks}
        changes = {mark.uid: changes[mark.uid] for mark in marks if changes[mark.uid] != mark}
        if changes:
            self._book.apply(changes)

    def _scales_changed(self, uids: frozenset[str]) -> None:
        self.measure([each.uid for each in self._book.everything() if _is_on(each, uids)])

    def _volume_came(self) -> None:
        """Measure what was refused while a volume was still loading."""
        for mark in self._book.everything():
            if isinstance(mark.anchor, PlaneAnchor) and any(each.refusal for each in mark.readings):
                ground = self._grounds.at_hand(mark.anchor)
                if ground is not None and not ground.value_refusal:
                    self._put([mark], ground)


def _is_on(annotation: Annotation, uids: frozenset[str]) -> bool:
    """Return whether an annotation lies where a calibration of one of these uids holds."""
    anchor = annotation.anchor
    if not isinstance(anchor, ImageAnchor):
        return False
    own = calibration_uid(anchor.sop_instance_uid, anchor.frame_number)
    return anchor.sop_instance_uid in uids or own in uids
