"""The registration objects among the open files: read on a job, and put into force with their label.

What joins frames is said wherever it counts (frame_links.FrameJoint.text); what is not used is told as a problem.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from viewer.base.errors import ViewerError
from viewer.base.jobs import INTERACTION, JobRunner, Progress
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.registration import (
    DEFORMABLE_REGISTRATION,
    SPATIAL_REGISTRATION,
    SpatialRegistration,
    frames_of,
    read_registration,
)
from viewer.workspace.frame_links import FrameJoint, FrameLinks
from viewer.workspace.linking import Linking
from viewer.workspace.study_tree import StudyTree, TreeChange

_CLASSES = frozenset({SPATIAL_REGISTRATION, DEFORMABLE_REGISTRATION})
_FRAME = 0x00200052
OWN_ORIGIN = "own"
"""Origins of registrations made here begin with this."""


@dataclass(frozen=True, slots=True)
class ReadRegistrations:
    """Read registration objects; one that cannot be read is told and the rest goes on."""

    headers: tuple[InstanceHeader, ...]

    def run(self, progress: Progress) -> tuple[tuple[SpatialRegistration, ...], tuple[str, ...]]:
        """Return what they say, and what could not be read, translated."""
        from viewer.dicom.datasets import read_data_set

        read, problems = [], []
        for header in self.headers:
            progress.check()
            try:
                read.append(read_registration(read_data_set(header)))
            except ViewerError as error:
                problems.append(error.one_line())
        return tuple(read), tuple(problems)


class RegistrationObjects:
    """Follows the open files.

    Args:
        tree: The open files.
        linking: Where registrations are put into force.
        runner: Reads objects; None reads them at once.
        tell: Says what of them is not used, once.
    """

    def __init__(
        self,
        tree: StudyTree,
        linking: Linking,
        runner: JobRunner | None = None,
        tell: Callable[[str], None] = lambda _problem: None,
    ) -> None:
        self._tree = tree
        self._tell = tell
        self._linking = linking
        self._runner = runner
        self._headers: dict[str, tuple[InstanceHeader, ...]] = {}
        self._read: tuple[SpatialRegistration, ...] = ()
        self._failed: tuple[str, ...] = ()
        self._named: set[str] = set()
        self._frame_of: dict[str, str] = {}
        self._disconnect: Callable[[], object] = tree.changed.connect(self._tree_changed)

    def close(self) -> None:
        """Stop following."""
        self._disconnect()

    def _tree_changed(self, change: TreeChange) -> None:
        """Look at what changed alone: files come by the thousand."""
        before = dict(self._headers)
        if change.is_rebuilt:
            self._headers.clear()
            self._frame_of.clear()
        for key in change.series_keys:
            series = self._tree.series(key)
            is_registration = series is not None and series.headers[0].sop_class_uid in _CLASSES
            if series is None or not is_registration:
                self._headers.pop(key, None)
            else:
                self._headers[key] = tuple(series.headers)
        if self._headers != before:
            self._start(tuple(header for headers in self._headers.values() for header in headers))
        elif self._named and self._find_frames(self._headers_of(change.series_keys)):
            self._put()

    def _start(self, headers: tuple[InstanceHeader, ...]) -> None:
        job = ReadRegistrations(headers)
        if self._runner is None:
            self._done(job.run(Progress()))
        else:
            self._runner.submit(job, lane=INTERACTION, key="registration objects", done=self._done)

    def _done(self, answer: tuple[tuple[SpatialRegistration, ...], tuple[str, ...]]) -> None:
        self._read, self._failed = answer
        self._named = {
            uid for each in self._read for item in each.items if not item.source_frame_uid for uid in item.image_uids
        }
        if self._named:
            self._find_frames(self._tree.headers())
        self._put()

    def _put(self) -> None:
        joints = [joint for each in self._read for joint in joints_of(each, self._frame_of)]
        own = [joint for joint in self._linking.frames.joints if joint.origin.startswith(OWN_ORIGIN)]
        problems = (*self._failed, *(problem for each in self._read for problem in each.problems))
        for problem in problems:
            if problem not in self._linking.registration_problems:
                self._tell(problem)
        self._linking.registration_problems = problems
        # What the reader makes now counts before what was found.
        self._linking.set_frames(FrameLinks((*joints, *own)))

    def _find_frames(self, headers: Iterable[InstanceHeader]) -> bool:
        """Note the frames of images that objects name; return whether there were any."""
        found = {
            header.sop_instance_uid: header.ascii(_FRAME)
            for header in headers
            if header.sop_instance_uid in self._named
        }
        is_new = any(self._frame_of.get(uid) != frame for uid, frame in found.items())
        self._frame_of.update(found)
        return is_new

    def _headers_of(self, series_keys: Iterable[str]) -> Iterator[InstanceHeader]:
        for key in series_keys:
            series = self._tree.series(key)
            if series is not None:
                yield from series.headers


def joints_of(registration: SpatialRegistration, frame_of_image: Mapping[str, str]) -> tuple[FrameJoint, ...]:
    """Return what a registration object joins; its item about its own frame joins nothing."""
    return tuple(
        FrameJoint(
            uid,
            registration.frame_uid,
            item.transform,
            item.kind,
            registration.label,
            registration.sop_instance_uid,
            item.doubt,
        )
        for item in registration.items
        for uid in frames_of(item, frame_of_image)
        if uid != registration.frame_uid
    )
