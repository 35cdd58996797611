"""Where the hand is: what a mark on the picture of a cell lies on, and what finishes one."""

import uuid
from dataclasses import dataclass, replace

from viewer.base.translation import _
from viewer.measurement.annotation import Anchor, Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind
from viewer.measurement.kinds.table import is_known, kind_of
from viewer.workspace.measuring.marks_shown import ShownMark, with_place
from viewer.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True, eq=False)
class Here:
    """The picture on screen of one cell."""

    anchor: Anchor
    ground: Ground

    def brought(self, mark: ShownMark) -> Annotation:
        """Return a mark as one of this picture: where it lies elsewhere and only shows here, it comes here."""
        return replace(mark.annotation, anchor=self.anchor) if mark.is_elsewhere else mark.annotation

    def finished(self, annotation: Annotation) -> Annotation:
        """Return an annotation with what its kind works out, its place in the patient, and its numbers."""
        from viewer.workspace.measuring.measuring import measured

        if not is_known(annotation.kind):
            return annotation
        kind, plane = kind_of(annotation.kind), self.ground.plane
        whole = kind.completed(annotation, self.ground)
        if kind.is_everywhere and plane is not None and whole.points:
            whole = with_place(whole, plane)
        return measured(whole, self.ground)

    def refusal_of(self, kind: Kind) -> str:
        """Return why a kind cannot be placed here, translated; empty where it can."""
        return self.ground.refusal if kind.code is not None else ""


def here_at(workspace: Workspace, cell: int) -> Here | str:
    """Return what the picture of a cell is to marks; or why there can be none on it, translated."""
    from viewer.workspace.measuring.measuring import anchor_at, ground_at

    ground, anchor = ground_at(workspace, cell), anchor_at(workspace, cell)
    if ground is None:
        return _("No images are shown here")
    if anchor is None:
        return ground.refusal or _("Nothing can be marked here")
    return Here(anchor, ground)


def new_uid() -> str:
    """Return a UID that nobody else has (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"
