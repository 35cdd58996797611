"""The presentation states among the open files: read on a job, found by the images that they name.

States may come before or after their images; what a state may not be applied to is told with the reason.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from viewer.base.errors import ViewerError
from viewer.base.events import Event
from viewer.base.jobs import INTERACTION, JobRunner, Progress
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.presentation_state.references import PresentedImage, refusal
from viewer.dicom.presentation_state.values import PresentationState, kind_of_class
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.study_tree import StudyTree, TreeChange

_SAMPLES, _PHOTOMETRIC, _FRAME_OF_REFERENCE = 0x00280002, 0x00280004, 0x00200052


@dataclass(frozen=True, slots=True)
class Unread:
    """A state that cannot be used.

    Attributes:
        label: Of the state, as far as its header told.
        reason: Why, translated.
    """

    sop_instance_uid: str
    study_instance_uid: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class StateChoice:
    """What the reader can choose for an image.

    Attributes:
        reason: Why it cannot be applied to the image, translated; empty where it can.
    """

    state: PresentationState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReadStates:
    """Read presentation states; one that cannot be used is told and the rest goes on."""

    headers: tuple[InstanceHeader, ...]

    def run(self, progress: Progress) -> tuple[PresentationState | Unread, ...]:
        """Return what they say."""
        return tuple(self._read(header, progress) for header in self.headers)

    @staticmethod
    def _read(header: InstanceHeader, progress: Progress) -> PresentationState | Unread:
        from viewer.dicom.datasets import read_data_set
        from viewer.dicom.presentation_state.reading import read_presentation_state

        progress.check()
        try:
            return read_presentation_state(read_data_set(header))
        except ViewerError as error:
            label = header.ascii(0x00700080)
            return Unread(header.sop_instance_uid, header.study_instance_uid, label, str(error))


class StateBook:
    """Follows the open files; used from the GUI thread.

    Args:
        tree: The open files.
        runner: Reads objects; None reads them at once.

    Attributes:
        changed: Other states are open than before.
    """

    def __init__(self, tree: StudyTree, runner: JobRunner | None = None) -> None:
        self.changed: Event[None] = Event()
        self._tree = tree
        self._runner = runner
        self._headers: dict[str, tuple[InstanceHeader, ...]] = {}
        self._asked: set[str] = set()
        self._states: dict[str, PresentationState] = {}
        self._unread: dict[str, Unread] = {}
        self._of_image: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._disconnect: Callable[[], object] = tree.changed.connect(self._tree_changed)

    def close(self) -> None:
        """Stop following."""
        self._disconnect()

    @property
    def is_reading(self) -> bool:
        """Whether states that are open are still being read."""
        return len(self._asked) > len(self._states) + len(self._unread)

    def get(self, sop_instance_uid: str) -> PresentationState | None:
        """Return an open state; None when there is none (any more)."""
        return self._states.get(sop_instance_uid)

    def choices(self, image: ImageRef, display_set: DisplaySet | None = None) -> tuple[StateChoice, ...]:
        """Return the states that name an image, or another image of its display set, the newest first.

        Args:
            image: The image.
            display_set: That it is shown in; states for its other images come with the reason why not for this one.
        """
        if not self._states:
            return ()
        uids = dict(self._of_image.get(image.header.sop_instance_uid, {}))
        for other in display_set.images if display_set is not None else ():
            uids |= self._of_image.get(other.header.sop_instance_uid, {})
        named = presented_image(image)
        found = (StateChoice(self._states[uid], _of_slice(image) or refusal(self._states[uid], named)) for uid in uids)
        return tuple(sorted(found, key=lambda choice: (bool(choice.reason), _oldness(choice.state))))

    def unread(self, study_instance_uid: str) -> tuple[Unread, ...]:
        """Return the states of a study that cannot be used."""
        return tuple(each for each in self._unread.values() if each.study_instance_uid == study_instance_uid)

    def refusal(self, sop_instance_uid: str, image: ImageRef) -> str:
        """Return why a state cannot be applied to an image, translated; empty where it can."""
        state = self._states.get(sop_instance_uid)
        return _of_slice(image) or refusal(state, presented_image(image)) if state is not None else ""

    def file(self, states: Iterable[PresentationState]) -> None:
        """Take in states that were saved just now, so that they can be chosen at once."""
        for state in states:
            self._asked.add(state.sop_instance_uid)
            self._put(state)
        self.changed.emit(None)

    def _tree_changed(self, change: TreeChange) -> None:
        """Look at what changed alone: files come by the thousand."""
        if change.is_rebuilt:
            self._headers.clear()
        for key in change.series_keys:
            series = self._tree.series(key)
            if series is None or kind_of_class(series.headers[0].sop_class_uid) is None:
                self._headers.pop(key, None)
            else:
                self._headers[key] = tuple(series.headers)
        if change.is_rebuilt:
            self._forget_closed()
        headers = tuple(each for group in self._headers.values() for each in group)
        new = tuple(each for each in headers if each.sop_instance_uid not in self._asked)
        if new:
            self._asked.update(each.sop_instance_uid for each in new)
            job = ReadStates(new)
            if self._runner is None:
                self._done(job.run(Progress()))
            else:
                self._runner.submit(job, lane=INTERACTION, done=self._done)

    def _forget_closed(self) -> None:
        open_uids = {each.sop_instance_uid for group in self._headers.values() for each in group}
        if self._asked <= open_uids:
            return
        self._asked &= open_uids
        self._unread = {uid: each for uid, each in self._unread.items() if uid in open_uids}
        kept = [state for uid, state in self._states.items() if uid in open_uids]
        self._states.clear()
        self._of_image.clear()
        for state in kept:
            self._put(state)
        self.changed.emit(None)

    def _done(self, answer: tuple[PresentationState | Unread, ...]) -> None:
        for each in answer:
            if each.sop_instance_uid not in self._asked:
                continue  # closed meanwhile
            if isinstance(each, Unread):
                self._unread[each.sop_instance_uid] = each
            else:
                self._put(each)
        self.changed.emit(None)

    def _put(self, state: PresentationState) -> None:
        self._states[state.sop_instance_uid] = state
        for reference in state.images:
            self._of_image[reference.sop_instance_uid][state.sop_instance_uid] = None


def _of_slice(image: ImageRef) -> str:
    return _("The presentation state is for the whole mosaic, not for one of its slices") if image.is_tile else ""


def presented_image(image: ImageRef) -> PresentedImage:
    """Return what is asked of an open image before a state is applied to it."""
    header = image.header
    is_color = (header.unsigned_short(_SAMPLES) or 1) > 1 or header.ascii(_PHOTOMETRIC) == "PALETTE COLOR"
    return PresentedImage(
        header.sop_class_uid,
        header.sop_instance_uid,
        header.study_instance_uid,
        header.series_instance_uid,
        1 if image.is_tile else image.frame_index + 1,
        max(header.frame_count, 1),
        is_color,
        header.ascii(_FRAME_OF_REFERENCE),
    )


def _oldness(state: PresentationState) -> tuple[str, ...]:
    """Return what sorts the newest first: dates and times are digits of one length."""
    return ("".join(chr(0x10FFFF - ord(character)) for character in state.created), state.label)
