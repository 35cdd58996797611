"""Which frames of reference have to do with each other: the same one, or those that registrations join.

Whoever lays, links or draws across two frames asks here, and shows the label of the way: nothing crosses unsaid.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from viewer.base.translation import N_, _
from viewer.dicom.frame_transform import IDENTITY, FrameTransform, TransformKind

_KIND_WORDS = {
    TransformKind.RIGID: N_("rigid"),
    TransformKind.RIGID_SCALE: N_("rigid, scaled"),
    TransformKind.AFFINE: N_("affine"),
}


@dataclass(frozen=True, slots=True)
class FrameJoint:
    """A registration between two frames.

    Attributes:
        source_uid: The frame whose points are taken over.
        target_uid: The frame they are taken to.
        label: What the reader calls it.
        origin: What tells it from every other: the SOP Instance UID of its object, or the number of our own.
        doubt: Why it is not to be trusted, translated; empty where nothing is known against it.
    """

    source_uid: str
    target_uid: str
    transform: FrameTransform
    kind: TransformKind
    label: str
    origin: str
    doubt: str = ""

    @property
    def text(self) -> str:
        """What is written on every view that rests on it, translated: "registered (rigid, label)", doubts first."""
        parts = ", ".join(part for part in (_(_KIND_WORDS[self.kind]), self.label) if part)
        if self.doubt:
            return _("doubtful registration: {0} ({1})").format(self.doubt, parts)
        return _("registered ({0})").format(parts)


@dataclass(frozen=True, slots=True)
class FrameWay:
    """How points come from one frame into another.

    Attributes:
        joints: What it rests on, in order; none within one frame.
    """

    transform: FrameTransform = IDENTITY
    joints: tuple[FrameJoint, ...] = ()

    @property
    def text(self) -> str:
        """What must be said of it, translated; empty within one frame."""
        return " + ".join(joint.text for joint in self.joints)

    @property
    def is_doubtful(self) -> bool:
        """Whether a registration that it rests on is not to be trusted."""
        return any(joint.doubt for joint in self.joints)


SAME_FRAME = FrameWay()


@dataclass(frozen=True, slots=True)
class FrameLinks:
    """All registrations that are in force.

    Attributes:
        joints: The later of two between the same frames counts.
    """

    joints: tuple[FrameJoint, ...] = ()

    def way(self, source_uid: str, target_uid: str) -> FrameWay | None:
        """Return how points come from one frame into another, by the fewest registrations; None where nothing joins.

        A frame that is not stated has to do with nothing, not even with another one that is not stated.
        """
        if not source_uid or not target_uid:
            return None
        if source_uid == target_uid:
            return SAME_FRAME
        return self._joined(source_uid, target_uid) if self.joints else None

    def with_joint(self, joint: FrameJoint) -> "FrameLinks":
        """Return these with one more, in the place of what had the same origin and frames."""
        return FrameLinks((*(each for each in self.joints if not _replaces(joint, each)), joint))

    def without(self, origin: str) -> "FrameLinks":
        """Return these without those of one origin."""
        return FrameLinks(tuple(each for each in self.joints if each.origin != origin))

    def _joined(self, source_uid: str, target_uid: str) -> FrameWay | None:
        ways = {source_uid: SAME_FRAME}
        waiting = deque([source_uid])
        while waiting:
            here = waiting.popleft()
            for there, transform, joint in self._steps(here):
                if there not in ways:
                    ways[there] = FrameWay(transform.after(ways[here].transform), (*ways[here].joints, joint))
                    waiting.append(there)
        return ways.get(target_uid)

    def _steps(self, frame_uid: str) -> Iterator[tuple[str, FrameTransform, FrameJoint]]:
        for joint in reversed(self.joints):
            if joint.source_uid == frame_uid:
                yield joint.target_uid, joint.transform, joint
            elif joint.target_uid == frame_uid:
                yield joint.source_uid, joint.transform.inverse, joint


def _replaces(new: FrameJoint, old: FrameJoint) -> bool:
    return (new.origin, new.source_uid, new.target_uid) == (old.origin, old.source_uid, old.target_uid)
